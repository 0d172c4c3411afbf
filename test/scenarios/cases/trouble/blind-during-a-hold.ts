/** No broker answers for ten minutes while a node is awaited: time that nobody saw does not count. */
import { type Case, MINUTE } from '../../case.ts'
import { node, six } from '../../orders.ts'

export default {
  cluster: six,
  happens: [
    { at: 5 * MINUTE, addNode: node(7, 'b') },
    { at: 7 * MINUTE, blind: { ms: 10 * MINUTE, code: 'unreachable' } },
  ],
  lasts: 45 * MINUTE,
  way: [
    { from: 0, to: 19.5 * MINUTE, starts: 0 },
    { at: 16 * MINUTE, status: 'unreachable' },
  ],
  end: { to: [7], replicas: { 7: [8, 30] } },
} satisfies Case
