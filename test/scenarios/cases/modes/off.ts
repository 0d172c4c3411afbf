/** In mode off a node that joins stays empty and an uneven disk uneven; what would be done is said. */
import { type Case, MINUTE } from '../../case.ts'
import { node, nodes, topics } from '../../orders.ts'

export default {
  cluster: { nodes, topics },
  settings: { mode: 'off', diskBalance: 0.1 },
  happens: [{ at: 5 * MINUTE, addNode: node(6, 'c') }],
  lasts: 45 * MINUTE,
  end: { status: 'off', verdict: 'mode_off', says: 'would make', moves: 0, transfers: 0, empty: [6] },
} satisfies Case
