/** Paused while moves run: those are finished, nothing starts, and after `resume` the rest follows. */
import { type Case, MB, MINUTE } from '../../case.ts'
import { node, six } from '../../orders.ts'

export default {
  cluster: { ...six, copyRate: 10 * MB },
  happens: [
    { at: 5 * MINUTE, addNode: node(7, 'b') },
    { at: 11 * MINUTE, pause: 0 },
    { at: 30 * MINUTE, resume: true },
  ],
  lasts: 55 * MINUTE,
  way: [
    { at: 11 * MINUTE, running: [1, 9] },
    {
      from: 11 * MINUTE,
      to: 30 * MINUTE,
      always: { status: 'paused', verdict: 'paused', says: 'asked for' },
      starts: 0,
    },
    { at: 29 * MINUTE, running: 0 },
    { from: 30 * MINUTE, to: 31 * MINUTE, starts: [1, 9] },
  ],
  end: { to: [7], moves: [5, 30], replicas: { 7: [8, 30] } },
} satisfies Case
