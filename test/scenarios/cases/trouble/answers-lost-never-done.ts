/** Answers are lost and nothing happened: after the hold they count as failed and others are tried; the breaker stays in. */
import { type Case, MINUTE } from '../../case.ts'
import { node, six } from '../../orders.ts'

export default {
  cluster: six,
  settings: { nodeAddHoldMs: 0 },
  happens: [
    { at: 4 * MINUTE, loseAnswers: { acts: 3, kinds: ['set'], happens: 'never' } },
    { at: 5 * MINUTE, addNode: node(7, 'b') },
  ],
  lasts: 30 * MINUTE,
  end: { to: [7], replicas: { 7: [8, 30] }, results: { failed: 3 } },
} satisfies Case
