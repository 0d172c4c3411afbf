/** Two nodes join at once: both are filled, none through the other. */
import { type Case, MINUTE } from '../../case.ts'
import { node, nodes, topics } from '../../orders.ts'

export default {
  cluster: { nodes, topics },
  settings: { mode: 'node_add' },
  happens: [
    { at: 5 * MINUTE, addNode: node(6, 'c') },
    { at: 5 * MINUTE, addNode: node(7, 'a') },
  ],
  lasts: 45 * MINUTE,
  end: { filled: [6, 7], to: [6, 7], cheap: 1.05 },
} satisfies Case
