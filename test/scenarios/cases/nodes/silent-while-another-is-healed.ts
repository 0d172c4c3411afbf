/** The emptiest node tells no figures while another is healed: what it has room for is not known, so nothing goes there. */
import { type Case, MINUTE } from '../../case.ts'
import { node, rackless } from '../../orders.ts'

export default {
  cluster: {
    ...rackless,
    nodes: [...rackless.nodes, node(7)],
    topics: rackless.topics.map((topic) => ({ ...topic, nodes: [1, 2, 3, 4, 5, 6] })),
  },
  settings: { nodeAddBelow: 0, leadershipEnabled: false },
  happens: [
    { at: 2 * MINUTE, stopNode: 3 },
    { at: 10 * MINUTE, silence: { node: 7, ms: 20 * MINUTE } },
  ],
  lasts: 40 * MINUTE,
  end: { empty: [3, 7], from: [3], to: [1, 2, 4, 5, 6], reasons: ['node_unavailable'] },
} satisfies Case
