/** What a command may use of the process: data goes to `out`, everything else to `err`. */
export interface Io {
  out: NodeJS.WriteStream
  err: { write(text: string): unknown }
  env: Record<string, string | undefined>
  /** Aborts when the process is asked to end. */
  signal: AbortSignal
}

/** A command tells how it ended by this; unset is done. */
export interface Ending {
  code: number
}
