/**
 * Moves that are done although a sample shows their partition as it was before: the broker that was asked for metadata lags behind the
 * controller (seen on 4.3.1 on a busy machine), while the disks show what is. Such moves are planned with as if they were
 * in flight still. Otherwise what the target has would count as on its way out, and others would be moved there in its place.
 */
import { isDirMove, type Move, partitionName, type ReplicaMove } from '../cluster/move.ts'
import { type ClusterState, membersOf, partitionFinder } from '../cluster/state.ts'

/** Longer than a broker lags that is alive. Who moves one back within this is believed after it. */
const LAG_MS = 10_000

export class NotShownYet {
  #done: { move: ReplicaMove; atMs: number }[] = []

  done(move: Move, nowMs: number): void {
    if (move.kind === 'replica' && !isDirMove(move)) this.#done.push({ move, atMs: nowMs })
  }

  /** @param known what is planned with as in flight anyway. */
  in(state: ClusterState, known: readonly Move[], nowMs: number): Move[] {
    this.#done = this.#done.filter(({ atMs }) => nowMs - atMs < LAG_MS)
    if (this.#done.length === 0) return []
    const find = partitionFinder(state)
    const isKnown = new Set(known.flatMap((move) => (move.kind === 'replica' ? [partitionName(move)] : [])))
    return this.#done.flatMap(({ move }) => {
      const members = membersOf(state, find(move.topic, move.partition))
      const isAsBefore = members.has(move.from) && !members.has(move.to)
      return isAsBefore && !isKnown.has(partitionName(move)) ? [move] : []
    })
  }
}
