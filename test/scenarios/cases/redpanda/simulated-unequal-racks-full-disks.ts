/** From the simulator tests: racks of unlike size with disks nearly full; in the end everybody is below 80 %. */
import { type Case, GB, MB, MINUTE } from '../../case.ts'
import { node } from '../../orders.ts'

const racks = ['a', 'a', 'a', 'b', 'b', 'b', 'c', 'c', 'c', 'c']

export default {
  cluster: {
    nodes: racks.map((rack, index) => node(index + 1, rack, 20 * GB)),
    topics: [{ name: 't', partitions: 180, replicationFactor: 3, size: 250 * MB, spread: 1 }],
    seed: 3,
  },
  settings: { leadershipEnabled: false },
  lasts: 40 * MINUTE,
  end: { below: 0.8, reasons: ['disk_over_limit'] },
} satisfies Case
