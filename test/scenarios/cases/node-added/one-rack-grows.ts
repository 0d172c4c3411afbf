/**
 * Racks are as many as replicas, and only one of them gets a node more. Its nodes then have less than a fair share each
 * and cannot have more, for no replica may leave its rack: they share evenly among themselves, and that is as good as it gets.
 */
import { type Case, MB, MINUTE } from '../../case.ts'
import { node, six } from '../../orders.ts'

export default {
  cluster: {
    nodes: six.nodes,
    topics: [{ name: 't', partitions: 60, replicationFactor: 3, size: 300 * MB, spread: 0.3 }],
  },
  settings: { mode: 'node_add', leadershipEnabled: false },
  happens: [{ at: 5 * MINUTE, addNode: node(7, 'b') }],
  lasts: 45 * MINUTE,
  end: { from: [2, 5], to: [7], replicas: { 2: [16, 24], 5: [16, 24], 7: [15, 22] }, even: 0.3 },
} satisfies Case
