/** One question to several, of whom any may be mute: the next is asked beside those that keep silent. */
import { realClock } from '../../lib/clock.ts'
import { follow } from '../../lib/signals.ts'

export interface HedgeOptions {
  signal: AbortSignal
  /** So long is waited for an answer before the next is asked as well, then twice as long, and so on. */
  patienceMs: number
  /** Whether after this failure somebody else may be asked. */
  mayGoOn: (error: unknown) => boolean
}

type End<T> = { attempt: Promise<End<T>> } & ({ value: T } | { error: unknown })

/**
 * The first good answer; who still is busy then is let go by its signal. A failure counts only once nobody is left.
 *
 * The growing patience keeps a cluster that is slow as a whole from being asked the same by everybody at once.
 * @param ask at least one; begun in this order.
 * @throws the last failure.
 */
export async function firstAnswer<T>(
  ask: readonly ((signal: AbortSignal) => Promise<T>)[],
  { signal, patienceMs, mayGoOn }: HedgeOptions,
): Promise<T> {
  const { controller, release } = follow(signal)
  const busy = new Set<Promise<End<T>>>()
  const waiting = [...ask]
  let patience = patienceMs
  try {
    for (;;) {
      const next = waiting.shift()
      if (next) busy.add(begin(next, controller.signal))
      const end = await firstEnd(busy, waiting.length > 0 ? patience : undefined)
      if (end === undefined) {
        patience *= 2
        continue
      }
      if ('value' in end) return end.value
      busy.delete(end.attempt)
      if (!mayGoOn(end.error)) waiting.length = 0
      if (busy.size === 0 && waiting.length === 0) throw end.error
    }
  } finally {
    release()
    controller.abort()
  }
}

function begin<T>(ask: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<End<T>> {
  const attempt: Promise<End<T>> = ask(signal).then(
    (value) => ({ attempt, value }),
    (error: unknown) => ({ attempt, error }),
  )
  return attempt
}

/** Undefined when none ended in time. */
async function firstEnd<T>(busy: Iterable<Promise<End<T>>>, ms: number | undefined): Promise<End<T> | undefined> {
  if (ms === undefined) return Promise.race(busy)
  const ended = new AbortController()
  try {
    return await Promise.race([...busy, realClock.sleep(ms, ended.signal).then(() => undefined)])
  } finally {
    ended.abort()
  }
}
