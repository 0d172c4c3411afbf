/** Only some replicas can move: the fullest broker is served first, and the others say what they wait for. */
import { type Case, MINUTE, MiB } from '../../case.ts'
import { broker, fixture, placed } from '../../redpanda.ts'

export default {
  ...fixture,
  cluster: {
    ...fixture.cluster,
    nodes: [
      broker(1, { other: 155 * MiB }),
      broker(2, { other: 165 * MiB }),
      broker(3, { other: 160 * MiB }),
      broker(4, { other: 140 * MiB }),
    ],
    topics: [placed('t', [[1, 2, 3]])],
  },
  lasts: 20 * MINUTE,
  end: {
    status: 'stalled',
    verdict: 'no_capacity',
    begins: ['replica:t-0:2>4'],
    moves: 1,
    reasons: ['disk_over_limit'],
  },
} satisfies Case
