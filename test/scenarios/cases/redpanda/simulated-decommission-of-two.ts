/** From the simulator tests: two of nine are decommissioned while all else is busy, and it converges. */
import { type Case, MB, MINUTE } from '../../case.ts'
import { node } from '../../orders.ts'

export default {
  cluster: {
    nodes: [1, 2, 3, 4, 5, 6, 7, 8, 9].map((id) => node(id, 'abc'[id % 3])),
    topics: [
      { name: 'a', partitions: 30, replicationFactor: 3, size: 300 * MB, growth: MB },
      { name: 'b', partitions: 30, replicationFactor: 1, size: 300 * MB },
    ],
    copyRate: 50 * MB,
  },
  happens: [
    { at: 2 * MINUTE, drain: 4 },
    { at: 3 * MINUTE, drain: 8 },
    { at: 30 * MINUTE, setGrowth: { topic: 'a', growth: 0 } },
  ],
  lasts: 40 * MINUTE,
  end: { empty: [4, 8], from: [4, 8], safeToStop: { 4: true, 8: true }, results: { cancelled: [0, 5] }, needless: 0 },
} satisfies Case
