/** Two racks die at once: that is no matter of single nodes either, although they are few. */
import { type Case, MB, MINUTE } from '../../case.ts'
import { node } from '../../orders.ts'

export default {
  cluster: {
    nodes: [
      ...[1, 2, 3].map((id) => node(id, 'a')),
      ...[4, 5, 6].map((id) => node(id, 'b')),
      node(7, 'c'),
      node(8, 'd'),
    ],
    topics: [{ name: 't', partitions: 32, replicationFactor: 3, size: 300 * MB }],
  },
  happens: [
    { at: 2 * MINUTE, stopNode: 7 },
    { at: 2 * MINUTE, stopNode: 8 },
    { at: 30 * MINUTE, startNode: 7 },
    { at: 30 * MINUTE, startNode: 8 },
  ],
  settings: { nodeAvailabilityTimeoutMs: 5 * MINUTE },
  lasts: 50 * MINUTE,
  way: [{ from: 3 * MINUTE, to: 30 * MINUTE, always: { verdict: 'mass_failure', says: 'the racks c, d' }, starts: 0 }],
  end: { moves: 0 },
} satisfies Case
