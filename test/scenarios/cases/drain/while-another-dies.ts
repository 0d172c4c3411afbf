/** A node is drained while another dies: both are emptied, the dead one after the timeout. */
import { type Case, MB, MINUTE } from '../../case.ts'
import { six } from '../../orders.ts'

export default {
  cluster: { ...six, copyRate: 10 * MB },
  settings: { nodeAvailabilityTimeoutMs: 5 * MINUTE },
  happens: [
    { at: 5 * MINUTE, drain: 2 },
    { at: 6 * MINUTE, stopNode: 4 },
  ],
  lasts: 70 * MINUTE,
  end: {
    empty: [2, 4],
    from: [2, 4],
    to: [1, 3, 5, 6],
    safeToStop: { 2: true },
    results: { cancelled: [0, 5], failed: 0 },
  },
} satisfies Case
