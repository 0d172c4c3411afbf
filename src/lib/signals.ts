import { setMaxListeners } from 'node:events'

/**
 * A controller that aborts when one of the signals does. `release` lets go of them: `AbortSignal.any` leaves something behind at
 * each of its sources, and some of ours live as long as the process.
 */
export function follow(...signals: AbortSignal[]): { controller: AbortController; release: () => void } {
  const controller = new AbortController()
  const abort = () => controller.abort()
  for (const signal of signals) {
    if (signal.aborted) abort()
    // Many follow one signal, one listener each: that is no leak.
    setMaxListeners(0, signal)
    signal.addEventListener('abort', abort, { once: true })
  }
  const release = () => {
    for (const signal of signals) signal.removeEventListener('abort', abort)
  }
  return { controller, release }
}
