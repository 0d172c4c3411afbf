/** Balanced, healthy cluster: no action. */
import { type Case, MINUTE } from '../../case.ts'
import { brokers, fixture, placed, times } from '../../redpanda.ts'

export default {
  ...fixture,
  cluster: {
    ...fixture.cluster,
    nodes: brokers(1, 2, 3, 4),
    topics: [
      placed('t', [...times(3, [1, 2, 3]), ...times(3, [2, 3, 4]), ...times(3, [3, 4, 1]), ...times(3, [4, 1, 2])]),
    ],
  },
  settings: { ...fixture.settings, nodeAddBelow: 0.5, diskBalance: 0.1, leadershipEnabled: true },
  lasts: 20 * MINUTE,
  end: { moves: 0, transfers: 0 },
} satisfies Case
