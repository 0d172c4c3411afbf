/** What was asked happens a minute later, within the hold: it is ours all the same. */
import { type Case, MINUTE } from '../../case.ts'
import { node, six } from '../../orders.ts'

export default {
  cluster: six,
  settings: { nodeAddHoldMs: 0 },
  happens: [
    { at: 4 * MINUTE, loseAnswers: { acts: 3, kinds: ['set'], happens: { afterMs: MINUTE } } },
    { at: 5 * MINUTE, addNode: node(7, 'b') },
  ],
  lasts: 30 * MINUTE,
  end: { to: [7], replicas: { 7: [8, 30] } },
} satisfies Case
