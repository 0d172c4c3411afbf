/** No broker answers for a while after a node died: the timeout goes on only when the cluster is seen again. */
import { type Case, MINUTE } from '../../case.ts'
import { six } from '../../orders.ts'

export default {
  cluster: six,
  happens: [
    { at: 2 * MINUTE, stopNode: 3 },
    { at: 7 * MINUTE, blind: { ms: 20 * MINUTE, code: 'unreachable' } },
  ],
  lasts: 60 * MINUTE,
  way: [
    { at: 20 * MINUTE, status: 'unreachable' },
    { from: 0, to: 36.5 * MINUTE, starts: 0, reasons: ['node_unavailable'] },
  ],
  end: { empty: [3], reasons: ['node_unavailable'] },
} satisfies Case
