/** The cluster refuses what we ask, again and again: evenkeel pauses itself and needs `resume`. */
import { type Case, MINUTE } from '../../case.ts'
import { node, six } from '../../orders.ts'

export default {
  cluster: six,
  settings: { nodeAddHoldMs: 0 },
  happens: [
    { at: 4 * MINUTE, refuse: { acts: 8, kinds: ['set'], code: 'rejected' } },
    { at: 5 * MINUTE, addNode: node(7, 'b') },
    { at: 40 * MINUTE, resume: true },
  ],
  lasts: 60 * MINUTE,
  way: [
    {
      from: 5 * MINUTE,
      to: 8 * MINUTE,
      once: { verdict: 'circuit_breaker', says: 'failed or were reverted within an hour' },
    },
    { from: 8 * MINUTE, to: 40 * MINUTE, always: { status: 'paused', verdict: 'circuit_breaker' }, starts: 0 },
  ],
  end: { paused: 1, results: { failed: 8 }, to: [7], replicas: { 7: [8, 30] } },
} satisfies Case
