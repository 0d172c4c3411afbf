/** A node joins while all topics grow; it is filled to the share that it has by then. */
import { type Case, MB, MINUTE } from '../../case.ts'
import { node, nodes, topics } from '../../orders.ts'

export default {
  cluster: { nodes, topics: topics.map((topic) => ({ ...topic, growth: 2 * MB })) },
  settings: { mode: 'node_add' },
  happens: [{ at: 5 * MINUTE, addNode: node(6, 'c') }],
  lasts: 45 * MINUTE,
  end: { filled: [6], to: [6], leadersOverMean: 1.15 },
} satisfies Case
