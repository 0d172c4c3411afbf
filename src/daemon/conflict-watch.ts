/**
 * Tells a balancer that nobody knows by its habits: a person moves something once, a balancer again and again; and it undoes what
 * another one has done.
 */
import type { Conflict } from '../cluster/conflicts.ts'
import { formatDuration } from '../lib/units.ts'

/** What is less apart belongs to one bout, as the batches of a tool do. */
const BOUT_REST_MS = 10 * 60_000
const BOUTS = 4
/** Moves of ours that were undone. */
const UNDONE = 3
const WITHIN_MS = 6 * 3_600_000

export class ConflictWatch {
  /** When the last bouts began. */
  #bouts: number[] = []
  #activeAtMs = Number.NEGATIVE_INFINITY
  /** When moves of ours were undone, no more than matter. */
  #undone: number[] = []

  /** @param active whether somebody else moves something, or has done so since the last look. */
  see(active: boolean, nowMs: number): void {
    const isRecent = (atMs: number) => nowMs - atMs < WITHIN_MS
    this.#bouts = this.#bouts.filter(isRecent)
    this.#undone = this.#undone.filter(isRecent)
    if (!active) return
    if (nowMs - this.#activeAtMs >= BOUT_REST_MS) this.#bouts.push(nowMs)
    this.#activeAtMs = nowMs
  }

  /** So many moves of ours were found undone. */
  undone(count: number, nowMs: number): void {
    this.#undone = [...this.#undone, ...Array<number>(Math.min(count, UNDONE)).fill(nowMs)].slice(-UNDONE)
  }

  /** @param known by what the cluster shows of them: then it is clear who it was. */
  conflicts(known: readonly Conflict[]): Conflict[] {
    if (known.length > 0) return [...known]
    const habits = [
      ...(this.#bouts.length < BOUTS ? [] : [`has moved replicas ${this.#bouts.length} times`]),
      ...(this.#undone.length < UNDONE ? [] : [`has undone ${UNDONE} moves of evenkeel or more`]),
    ]
    if (habits.length === 0) return []
    const text = `somebody else ${habits.join(' and ')} within ${formatDuration(WITHIN_MS)}: find out which balancer or script it is, and let only one of the two move them`
    return [{ with: 'unknown', text }]
  }
}
