/** Answers to transfers of leadership are lost, of some that happened and some that did not: it comes out even all the same. */
import { type Case, MINUTE } from '../../case.ts'
import { uneven } from '../../orders.ts'

export default {
  cluster: uneven,
  happens: [
    { at: 0, loseAnswers: { acts: 3, kinds: ['elect'], happens: 'at_once' } },
    { at: 0, loseAnswers: { acts: 2, kinds: ['order'], happens: 'never' } },
  ],
  lasts: 40 * MINUTE,
  end: { moves: 0, leadersOverMean: 1.1, results: { failed: 2 } },
} satisfies Case
