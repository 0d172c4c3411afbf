/** Table rebalances as the controllers keep them. An entry that makes no sense is named in a note; the others count. */
import { messageOf } from '../../../lib/errors.ts'
import { type Job, type JobStatus, jobStatuses } from '../reading.ts'
import { isTable, type ZnRecord } from '../wire/znrecord.ts'

/** Where an entry tells none: Pinot's own. */
const HEARTBEAT_INTERVAL_MS = 300_000
const HEARTBEAT_TIMEOUT_MS = 3_600_000

export function jobsOf(record: ZnRecord): { jobs: Job[]; notes: string[] } {
  const jobs: Job[] = []
  const notes: string[] = []
  for (const [id, entry] of Object.entries(record.mapFields)) {
    try {
      jobs.push(jobOf(id, entry))
    } catch (error) {
      notes.push(`job ${id} in the controllers' list of rebalances is left out: ${messageOf(error)}`)
    }
  }
  return { jobs: jobs.sort((a, b) => a.startedAtMs - b.startedAtMs || (a.id < b.id ? -1 : 1)), notes }
}

function jobOf(id: string, entry: Record<string, string>): Job {
  const stats = objectIn(entry, 'REBALANCE_PROGRESS_STATS')
  if (stats === undefined) throw new Error('it has no REBALANCE_PROGRESS_STATS')
  const context = objectIn(entry, 'REBALANCE_CONTEXT') ?? {}
  const table = entry['tableName']
  if (!table) throw new Error('it names no table')
  const status = jobStatuses.find((known): known is JobStatus => known === stats['status'])
  if (status === undefined) throw new Error(`its status ${String(stats['status'])} is not known`)
  const config = isTable(context['config']) ? context['config'] : {}
  const updatedAtMs = numberIn(entry, 'submissionTimeMs') ?? Number.NaN
  const overall = stats['rebalanceProgressStatsOverall']
  const [adds, deletes] = [progress(overall, 'Added'), progress(overall, 'Deleted')]
  const convergence = stats['externalViewToIdealStateConvergence']
  const notConverged = isTable(convergence) ? numberIn(convergence, '_replicasToRebalance') : undefined
  const message = stats['completionStatusMsg']
  return {
    id,
    originalId: typeof context['originalJobId'] === 'string' ? context['originalJobId'] : id,
    attempt: numberIn(context, 'attemptId') ?? 1,
    table,
    status,
    startedAtMs: numberIn(stats, 'startTimeMs') || updatedAtMs,
    updatedAtMs,
    heartbeatIntervalMs: numberIn(config, 'heartbeatIntervalInMs') ?? HEARTBEAT_INTERVAL_MS,
    heartbeatTimeoutMs: numberIn(config, 'heartbeatTimeoutInMs') ?? HEARTBEAT_TIMEOUT_MS,
    allowRetries: context['allowRetries'] === true,
    config,
    ...(adds ? { adds } : {}),
    ...(deletes ? { deletes } : {}),
    ...(notConverged === undefined ? {} : { notConverged }),
    ...(typeof message === 'string' && message !== '' ? { message } : {}),
  }
}

/** Undefined where the entry does not tell. */
function progress(overall: unknown, what: 'Added' | 'Deleted'): { total: number; left: number } | undefined {
  if (!isTable(overall)) return undefined
  const total = numberIn(overall, `totalSegmentsToBe${what}`)
  const left = numberIn(overall, `totalRemainingSegmentsToBe${what}`)
  return total === undefined || left === undefined ? undefined : { total, left }
}

/** A member that is JSON in a text; undefined where there is none. */
function objectIn(entry: Record<string, string>, key: string): Record<string, unknown> | undefined {
  const text = entry[key]
  if (!text) return undefined
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Error(`its ${key} is not JSON`)
  }
  if (!isTable(value)) throw new Error(`its ${key} is no object`)
  return value
}

/** Numbers are texts in the entry itself. */
function numberIn(fields: Record<string, unknown>, key: string): number | undefined {
  const value = fields[key]
  if (value === undefined || value === null || value === '') return undefined
  const number = Number(value)
  return Number.isFinite(number) ? number : undefined
}
