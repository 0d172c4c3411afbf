/** Two nodes of one rack die one after the other, each healed by itself; nothing healthy is exchanged. */
import { type Case, MINUTE } from '../../case.ts'
import { six } from '../../orders.ts'

export default {
  cluster: six,
  happens: [
    { at: 2 * MINUTE, stopNode: 3 },
    { at: 12 * MINUTE, stopNode: 6 },
  ],
  lasts: 50 * MINUTE,
  way: [{ at: 25 * MINUTE, empty: [3] }],
  // With rack c gone three replicas share two racks, which cannot be helped.
  end: { empty: [3, 6], from: [3, 6], to: [1, 2, 4, 5, 6], reasons: ['node_unavailable'] },
} satisfies Case
