/** With rack_awareness ignore replicas may share a rack as they like. */
import { type Case, MB, MINUTE } from '../../case.ts'
import { node } from '../../orders.ts'

export default {
  cluster: {
    nodes: [node(1, 'a'), node(2, 'a'), node(3, 'b'), node(4, 'b')],
    topics: [
      {
        name: 't',
        partitions: 8,
        replicationFactor: 2,
        size: 300 * MB,
        assignment: Array.from({ length: 8 }, () => [1, 2]),
      },
    ],
  },
  settings: { rackAwareness: 'ignore', leadershipEnabled: false, nodeAddHoldMs: 0 },
  lasts: 30 * MINUTE,
  end: { needless: [0, 8], filled: [3, 4], reasons: ['node_underused'] },
} satisfies Case
