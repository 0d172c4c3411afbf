/** A drain where racks are as many as replicas and the other node of the rack is full: nothing is squeezed in, it says why. */
import { type Case, GB, MB, MINUTE } from '../../case.ts'
import { node } from '../../orders.ts'

export default {
  cluster: {
    nodes: [
      node(1, 'a', 20 * GB),
      node(2, 'b', 20 * GB),
      node(3, 'c', 20 * GB),
      { id: 4, rack: 'c', disks: [{ capacity: 20 * GB, otherBytes: 15.9 * GB }] },
    ],
    topics: [{ name: 't', partitions: 20, replicationFactor: 3, size: 400 * MB, spread: 0, nodes: [1, 2, 3] }],
  },
  happens: [{ at: 5 * MINUTE, drain: 3 }],
  lasts: 30 * MINUTE,
  end: {
    status: 'stalled',
    verdict: 'no_capacity',
    says: 'would_exceed_limit',
    rejected: ['would_exceed_limit'],
    to: [4],
    moves: [1, 5],
    safeToStop: { 3: false },
  },
} satisfies Case
