/** The story that `config/demo.yaml` tells: every act of it in its order, and then quiet. */
import { type Case, SECOND } from '../case.ts'
import { caseOf } from '../config-case.ts'

export default {
  ...caseOf('config/demo.yaml'),
  lasts: 150 * SECOND,
  way: [
    { from: 0, to: 13 * SECOND, starts: 0 },
    { from: 13 * SECOND, to: 40 * SECOND, starts: [5, 50], reasons: ['node_underused'] },
    { at: 47 * SECOND, status: 'ready', running: 0, filled: [6] },
    { from: 58 * SECOND, to: 80 * SECOND, starts: [10, 50], reasons: ['node_unavailable'] },
    { at: 84 * SECOND, status: 'ready', running: 0, empty: [2] },
    { from: 85 * SECOND, to: 100 * SECOND, starts: [2, 20], reasons: ['disk_over_limit'] },
    { at: 104 * SECOND, status: 'ready', running: 0, below: 0.8 },
    { from: 105 * SECOND, to: 120 * SECOND, starts: [3, 6], reasons: ['rack_violation'] },
  ],
  end: {
    reasons: ['node_underused', 'node_unavailable', 'disk_over_limit', 'rack_violation'],
    needless: 0,
    empty: [2],
    below: 0.8,
    leadersOverMean: 1.2,
  },
} satisfies Case
