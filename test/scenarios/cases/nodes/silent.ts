/**
 * A node that tells no figures is neither source nor target, in no case: another is filled from the rest meanwhile, and
 * gets what it still lacks from the one that speaks again.
 */
import { type Case, MINUTE } from '../../case.ts'
import { node, rackless } from '../../orders.ts'

export default {
  cluster: rackless,
  happens: [
    { at: 3 * MINUTE, silence: { node: 2, ms: 22 * MINUTE } },
    { at: 5 * MINUTE, addNode: node(7) },
  ],
  lasts: 45 * MINUTE,
  way: [
    { from: 6 * MINUTE, to: 10 * MINUTE, always: { verdict: 'holding' } },
    { at: 24 * MINUTE, running: 0 },
  ],
  end: { filled: [7], to: [7] },
} satisfies Case
