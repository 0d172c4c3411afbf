/** Broker down, all others full beyond hard: no move. */
import { type Case, MINUTE, MiB } from '../../case.ts'
import { broker, brokers, fixture, placed } from '../../redpanda.ts'

export default {
  ...fixture,
  cluster: {
    ...fixture.cluster,
    nodes: [...brokers(1, 2, 3), broker(4, { other: 192 * MiB })],
    topics: [placed('t', [[1, 2, 3]])],
  },
  happens: [{ at: MINUTE, stopNode: 3 }],
  lasts: 20 * MINUTE,
  end: {
    status: 'stalled',
    verdict: 'no_capacity',
    says: 'node 3 is gone',
    rejected: ['would_exceed_limit'],
    moves: 0,
    broken: ['t-0'],
  },
} satisfies Case
