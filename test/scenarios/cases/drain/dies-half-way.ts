/** A node dies while it is drained: what is left on it is made anew at once, for it was to go anyway. */
import { type Case, MB, MINUTE } from '../../case.ts'
import { six } from '../../orders.ts'

export default {
  cluster: { ...six, copyRate: 10 * MB },
  happens: [
    { at: 5 * MINUTE, drain: 2 },
    { at: 7 * MINUTE, stopNode: 2 },
  ],
  lasts: 40 * MINUTE,
  way: [{ at: 18 * MINUTE, empty: [2] }],
  end: { empty: [2], from: [2], safeToStop: { 2: true }, reasons: ['node_draining'] },
} satisfies Case
