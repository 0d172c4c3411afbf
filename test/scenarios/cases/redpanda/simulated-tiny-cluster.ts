/** From the simulator tests: a tiny cluster is brought into a band in at most ten moves. */
import { type Case, MB, MINUTE } from '../../case.ts'
import { node } from '../../orders.ts'

export default {
  cluster: {
    nodes: [1, 2, 3].map((id) => node(id)),
    topics: [{ name: 't', partitions: 9, replicationFactor: 1, size: 300 * MB, spread: 0.3, nodes: [1, 2] }],
  },
  settings: { diskBalance: 0.2, nodeAddHoldMs: 0 },
  lasts: 20 * MINUTE,
  end: { moves: [1, 10], transfers: 0 },
} satisfies Case
