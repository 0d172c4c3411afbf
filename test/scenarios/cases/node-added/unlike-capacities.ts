/** Shares go by capacity: a node of 100 GB joins nodes of 50, 100 and twice 40 GB. */
import { type Case, GB, MINUTE } from '../../case.ts'
import { node, topics } from '../../orders.ts'

export default {
  cluster: {
    nodes: [node(1, undefined, 50 * GB), node(2, undefined, 100 * GB), node(3, undefined, 40 * GB, 40 * GB)],
    topics,
  },
  settings: { mode: 'node_add' },
  happens: [{ at: 5 * MINUTE, addNode: node(4, undefined, 100 * GB) }],
  lasts: 45 * MINUTE,
  end: { filled: [4], to: [4], cheap: 1.05 },
} satisfies Case
