/** Marks nodes that are to be emptied, so that passes need not know who wished it. */
import { nodeStates } from './reasons.ts'
import type { ClusterState, NodeId } from './state.ts'

const ALIVE = nodeStates.indexOf('alive')
const DRAINING = nodeStates.indexOf('draining')

export function applyDrains(state: ClusterState, drains: readonly NodeId[]): void {
  for (const id of drains) {
    const node = state.names.nodes.indexOf(id)
    if (node === -1) continue
    state.nodeDraining[node] = 1
    // One that is gone stays so: what is on it must be made anew, not copied.
    if (state.nodeState[node] === ALIVE) state.nodeState[node] = DRAINING
  }
}
