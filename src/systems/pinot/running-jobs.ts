/** Rebalances that are under way, in the words of the port. */
import type { RunningJob } from '../../cluster/move.ts'
import { formatCount, formatDuration } from '../../lib/units.ts'
import type { Layout } from './layout.ts'
import type { Job } from './reading.ts'

/** @param layout of its table; absent where it is not known now. @param meanBytes of its segments, NaN where not known. */
export function runningJob(job: Job, nowMs: number, layout?: Layout, meanBytes = Number.NaN): RunningJob {
  const { adds } = job
  const broken = brokenBy(job, nowMs, layout)
  return {
    id: job.id,
    topic: job.table,
    startedAtMs: job.startedAtMs,
    parameters: Object.fromEntries(Object.entries(job.config).map(([name, value]) => [name, String(value)])),
    ...(adds ? { adds: { total: adds.total, done: adds.total - adds.left } } : {}),
    ...(adds && !Number.isNaN(meanBytes)
      ? { bytesDone: (adds.total - adds.left) * meanBytes, bytesTotal: adds.total * meanBytes }
      : {}),
    ...(layout ? { arriving: arrivingOf(layout) } : {}),
    ...(job.message === undefined ? {} : { text: job.message }),
    ...(broken === undefined ? {} : { broken }),
  }
}

function arrivingOf({ columns, arrivingReplicas, arrivingBytes }: Layout): NonNullable<RunningJob['arriving']> {
  return columns.nodes.flatMap((node, at) =>
    arrivingReplicas[at]! > 0 ? [{ node, adds: arrivingReplicas[at]!, bytes: arrivingBytes[at]! }] : [],
  )
}

function brokenBy(job: Job, nowMs: number, layout?: Layout): string | undefined {
  const silentMs = nowMs - job.updatedAtMs
  // A living job writes at least every interval; one that missed three has nobody any more who works at it.
  const allowedMs = Math.min(job.heartbeatTimeoutMs, 3 * job.heartbeatIntervalMs)
  if (silentMs > allowedMs) return `its controller has not written for ${formatDuration(silentMs)}`
  if (layout && layout.inError > 0) {
    return `${formatCount(layout.inError, 'replica')} in ERROR, such as of ${layout.errorSegments[0]}`
  }
  return undefined
}
