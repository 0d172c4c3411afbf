/**
 * Racks are as many as replicas, and one partition is huge: in rack a one node has it and more than its share. Plain moves
 * can only go on within the rack, and the band is reached all the same.
 */
import { type Case, GB, MINUTE } from '../../case.ts'
import { six } from '../../orders.ts'

export default {
  cluster: {
    nodes: six.nodes,
    topics: [
      { name: 'huge', partitions: 1, replicationFactor: 3, size: 12 * GB, assignment: [[1, 2, 3]], sizes: [12 * GB] },
      { name: 't', partitions: 24, replicationFactor: 3, size: 1 * GB, spread: 0.3 },
    ],
  },
  settings: { diskBalance: 0.09, leadershipEnabled: false },
  lasts: 40 * MINUTE,
  end: { even: 0.1, reasons: ['disk_skew'], cheap: 1.3 },
} satisfies Case
