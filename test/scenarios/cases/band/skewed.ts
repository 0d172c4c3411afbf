/** A skewed cluster is brought into a band of 9 % and then left in peace. */
import { type Case, MB, MINUTE } from '../../case.ts'
import { nodes } from '../../orders.ts'

export default {
  cluster: {
    nodes: nodes.map(({ id, disks }) => ({ id, disks })),
    topics: [
      { name: 'orders', partitions: 60, replicationFactor: 2, size: 300 * MB, nodes: [1, 2, 3] },
      { name: 'clicks', partitions: 120, replicationFactor: 2, size: 150 * MB },
    ],
  },
  settings: { diskBalance: 0.09, nodeAddHoldMs: 0 },
  lasts: 45 * MINUTE,
  end: { even: 0.1, cheap: 1.05, leadersOverMean: 1.15 },
} satisfies Case
