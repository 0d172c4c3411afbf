/** From the simulator tests: topics with one, three and five replicas on unlike numbers of partitions; a node joins. */
import { type Case, MB, MINUTE } from '../../case.ts'
import { rackless } from '../../orders.ts'

export default {
  cluster: {
    nodes: rackless.nodes,
    topics: [
      { name: 'one', partitions: 40, replicationFactor: 1, size: 200 * MB, spread: 0.3 },
      { name: 'three', partitions: 25, replicationFactor: 3, size: 300 * MB, spread: 0.3 },
      { name: 'five', partitions: 10, replicationFactor: 5, size: 100 * MB, spread: 0.3 },
    ],
  },
  settings: { diskBalance: 0.05 },
  happens: [{ at: 5 * MINUTE, addNode: { id: 7, disks: [100e9] } }],
  lasts: 40 * MINUTE,
  end: { even: 0.06, filled: [7], cheap: 1.1, leadersOverMean: 1.15 },
} satisfies Case
