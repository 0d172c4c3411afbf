/** A drain of one of three nodes where everything has three replicas: there is no fourth, and that is said. */
import { type Case, MB, MINUTE } from '../../case.ts'
import { node } from '../../orders.ts'

export default {
  cluster: {
    nodes: [node(1), node(2), node(3)],
    topics: [{ name: 't', partitions: 9, replicationFactor: 3, size: 400 * MB }],
  },
  happens: [{ at: 5 * MINUTE, drain: 3 }],
  lasts: 20 * MINUTE,
  end: {
    status: 'stalled',
    verdict: 'no_capacity',
    says: 'node 3 is to be emptied',
    moves: 0,
    safeToStop: { 3: false },
  },
} satisfies Case
