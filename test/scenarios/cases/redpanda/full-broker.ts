/** Full broker: partitions leave to the emptiest one, no more of them than it takes. */
import { type Case, MINUTE } from '../../case.ts'
import { brokers, fixture, placed, times } from '../../redpanda.ts'

export default {
  ...fixture,
  cluster: {
    ...fixture.cluster,
    nodes: brokers(1, 2, 3, 4),
    topics: [placed('t', [...times(17, [1]), ...times(10, [2]), ...times(9, [3]), ...times(2, [4])])],
  },
  lasts: 20 * MINUTE,
  end: { below: 0.8, moves: 2, from: [1], to: [4], reasons: ['disk_over_limit'], cheap: 1 },
} satisfies Case
