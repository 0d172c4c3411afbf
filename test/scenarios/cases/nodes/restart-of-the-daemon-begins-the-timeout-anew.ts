/**
 * The daemon is restarted while a node is gone: nobody remembers since when, so the timeout begins anew. Late is safe.
 */
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
    { from: 0, to: 27 * MINUTE, starts: 0, reasons: ['node_unavailable'] },
    { from: 27 * MINUTE, to: 28 * MINUTE, starts: [5, 30], reasons: ['node_unavailable'] },
  ],
  end: { empty: [3], reasons: ['node_unavailable'] },
} satisfies Case
