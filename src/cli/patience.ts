/** What waiting for a running daemon takes: to outlast its restarts, and to notice that nothing moves any more. */
import { type Clock, realClock } from '../lib/clock.ts'
import { codeOf, messageOf } from '../lib/errors.ts'
import { formatDuration } from '../lib/units.ts'
import type { DaemonClient, Fields } from './daemon-client.ts'
import type { Io } from './io.ts'
import { type ClusterStatus, standstillText } from './standstill.ts'

export interface WaitParts {
  client: DaemonClient
  clock: Clock
  signal: AbortSignal
  /** Takes one line on the progress. */
  say: (line: string) => void
}

export const POLL_MS = 2000
/** While nothing changes this often is enough to see that it is still at it. */
const REPEAT_MS = 30_000
/** A daemon that is restarted goes on with what was wished: it is given this long. */
const ABSENT_MS = 120_000
/** Samples in a row that must come to nothing: the first one may have been taken before the wish. */
const STALLED_SAMPLES = 2

/** What a command waits with: progress goes where data does not. */
export function waitParts(client: DaemonClient, io: Io): WaitParts {
  return {
    client,
    clock: io.clock ?? realClock,
    signal: io.signal,
    say: (line) => void io.err.write(`${line}\n`),
  }
}

/** Says how far it is when that changes, and now and then while it does not. */
export class ProgressVoice {
  readonly #parts: Pick<WaitParts, 'clock' | 'say'>
  #said = { text: '', atMs: 0 }

  constructor(parts: Pick<WaitParts, 'clock' | 'say'>) {
    this.#parts = parts
  }

  /** @param more what is said with it, although a change of that alone is no news. */
  tell(text: string, more: () => string = () => ''): void {
    const { clock, say } = this.#parts
    if (text === this.#said.text && clock.now() - this.#said.atMs < REPEAT_MS) return
    say(`${text}${more()}`)
    this.#said = { text, atMs: clock.now() }
  }
}

/** Asks again while nobody answers, for as long as a restart may take. @throws EvenkeelError as the client does */
export async function askPatiently<Answer>(
  name: string,
  fields: Fields,
  { client, clock, signal, say }: WaitParts,
): Promise<Answer> {
  const sinceMs = clock.now()
  for (;;) {
    try {
      return await client.get<Answer>(name, fields)
    } catch (error) {
      const over = clock.now() - sinceMs >= ABSENT_MS
      if (codeOf(error) !== 'unreachable' || over || signal.aborted) throw error
      if (clock.now() === sinceMs) say(`${messageOf(error)}; trying again for ${formatDuration(ABSENT_MS)}`)
      await clock.sleep(POLL_MS, signal)
    }
  }
}

/** Notices that nothing moves any more, or never will as things are. */
export class StallWatch {
  #seen: string | undefined
  #samples = 0

  constructor({ last_sample: sample }: ClusterStatus) {
    this.#seen = sample
  }

  why(cluster: ClusterStatus): string | undefined {
    const { pause, ...others } = cluster
    // A pause that ends by itself is waited for.
    const standstill = standstillText(pause?.until === undefined ? cluster : others)
    if (standstill !== undefined) return standstill
    const { status, verdict, last_sample: sample } = cluster
    if (sample === this.#seen) return undefined
    this.#seen = sample
    this.#samples = status === 'stalled' ? this.#samples + 1 : 0
    return this.#samples >= STALLED_SAMPLES ? `stalled: ${verdict?.text ?? 'no allowed move helps'}` : undefined
  }
}
