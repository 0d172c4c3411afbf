/**
 * From the simulator tests: unequal nodes get unequal shares (there by cores and replicas to 1 %, here by capacity and
 * bytes), into a band of 2 %.
 */
import { type Case, GB, MB, MINUTE } from '../../case.ts'
import { node } from '../../orders.ts'

export default {
  cluster: {
    nodes: [50, 100, 150, 200, 75, 125].map((capacity, index) => node(index + 1, undefined, capacity * GB)),
    topics: [{ name: 't', partitions: 120, replicationFactor: 3, size: 200 * MB, spread: 0.5 }],
  },
  settings: { diskBalance: 0.02, leadershipEnabled: false },
  lasts: 30 * MINUTE,
  end: { even: 0.025, cheap: 1.05 },
} satisfies Case
