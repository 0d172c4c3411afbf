/** A node is drained: it becomes empty, may be stopped, and is not filled again, not even when another joins or dies. */
import { type Case, MINUTE } from '../../case.ts'
import { node, six } from '../../orders.ts'

export default {
  cluster: six,
  happens: [
    { at: 5 * MINUTE, drain: 2 },
    { at: 20 * MINUTE, addNode: node(7, 'b') },
    { at: 35 * MINUTE, stopNode: 6 },
  ],
  lasts: 70 * MINUTE,
  way: [
    { at: 5.2 * MINUTE, safeToStop: { 2: false } },
    { at: 15 * MINUTE, status: 'ready', empty: [2], safeToStop: { 2: true }, needless: 0 },
    { at: 35 * MINUTE, status: 'ready', replicas: { 7: [10, 25] }, empty: [2] },
  ],
  end: { empty: [2, 6], safeToStop: { 2: true }, reasons: ['node_draining', 'node_underused', 'node_unavailable'] },
} satisfies Case
