/**
 * A node dies and is healed; when it returns it is an added node: filled once `node_add_hold` is over, with other replicas
 * than those that left it.
 */
import { type Case, MINUTE } from '../../case.ts'
import { six } from '../../orders.ts'

export default {
  cluster: six,
  happens: [
    { at: 2 * MINUTE, stopNode: 3 },
    { at: 30 * MINUTE, startNode: 3 },
  ],
  lasts: 60 * MINUTE,
  way: [
    { from: 2 * MINUTE, to: 17 * MINUTE, starts: 0, reasons: ['node_unavailable'] },
    { at: 30 * MINUTE, empty: [3], status: 'ready', running: 0, needless: 0 },
    { from: 30 * MINUTE, to: 35 * MINUTE, starts: 0 },
  ],
  end: { filled: [3], reasons: ['node_unavailable', 'node_underused'], leadersOverMean: 1.15 },
} satisfies Case
