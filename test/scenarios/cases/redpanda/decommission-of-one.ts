/** Decommission of one: what is on it leaves, and it may be stopped then. */
import { type Case, MINUTE } from '../../case.ts'
import { brokers, fixture, placed, times } from '../../redpanda.ts'

export default {
  ...fixture,
  cluster: {
    ...fixture.cluster,
    nodes: brokers(1, 2, 3, 4),
    topics: [placed('t', [...times(5, [1, 2, 3]), ...times(5, [3, 4, 2])])],
  },
  happens: [{ at: MINUTE, drain: 3 }],
  lasts: 20 * MINUTE,
  way: [{ at: 2 * MINUTE, safeToStop: { 3: false } }],
  end: { empty: [3], moves: 10, from: [3], to: [1, 4], reasons: ['node_draining'], safeToStop: { 3: true }, cheap: 1 },
} satisfies Case
