import type { Clock } from '../lib/clock.ts'

/** What a command may use of the process: data goes to `out`, everything else to `err`. */
export interface Io {
  out: NodeJS.WriteStream
  err: { write(text: string): unknown }
  env: Record<string, string | undefined>
  /** Aborts when the process is asked to end. */
  signal: AbortSignal
  /** The real one unless given. */
  clock?: Clock
  /** Calls back whenever the process is asked to read its config anew; returns what ends that. */
  onReload(listener: () => void): () => void
}

/** A command tells how it ended by this; unset is done. */
export interface Ending {
  code: number
}
