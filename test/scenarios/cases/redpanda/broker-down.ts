/** One broker down: its replicas leave, to brokers that are up. */
import { type Case, MINUTE } from '../../case.ts'
import { brokers, fixture, placed, times } from '../../redpanda.ts'

export default {
  ...fixture,
  cluster: {
    ...fixture.cluster,
    nodes: brokers(1, 2, 3, 4),
    topics: [placed('t', [...times(4, [1, 2, 3]), ...times(4, [2, 3, 4])])],
  },
  happens: [{ at: MINUTE, stopNode: 3 }],
  lasts: 20 * MINUTE,
  way: [
    { from: 0, to: 6 * MINUTE, starts: 0 },
    { from: 2 * MINUTE, to: 6 * MINUTE, always: { verdict: 'holding', says: 'made anew elsewhere in' } },
  ],
  end: { empty: [3], moves: 8, from: [3], to: [1, 4], reasons: ['node_unavailable'], cheap: 1 },
} satisfies Case
