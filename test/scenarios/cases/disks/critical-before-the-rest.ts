/**
 * A node dies, a disk is critical and a node joined: first the disk below the hard limit, then the dead node, then the disk
 * below the soft limit, and the new node last.
 */
import { type Case, GB, MB, MINUTE } from '../../case.ts'
import { node, rackless } from '../../orders.ts'

export default {
  cluster: { ...rackless, nodes: rackless.nodes.map((one) => ({ ...one, disks: [20 * GB] })), copyRate: 20 * MB },
  settings: { nodeAvailabilityTimeoutMs: 5 * MINUTE, mode: 'off', leadershipEnabled: false },
  execution: { concurrentMoves: 3 },
  happens: [
    { at: 2 * MINUTE, stopNode: 3 },
    { at: 3 * MINUTE, addNode: node(7, undefined, 20 * GB) },
    { at: 4 * MINUTE, fillDir: { node: 1, path: '/disk0', otherBytes: 10.6 * GB } },
    { at: 12 * MINUTE, set: { mode: 'continuous' } },
  ],
  lasts: 60 * MINUTE,
  end: { empty: [3], below: 0.8, reasons: ['disk_critical', 'node_unavailable', 'disk_over_limit', 'node_underused'] },
} satisfies Case
