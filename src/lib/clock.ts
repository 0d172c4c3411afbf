/**
 * Time as an argument. Nothing else of evenkeel reads the wall clock or sets a timer, so that hours of a
 * scenario run in milliseconds on a virtual clock.
 */
import { setMaxListeners } from 'node:events'
import { EvenkeelError } from './errors.ts'

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** Resolves after `ms`, or at once when `signal` aborts. Never rejects: the caller looks at its signal. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const realClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const finish = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', finish)
        resolve()
      }
      const timer = setTimeout(finish, ms)
      signal?.addEventListener('abort', finish, { once: true })
    }),
}

/** Milliseconds of a monotonic clock, for measuring how long something took. */
export function stopwatch(): () => number {
  const start = performance.now()
  return () => performance.now() - start
}

/**
 * For long work in pieces: between two of them it lets others run, if they have waited for `ms` milliseconds. Needs no time of its own.
 */
export function slices(ms = 10): () => Promise<void> {
  let since = stopwatch()
  return async () => {
    if (since() < ms) return
    await settle()
    since = stopwatch()
  }
}

/** The same for all calls: an error made for each would cost more than many a call. */
const over = new DOMException('the call is over', 'AbortError')

/**
 * Runs `work` with a signal that aborts when `signal` does or after `ms`.
 * @throws EvenkeelError `timeout` when the deadline passed first, even if `work` never settles; `aborted` when `signal` did.
 */
export async function withDeadline<T>(
  what: string,
  ms: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (signal?.aborted) throw new EvenkeelError('aborted', `${what} was given up`)
  // Many calls wait on one signal, one listener each: that is no leak.
  if (signal) setMaxListeners(0, signal)
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let onAbort: (() => void) | undefined
  const ended = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new EvenkeelError('timeout', `${what} did not answer within ${ms} ms`)), ms)
    onAbort = () => reject(new EvenkeelError('aborted', `${what} was given up`))
    signal?.addEventListener('abort', onAbort, { once: true })
  })
  // What throws at once is a rejection like any other: the timer must not outlive it.
  const working = (async () => work(controller.signal))()
  try {
    return await Promise.race([working, ended])
  } catch (error) {
    // Once the deadline has spoken nobody waits for the work; what it still throws is not a new fact.
    working.catch(() => undefined)
    throw error
  } finally {
    clearTimeout(timer)
    if (onAbort) signal?.removeEventListener('abort', onAbort)
    controller.abort(over)
  }
}

interface Timer {
  at: number
  order: number
  fire: () => void
}

/** A clock that moves only when told to: timers fire in order of time, then of creation. */
export class VirtualClock implements Clock {
  #now: number
  #order = 0
  #timers: Timer[] = []

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#now = startMs
  }

  now(): number {
    return this.#now
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const finish = () => {
        this.#timers = this.#timers.filter((other) => other !== timer)
        signal?.removeEventListener('abort', finish)
        resolve()
      }
      const timer: Timer = { at: this.#now + Math.max(0, ms), order: this.#order++, fire: finish }
      this.#timers.push(timer)
      signal?.addEventListener('abort', finish, { once: true })
    })
  }

  /** Moves time on by `ms`, firing every timer on the way and letting the code it wakes run before the next. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms
    await settle()
    for (;;) {
      const next = this.#timers.reduce<Timer | undefined>(
        (best, timer) =>
          !best || timer.at < best.at || (timer.at === best.at && timer.order < best.order) ? timer : best,
        undefined,
      )
      if (!next || next.at > until) break
      this.#now = Math.max(this.#now, next.at)
      next.fire()
      await settle()
    }
    this.#now = until
  }
}

/** Lets everything that is ready run: a macrotask comes only after all microtasks. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
