/** The process is killed while moves run and starts again: what is in flight is let finish, then the rest follows. */
import { type Case, MB, MINUTE } from '../../case.ts'
import { node, six } from '../../orders.ts'

export default {
  cluster: { ...six, copyRate: 10 * MB },
  settings: { nodeAddHoldMs: 0 },
  happens: [
    { at: 5 * MINUTE, addNode: node(7, 'b') },
    { at: 6 * MINUTE, restart: true },
    { at: 8 * MINUTE, restart: true },
  ],
  lasts: 40 * MINUTE,
  end: { replicas: { 7: [8, 30] }, to: [7] },
} satisfies Case
