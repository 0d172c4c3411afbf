/** A dir breaks, and then nothing is seen for a while: time that nobody saw does not count towards the timeout of a dir either. */
import { type Case, GB, MINUTE } from '../../case.ts'
import { node, six } from '../../orders.ts'

export default {
  cluster: { ...six, nodes: [...six.nodes.slice(0, 5), node(6, 'c', 30 * GB, 30 * GB, 30 * GB)] },
  settings: { leadershipEnabled: false },
  happens: [
    { at: 2 * MINUTE, failDir: { node: 6, path: '/disk1' } },
    { at: 7 * MINUTE, blind: { ms: 20 * MINUTE } },
  ],
  lasts: 60 * MINUTE,
  way: [{ from: 0, to: 36 * MINUTE, starts: 0 }],
  end: { from: [6], reasons: ['node_unavailable'] },
} satisfies Case
