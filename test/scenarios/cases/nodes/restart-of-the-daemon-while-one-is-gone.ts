/** The daemon is restarted while a node is gone: the timeout goes on from when the node was last seen to be. */
import { type Case, MINUTE } from '../../case.ts'
import { six } from '../../orders.ts'

export default {
  cluster: six,
  happens: [
    { at: 2 * MINUTE, stopNode: 3 },
    { at: 12 * MINUTE, restart: true },
  ],
  lasts: 50 * MINUTE,
  way: [
    { from: 0, to: 17 * MINUTE, starts: 0, reasons: ['node_unavailable'] },
    { from: 17 * MINUTE, to: 19 * MINUTE, starts: [5, 30], reasons: ['node_unavailable'] },
  ],
  end: { empty: [3], reasons: ['node_unavailable'] },
} satisfies Case
