/**
 * Racks of 2, 1 and 1 nodes become 2, 2 and 2. Every partition has a replica in each rack: those that join take from
 * their own rack, and only from there.
 */
import { type Case, MB, MINUTE } from '../../case.ts'
import { node } from '../../orders.ts'

export default {
  cluster: {
    nodes: [node(1, 'a'), node(2, 'a'), node(3, 'b'), node(4, 'c')],
    topics: [{ name: 'orders', partitions: 60, replicationFactor: 3, size: 300 * MB }],
  },
  settings: { mode: 'node_add' },
  happens: [
    { at: 5 * MINUTE, addNode: node(5, 'b') },
    { at: 5 * MINUTE, addNode: node(6, 'c') },
  ],
  lasts: 45 * MINUTE,
  end: { filled: [5, 6], from: [3, 4], to: [5, 6], cheap: 1.05 },
} satisfies Case
