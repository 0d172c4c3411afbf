/** A node that tells no figures is neither source nor target: another is filled from the rest meanwhile. */
import { type Case, MINUTE } from '../../case.ts'
import { node, six } from '../../orders.ts'

export default {
  cluster: six,
  happens: [
    { at: 3 * MINUTE, silence: { node: 2, ms: 22 * MINUTE } },
    { at: 5 * MINUTE, addNode: node(7, 'b') },
  ],
  lasts: 45 * MINUTE,
  way: [
    { from: 6 * MINUTE, to: 10 * MINUTE, always: { verdict: 'holding' } },
    { at: 24 * MINUTE, running: 0 },
  ],
  end: { filled: [7], from: [1, 3, 4, 5, 6], to: [7] },
} satisfies Case
