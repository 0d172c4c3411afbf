/** Tells a balancer that nobody knows by its habit: a person moves something once, a balancer again and again. */
import type { Conflict } from '../cluster/conflicts.ts'
import { formatDuration } from '../lib/units.ts'

/** What is less apart belongs to one bout, as the batches of a tool do. */
const BOUT_REST_MS = 10 * 60_000
const BOUTS = 4
const WITHIN_MS = 6 * 3_600_000

export class ConflictWatch {
  /** When the last bouts began. */
  #bouts: number[] = []
  #activeAtMs = Number.NEGATIVE_INFINITY

  /** @param active whether somebody else moves something, or has done so since the last look. */
  see(active: boolean, nowMs: number): void {
    this.#bouts = this.#bouts.filter((atMs) => nowMs - atMs < WITHIN_MS)
    if (!active) return
    if (nowMs - this.#activeAtMs >= BOUT_REST_MS) this.#bouts.push(nowMs)
    this.#activeAtMs = nowMs
  }

  /** @param known by what the cluster shows of them: then it is clear who it was. */
  conflicts(known: readonly Conflict[]): Conflict[] {
    if (known.length > 0 || this.#bouts.length < BOUTS) return [...known]
    const times = `${this.#bouts.length} times within ${formatDuration(WITHIN_MS)}`
    const text = `somebody else has moved replicas ${times}: find out which balancer or script it is, and let only one of the two move them`
    return [{ with: 'unknown', text }]
  }
}
