/** Samples fail while moves run: those are followed to their end, nothing else starts until the cluster is seen again. */
import { type Case, MB, MINUTE } from '../../case.ts'
import { node, six } from '../../orders.ts'

export default {
  cluster: { ...six, copyRate: 10 * MB },
  settings: { nodeAddHoldMs: 0 },
  happens: [
    { at: 5 * MINUTE, addNode: node(7, 'b') },
    { at: 6 * MINUTE, blind: { ms: 10 * MINUTE } },
  ],
  lasts: 45 * MINUTE,
  way: [
    { from: 6.6 * MINUTE, to: 16 * MINUTE, starts: 0 },
    { at: 15 * MINUTE, running: 0 },
  ],
  end: { to: [7], replicas: { 7: [8, 30] } },
} satisfies Case
