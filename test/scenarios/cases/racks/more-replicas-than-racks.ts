/** Four replicas, three racks: two must share one, which is said and not mended; when a fourth rack comes it is. */
import { type Case, MB, MINUTE } from '../../case.ts'
import { node, six } from '../../orders.ts'

export default {
  cluster: {
    nodes: six.nodes,
    topics: [{ name: 't', partitions: 12, replicationFactor: 4, size: 300 * MB, spread: 0.2 }],
  },
  settings: { nodeAddBelow: 0, leadershipEnabled: false },
  happens: [{ at: 20 * MINUTE, addNode: node(7, 'd') }],
  lasts: 40 * MINUTE,
  way: [
    { at: 19 * MINUTE, status: 'ready', verdict: 'balanced', needless: 0 },
    { from: 0, to: 20 * MINUTE, starts: 0 },
  ],
  end: { moves: 12, to: [7], reasons: ['rack_violation'], replicas: { 7: 12 } },
} satisfies Case
