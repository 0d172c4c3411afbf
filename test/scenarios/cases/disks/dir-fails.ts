/** One dir of three breaks: after the timeout what lay in it is made anew elsewhere; the node goes on with the others. */
import { type Case, GB, MINUTE } from '../../case.ts'
import { node, six } from '../../orders.ts'

export default {
  cluster: { ...six, nodes: [...six.nodes.slice(0, 5), node(6, 'c', 30 * GB, 30 * GB, 30 * GB)] },
  happens: [{ at: 2 * MINUTE, failDir: { node: 6, path: '/disk1' } }],
  lasts: 50 * MINUTE,
  way: [
    { from: 0, to: 17 * MINUTE, starts: 0, reasons: ['node_unavailable'] },
    { from: 3 * MINUTE, to: 16 * MINUTE, once: { verdict: 'holding', says: 'in a dir that is offline' } },
  ],
  end: { from: [6], replicas: { 6: [8, 20] }, leadersOverMean: 1.3 },
} satisfies Case
