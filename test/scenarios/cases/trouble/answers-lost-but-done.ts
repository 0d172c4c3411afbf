/** Answers are lost, what was asked happened: it is found by looking, asked for once, and done. */
import { type Case, MINUTE } from '../../case.ts'
import { node, six } from '../../orders.ts'

export default {
  cluster: six,
  settings: { nodeAddHoldMs: 0 },
  happens: [
    { at: 4 * MINUTE, loseAnswers: { acts: 4, kinds: ['set'], happens: 'at_once' } },
    { at: 5 * MINUTE, addNode: node(7, 'b') },
  ],
  lasts: 30 * MINUTE,
  end: { to: [7], replicas: { 7: [8, 30] } },
} satisfies Case
