/** What a person, or the daemon in self-defence, wants of a cluster: it survives restarts until it is taken back. */

/** `circuit_breaker`: the daemon paused the cluster by itself because its own moves went wrong. */
export const pausers = ['operator', 'circuit_breaker'] as const

export interface Pause {
  by: (typeof pausers)[number]
  reason: string
  sinceMs: number
  /** When it ends by itself; absent: only by `resume`. */
  untilMs?: number
}

/** The pause, unless it is over by itself. */
export function pauseAt(pause: Pause | undefined, nowMs: number): Pause | undefined {
  return pause && !(nowMs >= (pause.untilMs ?? Number.POSITIVE_INFINITY)) ? pause : undefined
}
