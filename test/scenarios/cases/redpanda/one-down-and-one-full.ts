/** One down and one full: down first. */
import { type Case, MINUTE } from '../../case.ts'
import { brokers, fixture, placed, times } from '../../redpanda.ts'

export default {
  ...fixture,
  cluster: {
    ...fixture.cluster,
    nodes: brokers(1, 2, 3, 4, 5),
    topics: [placed('t', times(6, [1, 2, 3])), placed('full', times(17, [4]))],
  },
  settings: { ...fixture.settings, nodeAvailabilityTimeoutMs: 0, mode: 'off' },
  happens: [
    { at: MINUTE, stopNode: 3 },
    { at: 2 * MINUTE, set: { mode: 'continuous' } },
  ],
  lasts: 20 * MINUTE,
  end: { empty: [3], below: 0.8, reasons: ['node_unavailable', 'disk_over_limit'], moves: 8 },
} satisfies Case
