/** A copy is to be taken back because its target is drained, and the answer to that is lost: it is asked for again. */
import { type Case, MB, MINUTE, SECOND } from '../../case.ts'
import { node, six } from '../../orders.ts'

export default {
  cluster: { ...six, copyRate: 5 * MB },
  settings: { nodeAddHoldMs: 0 },
  happens: [
    { at: 4 * MINUTE, loseAnswers: { acts: 2, kinds: ['cancel'], happens: 'never' } },
    { at: 5 * MINUTE, addNode: node(7, 'b') },
    { at: 5 * MINUTE + 40 * SECOND, drain: 7 },
  ],
  lasts: 30 * MINUTE,
  way: [{ at: 7 * MINUTE, running: 0 }],
  end: { empty: [7], safeToStop: { 7: true }, results: { cancelled: [2, 5] } },
} satisfies Case
