/** Somebody else moves replicas: balance waits until that is done, repair goes on beside it. */
import { type Case, MB, MINUTE } from '../../case.ts'
import { node } from '../../orders.ts'

export default {
  cluster: {
    nodes: [1, 2, 3, 4, 5, 6].map((id) => node(id)),
    topics: [
      { name: 't', partitions: 30, replicationFactor: 2, size: 400 * MB },
      { name: 'theirs', partitions: 3, replicationFactor: 1, size: 3000 * MB, assignment: [[1], [1], [2]] },
    ],
    copyRate: 8 * MB,
  },
  settings: { nodeAvailabilityTimeoutMs: 5 * MINUTE },
  happens: [
    { at: 5 * MINUTE, addNode: node(7) },
    { at: 6 * MINUTE, reassign: { topic: 'theirs', partition: 0, replicas: [4] } },
    { at: 6 * MINUTE, reassign: { topic: 'theirs', partition: 1, replicas: [5] } },
    { at: 7 * MINUTE, stopNode: 3 },
  ],
  lasts: 60 * MINUTE,
  way: [
    { at: 11 * MINUTE, status: 'ready', verdict: 'foreign_moves', says: 'theirs-0 to 4' },
    { from: 12 * MINUTE, to: 17 * MINUTE, starts: [1, 50], reasons: ['node_unavailable'] },
    { from: 5 * MINUTE, to: 17 * MINUTE, reasons: ['node_unavailable'] },
  ],
  end: { empty: [3], on: { 'theirs-0': [4], 'theirs-1': [5] }, reasons: ['node_unavailable', 'node_underused'] },
} satisfies Case
