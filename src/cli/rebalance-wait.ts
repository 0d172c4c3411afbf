/** Waits until tables that were asked for are where Pinot puts them, and says on the way how far they are. */
import type { TableJson } from '../cluster/table-json.ts'
import { EvenkeelError } from '../lib/errors.ts'
import { formatBytes, formatCount } from '../lib/units.ts'
import { askPatiently, POLL_MS, ProgressVoice, StallWatch, type WaitParts } from './patience.ts'
import type { Status } from './status.ts'
import type { Tables } from './tables.ts'

export interface Waited {
  answer: Status
  /** Not when something stands in the way that does not go by itself. */
  done: boolean
  /** What became of each table. */
  lines: string[]
}

/**
 * @param known the tables as they were when they had been asked for.
 * @throws EvenkeelError when nobody answers for long, or the wait is given up.
 */
export async function waitUntilRebalanced(known: Tables, answer: Status, parts: WaitParts): Promise<Waited> {
  const { clock, signal, say } = parts
  const { cluster, sampled_at: before } = known
  const names = known.tables.map(({ name }) => name)
  const stalled = new StallWatch(answer.clusters[0]!)
  const moved = new Set<string>()
  const voice = new ProgressVoice(parts)
  let tables = known
  for (;;) {
    const rows = names.map((name) => ({ name, row: tables.tables.find((table) => table.name === name) }))
    const open = rows.flatMap(({ row }) => (row && isOpen(row) ? [row] : []))
    for (const { name, job } of open) if (job?.ours) moved.add(name)
    const lines = rows.map(({ name, row }) => `${name}: ${endText(row, moved.has(name))}`)
    if (open.length === 0) return { answer, done: rows.every(({ row }) => row?.left_alone === undefined), lines }
    voice.tell(open.map((row) => `${row.name}: ${progressText(row)}`).join('; '))
    // What was known before it was asked for says nothing of what comes of it.
    const blocked = tables.sampled_at === before ? undefined : blockedText(open)
    const why = blocked ?? stalled.why(answer.clusters[0]!)
    if (why !== undefined) {
      say(`not waiting any longer: ${why}`)
      return { answer, done: false, lines }
    }
    await clock.sleep(POLL_MS, signal)
    if (signal.aborted) throw new EvenkeelError('aborted', 'the wait was given up; what was asked for stays so')
    answer = await askPatiently<Status>('status', { cluster }, parts)
    tables = await whenSampled(tables, cluster, parts)
  }
}

/** A daemon that has just begun has not sampled yet: what was known before still holds. */
async function whenSampled(before: Tables, cluster: string, parts: WaitParts): Promise<Tables> {
  try {
    return await askPatiently<Tables>('tables', { cluster }, parts)
  } catch (error) {
    if (error instanceof EvenkeelError && error.code === 'usage') return before
    throw error
  }
}

function isOpen({ asked }: TableJson): boolean {
  return asked === true
}

/** The first table whose own state keeps it from ever running, when nothing of the others runs. */
function blockedText(open: readonly TableJson[]): string | undefined {
  const reasons = open.map(({ name, drift, left_alone: alone, job }) => {
    if (job) return undefined
    if (alone?.exhausted) return `${name} failed too often, it is left alone until ${alone.until}: ${alone.text}`
    if (!drift?.held || drift.approved) return undefined
    const { code, text, approvable } = drift.held
    return `${name} is held: ${code}: ${text}${approvable ? `; \`evenkeel approve ${name}\` lets it run` : ''}`
  })
  return reasons.every((reason) => reason !== undefined) ? reasons.join('; ') : undefined
}

function progressText({ job, drift, left_alone: alone }: TableJson): string {
  if (job) {
    const { replicas_done: done, replicas_total: total, bytes_total: bytes = 0, ours, broken } = job
    const whose = ours ? '' : "somebody else's job: "
    const far = total === undefined ? 'running' : `${done} of ${formatCount(total, 'replica')} (${formatBytes(bytes)})`
    return `${whose}${far}${broken === undefined ? '' : `, broken: ${broken}`}`
  }
  if (alone) return `left alone until ${alone.until}: ${alone.text}`
  if (!drift) return 'asked for'
  return drift.held && !drift.approved
    ? `held: ${drift.held.code}`
    : `waits for its turn, ${formatCount(drift.replicas, 'replica')} of ${formatBytes(drift.bytes)} to be made`
}

function endText(row: TableJson | undefined, moved: boolean): string {
  if (!row) return 'there is no such table any more'
  // What is left alone and not wished any more was cancelled.
  if (isOpen(row) || row.left_alone) return progressText(row)
  if (moved) return 'rebalanced'
  return row.drift || !row.controller ? 'nothing left to do' : `nothing left to do: ${row.controller.text}`
}
