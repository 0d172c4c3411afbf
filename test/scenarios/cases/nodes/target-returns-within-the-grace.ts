/** The target of a copy restarts: the copy goes on where it was, and nothing is taken back. */
import { type Case, MB, MINUTE } from '../../case.ts'
import { node, rackless } from '../../orders.ts'

export default {
  cluster: { ...rackless, copyRate: 10 * MB },
  settings: { nodeAddHoldMs: 0 },
  happens: [
    { at: 5 * MINUTE, addNode: node(7) },
    { at: 6 * MINUTE, stopNode: 7 },
    { at: 8 * MINUTE, startNode: 7 },
  ],
  lasts: 40 * MINUTE,
  way: [{ at: 7.5 * MINUTE, running: [1, 10], says: 'node 7 is gone' }],
  end: { to: [7], filled: [7] },
} satisfies Case
