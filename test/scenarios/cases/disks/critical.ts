/** Others fill a disk to 93 %: it is relieved to below the hard limit at once and then to below the soft one. */
import { type Case, GB, MINUTE } from '../../case.ts'
import { six } from '../../orders.ts'

export default {
  cluster: { ...six, nodes: six.nodes.map((node) => ({ ...node, disks: [20 * GB] })) },
  happens: [{ at: 5 * MINUTE, fillDir: { node: 1, path: '/disk0', otherBytes: 10.4 * GB } }],
  lasts: 30 * MINUTE,
  end: { below: 0.8, from: [1], reasons: ['disk_critical', 'disk_over_limit'], cheap: 1 },
} satisfies Case
