/** How far the emptying of nodes is. */
import { type Move, sharesOfMove } from '../cluster/move.ts'
import type { ClusterState, NodeId } from '../cluster/state.ts'
import type { DrainView } from './view.ts'

/** @param state the last complete reading; without one nothing can be called safe. */
export function drainViews(
  drains: readonly NodeId[],
  state: ClusterState | undefined,
  inFlight: readonly Move[],
): DrainView[] {
  return drains.map((id) => {
    const node = state?.names.nodes.indexOf(id) ?? -1
    if (!state || node === -1) return { node: id, replicas: 0, bytes: 0, safeToStop: false }
    let replicas = 0
    let bytes = 0
    for (let replica = 0; replica < state.replicaCount; replica += 1) {
      if (state.replicaNode[replica] !== node) continue
      replicas += 1
      bytes += state.replicaBytes[replica]! || 0
    }
    const leads = state.partitionLeader.includes(node)
    const onTheWay = inFlight.some((move) => sharesOfMove(move).some((share) => share.node === id))
    return { node: id, replicas, bytes, safeToStop: replicas === 0 && !leads && !onTheWay }
  })
}
