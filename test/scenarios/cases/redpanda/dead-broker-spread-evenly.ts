/** Many partitions of a dead broker: spread evenly over the targets. */
import { type Case, MINUTE } from '../../case.ts'
import { brokers, fixture, placed, times } from '../../redpanda.ts'

export default {
  ...fixture,
  cluster: { ...fixture.cluster, nodes: brokers(1, 2, 3, 4, 5, 6), topics: [placed('t', times(12, [1, 2, 3]))] },
  execution: { concurrentMoves: 10 },
  happens: [{ at: MINUTE, stopNode: 3 }],
  lasts: 20 * MINUTE,
  end: { empty: [3], replicas: { 4: 4, 5: 4, 6: 4 }, moves: 12 },
} satisfies Case
