/** A node dies where only one of the others has much room: what fits goes there, nobody is filled beyond the hard limit. */
import { type Case, GB, MINUTE } from '../../case.ts'
import { node } from '../../orders.ts'

export default {
  cluster: {
    nodes: [...[1, 2, 3, 4, 5, 6].map((id) => node(id, undefined, 12 * GB)), node(7, undefined, 40 * GB)],
    topics: [{ name: 't', partitions: 54, replicationFactor: 2, size: 0.5 * GB, spread: 0, nodes: [1, 2, 3, 4, 5, 6] }],
  },
  settings: { nodeAvailabilityTimeoutMs: 5 * MINUTE, nodeAddBelow: 0, leadershipEnabled: false },
  happens: [{ at: 2 * MINUTE, stopNode: 6 }],
  lasts: 40 * MINUTE,
  end: { empty: [6], from: [6], moves: 18, below: 0.9, reasons: ['node_unavailable'] },
} satisfies Case
