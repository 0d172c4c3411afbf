/**
 * Broker in maintenance: Kafka knows no such state. What comes nearest is a broker whose log dirs are cordoned: nothing
 * goes to it, and what is on it stays.
 */
import { type Case, MINUTE, MiB } from '../../case.ts'
import { brokers, fixture, placed, times } from '../../redpanda.ts'

export default {
  ...fixture,
  cluster: {
    ...fixture.cluster,
    nodes: [...brokers(1, 2, 3, 4), { id: 5, disks: [{ capacity: 200 * MiB, cordoned: true }], metadataDisk: -1 }],
    topics: [placed('t', times(4, [1, 2, 3])), placed('on5', times(2, [5, 1]))],
  },
  happens: [{ at: MINUTE, stopNode: 3 }],
  lasts: 20 * MINUTE,
  end: { empty: [3], replicas: { 5: 2 }, to: [4], reasons: ['node_unavailable'] },
} satisfies Case
