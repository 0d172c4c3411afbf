/** What a person, or the daemon in self-defence, wants of a cluster: it survives restarts until it is taken back. */
import type { NodeId } from './state.ts'

/** `circuit_breaker`: the daemon paused the cluster by itself because its own moves went wrong. */
export const pausers = ['operator', 'circuit_breaker'] as const

export interface Pause {
  by: (typeof pausers)[number]
  reason: string
  sinceMs: number
  /** When it ends by itself; absent: only by `resume`. */
  untilMs?: number
}

export interface Wishes {
  /** Nodes to be emptied and kept empty. */
  drains: NodeId[]
  pause?: Pause
}

export const noWishes: Wishes = { drains: [] }

/** The wishes of one cluster, kept where they survive the process. */
export interface WishStore {
  /** What holds now. */
  read(): Wishes
  /**
   * Replaces what holds; when it returns it is on disk.
   * @throws EvenkeelError when it cannot be written: nothing has changed then.
   */
  write(wishes: Wishes): Promise<void>
  /** Why nothing can be written; undefined while it can. While it cannot, nothing may be started. */
  problem(): string | undefined
  close(): Promise<void>
}

/** Of a cluster that does not outlive the process. */
export function forgetfulStore(): WishStore {
  let wishes = noWishes
  return {
    read: () => wishes,
    write: async (wanted) => {
      wishes = wanted
    },
    problem: () => undefined,
    close: async () => undefined,
  }
}

/** The pause, unless it is over by itself. */
export function pauseAt({ pause }: Wishes, nowMs: number): Pause | undefined {
  return pause && !(nowMs >= (pause.untilMs ?? Number.POSITIVE_INFINITY)) ? pause : undefined
}
