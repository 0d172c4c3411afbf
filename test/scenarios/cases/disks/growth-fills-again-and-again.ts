/**
 * A topic grows and fills the two nodes that it is on, again and again: each time they are relieved, and nothing that left
 * a node goes back to it.
 */
import { type Case, GB, HOUR, MB, MINUTE } from '../../case.ts'
import { node } from '../../orders.ts'

export default {
  cluster: {
    nodes: [1, 2, 3, 4, 5, 6].map((id) => node(id, undefined, 20 * GB)),
    topics: [
      {
        name: 'grows',
        partitions: 40,
        replicationFactor: 2,
        size: 0.35 * GB,
        nodes: [1, 2],
        spread: 0.3,
        growth: 2 * MB,
      },
      { name: 'old', partitions: 40, replicationFactor: 2, size: 0.3 * GB, nodes: [3, 4, 5, 6], spread: 0.3 },
    ],
  },
  settings: { nodeAddBelow: 0 },
  happens: [{ at: 2 * HOUR, setGrowth: { topic: 'grows', growth: 0 } }],
  lasts: 2 * HOUR + 20 * MINUTE,
  way: [
    { from: 10 * MINUTE, to: 40 * MINUTE, starts: [1, 100], reasons: ['disk_over_limit'] },
    { from: 60 * MINUTE, to: 120 * MINUTE, starts: [1, 100], reasons: ['disk_over_limit'] },
  ],
  end: { below: 0.8 },
} satisfies Case
