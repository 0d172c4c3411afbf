/**
 * Partition without quorum: untouched, counted as failure. Kafka needs no majority: one in-sync replica is enough to copy
 * from, so `t` is healed with two of its three replicas gone, and only what has no leader at all stays as it is.
 */
import { type Case, MINUTE } from '../../case.ts'
import { brokers, fixture, placed, times } from '../../redpanda.ts'

export default {
  ...fixture,
  cluster: {
    ...fixture.cluster,
    nodes: brokers(1, 2, 3, 4, 5, 6),
    topics: [placed('gone', [[5, 6]]), placed('t', times(3, [1, 5, 6]))],
  },
  happens: [
    { at: MINUTE, stopNode: 5 },
    { at: MINUTE, stopNode: 6 },
  ],
  lasts: 25 * MINUTE,
  end: {
    status: 'stalled',
    verdict: 'no_capacity',
    says: 'no_quorum',
    rejected: ['no_quorum'],
    on: { 'gone-0': [5, 6] },
    replicas: { 5: 1, 6: 1 },
    moves: 6,
    from: [5, 6],
    broken: ['gone-0'],
  },
} satisfies Case
