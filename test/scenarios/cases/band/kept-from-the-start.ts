/** What is in the band from the start is not touched. */
import { type Case, MB, MINUTE } from '../../case.ts'
import { nodes } from '../../orders.ts'

export default {
  cluster: {
    nodes: nodes.map(({ id, disks }) => ({ id, disks })),
    topics: [{ name: 't', partitions: 100, replicationFactor: 2, size: 300 * MB, spread: 0 }],
  },
  settings: { diskBalance: 0.09 },
  lasts: 30 * MINUTE,
  end: { moves: 0, transfers: 0 },
} satisfies Case
