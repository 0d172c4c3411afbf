/**
 * Another node restarts while one that joined is being filled. Most partitions cannot be moved until it is back, but that
 * is not the end of the filling.
 */
import { type Case, MB, MINUTE } from '../../case.ts'
import { node, rackless } from '../../orders.ts'

export default {
  cluster: {
    nodes: rackless.nodes,
    topics: [{ name: 't', partitions: 40, replicationFactor: 5, size: 300 * MB, spread: 0.2 }],
    copyRate: 60 * MB,
  },
  happens: [
    { at: 5 * MINUTE, addNode: node(7) },
    { at: 11 * MINUTE, stopNode: 2 },
    { at: 15 * MINUTE, startNode: 2 },
  ],
  lasts: 40 * MINUTE,
  way: [{ at: 14 * MINUTE, status: 'ready', running: 0 }],
  end: { filled: [7], to: [7] },
} satisfies Case
