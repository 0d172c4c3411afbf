/**
 * Topic table changes during planning. Ours is changed between the plan and its last moves, which are far apart here: a
 * topic goes, another gets partitions. What is gone is refused by our own last look, the rest is carried out.
 */
import { type Case, MINUTE, SECOND } from '../../case.ts'
import { brokers, fixture, placed, times } from '../../redpanda.ts'

export default {
  ...fixture,
  cluster: {
    ...fixture.cluster,
    nodes: brokers(1, 2, 3, 4),
    topics: [placed('kept', times(5, [1, 2])), placed('gone', times(5, [1, 2]))],
  },
  execution: { concurrentMoves: 1 },
  happens: [
    { at: MINUTE, drain: 1 },
    { at: MINUTE + 5 * SECOND, deleteTopic: 'gone' },
    { at: MINUTE + 25 * SECOND, addPartitions: { topic: 'kept', count: 4 } },
  ],
  lasts: 20 * MINUTE,
  end: { empty: [1], reasons: ['node_draining'], moves: [5, 9], results: { failed: [0, 5], superseded: [0, 1] } },
} satisfies Case
