/** A node that joins is filled only from one to two o'clock, by the window; a node that dies is healed at any time. */
import { type Case, HOUR, MINUTE } from '../../case.ts'
import { node, rackless } from '../../orders.ts'
import { nightly } from '../../windows.ts'

export default {
  cluster: rackless,
  settings: { windows: [nightly('01:00', '02:00')], leadershipEnabled: false },
  happens: [
    { at: 5 * MINUTE, addNode: node(7) },
    { at: 10 * MINUTE, stopNode: 3 },
  ],
  lasts: 2 * HOUR,
  way: [
    { from: 10 * MINUTE, to: 25 * MINUTE, always: { status: 'ready' }, starts: 0 },
    { from: 12 * MINUTE, to: 24 * MINUTE, always: { verdict: 'window_closed', says: 'node 7' } },
    { from: 25 * MINUTE, to: 60 * MINUTE, starts: [20, 30], reasons: ['node_unavailable'] },
    { from: 25 * MINUTE, to: 60 * MINUTE, reasons: ['node_unavailable'] },
    { from: 60 * MINUTE, to: 62 * MINUTE, starts: [1, 20], reasons: ['node_underused'] },
  ],
  end: { empty: [3], reasons: ['node_unavailable', 'node_underused'] },
} satisfies Case
