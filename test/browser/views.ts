/** Clusters to look at: one at work, one that is paused and not alone, a large one, one with tables. */
import type { ClusterView } from '../../src/daemon/view.ts'
import { forecast, GiB, leader, noon, progress, replica, report } from '../observe/support.ts'
import { costly, foreignJob, tableMove, tablesReport, target, topic } from '../observe/tables.ts'

const MiB = 2 ** 20

function view(name: string, more: Partial<ClusterView>): ClusterView {
  return {
    name,
    drains: [],
    status: 'in_progress',
    statusSinceMs: noon - 61_500,
    running: [],
    pending: [],
    ended: [],
    ...more,
  }
}

const five = [
  forecast(1, [15, 12], [120, 96], [60, 48]),
  forecast(2, [15.4, 12.4], [121, 97], [61, 48]),
  forecast(3, [14.9, 12.3], [119, 95], [59, 48]),
  forecast(4, [15.1, 12], [120, 96], [60, 48]),
  forecast(5, [2.3, 12.2], [18, 96], [3, 48]),
]

const underused = {
  kind: 'node_underused' as const,
  subject: 'node 5',
  sinceMs: noon - 300_000,
  size: 10 * GiB,
  unit: 'bytes' as const,
  closing: false,
  text: 'node 5 holds 2.30 GiB of its fair share of 12.3 GiB (18.7%)',
}

export const runningMoves = [
  progress(replica(7, 1, 5, GiB), { bytesDone: GiB / 4, bytesPerSecond: 50 * MiB, remainingMs: 6400 }),
  progress(replica(11, 2, 5, GiB), { bytesDone: GiB / 2, bytesPerSecond: 50 * MiB, remainingMs: 1100 }),
  progress(
    { ...replica(23, 3, 5, GiB), topic: 'customer-facing.event-stream.with-a-really-long-name.v2' },
    { state: 'stalled', text: 'no progress for 5m' },
  ),
  progress(leader(4, 1, 2)),
]

export function moving(more: Partial<ClusterView> = {}): ClusterView {
  const pending = Array.from({ length: 64 }, (_, n) => replica(n + 30, 1 + (n % 4), 5, GiB))
  const blocked = [{ reason: 'rack_constraint' as const, count: 120, examples: ['orders-3 from 1 to 5'] }]
  const plan = { ...report(five).plan, moves: pending, bytes: 64 * GiB, lowerBoundBytes: 63 * GiB, blocked }
  const ended = [
    progress(replica(3, 1, 5, GiB), { state: 'done', bytesDone: GiB }),
    progress(replica(5, 1, 5, GiB), { state: 'failed', bytesDone: GiB / 3, text: 'node 5 was gone' }),
  ]
  const seen = report(five, { mode: 'continuous', violations: [underused], plan })
  return view('orders', { running: runningMoves, pending, ended, report: seen, ...more })
}

export function paused(): ClusterView {
  const gate = { code: 'foreign_moves' as const, text: 'somebody else is moving 3 partitions' }
  const nodes = [
    five[0]!,
    { ...five[1]!, state: 'unavailable' },
    { ...five[2]!, state: 'draining' },
    forecast(4, [18, 15]),
  ]
  const seen = report(nodes, {
    status: 'paused',
    verdict: { act: false, code: 'paused', text: 'an operator has paused it: new disks are put into node 3' },
    violations: [{ ...underused, gate }],
    foreignMoves: 3,
    missingNodes: [2],
    notes: ['what moves looks like the work of another balancer'],
    throttle: { self: { nodes: [], topics: [] }, foreign: { nodes: [1, 2], topics: ['orders'] }, cleanupFailures: 0 },
    nodesAvailable: { alive: 2, unavailable: 1, unreachable: 0, draining: 1 },
  })
  return view('clicks', {
    status: 'paused',
    pause: {
      by: 'operator',
      reason: 'new disks are put into node 3',
      sinceMs: noon - 600_000,
      untilMs: noon + 3_600_000,
    },
    drains: [{ node: 3, replicas: 119, bytes: 14 * GiB, safeToStop: false }],
    error: 'node 2 (kafka-2:9092) does not answer within 10s',
    report: seen,
  })
}

export function large(): ClusterView {
  const nodes = Array.from({ length: 500 }, (_, n) => ({
    ...forecast(n + 1, n % 97 === 5 ? [1, 12] : [12 + (n % 13) / 10, 12], [600, 600], [200, 200]),
    rack: `az${n % 5}`,
    state: n === 77 ? 'unavailable' : 'alive',
  }))
  const nodesAvailable = { alive: 499, unavailable: 1, unreachable: 0, draining: 0 }
  return view('large', { report: report(nodes, { mode: 'continuous', nodesAvailable }) })
}

/** @param done of 20 replicas of the job that is ours. */
export function pinot(done: number): ClusterView {
  const ours = target('orders_OFFLINE')
  const names = ['0', '1', '2'].map(
    (n) => `Server_pinot-server-${n}.pinot-server-headless.pinot.svc.cluster.local_8098`,
  )
  const servers = names.map((id, n) => ({ ...forecast(n, [6, 6], [20, 20], [0, 0]), id }))
  const job = { ...foreignJob, id: 'job-9', topic: ours.topic, ours: true, adds: { total: 20, done } }
  const long = 'payments_of_the_whole_company_REALTIME'
  const bytes = { bytesDone: done * 10 * MiB, bytesTotal: 200 * MiB }
  const seen = tablesReport({
    plan: report(servers).plan,
    jobs: [foreignJob, { ...job, ...bytes }],
    targets: [ours, target(long, { held: costly })],
    topics: [...tablesReport().topics!, topic(long, { notConverged: 4, inError: 2 })],
  })
  return view('analytics', {
    running: [{ move: tableMove(ours), state: 'running', startedAtMs: noon, ...bytes }],
    report: seen,
  })
}
