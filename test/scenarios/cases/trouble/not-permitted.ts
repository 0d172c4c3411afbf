/** An act is not permitted: all the others would not be either, so nothing is tried for a while. That is no breaker's matter. */
import { type Case, MINUTE } from '../../case.ts'
import { six } from '../../orders.ts'

export default {
  cluster: six,
  happens: [
    { at: 4 * MINUTE, refuse: { acts: 10, kinds: ['set'], code: 'not_permitted' } },
    { at: 5 * MINUTE, drain: 3 },
  ],
  lasts: 40 * MINUTE,
  way: [{ at: 9 * MINUTE, status: 'ready', verdict: 'permission_denied' }],
  end: { empty: [3], results: { failed: 10 }, safeToStop: { 3: true } },
} satisfies Case
