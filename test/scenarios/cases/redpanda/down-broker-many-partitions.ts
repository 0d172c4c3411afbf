/** Down broker with many partitions: only the budget (2) at once. No case starts more; this one uses all of it. */
import { type Case, MINUTE, SECOND } from '../../case.ts'
import { brokers, fixture, placed, times } from '../../redpanda.ts'

export default {
  ...fixture,
  cluster: { ...fixture.cluster, nodes: brokers(1, 2, 3, 4, 5), topics: [placed('t', times(14, [1, 2, 3]))] },
  happens: [{ at: MINUTE, stopNode: 3 }],
  lasts: 20 * MINUTE,
  way: [{ at: 7 * MINUTE + 10 * SECOND, status: 'in_progress', running: 2 }],
  end: { empty: [3], moves: 14, from: [3], to: [4, 5], cheap: 1 },
} satisfies Case
