/** What people have put somewhere and what is still there. */
import type { Placement } from '../cluster/orders.ts'
import { PLACED_MS } from '../cluster/settings.ts'
import { type ClusterState, partitionFinder } from '../cluster/state.ts'

/**
 * Without the replicas that a drain, repair or somebody else has moved away since.
 * @param state the last complete reading. One that is older than the placement says nothing against it, none says nothing at all.
 */
export function placedViews(placed: readonly Placement[], state: ClusterState | undefined): Placement[] {
  if (!state || placed.length === 0) return [...placed]
  const find = partitionFinder(state)
  return placed.filter(({ what, topic, partition: id, node, untilMs }) => {
    if (what === 'leader' || state.takenAtMs <= untilMs - PLACED_MS) return true
    const partition = find(topic, id)
    if (partition === -1) return false
    const [start, end] = [state.partitionReplicaStart[partition]!, state.partitionReplicaStart[partition + 1]]
    return state.replicaNode.subarray(start, end).includes(state.names.nodes.indexOf(node))
  })
}
