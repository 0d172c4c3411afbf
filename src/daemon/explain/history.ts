/** What moved lately, why, and how it ended: out of the decisions that are kept. */
import type { BegunMove, Decision } from '../../cluster/decision.ts'
import type { MoveResult } from '../../cluster/events.ts'
import type { ExplanationLine } from '../../cluster/explanation.ts'
import { moveReasonText } from '../../cluster/reasons.ts'
import { formatTime } from '../../lib/iso-time.ts'
import { formatBytes, formatDuration } from '../../lib/units.ts'
import { isAboutNode, line, type Picture } from './picture.ts'
import { ago } from './words.ts'

/** Told of one subject. */
const MOVES = 10

interface Past {
  decision: Decision
  move: BegunMove
}

/** Newest first. */
export function pastMoves({ decisions }: Picture, concerns: (move: BegunMove) => boolean): Past[] {
  return decisions
    .flatMap((decision) => decision.begun.filter(concerns).map((move) => ({ decision, move })))
    .toSorted((a, b) => b.move.startedAtMs - a.move.startedAtMs)
}

export function pastLines(picture: Picture, concerns: (move: BegunMove) => boolean): ExplanationLine[] {
  const past = pastMoves(picture, concerns)
  const lines = past.slice(0, MOVES).map((one) => pastLine(picture, one))
  if (past.length > MOVES) {
    const text = `and ${past.length - MOVES} more before that (see evenkeel decisions)`
    lines.push(line('more', text, { count: past.length - MOVES }))
  }
  if (past.length > 0) return lines
  const from = picture.decisions.at(-1)?.fromMs
  const text =
    from === undefined
      ? 'no move of ours is known'
      : `no move of ours is known, decisions go back to ${ago(from, picture.nowMs)}`
  return [line('none', text, { ...(from !== undefined && { since: formatTime(from) }) })]
}

const endings: Record<MoveResult, string> = {
  done: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
  reverted: 'reverted',
  superseded: 'superseded by a change that is not ours',
}

function pastLine({ nowMs, view }: Picture, { decision, move }: Past): ExplanationLine {
  const { end } = move
  const violation = violationBehind(decision, move)
  const why = `${move.reason}${violation === undefined ? `: ${moveReasonText[move.reason] ?? ''}` : `: ${violation}`}`
  const runs = view.running.some((one) => one.move.id === move.id && one.startedAtMs === move.startedAtMs)
  const how = end
    ? `${endings[end.result] ?? end.result} after ${formatDuration(end.durationMs)}${end.bytes > 0 ? `, ${formatBytes(end.bytes)} copied` : ''}${end.text === undefined ? '' : ` (${end.text})`}`
    : runs
      ? 'under way'
      : 'its end was not seen'
  return line(move.kind, `${ago(move.startedAtMs, nowMs)} ${routeText(move)}, ${how}; ${why}`, {
    move: move.id,
    decision: decision.id,
    started_at: formatTime(move.startedAtMs),
    from: move.from,
    to: move.to,
    bytes: move.bytes,
    reason: move.reason,
    ...(end && {
      ended_at: formatTime(end.atMs),
      result: end.result,
      bytes_copied: end.bytes,
      duration_seconds: end.durationMs / 1000,
    }),
  })
}

export function routeText({
  kind,
  topic,
  partition,
  from,
  to,
}: Pick<BegunMove, 'kind' | 'topic' | 'partition' | 'from' | 'to'>): string {
  const subject = partition === undefined ? topic : `${topic}-${partition}`
  switch (kind) {
    case 'replica':
      return from === to ? `${subject} to another disk of ${to}` : `${subject} from ${from} to ${to}`
    case 'leader':
      return `leadership of ${subject} from ${from} to ${to}`
    case 'table':
      return `${subject} to where the system places it`
    default:
      return `the brokers of ${subject} made anew`
  }
}

/** Of several of one kind the one that names an end of the move. */
function violationBehind({ violations }: Decision, { reason, from, to }: BegunMove): string | undefined {
  const same = violations.filter(({ kind }) => kind === reason)
  const ends = [from, to].filter((id) => id !== undefined)
  return (same.find(({ subject }) => ends.some((id) => isAboutNode(subject, id))) ?? same[0])?.text
}
