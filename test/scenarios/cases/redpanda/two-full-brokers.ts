/**
 * Two full brokers: the fuller served first. Redpanda takes the smallest partition first; we take what frees enough with
 * least bytes: broker 1 (187 MiB of 200) has to give 29 MiB, which 27 + 2 do exactly, broker 2 (171 MiB) gives 13 of 13.
 */
import { type Case, MINUTE, MiB } from '../../case.ts'
import { brokers, fixture, placed, times } from '../../redpanda.ts'

const sizes = {
  a: [40, 30, 27, 22, 17, 14, 12, 11, 9, 3, 2],
  b: [50, 40, 30, 20, 13, 9, 6, 3],
}

export default {
  ...fixture,
  cluster: {
    ...fixture.cluster,
    nodes: brokers(1, 2, 3, 4),
    topics: [
      placed(
        'a',
        times(11, [1]),
        sizes.a.map((size) => size * MiB),
      ),
      placed(
        'b',
        times(8, [2]),
        sizes.b.map((size) => size * MiB),
      ),
    ],
  },
  execution: { concurrentMoves: 1 },
  lasts: 20 * MINUTE,
  end: {
    below: 0.8,
    begins: ['replica:a-2:1>3', 'replica:a-10:1>4', 'replica:b-4:2>4'],
    moves: 3,
    reasons: ['disk_over_limit'],
    cheap: 1,
  },
} satisfies Case
