/** Full broker with many partitions: only the budget (2) at once, and no further than below the limit. */
import { type Case, MINUTE, MiB, SECOND } from '../../case.ts'
import { brokers, fixture, placed, times } from '../../redpanda.ts'

const many = times(46, [1])

export default {
  ...fixture,
  cluster: {
    ...fixture.cluster,
    nodes: brokers(1, 2, 3),
    topics: [
      placed(
        't',
        many,
        many.map(() => 4 * MiB),
      ),
    ],
  },
  lasts: 20 * MINUTE,
  way: [{ at: 6 * SECOND, status: 'in_progress', running: 2 }],
  end: { below: 0.8, moves: 7, from: [1], reasons: ['disk_over_limit'], cheap: 1 },
} satisfies Case
