/** A node had the wrong rack label. When it is set right, partitions turn out to share a rack, and are spread. */
import { type Case, MB, MINUTE, some } from '../../case.ts'
import { node } from '../../orders.ts'

export default {
  cluster: {
    nodes: [node(1, 'a'), node(2, 'b'), node(3, 'c'), node(4, 'a'), node(5, 'b'), node(6, 'b'), node(7, 'c')],
    topics: [{ name: 't', partitions: 28, replicationFactor: 3, size: 300 * MB, spread: 0.2 }],
  },
  settings: { leadershipEnabled: false },
  happens: [{ at: 10 * MINUTE, label: { node: 6, rack: 'c' } }],
  lasts: 40 * MINUTE,
  way: [{ from: 0, to: 10 * MINUTE, starts: 0 }],
  end: { needless: 0, moves: some, reasons: ['rack_violation'] },
} satisfies Case
