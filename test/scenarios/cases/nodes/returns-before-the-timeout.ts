/** A node dies and is back before the timeout: nothing is copied; it gets its leaders back once all is calm. */
import { type Case, MINUTE } from '../../case.ts'
import { six } from '../../orders.ts'

export default {
  cluster: six,
  happens: [
    { at: 2 * MINUTE, stopNode: 3 },
    { at: 15 * MINUTE, startNode: 3 },
  ],
  lasts: 40 * MINUTE,
  way: [{ from: 3 * MINUTE, to: 15 * MINUTE, once: { verdict: 'holding', says: 'node 3 is gone' } }],
  end: { moves: 0, leadersOverMean: 1.15 },
} satisfies Case
