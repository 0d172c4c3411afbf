/** Small words that all explanations share. */
import type { Violation } from '../../cluster/plan.ts'
import type { NodeId } from '../../cluster/state.ts'
import { formatTime } from '../../lib/iso-time.ts'
import { formatDuration, formatPercent } from '../../lib/units.ts'

/** Of a list that may be long. */
const NAMED = 6

/** `5`, `5 and 6`, `5, 6, 7, 8, 9, 10 and 490 more`. */
export function listed(names: readonly (NodeId | string)[]): string {
  if (names.length > NAMED + 1) return `${names.slice(0, NAMED).join(', ')} and ${names.length - NAMED} more`
  if (names.length < 2) return names.join('')
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

/** In facts: enough to work with, and the count beside it. */
export function someOf(names: readonly (NodeId | string)[]): (NodeId | string)[] {
  return names.slice(0, 100)
}

/** `3m12s ago (2026-01-31T12:00:00Z)` */
export function ago(atMs: number, nowMs: number): string {
  return `${formatDuration(Math.max(0, nowMs - atMs))} ago (${time(atMs)})`
}

/** `for 3m12s (since 2026-01-31T12:00:00Z)` */
export function since(atMs: number, nowMs: number): string {
  return `for ${formatDuration(Math.max(0, nowMs - atMs))} (since ${time(atMs)})`
}

function time(atMs: number): string {
  return formatTime(atMs).replace(/\.\d+Z$/, 'Z')
}

/** Of ratios that belong to a group: `84%`, or `81% to 99%`. */
export function range(ratios: readonly number[], format: (ratio: number) => string = formatPercent): string {
  const [low, high] = [format(Math.min(...ratios)), format(Math.max(...ratios))]
  return low === high ? low : `${low} to ${high}`
}

export function percentOf(part: number, whole: number): string {
  return whole > 0 ? formatPercent(Math.round((part / whole) * 1000) / 1000) : '-'
}

/** What holds a violation now, as the end of a sentence. */
export function waiting(violation: Violation | undefined): string {
  return violation?.gate ? `; it waits (${violation.gate.code}): ${violation.gate.text}` : ''
}
