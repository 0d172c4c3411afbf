/** Where nothing has a second copy a node that joins is filled all the same; no partition is without its copy for a moment. */
import { type Case, MB, MINUTE } from '../../case.ts'
import { node, nodes } from '../../orders.ts'

export default {
  cluster: { nodes, topics: [{ name: 'logs', partitions: 100, replicationFactor: 1, size: 400 * MB }] },
  settings: { mode: 'node_add' },
  happens: [{ at: 5 * MINUTE, addNode: node(6) }],
  lasts: 45 * MINUTE,
  end: { filled: [6], to: [6], cheap: 1.05 },
} satisfies Case
