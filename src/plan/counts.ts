/**
 * Gives a node that is being filled some of the smallest replicas too, so that it can lead its share of partitions: bytes
 * alone are evened out by few large ones. It stops at half the fair count and at a sliver of the bytes planned,
 * because ten thousand small moves are hours of work for the controller and little gain for anybody.
 */
import type { Filters } from './filters.ts'
import type { Model } from './model.ts'

/** Bytes it may cost, as a part of what the filling itself copies. */
const BYTES_SHARE = 0.01
const COUNT_SHARE = 0.5

/** @param plannedBytes bytes that the filling of these nodes copies. */
export function evenCounts(
  model: Model,
  filters: Filters,
  nodes: number[],
  sources: number[],
  plannedBytes: number,
): void {
  const total = sources.reduce((sum, node) => sum + model.replicas[node]!, 0)
  const wanted = Math.floor((total / sources.length) * COUNT_SHARE)
  const cursors = new Map<number, number>()
  for (const to of nodes) {
    // Each has its own part, or the first would leave nothing to those that joined with it.
    let budget = (plannedBytes * BYTES_SHARE) / nodes.length
    for (const from of sources.toSorted((a, b) => model.replicas[b]! - model.replicas[a]! || a - b)) {
      const list = model.replicasBySize(from)
      let next = cursors.get(from) ?? list.length - 1
      // No source gives more than its own part, so that many give a little.
      let left = Math.ceil(wanted / sources.length)
      while (left > 0 && next >= 0 && model.replicas[to]! < wanted && model.replicas[from]! > wanted) {
        const replica = list[next]!
        const bytes = model.columns.replicaBytes[replica]!
        if (bytes > budget) break
        next -= 1
        const partition = model.partitionOf(replica)
        // These are carried out first, so they keep away from partitions that the filling moves.
        if (model.touched(partition) || model.crowd(partition) > 0) continue
        filters.candidate(replica, partition, 'node_underused')
        if (!filters.allows(to)) continue
        model.moveReplica(replica, partition, to, 'node_underused')
        budget -= bytes
        left -= 1
      }
      cursors.set(from, next)
    }
  }
}
