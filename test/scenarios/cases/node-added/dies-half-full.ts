/**
 * A node joins, dies half full and is filled to its share when it is back, although it is by then beyond the edge at which
 * a filling would begin. What it was about to take stays where it is.
 */
import { type Case, MINUTE, SECOND } from '../../case.ts'
import { node, nodes, topics } from '../../orders.ts'

export default {
  cluster: { nodes, topics },
  settings: { mode: 'node_add' },
  happens: [
    { at: 5 * MINUTE, addNode: node(6, 'c') },
    { at: 11 * MINUTE + 15 * SECOND, stopNode: 6 },
    { at: 21 * MINUTE + 15 * SECOND, startNode: 6 },
  ],
  lasts: 70 * MINUTE,
  way: [
    { at: 20 * MINUTE, running: 0 },
    { from: 15 * MINUTE, to: 26 * MINUTE, starts: 0 },
  ],
  end: { filled: [6], to: [6], results: { cancelled: [1, 10] } },
} satisfies Case
