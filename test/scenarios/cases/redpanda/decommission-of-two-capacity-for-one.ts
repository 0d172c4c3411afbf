/** Decommission of two with capacity for one: as much leaves as there is room for, the rest says why it stays. */
import { type Case, MINUTE, MiB } from '../../case.ts'
import { broker, brokers, fixture, placed, times } from '../../redpanda.ts'

export default {
  ...fixture,
  cluster: {
    ...fixture.cluster,
    nodes: [...brokers(1, 2), broker(3, { other: 103 * MiB }), broker(4, { other: 185 * MiB })],
    topics: [placed('a', times(8, [1])), placed('b', times(8, [2]))],
  },
  happens: [
    { at: MINUTE, drain: 1 },
    { at: MINUTE, drain: 2 },
  ],
  lasts: 25 * MINUTE,
  end: {
    status: 'stalled',
    verdict: 'no_capacity',
    says: 'would_exceed_limit',
    rejected: ['would_exceed_limit'],
    moves: 8,
    from: [1, 2],
    to: [3],
    safeToStop: { 1: true, 2: false },
    // On their way to the second when its turn came.
    results: { cancelled: 2 },
    dirs: { '3/disk0': [0.85, 0.95] },
    reasons: ['node_draining'],
  },
} satisfies Case
