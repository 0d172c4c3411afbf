/**
 * Somebody moves a replica out of a rack that has only this one node. It could be put right only by bringing it back to
 * where it just came from, and what left a node lately is not moved back: evenkeel says so, and mends it an hour later.
 */
import { type Case, MB, MINUTE } from '../../case.ts'
import { node } from '../../orders.ts'

export default {
  cluster: {
    nodes: [node(1, 'a'), node(2, 'b'), node(3, 'a'), node(4, 'c')],
    topics: [{ name: 't', partitions: 6, replicationFactor: 3, size: 300 * MB, spread: 0.2 }],
  },
  settings: { leadershipEnabled: false },
  happens: [{ at: 5 * MINUTE, reassign: { topic: 't', partition: 0, replicas: [1, 2, 3] } }],
  lasts: 75 * MINUTE,
  way: [
    { at: 30 * MINUTE, status: 'stalled', verdict: 'no_capacity', rejected: ['moved_lately'], needless: 1 },
    { from: 0, to: 65 * MINUTE, starts: 0 },
  ],
  end: { moves: 1, to: [4], reasons: ['rack_violation'] },
} satisfies Case
