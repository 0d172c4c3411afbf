/** Wishes as a line of a file: one JSON object that says all that holds, so that the last one is enough. */
import { type Pause, pausers, type Wishes } from '../cluster/wishes.ts'
import { formatTime, parseTime } from '../lib/iso-time.ts'

const VERSION = 1

/** A line with its end. */
export function recordOf(cluster: string, { drains, pause }: Wishes, nowMs: number): string {
  const record = {
    type: 'wishes',
    version: VERSION,
    cluster,
    at: formatTime(nowMs),
    drains,
    ...(pause === undefined ? {} : { pause: pauseRecord(pause) }),
  }
  return `${JSON.stringify(record)}\n`
}

function pauseRecord({ by, reason, sinceMs, untilMs }: Pause) {
  return {
    by,
    reason,
    since: formatTime(sinceMs),
    ...(untilMs === undefined ? {} : { until: formatTime(untilMs) }),
  }
}

/** What the record of a parsed line says, or one sentence on what is wrong with it. Unknown fields pass. */
export function wishesOf(cluster: string, record: unknown): Wishes | string {
  if (!isObject(record) || record['type'] !== 'wishes') return 'is not a record of wishes'
  const { version, cluster: of, drains, pause } = record
  if (version !== VERSION) return `has version ${JSON.stringify(version)}, this evenkeel knows version ${VERSION}`
  if (of !== cluster) return `belongs to the cluster ${JSON.stringify(of)}`
  if (!Array.isArray(drains) || !drains.every(isNodeId)) return 'drains is not a list of node ids'
  if (pause === undefined) return { drains }
  const read = readPause(pause)
  return read === undefined ? 'pause is not one' : { drains, pause: read }
}

function readPause(value: unknown): Pause | undefined {
  if (!isObject(value)) return undefined
  const { reason } = value
  const by = pausers.find((pauser) => pauser === value['by'])
  const [sinceMs, untilMs] = [value['since'], value['until']].map((time) =>
    typeof time === 'string' ? parseTime(time) : Number.NaN,
  ) as [number, number]
  const untilIsWrong = value['until'] !== undefined && Number.isNaN(untilMs)
  if (by === undefined || typeof reason !== 'string' || Number.isNaN(sinceMs) || untilIsWrong) return undefined
  return { by, reason, sinceMs, ...(Number.isNaN(untilMs) ? {} : { untilMs }) }
}

function isNodeId(value: unknown): value is number | string {
  return typeof value === 'string' || Number.isSafeInteger(value)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
