/**
 * Running rebalances: how far each is in replicas and true bytes, and what keeps it from going on. The controllers' list of jobs is a
 * hint only: an entry may be lost, late, or a ghost of a controller that is dead. What has arrived is seen in the ExternalView.
 */
import type { RunningJob } from '../../../cluster/move.ts'
import { sameSet } from '../../../lib/lists.ts'
import type { Job, PinotReading, Table } from '../reading.ts'
import { type BytesOf, type Change, sizer } from '../rules/changes.ts'
import { convergence, segmentIndex, serversAt, stateOn } from '../rules/placements.ts'

/** Id of the first attempt: the controllers' own retries of job `a` are `a_2`, `a_3`, … */
export function chainOf(id: string): string {
  return id.replace(/_\d+$/, '')
}

/** Its controller is dead, or its last word was lost: nobody runs it, yet it keeps every other job of the table away. */
export function isGhost({ status, updatedAtMs, heartbeatTimeoutMs }: Job, nowMs: number): boolean {
  return status === 'IN_PROGRESS' && nowMs - updatedAtMs > heartbeatTimeoutMs
}

/** No replica came for so long. A job that makes no progress is ended by its own time limit as well. */
const STILL_MS = 600_000
/** A job looks every second whether it is over: one that reached its target so long ago is. */
const OVER_MS = 30_000

interface Mark {
  progress: string
  sinceMs: number
}

/** Remembers since when each job has stood still. */
export class JobWatch {
  readonly #marks = new Map<string, Mark>()

  /**
   * Jobs in progress, ours and others'.
   * @param changesOf what a job moves, where that is known; else only its present step can be seen
   */
  of(
    reading: PinotReading,
    bytesOf: BytesOf,
    changesOf: (job: Job) => readonly Change[] | undefined = () => undefined,
  ): RunningJob[] {
    const running = reading.jobs.filter(({ status }) => status === 'IN_PROGRESS')
    const ids = new Set(running.map(({ id }) => id))
    for (const id of this.#marks.keys()) if (!ids.has(id)) this.#marks.delete(id)
    const tables = new Map(reading.tables.map((table) => [table.name, table]))
    return running.map((job) => this.#running(job, tables.get(job.table), reading.takenAtMs, bytesOf, changesOf(job)))
  }

  #running(
    job: Job,
    table: Table | undefined,
    nowMs: number,
    bytesOf: BytesOf,
    changes: readonly Change[] | undefined,
  ): RunningJob {
    const figures = table && figuresOf(table, bytesOf, changes)
    const adds =
      figures?.adds ??
      (job.adds ? { total: job.adds.total, done: Math.max(0, job.adds.total - job.adds.left) } : undefined)
    const stillMs = this.#stillMs(job, nowMs, [adds?.done, job.adds?.left, job.deletes?.left, figures?.missing].join())
    const isOver = figures?.isThere === true && stillMs >= OVER_MS
    const broken = isOver
      ? 'all of it is done, and its end was not recorded'
      : brokenText(job, table, figures?.errors ?? [], stillMs, nowMs)
    return {
      id: job.id,
      topic: job.table,
      startedAtMs: job.startedAtMs,
      parameters: Object.fromEntries(Object.entries(job.config).map(([name, value]) => [name, String(value)])),
      ...(adds ? { adds } : {}),
      ...(figures?.bytes ? { bytesDone: figures.bytes.done, bytesTotal: figures.bytes.total } : {}),
      ...(figures ? { arriving: figures.arriving } : {}),
      ...(job.attempt > 1 ? { text: `attempt ${job.attempt} of ${job.originalId}, begun by the controllers` } : {}),
      ...(broken === undefined ? {} : { broken }),
    }
  }

  #stillMs({ id }: Job, nowMs: number, progress: string): number {
    const mark = this.#marks.get(id)
    if (mark?.progress === progress) return nowMs - mark.sinceMs
    this.#marks.set(id, { progress, sinceMs: nowMs })
    return 0
  }
}

interface Figures {
  adds?: { total: number; done: number }
  bytes?: { total: number; done: number }
  arriving: { node: string; adds: number; bytes: number }[]
  missing: number
  errors: { segment: string; server: string }[]
  /** Everything is where the job was to bring it, and up; absent where that is not known. */
  isThere?: boolean
}

function figuresOf(table: Table, bytesOf: BytesOf, changes: readonly Change[] | undefined): Figures {
  const { placement } = table.idealState
  const view = table.externalView?.placement
  const size = sizer(table.name, placement.segments, bytesOf)
  const arriving = new Map<string, { node: string; adds: number; bytes: number }>()
  const expect = (node: string, bytes: number) => {
    const sum = arriving.get(node) ?? { node, adds: 0, bytes: 0 }
    arriving.set(node, { node, adds: sum.adds + 1, bytes: sum.bytes + bytes })
  }
  const moved = changes && new Set(changes.map(({ segment }) => segment))
  const state = convergence(placement, view, moved)
  const listed = () => [...arriving.values()].sort((a, b) => (a.node < b.node ? -1 : 1))
  if (changes === undefined) {
    for (const { segment, server } of state.absent) expect(server, size(segment))
    return { arriving: listed(), missing: state.missing, errors: state.errors }
  }
  const adds = { total: 0, done: 0 }
  const bytes = { total: 0, done: 0 }
  for (const { segment, from, to, consuming } of changes) {
    // It was deleted meanwhile: nothing is left to be done of it.
    if (segmentIndex(placement, segment) < 0) continue
    const each = consuming ? 0 : size(segment)
    const seen = view === undefined ? -1 : segmentIndex(view, segment)
    for (const server of to) {
      if (from.includes(server)) continue
      adds.total++
      bytes.total += each
      const up = view && stateOn(view, seen, server)
      if (up === 'ONLINE' || up === 'CONSUMING') {
        adds.done++
        bytes.done += each
      } else expect(server, each)
    }
  }
  const isThere =
    state.missing === 0 &&
    changes.every(({ segment, to }) => {
      const index = segmentIndex(placement, segment)
      return index < 0 || sameSet(serversAt(placement, index), to)
    })
  return { adds, bytes, arriving: listed(), missing: state.missing, errors: state.errors, isThere }
}

function brokenText(
  job: Job,
  table: Table | undefined,
  errors: { segment: string; server: string }[],
  stillMs: number,
  nowMs: number,
): string | undefined {
  if (table === undefined) return 'its table is gone'
  if (isGhost(job, nowMs)) {
    const minutes = Math.round((nowMs - job.updatedAtMs) / 60_000)
    return `its controller has not been heard of for ${minutes} min: it is dead, or the end of the job was not recorded`
  }
  const [first] = errors
  if (first && job.config['bestEfforts'] !== true) {
    const more = errors.length > 1 ? ` and ${errors.length - 1} more replicas` : ''
    return `${first.segment} on ${first.server}${more} is in ERROR`
  }
  if (stillMs >= STILL_MS) return `no replica has come for ${Math.round(stillMs / 60_000)} min`
  return undefined
}
