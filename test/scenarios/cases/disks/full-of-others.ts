/**
 * A disk is full of other data and holds nothing of Kafka: nothing can be done there. Its bytes are
 * nobody else's share: a node that joins is filled to what the others have.
 */
import { type Case, GB, MINUTE, some } from '../../case.ts'
import { node, six } from '../../orders.ts'

export default {
  cluster: {
    topics: six.topics.map((topic) => ({ ...topic, nodes: [1, 2, 3, 4, 5, 6] })),
    nodes: [...six.nodes, { id: 7, rack: 'a', disks: [{ capacity: 100 * GB, otherBytes: 95 * GB }] }],
  },
  happens: [{ at: 5 * MINUTE, addNode: node(8, 'b') }],
  lasts: 35 * MINUTE,
  end: {
    status: 'stalled',
    verdict: 'no_capacity',
    says: '/disk0 of node 7',
    moves: some,
    to: [8],
    empty: [7],
    filled: [8],
  },
} satisfies Case
