/**
 * Who else moves replicas, and how he gets on. What he has just ended he may go on with after a moment: another evenkeel, or a tool
 * that works in batches, lists nothing in between.
 */
import { noStrangers, type Strangers } from '../assess/gates.ts'
import { partitionName, type RunningMove } from '../cluster/move.ts'

export class StrangersWatch {
  #seenAtMs = Number.NEGATIVE_INFINITY
  /** By partition: bytes copied when they last became more, and when that was. */
  #progress = new Map<string, { bytes: number; atMs: number }>()
  #seen: Strangers = noStrangers

  /** As it was at the last look. */
  get seen(): Strangers {
    return this.#seen
  }

  /**
   * @param foreign what is in flight and not ours.
   * @param restMs how long after his last move a stranger counts as being at it.
   * @param graceMs how long one of his moves may stand still and still count as being carried out.
   */
  see(foreign: RunningMove[], nowMs: number, restMs: number, graceMs: number): Strangers {
    if (foreign.length > 0) this.#seenAtMs = nowMs
    const before = this.#progress
    this.#progress = new Map()
    const advancing = foreign.filter((move) => {
      // Copies between dirs of several nodes may be under way at once.
      const key = `${partitionName(move)}@${move.dir?.node ?? ''}`
      const known = before.get(key)
      const bytes = move.bytesDone ?? 0
      const now = known && bytes <= known.bytes ? known : { bytes, atMs: nowMs }
      this.#progress.set(key, now)
      return nowMs - now.atMs < graceMs
    })
    const restLeftMs = foreign.length > 0 ? 0 : Math.max(0, this.#seenAtMs + restMs - nowMs)
    this.#seen = { moving: foreign, restLeftMs, emptying: [...new Set(advancing.flatMap(({ removing }) => removing))] }
    return this.#seen
  }
}
