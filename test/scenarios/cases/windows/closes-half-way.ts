/**
 * The window closes while a node is filled: what runs is finished, the rest waits for the next one and is not forgotten,
 * although the node is by then beyond the edge at which a filling would begin. The next one is hours away, so that whatever is
 * kept for an hour is over; the same window of the next night would be a day of ticks.
 */
import { type Case, HOUR, MB, MINUTE } from '../../case.ts'
import { node, rackless } from '../../orders.ts'
import { nightly } from '../../windows.ts'

export default {
  cluster: { ...rackless, copyRate: 10 * MB },
  settings: { windows: [nightly('00:30', '00:37'), nightly('04:00', '05:00')] },
  happens: [{ at: 5 * MINUTE, addNode: node(7) }],
  lasts: 5 * HOUR,
  way: [
    { from: 30 * MINUTE, to: 37 * MINUTE, starts: [5, 50] },
    { at: 50 * MINUTE, running: 0, verdict: 'window_closed', says: 'node 7 holds' },
    { from: 37.5 * MINUTE, to: 4 * HOUR, starts: 0 },
    { from: 4 * HOUR, to: 5 * HOUR, starts: [1, 50] },
  ],
  end: { to: [7], filled: [7] },
} satisfies Case
