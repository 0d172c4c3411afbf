/** A pause with an end: repair waits for it too, and goes on by itself. */
import { type Case, MINUTE } from '../../case.ts'
import { six } from '../../orders.ts'

export default {
  cluster: six,
  happens: [
    { at: 2 * MINUTE, stopNode: 3 },
    { at: 10 * MINUTE, pause: 20 * MINUTE },
  ],
  lasts: 45 * MINUTE,
  way: [
    { from: 10 * MINUTE, to: 30 * MINUTE, always: { status: 'paused', says: 'ends in' }, starts: 0 },
    { from: 30 * MINUTE, to: 32 * MINUTE, starts: [1, 50], reasons: ['node_unavailable'] },
  ],
  end: { empty: [3], reasons: ['node_unavailable'] },
} satisfies Case
