/**
 * When a loop ticks and when it pulses. A tick looks at everything and decides; pulses between and beside the ticks are followed by
 * work on what is in flight, and only work begins something new.
 *
 * While a tick is at work nothing new begins: what it decides would not know of it. So that ticks that take long do not follow
 * each other without a gap, each that found something to begin is followed by a turn: a look, and work that was free to begin it. A
 * tick that is brought forward waits for no turn; neither does one that has waited for it long enough, as an act may wait for a node
 * that keeps silent.
 */
import type { Pulse } from '../cluster/sample.ts'
import type { Clock } from '../lib/clock.ts'
import { follow } from '../lib/signals.ts'

/** What is done at each beat; none of it throws. */
export interface Beats {
  tick: (signal: AbortSignal) => Promise<void>
  /** @returns undefined when nothing could be seen. */
  look: (signal: AbortSignal) => Promise<Pulse | undefined>
  /** @param mayStart whether anything new may begin now. */
  work: (pulse: Pulse, mayStart: () => boolean, signal: AbortSignal) => Promise<void>
  /** Whether something waits to be begun. */
  isWaiting: () => boolean
  /** From the beginning of one tick, or the end of one pulse, to the next. */
  intervals: () => { tickMs: number; pulseMs: number }
}

/** So many intervals are waited for a turn. */
const TURN_INTERVALS = 2

export class Rhythm {
  readonly #clock: Clock
  readonly #beats: Beats
  /** The next tick need not wait for its time. */
  #due = true
  /** A tick is at work. */
  #thinking = false
  #turn = newTurn()
  /** What is being done about the last pulse; undefined while nothing is. */
  #working: Promise<void> | undefined
  #wakeTick = new AbortController()
  #wakePulse = new AbortController()

  constructor(clock: Clock, beats: Beats) {
    this.#clock = clock
    this.#beats = beats
  }

  /** Runs until the signal aborts and what was at work has ended. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#ticks(signal), this.#pulses(signal)])
  }

  /** Brings the next tick forward. */
  tickSoon(): void {
    this.#due = true
    this.#wakeTick.abort()
  }

  async #ticks(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#due = false
      const begunMs = this.#clock.now()
      this.#thinking = true
      await this.#beats.tick(signal)
      this.#thinking = false
      this.#turn = newTurn()
      // What was found is begun at once.
      this.#wakePulse.abort()
      const { controller: wake, release } = follow(signal)
      this.#wakeTick = wake
      const { tickMs, pulseMs } = this.#beats.intervals()
      const waitMs = Math.max(0, begunMs + tickMs - this.#clock.now())
      await this.#clock.sleep(this.#due ? Math.min(waitMs, pulseMs) : waitMs, wake.signal)
      if (this.#beats.isWaiting()) {
        await Promise.race([this.#turn.taken, this.#clock.sleep(TURN_INTERVALS * tickMs, wake.signal)])
        // What is left of that sleep.
        wake.abort()
      }
      release()
    }
  }

  async #pulses(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const { controller: wake, release } = follow(signal)
      this.#wakePulse = wake
      await this.#clock.sleep(this.#beats.intervals().pulseMs, wake.signal)
      release()
      if (signal.aborted) break
      const turn = this.#thinking ? undefined : this.#turn
      const pulse = await this.#beats.look(signal)
      if (pulse) this.#beginWork(pulse, signal)
      else turn?.take()
    }
    await this.#working
  }

  /** An act may wait for a node that keeps silent: meanwhile the looks go on, and nothing else is begun. */
  #beginWork(pulse: Pulse, signal: AbortSignal): void {
    if (this.#working) return
    const turn = this.#thinking ? undefined : this.#turn
    const mayStart = () => {
      if (this.#thinking) return false
      this.#turn.take()
      return true
    }
    this.#working = this.#beats.work(pulse, mayStart, signal).then(() => {
      this.#working = undefined
      turn?.take()
    })
  }
}

interface Turn {
  taken: Promise<void>
  take: () => void
}

function newTurn(): Turn {
  let take: (() => void) | undefined
  const taken = new Promise<void>((resolve) => {
    take = resolve
  })
  return { taken, take: () => take?.() }
}
