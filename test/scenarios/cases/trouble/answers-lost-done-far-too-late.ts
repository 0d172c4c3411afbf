/**
 * What was asked happens long after it was given up. By then it is a stranger's move: balance waits for it, and what was
 * planned instead meanwhile does not collide with it.
 */
import { type Case, MINUTE } from '../../case.ts'
import { node, six } from '../../orders.ts'

export default {
  cluster: six,
  settings: { nodeAddHoldMs: 0 },
  happens: [
    { at: 4 * MINUTE, loseAnswers: { acts: 3, kinds: ['set'], happens: { afterMs: 4 * MINUTE } } },
    { at: 5 * MINUTE, addNode: node(7, 'b') },
  ],
  lasts: 40 * MINUTE,
  end: { results: { failed: 3 }, replicas: { 7: [8, 30] } },
} satisfies Case
