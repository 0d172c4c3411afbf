/** Answers to moves between dirs are lost, of some that happened and some that did not: the dir is relieved all the same. */
import { type Case, GB, MINUTE } from '../../case.ts'
import { node, six } from '../../orders.ts'

export default {
  cluster: { ...six, nodes: [node(1, 'a', 50 * GB, 50 * GB), ...six.nodes.slice(1)] },
  happens: [
    { at: 4 * MINUTE, loseAnswers: { acts: 2, kinds: ['relocate'], happens: 'at_once' } },
    { at: 4 * MINUTE, loseAnswers: { acts: 2, kinds: ['relocate'], happens: 'never' } },
    { at: 5 * MINUTE, fillDir: { node: 1, path: '/disk0', otherBytes: 38 * GB } },
  ],
  lasts: 30 * MINUTE,
  end: { below: 0.8, from: [1], to: [1], reasons: ['disk_over_limit'], results: { failed: 2 } },
} satisfies Case
