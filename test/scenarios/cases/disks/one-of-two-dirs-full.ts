/** One of two dirs of a node is over the limit: relieved into the other, without any network. */
import { type Case, GB, MINUTE, some } from '../../case.ts'
import { node, six } from '../../orders.ts'

export default {
  cluster: { ...six, nodes: [node(1, 'a', 50 * GB, 50 * GB), ...six.nodes.slice(1)] },
  happens: [{ at: 5 * MINUTE, fillDir: { node: 1, path: '/disk0', otherBytes: 38 * GB } }],
  lasts: 30 * MINUTE,
  end: { below: 0.8, from: [1], to: [1], moves: some, reasons: ['disk_over_limit'], cheap: 1 },
} satisfies Case
