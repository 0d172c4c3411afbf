/**
 * Broker down, target nearly full (between soft and hard): still used, availability comes before disk. What is over the
 * soft limit then has nowhere to go, and that is said.
 */
import { type Case, MINUTE, MiB } from '../../case.ts'
import { broker, brokers, fixture, placed } from '../../redpanda.ts'

export default {
  ...fixture,
  cluster: {
    ...fixture.cluster,
    nodes: [...brokers(1, 2, 3), broker(4, { other: 165 * MiB })],
    topics: [placed('t', [[1, 2, 3]])],
  },
  happens: [{ at: MINUTE, stopNode: 3 }],
  lasts: 20 * MINUTE,
  end: {
    status: 'stalled',
    verdict: 'no_capacity',
    empty: [3],
    to: [4],
    moves: 1,
    reasons: ['node_unavailable'],
    dirs: { '4/disk0': [0.85, 0.9] },
  },
} satisfies Case
