/**
 * Tracking of broken rack constraints through move, cancel, finish and delete. Ours keeps no list: each sample shows what
 * is broken. Of three broken partitions one is deleted with its topic, one is repaired, one is taken from us by somebody
 * who puts it where it was: what somebody took back is left alone for an hour, then it is repaired once more.
 */
import { type Case, MINUTE, SECOND } from '../../case.ts'
import { broker, fixture, placed } from '../../redpanda.ts'

export default {
  ...fixture,
  cluster: {
    ...fixture.cluster,
    nodes: ['a', 'b', 'a', 'b', 'a', 'b'].map((rack, index) => broker(index + 1, { rack })),
    topics: [
      placed('t', [
        [1, 3],
        [1, 5],
        [1, 2],
      ]),
      placed('gone', [[3, 5]]),
    ],
  },
  settings: { ...fixture.settings, mode: 'node_add' },
  happens: [
    { at: 2 * MINUTE, deleteTopic: 'gone' },
    { at: 3 * MINUTE, set: { mode: 'continuous' } },
    { at: 3 * MINUTE + 6 * SECOND, reassign: { topic: 't', partition: 0, replicas: [1, 3] } },
  ],
  lasts: 75 * MINUTE,
  way: [
    { at: 1 * MINUTE, needless: 3, running: 0 },
    { at: 2 * MINUTE + 40 * SECOND, needless: 2, verdict: 'mode_node_add' },
    { at: 3 * MINUTE + 5 * SECOND, running: 2 },
    { at: 50 * MINUTE, needless: 1, running: 0, verdict: 'holding' },
  ],
  end: { needless: 0, moves: 2, reasons: ['rack_violation'], results: { superseded: [0, 1], reverted: [0, 1] } },
} satisfies Case
