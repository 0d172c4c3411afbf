/**
 * The mode changes while moves run: off, continuous, off, node_add. Each is in force at once; nothing starts in off, and
 * what runs then is finished. In node_add the full disk is left as it is.
 */
import { type Case, GB, MB, MINUTE, SECOND } from '../../case.ts'
import { node, six } from '../../orders.ts'

export default {
  cluster: { ...six, nodes: six.nodes.map((one) => ({ ...one, disks: [40 * GB] })), copyRate: 10 * MB },
  settings: { mode: 'off', nodeAddHoldMs: 0 },
  happens: [
    { at: 4 * MINUTE, addNode: node(7, 'b', 40 * GB) },
    { at: 10 * MINUTE, set: { mode: 'continuous' } },
    { at: 10 * MINUTE + 30 * SECOND, set: { mode: 'off' } },
    { at: 12 * MINUTE, fillDir: { node: 4, path: '/disk0', otherBytes: 26 * GB } },
    { at: 20 * MINUTE, set: { mode: 'node_add' } },
  ],
  lasts: 60 * MINUTE,
  way: [
    { from: 0, to: 10 * MINUTE, always: { status: 'off' }, starts: 0 },
    { from: 10 * MINUTE, to: 10 * MINUTE + 5 * SECOND, starts: [1, 20] },
    { at: 10 * MINUTE + 29 * SECOND, running: [1, 20] },
    { from: 10 * MINUTE + 31 * SECOND, to: 20 * MINUTE, always: { status: 'off', verdict: 'mode_off' }, starts: 0 },
    { at: 19 * MINUTE, running: 0 },
    { from: 20 * MINUTE, to: 20 * MINUTE + 5 * SECOND, starts: [1, 20] },
    { from: 20 * MINUTE, to: 60 * MINUTE, reasons: ['node_underused', 'leader_skew'] },
  ],
  end: { verdict: 'mode_node_add', says: '/disk0 of node 4', reasons: ['node_underused'] },
} satisfies Case
