/** A drain is taken back: the node is filled again, with other replicas than those that left it. */
import { type Case, MINUTE } from '../../case.ts'
import { six } from '../../orders.ts'

export default {
  cluster: six,
  happens: [
    { at: 5 * MINUTE, drain: 2 },
    { at: 20 * MINUTE, undrain: 2 },
  ],
  lasts: 40 * MINUTE,
  way: [{ at: 20 * MINUTE, empty: [2] }],
  end: { filled: [2], reasons: ['node_draining', 'node_underused'], leadersOverMean: 1.15 },
} satisfies Case
