/** Nobody leads the cluster for a minute while moves run: nothing is given up, and all comes right by itself. */
import { type Case, MB, MINUTE } from '../../case.ts'
import { node, six } from '../../orders.ts'

export default {
  cluster: { ...six, copyRate: 20 * MB },
  settings: { nodeAddHoldMs: 0 },
  happens: [
    { at: 5 * MINUTE, addNode: node(7, 'b') },
    { at: 6 * MINUTE, stopController: { ms: MINUTE } },
  ],
  lasts: 40 * MINUTE,
  way: [{ from: 6 * MINUTE, to: 7 * MINUTE, starts: 0 }],
  end: { to: [7], replicas: { 7: [8, 30] } },
} satisfies Case
