/** Everything is over the soft limit: nothing would help, and that is said instead of moving in circles. */
import { type Case, GB, MINUTE } from '../../case.ts'
import { node } from '../../orders.ts'

export default {
  cluster: {
    nodes: [1, 2, 3, 4].map((id) => node(id, undefined, 20 * GB)),
    topics: [{ name: 't', partitions: 66, replicationFactor: 2, size: 0.5 * GB, spread: 0.2 }],
  },
  lasts: 20 * MINUTE,
  end: { status: 'stalled', verdict: 'no_capacity', says: 'the limit is 80%', moves: 0 },
} satisfies Case
