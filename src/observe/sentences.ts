/** Events as sentences for people: the same words in the terminal view and in the log. */
import type { LoopEvent, MoveProgress, MoveResult, SettingChanges } from '../cluster/events.ts'
import { copies, type Move, routeOf, subjectOf } from '../cluster/move.ts'
import { orderName } from '../cluster/orders.ts'
import { rejectReasons } from '../cluster/reasons.ts'
import { formatBytes, formatCount, formatDuration } from '../lib/units.ts'

/** One sentence without a full stop and without the cluster's name; undefined for events that only carry figures. */
export function eventSentence(event: LoopEvent): string | undefined {
  switch (event.type) {
    case 'tick':
    case 'progress':
      return undefined
    case 'sample_failed':
      return `the cluster could not be sampled (${event.code} after ${formatDuration(event.durationMs)}): ${event.text}`
    case 'tick_failed':
      return `the tick failed: ${event.text}`
    case 'plan_rejected':
      return `the plan was dropped: ${event.text}`
    case 'paused':
      return `evenkeel paused the cluster by itself and needs resume: ${event.reason}`
    case 'connection_replaced':
      return 'the new connection works and is taken'
    case 'connection_refused':
      return `the new connection is not taken, the old one stays in force${event.final ? '' : ' until it works'}: ${event.text}`
    case 'status_changed':
      return `status is now ${event.to}, was ${event.from}`
    case 'node_appeared':
      return `node ${event.node} appeared`
    case 'node_lost':
      return `node ${event.node} is gone`
    case 'node_returned':
      return `node ${event.node} is back`
    case 'move_started':
      return event.adopted
        ? `taking up again, begun before the restart: ${started(event.progress.move)}`
        : started(event.progress.move)
    case 'settings_changed':
      return settings(event)
    case 'move_ended':
      return ended(event.progress, event.result, event.durationMs)
    case 'order_refused':
      return `${orderName(event.order)} was asked for by a person and is given up: ${event.text}`
    case 'candidates_rejected':
      return rejected(event.counts)
    default:
      return event satisfies never
  }
}

function started(move: Move): string {
  return `${doing(move, true)}: ${move.reason}`
}

/** What is being done, in words; at its end what was copied is told instead of the size. */
function doing(move: Move, withSize = false): string {
  switch (move.kind) {
    case 'replica':
      return `moving ${subjectOf(move)}${withSize ? ` (${formatBytes(move.bytes)})` : ''} from node ${move.from} to node ${move.to}`
    case 'leader':
      return `moving leadership of ${subjectOf(move)} from node ${move.from} to node ${move.to}`
    case 'table': {
      const { from, to } = routeOf(move)
      const what = `${formatCount(move.adds, 'replica')} (${formatBytes(move.bytes)})`
      return `rebalancing ${move.topic}: ${what} from ${from} to ${to}, because of ${move.causes.join(', ')}`
    }
    case 'brokers':
      return `making the brokers of ${move.topic} anew: ${move.before.join(', ') || 'none'} → ${move.after.join(', ') || 'none'}`
    default:
      return move satisfies never
  }
}

function doneSentence(move: Move, bytes: number, duration: string): string {
  switch (move.kind) {
    case 'replica':
      return `${subjectOf(move)} is now on node ${move.to} (${formatBytes(bytes)} in ${duration})`
    case 'leader':
      return `${subjectOf(move)} is now led by node ${move.to} (in ${duration})`
    case 'table':
      return `${move.topic} is where it belongs (${formatCount(move.adds, 'replica')}, ${formatBytes(bytes)} in ${duration})`
    case 'brokers':
      return `the brokers of ${move.topic} are now ${move.after.join(', ') || 'none'} (in ${duration})`
    default:
      return move satisfies never
  }
}

function ended(progress: MoveProgress, result: MoveResult, durationMs: number): string {
  const { move, bytesDone, bytesTotal } = progress
  const duration = formatDuration(durationMs)
  if (result === 'done') return doneSentence(move, bytesTotal, duration)
  const copied = copies(move) ? `, ${formatBytes(bytesDone)} of ${formatBytes(bytesTotal)} copied` : ''
  const because = progress.text === undefined ? '' : `: ${progress.text}`
  return `${doing(move)} ${endings[result]} after ${duration}${copied}${because}`
}

/** Many settings change at once: the first few by name. */
function settings({ set, restored, left, failed }: SettingChanges): string {
  const parts = [
    set.length > 0 ? `${formatCount(set.length, 'setting')} of the cluster changed for a while: ${few(set)}` : '',
    restored.length > 0 ? `${formatCount(restored.length, 'setting')} put back: ${few(restored)}` : '',
    left.length > 0
      ? `${formatCount(left.length, 'setting')} changed by somebody else, left as he set it: ${few(left)}`
      : '',
    failed.length > 0
      ? `${formatCount(failed.length, 'setting')} could not be put back yet: ${few(failed.map(({ key, text }) => `${key} (${text})`))}`
      : '',
  ]
  return parts.filter((part) => part !== '').join('; ')
}

function few(keys: string[]): string {
  return `${keys.slice(0, 4).join(', ')}${keys.length > 4 ? ', …' : ''}`
}

const endings: Record<Exclude<MoveResult, 'done'>, string> = {
  failed: 'failed',
  cancelled: 'was cancelled',
  reverted: 'was reverted',
  superseded: 'was superseded by a change that is not ours',
}

/** Most frequent first, ties in the order of the closed list. */
function rejected(counts: Extract<LoopEvent, { type: 'candidates_rejected' }>['counts']): string {
  const known = rejectReasons
    .map((reason) => ({ reason, count: counts[reason] ?? 0 }))
    .filter(({ count }) => count > 0)
    .toSorted((a, b) => b.count - a.count)
  const total = known.reduce((sum, { count }) => sum + count, 0)
  const list = known.map(({ reason, count }) => `${reason} ${count}`).join(', ')
  return `${total} candidate ${total === 1 ? 'move was' : 'moves were'} rejected${list === '' ? '' : `: ${list}`}`
}
