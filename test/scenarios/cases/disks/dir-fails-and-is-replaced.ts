/** A dir breaks and a good disk takes its place before the timeout: the replicas are copied again where they were. */
import { type Case, GB, MINUTE } from '../../case.ts'
import { node, six } from '../../orders.ts'

export default {
  cluster: { ...six, nodes: [...six.nodes.slice(0, 5), node(6, 'c', 30 * GB, 30 * GB, 30 * GB)] },
  happens: [
    { at: 2 * MINUTE, failDir: { node: 6, path: '/disk1' } },
    { at: 10 * MINUTE, replaceDir: { node: 6, path: '/disk1' } },
    { at: 10 * MINUTE, stopNode: 6 },
    { at: 11 * MINUTE, startNode: 6 },
  ],
  lasts: 40 * MINUTE,
  end: { moves: 0, leadersOverMean: 1.15 },
} satisfies Case
