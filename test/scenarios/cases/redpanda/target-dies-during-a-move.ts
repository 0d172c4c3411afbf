/**
 * Target dies during a move: the move is cancelled. Kafka goes on copying when the target is back, so it gets
 * `target_grace` for that; then it is taken back and the replica is made anew elsewhere.
 */
import { type Case, MINUTE, MiB, SECOND } from '../../case.ts'
import { brokers, fixture, placed, times } from '../../redpanda.ts'

export default {
  ...fixture,
  cluster: {
    ...fixture.cluster,
    copyRate: MiB / 10,
    nodes: brokers(1, 2, 3, 4, 5, 6),
    topics: [placed('t', times(2, [1, 2, 3]))],
  },
  execution: { concurrentMoves: 2, targetGraceMs: 2 * MINUTE },
  happens: [
    { at: MINUTE, stopNode: 3 },
    { at: 7 * MINUTE, stopNode: 4 },
  ],
  lasts: 40 * MINUTE,
  way: [
    { at: 6 * MINUTE + 50 * SECOND, running: 2 },
    { from: 7 * MINUTE + 30 * SECOND, to: 9 * MINUTE, once: { says: 'node 4 is gone' } },
  ],
  end: { empty: [3, 4], results: { cancelled: 1 }, moves: 2, to: [5, 6], reasons: ['node_unavailable'] },
} satisfies Case
