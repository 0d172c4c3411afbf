/** A node joins, empty: it gets its fair share of bytes and its part of the leaders. */
import { type Case, MINUTE } from '../../case.ts'
import { node, nodes, topics } from '../../orders.ts'

export default {
  cluster: { nodes, topics },
  settings: { mode: 'node_add' },
  happens: [{ at: 5 * MINUTE, addNode: node(6, 'c') }],
  lasts: 45 * MINUTE,
  way: [
    { from: 0, to: 10 * MINUTE, starts: 0 },
    { from: 6 * MINUTE, to: 10 * MINUTE, always: { verdict: 'holding', says: 'node 6' } },
  ],
  end: { filled: [6], to: [6], reasons: ['node_underused'], cheap: 1.05, leadersOverMean: 1.15 },
} satisfies Case
