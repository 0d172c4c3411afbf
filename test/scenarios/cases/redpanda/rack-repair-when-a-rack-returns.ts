/** Rack repair when a rack returns: what was made anew in the other racks goes back to the one that is there again. */
import { type Case, MINUTE } from '../../case.ts'
import { broker, fixture, placed, times } from '../../redpanda.ts'

export default {
  ...fixture,
  cluster: {
    ...fixture.cluster,
    nodes: ['a', 'b', 'c', 'a', 'b', 'c'].map((rack, index) => broker(index + 1, { rack })),
    topics: [placed('t', [...times(4, [1, 2, 3]), ...times(4, [4, 5, 6])])],
  },
  execution: { concurrentMoves: 10 },
  happens: [
    { at: MINUTE, stopNode: 3 },
    { at: MINUTE, stopNode: 6 },
    { at: 15 * MINUTE, startNode: 3 },
    { at: 15 * MINUTE, startNode: 6 },
  ],
  lasts: 30 * MINUTE,
  way: [{ at: 14 * MINUTE, empty: [3, 6], needless: 0, status: 'ready' }],
  // None goes back to the very node that it left.
  end: { replicas: { 3: 4, 6: 4 }, moves: 16, reasons: ['node_unavailable', 'rack_violation'] },
} satisfies Case
