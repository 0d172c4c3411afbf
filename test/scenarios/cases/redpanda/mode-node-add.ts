/** Mode node_add ignores disk and availability; a drain it carries out. */
import { type Case, MINUTE } from '../../case.ts'
import { brokers, fixture, placed, times } from '../../redpanda.ts'

export default {
  ...fixture,
  cluster: {
    ...fixture.cluster,
    nodes: brokers(1, 2, 3, 4, 5, 6),
    topics: [placed('t', times(2, [1, 2, 3])), placed('full', times(17, [4])), placed('d', times(3, [5]))],
  },
  settings: { ...fixture.settings, mode: 'node_add' },
  happens: [
    { at: MINUTE, stopNode: 3 },
    { at: 10 * MINUTE, drain: 5 },
  ],
  lasts: 20 * MINUTE,
  way: [{ at: 9 * MINUTE, status: 'ready', verdict: 'mode_node_add', says: 'node 3 is gone' }],
  end: {
    verdict: 'mode_node_add',
    replicas: { 3: 2, 4: 17 },
    empty: [5],
    moves: 3,
    reasons: ['node_draining'],
    broken: ['t-0', 't-1'],
  },
} satisfies Case
