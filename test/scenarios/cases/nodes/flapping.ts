/** A node goes down and comes back faster than the timeout, again and again: nothing is copied for it. */
import { type Case, MINUTE } from '../../case.ts'
import { six } from '../../orders.ts'

export default {
  cluster: six,
  happens: [{ at: 2 * MINUTE, flap: { node: 3, downMs: MINUTE, upMs: MINUTE, times: 15 } }],
  lasts: 50 * MINUTE,
  way: [{ from: 0, to: 37 * MINUTE, starts: 0 }],
  end: { moves: 0, leadersOverMean: 1.15 },
} satisfies Case
