/** Rack awareness: the rack wins over the emptier disk. */
import { type Case, MINUTE, MiB } from '../../case.ts'
import { broker, fixture, placed, times } from '../../redpanda.ts'

export default {
  ...fixture,
  cluster: {
    ...fixture.cluster,
    nodes: [
      broker(1, { rack: 'a' }),
      broker(2, { rack: 'b' }),
      broker(3, { rack: 'c' }),
      broker(4, { rack: 'a' }),
      broker(5, { rack: 'c', other: 90 * MiB }),
    ],
    topics: [placed('t', times(4, [1, 2, 3]))],
  },
  happens: [{ at: MINUTE, stopNode: 3 }],
  lasts: 20 * MINUTE,
  end: { empty: [3], moves: 4, to: [5], reasons: ['node_unavailable'] },
} satisfies Case
