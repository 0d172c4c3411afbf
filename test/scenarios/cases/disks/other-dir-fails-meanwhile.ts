/** While a dir is relieved into the other of its node that other one breaks: copies into it end, other nodes take over. */
import { type Case, GB, MB, MINUTE, SECOND } from '../../case.ts'
import { node, six } from '../../orders.ts'

export default {
  cluster: { ...six, nodes: [node(1, 'a', 50 * GB, 50 * GB), ...six.nodes.slice(1)], copyRate: 10 * MB },
  settings: { leadershipEnabled: false },
  happens: [
    { at: 5 * MINUTE, fillDir: { node: 1, path: '/disk0', otherBytes: 38 * GB } },
    { at: 6 * MINUTE, failDir: { node: 1, path: '/disk1' } },
  ],
  lasts: 60 * MINUTE,
  way: [{ at: 5 * MINUTE + 50 * SECOND, running: [1, 10] }],
  end: { below: 0.8, from: [1], results: { reverted: [0, 5], failed: [0, 5], superseded: [0, 5] } },
} satisfies Case
