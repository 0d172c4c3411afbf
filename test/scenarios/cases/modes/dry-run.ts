/** With dry_run the whole day of a cluster passes without a start: a node dies, one joins, a disk is full, one is drained. */
import { type Case, GB, MINUTE } from '../../case.ts'
import { node, six } from '../../orders.ts'

export default {
  cluster: { ...six, nodes: six.nodes.map((one) => ({ ...one, disks: [40 * GB] })) },
  settings: { dryRun: true },
  happens: [
    { at: 2 * MINUTE, stopNode: 3 },
    { at: 3 * MINUTE, addNode: node(7, 'b', 40 * GB) },
    { at: 4 * MINUTE, fillDir: { node: 4, path: '/disk0', otherBytes: 32 * GB } },
    { at: 5 * MINUTE, drain: 1 },
  ],
  lasts: 40 * MINUTE,
  way: [{ from: 0, to: 40 * MINUTE, starts: 0 }],
  end: { status: 'ready', verdict: 'dry_run', says: 'would make', empty: [7], broken: 23 },
} satisfies Case
