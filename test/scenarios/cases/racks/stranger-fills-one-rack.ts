/** Somebody puts all replicas of some partitions into one rack: they are spread again, the rest is left alone. */
import { type Case, MB, MINUTE } from '../../case.ts'
import { node } from '../../orders.ts'

export default {
  cluster: {
    nodes: [node(1, 'a'), node(2, 'b'), node(3, 'c'), node(4, 'a'), node(5, 'b'), node(6, 'c'), node(7, 'a')],
    topics: [{ name: 't', partitions: 21, replicationFactor: 3, size: 300 * MB, spread: 0.2 }],
  },
  settings: { leadershipEnabled: false },
  happens: [
    { at: 5 * MINUTE, reassign: { topic: 't', partition: 0, replicas: [1, 4, 7] } },
    { at: 5 * MINUTE, reassign: { topic: 't', partition: 1, replicas: [1, 4, 7] } },
  ],
  lasts: 30 * MINUTE,
  end: { needless: 0, moves: 4, from: [1, 4, 7], reasons: ['rack_violation'] },
} satisfies Case
