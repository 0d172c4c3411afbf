/** More than 40 % of the nodes die: whatever that is, healing would be wrong. When they return all is as it was. */
import { type Case, MINUTE } from '../../case.ts'
import { six } from '../../orders.ts'

export default {
  cluster: six,
  happens: [
    ...[1, 2, 3].map((stopNode) => ({ at: 2 * MINUTE, stopNode })),
    ...[1, 2, 3].map((startNode) => ({ at: 40 * MINUTE, startNode })),
  ],
  lasts: 65 * MINUTE,
  way: [
    { from: 3 * MINUTE, to: 40 * MINUTE, always: { verdict: 'mass_failure', says: '3 of 6 nodes' }, starts: 0 },
    { from: 0, to: 45 * MINUTE, starts: 0 },
  ],
  end: { moves: 0, leadersOverMean: 1.15 },
} satisfies Case
