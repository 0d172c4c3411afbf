/**
 * How many moves at once a node is given, between 1 and what is configured: halved when something goes wrong, one more after
 * every tick in which moves ended well (additive increase, multiplicative decrease, as TCP does it: RFC 5681).
 */

/** Many failures of one moment are one reason to slow down. */
const REST_MS = 30_000

export class Pace {
  /** Undefined: as configured. */
  #limit: number | undefined
  #slowedAtMs = Number.NEGATIVE_INFINITY
  #ended = 0

  /** @param most as configured. */
  limit(most: number): number {
    return Math.max(1, Math.min(most, this.#limit ?? most))
  }

  ended(): void {
    this.#ended += 1
  }

  trouble(most: number, nowMs: number): void {
    this.#ended = 0
    if (nowMs - this.#slowedAtMs < REST_MS) return
    this.#slowedAtMs = nowMs
    this.#limit = Math.max(1, Math.floor(this.limit(most) / 2))
  }

  tick(most: number): void {
    if (this.#ended > 0 && this.#limit !== undefined)
      this.#limit = this.#limit + 1 >= most ? undefined : this.#limit + 1
    this.#ended = 0
  }
}
