/** Waits until a node that is being drained can be stopped, and says on the way how far it is. */
import type { NodeId } from '../cluster/state.ts'
import type { Clock } from '../lib/clock.ts'
import { codeOf, EvenkeelError, messageOf } from '../lib/errors.ts'
import { formatDuration } from '../lib/units.ts'
import { ask } from './daemon-client.ts'
import type { Status } from './status.ts'
import { type ClusterStatus, type Drain, drainText, standstillText } from './wish-texts.ts'

export interface WaitParts {
  url: string
  clock: Clock
  signal: AbortSignal
  /** Takes one line on the progress. */
  say: (line: string) => void
}

const POLL_MS = 2000
/** While nothing changes this often is enough to see that it is still at it. */
const REPEAT_MS = 30_000
/** A daemon that is restarted goes on with its drains: it is given this long. */
const ABSENT_MS = 120_000
/** Samples in a row that must come to nothing: the first one may have been taken before the wish. */
const STALLED_SAMPLES = 2

/**
 * @param answer what the daemon said when it was asked to drain.
 * @returns not `safe` when nothing moves and that will not change by itself.
 * @throws EvenkeelError when the drain was taken back, or nobody answers for long.
 */
export async function waitUntilEmpty(
  node: NodeId,
  answer: Status,
  parts: WaitParts,
): Promise<{ answer: Status; safe: boolean }> {
  const { clock, signal, say } = parts
  const stalled = new StallWatch(answer.clusters[0]!)
  const pace = new Pace()
  let said = { text: '', atMs: 0 }
  for (;;) {
    const cluster = answer.clusters[0]!
    const drain = cluster.drains.find((other) => String(other.node) === String(node))
    if (!drain) throw new EvenkeelError('rejected', `the drain of node ${node} was taken back`)
    if (drain.safe_to_stop) return { answer, safe: true }
    const text = drainText(drain)
    if (text !== said.text || clock.now() - said.atMs >= REPEAT_MS) {
      say(`${text}${pace.left(drain, clock.now())}`)
      said = { text, atMs: clock.now() }
    }
    const why = stalled.why(cluster)
    if (why !== undefined) {
      say(`not waiting any longer: ${why}`)
      return { answer, safe: false }
    }
    await clock.sleep(POLL_MS, signal)
    if (signal.aborted) throw new EvenkeelError('aborted', 'the wait was given up; the drain goes on')
    answer = await look(cluster.name, parts)
  }
}

/** Outlasts a restart of the daemon. */
async function look(cluster: string, { url, clock, signal, say }: WaitParts): Promise<Status> {
  const sinceMs = clock.now()
  for (;;) {
    try {
      return await ask<Status>(url, '/api/v1/status', { cluster }, signal)
    } catch (error) {
      const over = clock.now() - sinceMs >= ABSENT_MS
      if (codeOf(error) !== 'unreachable' || over || signal.aborted) throw error
      if (clock.now() === sinceMs) say(`${messageOf(error)}; trying again for ${formatDuration(ABSENT_MS)}`)
      await clock.sleep(POLL_MS, signal)
    }
  }
}

/** Notices that nothing moves any more, or never will as things are. */
class StallWatch {
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

/** How fast the node empties, as observed since the wait began. */
class Pace {
  #first: { bytes: number; atMs: number } | undefined

  left({ bytes }: Drain, nowMs: number): string {
    // More than before: writes went on, or another topic came; what was observed until then says nothing.
    if (!this.#first || bytes > this.#first.bytes) this.#first = { bytes, atMs: nowMs }
    const done = this.#first.bytes - bytes
    if (done <= 0 || bytes === 0) return ''
    return `, about ${formatDuration((bytes * (nowMs - this.#first.atMs)) / done)} to go`
  }
}
