/** How fast a copy gets on: from the bytes seen at each look, over the last minute. */

/** Long enough for several windows of Kafka's quota (11 s), within which copying comes in bursts. */
const WINDOW_MS = 60_000
/** Looks closer together than this tell no rate. */
const LEAST_MS = 5_000

export class Speed {
  #looks: { atMs: number; bytes: number }[] = []
  #best = Number.NEGATIVE_INFINITY
  /** When the copy was last seen larger than ever before; undefined before the first look. */
  advancedAtMs: number | undefined
  /** When bytes were last seen to have come. */
  grewAtMs: number | undefined

  see(bytes: number, atMs: number): void {
    if (this.advancedAtMs === undefined || bytes > this.#best) this.advancedAtMs = atMs
    if (this.#looks.length > 0 && bytes > this.#best) this.grewAtMs = atMs
    this.#best = Math.max(this.#best, bytes)
    const last = this.#looks.at(-1)
    // A copy that begins anew, as one whose target lost its disk, has a new speed.
    if (last && bytes < last.bytes) this.#looks = []
    this.#looks.push({ atMs, bytes })
    // The one before the window's begin is where the window begins.
    while (this.#looks.length > 2 && this.#looks[1]!.atMs <= atMs - WINDOW_MS) this.#looks.shift()
  }

  /** The wait begins anew: what kept the copy from going on was no fault of it. */
  rest(atMs: number): void {
    this.advancedAtMs = atMs
    this.#looks = this.#looks.slice(-1)
  }

  /** Bytes per second; undefined until two looks are far enough apart. */
  perSecond(): number | undefined {
    const first = this.#looks[0]
    const last = this.#looks.at(-1)
    if (!first || !last || last.atMs - first.atMs < LEAST_MS) return undefined
    return ((last.bytes - first.bytes) / (last.atMs - first.atMs)) * 1000
  }
}
