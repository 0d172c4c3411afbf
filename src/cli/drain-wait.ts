/** Waits until a node that is being drained can be stopped, and says on the way how far it is. */
import type { NodeId } from '../cluster/state.ts'
import { type DrainJson, drainText, pauseText } from '../cluster/wish-texts.ts'
import { EvenkeelError } from '../lib/errors.ts'
import { formatDuration } from '../lib/units.ts'
import { askPatiently, POLL_MS, ProgressVoice, StallWatch, type WaitParts } from './patience.ts'
import type { Status } from './status.ts'

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
  const voice = new ProgressVoice(parts)
  const stalled = new StallWatch(answer.clusters[0]!)
  const pace = new Pace()
  for (;;) {
    const cluster = answer.clusters[0]!
    const drain = cluster.drains.find((other) => String(other.node) === String(node))
    if (!drain) throw new EvenkeelError('rejected', `the drain of node ${node} was taken back`)
    if (drain.safe_to_stop) return { answer, safe: true }
    if (cluster.pause) pace.rest()
    const when = () => (cluster.pause ? `, ${pauseText(cluster.pause)}` : pace.left(drain, clock.now()))
    voice.tell(drainText(drain), when)
    const why = stalled.why(cluster)
    if (why !== undefined) {
      say(`not waiting any longer: ${why}`)
      return { answer, safe: false }
    }
    await clock.sleep(POLL_MS, signal)
    if (signal.aborted) throw new EvenkeelError('aborted', 'the wait was given up; the drain goes on')
    answer = await askPatiently<Status>('status', { cluster: cluster.name }, parts)
  }
}

/** How fast the node empties, as observed since the wait began. */
class Pace {
  #first: { bytes: number; atMs: number } | undefined

  /** Nothing moves meanwhile: that says nothing of how fast it is. */
  rest(): void {
    this.#first = undefined
  }

  left({ bytes }: DrainJson, nowMs: number): string {
    // More than before: writes went on, or another topic came; what was observed until then says nothing.
    if (!this.#first || bytes > this.#first.bytes) this.#first = { bytes, atMs: nowMs }
    const done = this.#first.bytes - bytes
    if (done <= 0 || bytes === 0) return ''
    return `, about ${formatDuration((bytes * (nowMs - this.#first.atMs)) / done)} to go`
  }
}
