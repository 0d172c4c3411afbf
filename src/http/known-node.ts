import type { NodeId } from '../cluster/state.ts'
import type { ClusterView } from '../daemon/view.ts'
import { Problem } from './problem.ts'

/**
 * Ids that look like numbers may come as text: the one that the cluster has is meant.
 * @param must whether the cluster has to have it; what is to be taken back may concern a node that is gone for good.
 */
export function knownNode({ report, drains }: ClusterView, node: NodeId, must: boolean): NodeId {
  const ids = report?.plan.nodes.map(({ id }) => id)
  const known = [...(ids ?? []), ...drains.map((drain) => drain.node)].find((id) => String(id) === String(node))
  if (known === undefined && must && ids) {
    throw new Problem('unknown_node', `no node has this id; there are: ${ids.join(', ')}`)
  }
  return known ?? node
}
