/** A cluster where only some nodes have a rack gets the missing labels one by one, as brokers restart with them. */
import { type Case, MB, MINUTE } from '../../case.ts'
import { node } from '../../orders.ts'

export default {
  cluster: {
    nodes: [node(1, 'a'), node(2, 'b'), node(3), node(4), node(5, 'b'), node(6)],
    topics: [{ name: 't', partitions: 24, replicationFactor: 2, size: 300 * MB, spread: 0.2 }],
  },
  settings: { leadershipEnabled: false },
  happens: [
    { at: 10 * MINUTE, label: { node: 3, rack: 'c' } },
    { at: 20 * MINUTE, label: { node: 4, rack: 'a' } },
    { at: 30 * MINUTE, label: { node: 6, rack: 'c' } },
  ],
  lasts: 50 * MINUTE,
  end: { needless: 0 },
} satisfies Case
