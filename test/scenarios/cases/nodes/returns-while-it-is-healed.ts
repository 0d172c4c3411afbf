/**
 * A node returns while its replicas are made anew: what runs is finished, nothing more is started for it, what it still
 * has stays.
 */
import { type Case, MB, MINUTE } from '../../case.ts'
import { six } from '../../orders.ts'

export default {
  cluster: { ...six, copyRate: 10 * MB },
  happens: [
    { at: 2 * MINUTE, stopNode: 3 },
    { at: 19 * MINUTE, startNode: 3 },
  ],
  lasts: 60 * MINUTE,
  way: [
    { from: 17 * MINUTE, to: 19 * MINUTE, starts: [1, 20], reasons: ['node_unavailable'] },
    { from: 20 * MINUTE, to: 60 * MINUTE, starts: 0, reasons: ['node_unavailable'] },
  ],
  end: { replicas: { 3: [5, 25] } },
} satisfies Case
