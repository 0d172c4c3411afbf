/**
 * Mode off ignores all. Redpanda carries out a decommission also then; ours starts nothing at all in `off`, and says what
 * it would do.
 */
import { type Case, MINUTE } from '../../case.ts'
import { brokers, fixture, placed, times } from '../../redpanda.ts'

export default {
  ...fixture,
  cluster: {
    ...fixture.cluster,
    nodes: brokers(1, 2, 3, 4, 5),
    topics: [placed('t', times(2, [1, 2, 3])), placed('full', times(17, [4])), placed('d', times(3, [5]))],
  },
  settings: { ...fixture.settings, mode: 'off' },
  happens: [
    { at: MINUTE, stopNode: 3 },
    { at: 2 * MINUTE, drain: 5 },
  ],
  lasts: 20 * MINUTE,
  end: {
    status: 'off',
    verdict: 'mode_off',
    says: 'would make',
    replicas: { 3: 2, 4: 17, 5: 3 },
    moves: 0,
    broken: ['t-0', 't-1'],
  },
} satisfies Case
