/** Somebody else gives a partition that we are moving another target: it is his now, and nobody fights over it. */
import { type Case, MB, MINUTE } from '../../case.ts'
import { node } from '../../orders.ts'

export default {
  cluster: {
    nodes: [1, 2, 3, 4].map((id) => node(id)),
    topics: [
      { name: 't', partitions: 6, replicationFactor: 1, size: 4000 * MB, assignment: [[1], [1], [2], [2], [3], [3]] },
    ],
    copyRate: 20 * MB,
  },
  settings: { leadershipEnabled: false, nodeAddBelow: 0 },
  happens: [
    { at: 2 * MINUTE, drain: 1 },
    { at: 3 * MINUTE, reassign: { topic: 't', partition: 0, replicas: [3] } },
  ],
  lasts: 40 * MINUTE,
  end: { empty: [1], on: { 't-0': [3] }, results: { superseded: 1 }, moves: 1, to: [2] },
} satisfies Case
