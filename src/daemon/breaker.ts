/**
 * The circuit breaker: says when our own moves do so much harm, or so little good, that the cluster had better be paused
 * until a person has looked. Moves that were refused before they were sent, or for want of a permission, have done nothing: a
 * broker that restarts makes many of those at once.
 */
import type { LoopEvent } from '../cluster/events.ts'

const FAILURES = 5
const WITHIN_MS = 3_600_000
/** Health is worse in so many samples in a row: one may have caught a leader election. */
const SAMPLES = 2

interface Failure {
  atMs: number
  text: string
}

/** What speaks against going on and must outlive the process. */
export interface Harm {
  /** Those of the last hour when it was last asked. */
  failures: Failure[]
  /** How a replication factor changed. */
  factor?: string
}

export class Breaker {
  #failures: Failure[] = []
  #worse = 0
  #factor: string | undefined

  /** A replication factor that nobody told us to change: whatever it was, we had better not go on. */
  factorChanged(text: string): void {
    this.#factor = text
  }

  moveEnded(event: Pick<LoopEvent & { type: 'move_ended' }, 'result' | 'refusal' | 'progress'>, nowMs: number): void {
    if (event.result !== 'failed' && event.result !== 'reverted') return
    if (event.refusal !== undefined && event.refusal !== 'rejected') return
    const why = event.progress.text === undefined ? '' : ` (${event.progress.text})`
    this.#failures.push({ atMs: nowMs, text: `${event.progress.move.id} ${event.result}${why}` })
  }

  /** Undefined while nothing does. */
  get harm(): Harm | undefined {
    const factor = this.#factor
    if (this.#failures.length === 0 && factor === undefined) return undefined
    return { failures: [...this.#failures], ...(factor !== undefined && { factor }) }
  }

  /** What an earlier process, or another one, has seen; failures that are known already are not counted twice. */
  takeOver({ failures, factor }: Harm): void {
    this.#factor ??= factor
    const known = new Set(this.#failures.map(({ atMs, text }) => `${atMs} ${text}`))
    const fresh = failures.filter(({ atMs, text }) => !known.has(`${atMs} ${text}`))
    this.#failures = [...fresh, ...this.#failures].toSorted((one, other) => one.atMs - other.atMs)
  }

  /** @param grown how health is worse than before the moves in flight; undefined when it is not. */
  sampled(grown: string | undefined): void {
    this.#worse = grown === undefined ? 0 : this.#worse + 1
  }

  /** Why the cluster should be paused; undefined while it need not be. */
  trips(grown: string | undefined, nowMs: number): string | undefined {
    this.#failures = this.#failures.filter(({ atMs }) => nowMs - atMs < WITHIN_MS)
    if (this.#factor !== undefined) return this.#factor
    if (this.#failures.length >= FAILURES) {
      return `${this.#failures.length} moves failed or were reverted within an hour, the last: ${this.#failures.at(-1)!.text}`
    }
    return grown !== undefined && this.#worse >= SAMPLES ? grown : undefined
  }

  /** A person has looked: what was does not count any more. */
  reset(): void {
    this.#failures = []
    this.#worse = 0
    this.#factor = undefined
  }
}
