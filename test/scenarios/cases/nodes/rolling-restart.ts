/** Every node is restarted in turn, two minutes each, while one that joined is filled: nothing is healed, the filling ends well. */
import { type Case, MB, MINUTE } from '../../case.ts'
import { node, rackless } from '../../orders.ts'

export default {
  cluster: { ...rackless, copyRate: 20 * MB },
  happens: [
    { at: 3 * MINUTE, addNode: node(7) },
    ...[1, 2, 3, 4, 5, 6].flatMap((id) => [
      { at: (7 + 3 * id) * MINUTE, stopNode: id },
      { at: (9 + 3 * id) * MINUTE, startNode: id },
    ]),
  ],
  lasts: 60 * MINUTE,
  end: { to: [7], filled: [7], reasons: ['node_underused'], leadersOverMean: 1.15 },
} satisfies Case
