/** Broker down, another full, an empty one exists: all go to the empty one. */
import { type Case, MINUTE } from '../../case.ts'
import { brokers, fixture, placed, times } from '../../redpanda.ts'

export default {
  ...fixture,
  cluster: {
    ...fixture.cluster,
    nodes: brokers(1, 2, 3, 4, 5),
    topics: [placed('t', times(8, [1, 2, 3])), placed('full', times(17, [4]))],
  },
  settings: { ...fixture.settings, nodeAvailabilityTimeoutMs: 0 },
  happens: [{ at: MINUTE, stopNode: 3 }],
  lasts: 20 * MINUTE,
  end: { empty: [3], below: 0.8, from: [3, 4], to: [5], replicas: { 1: 8, 2: 8, 4: 15, 5: 10 } },
} satisfies Case
