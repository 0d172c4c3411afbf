/** A node dies where the others have no room for all of it: as much is made anew as fits, the rest says why not. */
import { type Case, GB, MINUTE } from '../../case.ts'
import { node } from '../../orders.ts'

export default {
  cluster: {
    nodes: [1, 2, 3, 4].map((id) => node(id, undefined, 20 * GB)),
    topics: [{ name: 't', partitions: 56, replicationFactor: 2, size: 0.5 * GB, spread: 0 }],
  },
  settings: { nodeAvailabilityTimeoutMs: 5 * MINUTE },
  happens: [{ at: 2 * MINUTE, stopNode: 4 }],
  lasts: 40 * MINUTE,
  end: {
    status: 'stalled',
    verdict: 'no_capacity',
    rejected: ['would_exceed_limit'],
    from: [4],
    moves: 21,
    below: 0.9,
    replicas: { 4: 7 },
    broken: 7,
  },
} satisfies Case
