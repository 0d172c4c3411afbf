/** What moves now, and what the plan has for it: of one partition in full, of a node or a table by its reasons first. */
import type { MoveProgress } from '../../cluster/events.ts'
import type { ExplanationLine, Facts } from '../../cluster/explanation.ts'
import { isOfPartition, type Move, totalBytes } from '../../cluster/move.ts'
import type { Violation } from '../../cluster/plan.ts'
import type { MoveReason } from '../../cluster/reasons.ts'
import type { NodeId } from '../../cluster/state.ts'
import { groupBy } from '../../lib/group-by.ts'
import { formatTime } from '../../lib/iso-time.ts'
import { formatBytes, formatCount, formatDuration } from '../../lib/units.ts'
import { routeText } from './history.ts'
import { line, type Picture } from './picture.ts'
import { waiting } from './words.ts'

/** Named of many. */
const MOST = 10

interface UnderWay {
  running: MoveProgress[]
  planned: Move[]
}

export function underWay({ view, report }: Picture, concerns: (move: Move) => boolean): UnderWay {
  const running = view.running.filter(({ move }) => concerns(move))
  const ids = new Set(running.map(({ move }) => move.id))
  return { running, planned: report.plan.moves.filter((move) => concerns(move) && !ids.has(move.id)) }
}

/** Whether the move brings replicas to the node; plans are long, so nothing is made for the asking. */
export function givesTo(move: Move, node: NodeId): boolean {
  if (move.kind === 'table') return move.shares.some((share) => share.node === node && share.adds > 0)
  return move.kind === 'replica' && move.to === node
}

/** Whether it takes replicas from the node. */
export function takesFrom(move: Move, node: NodeId): boolean {
  if (move.kind === 'table') return move.shares.some((share) => share.node === node && share.removes > 0)
  return move.kind === 'replica' && move.from === node
}

/** Of one partition: each with the violation that it is for. */
export function planLines(picture: Picture, concerns: (move: Move) => boolean): ExplanationLine[] {
  const { running, planned } = underWay(picture, concerns)
  return orNone([
    ...running.map(runningLine),
    ...planned.map((move) => {
      const why = behind(picture, move.reason)
      const because = why ? ` (${why.text})${waiting(why)}` : ''
      return plannedLine(picture, move, because)
    }),
  ])
}

/** Of many: what they are for once for all of them. */
export function plansLines(picture: Picture, concerns: (move: Move) => boolean): ExplanationLine[] {
  const { running, planned } = underWay(picture, concerns)
  const lines = running.slice(0, MOST).map(runningLine)
  if (running.length > MOST) lines.push(moreLine(running.length - MOST, 'under way'))
  for (const [reason, moves] of groupBy(planned, (move) => move.reason)) {
    const why = behind(picture, reason)
    const because = why ? `: ${why.text}${waiting(why)}` : ''
    const text = `${formatCount(moves.length, 'move')} of ${formatBytes(totalBytes(moves))} planned for ${reason}${because}`
    lines.push(
      line(reason, text, { count: moves.length, bytes: totalBytes(moves), ...(why?.gate && { gate: why.gate.code }) }),
    )
    lines.push(...moves.slice(0, MOST).map((move) => plannedLine(picture, move, '')))
    if (moves.length > MOST) lines.push(moreLine(moves.length - MOST, 'planned'))
  }
  return orNone(lines)
}

function orNone(lines: ExplanationLine[]): ExplanationLine[] {
  return lines.length > 0 ? lines : [line('none', 'nothing of it is planned or under way')]
}

function moreLine(count: number, what: string): ExplanationLine {
  return line('more', `and ${count} more ${what} (see evenkeel moves)`, { count })
}

/** One that may be mended, else one that waits. */
function behind({ report }: Picture, reason: MoveReason): Violation | undefined {
  const same = report.violations.filter(({ kind }) => kind === reason)
  return same.find(({ gate }) => gate === undefined) ?? same[0]
}

function runningLine({
  move,
  state,
  text,
  startedAtMs,
  bytesDone,
  bytesTotal,
  remainingMs,
}: MoveProgress): ExplanationLine {
  const copied = bytesTotal > 0 ? `, ${formatBytes(bytesDone)} of ${formatBytes(bytesTotal)} copied` : ''
  const left = remainingMs === undefined ? '' : `, ${formatDuration(remainingMs)} left`
  const more = text === undefined ? '' : ` (${text})`
  return line('running', `${state}${more}: ${routeText(movedOf(move))} for ${move.reason}${copied}${left}`, {
    ...factsOf(move),
    state,
    started_at: formatTime(startedAtMs),
    bytes_done: bytesDone,
    bytes_total: bytesTotal,
  })
}

function plannedLine(picture: Picture, move: Move, because: string): ExplanationLine {
  const gate = behind(picture, move.reason)?.gate
  const text = `planned: ${routeText(movedOf(move))} for ${move.reason}${because}${gate ? '' : turnText(picture, move)}`
  return line('planned', text, { ...factsOf(move), ...(gate && { gate: gate.code }) })
}

function turnText({ view, report }: Picture, move: Move): string {
  const before = view.pending.findIndex(({ id }) => id === move.id)
  if (before === 0) return '; it is next'
  if (before !== -1) return `; it waits for its turn, ${before} before it`
  return report.verdict.act ? '' : `; it does not begin (${report.verdict.code})`
}

const movedOf = (move: Move) => ({
  kind: move.kind,
  topic: move.topic,
  ...(isOfPartition(move) && { partition: move.partition, from: move.from, to: move.to }),
})

function factsOf(move: Move): Facts {
  return {
    move: move.id,
    kind: move.kind,
    reason: move.reason,
    ...(isOfPartition(move) && { from: move.from, to: move.to }),
    ...(move.kind === 'replica' && { bytes: move.bytes, from_dir: move.fromDir, to_dir: move.toDir }),
    ...(move.kind === 'table' && { bytes: move.bytes, replicas: move.adds, causes: move.causes }),
  }
}
