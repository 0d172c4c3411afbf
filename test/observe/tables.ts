/** A Pinot cluster with three tables: one that drifted and is held, one that is being moved by somebody else, one at rest. */
import type { ReportedJob, TickReport } from '../../src/cluster/events.ts'
import type { TableMove } from '../../src/cluster/move.ts'
import type { Target, TopicReport } from '../../src/cluster/target.ts'
import { noon, report } from './support.ts'

const MiB = 2 ** 20

export function topic(name: string, more: Partial<TopicReport> = {}): TopicReport {
  const evenness = {
    nodes: [
      { node: 'Server_a_1', replicas: 30, bytes: 300 * MiB },
      { node: 'Server_b_1', replicas: 30, bytes: 300 * MiB },
      { node: 'Server_c_1', replicas: 0, bytes: 0 },
    ],
    replicas: 0.5,
    bytes: 0.512,
  }
  return {
    topic: name,
    partitions: 30,
    replicas: 60,
    bytes: 600 * MiB,
    tenant: 'shop',
    domain: 'shop',
    evenness,
    notConverged: 0,
    inError: 0,
    ...more,
  }
}

export function target(name: string, more: Partial<Target> = {}): Target {
  const { nodes, ...before } = topic(name).evenness
  const even = nodes.map(({ node }) => ({ node, replicas: 20, bytes: 200 * MiB }))
  const none = { adds: 0, addBytes: 0, removes: 0, removeBytes: 0 }
  return {
    topic: name,
    causes: [{ cause: 'server_added', text: 'Server_c_1 should hold a part of it and holds none' }],
    shares: [
      { ...none, node: 'Server_a_1', removes: 10, removeBytes: 100 * MiB },
      { ...none, node: 'Server_b_1', removes: 10, removeBytes: 100 * MiB },
      { ...none, node: 'Server_c_1', adds: 20, addBytes: 200 * MiB },
    ],
    adds: 20,
    bytes: 200 * MiB,
    largestBytes: 10 * MiB,
    unitAdds: 1,
    unitBytes: 10 * MiB,
    evenness: { before: { ...before, nodes }, after: { nodes: even, replicas: 0, bytes: 0 } },
    parameters: { reassignInstances: 'true', batchSizePerServer: '100' },
    checks: [
      { name: 'isMinimizeDataMovement', result: 'PASS', message: 'minimizeDataMovement is enabled' },
      { name: 'diskUtilization', result: 'WARN', message: 'within 5% of the threshold' },
    ],
    priority: 0,
    turn: 0,
    fingerprint: `f-${name}`,
    ...more,
  }
}

export const costly = { code: 'target_costly', text: 'it would move 4 times the share of the newcomer' } as const

export function tableMove({ topic, shares, adds, bytes, parameters, causes, fingerprint }: Target): TableMove {
  return {
    kind: 'table',
    id: `table:${topic}:${fingerprint}`,
    topic,
    reason: 'node_underused',
    causes: causes.map(({ cause }) => cause),
    parameters,
    shares,
    adds,
    bytes,
    batch: { adds: 5, bytes: 50 * MiB },
    counts: { before: [], after: [] },
    fingerprint,
  }
}

export const foreignJob: ReportedJob = {
  id: 'job-7',
  topic: 'clicks_REALTIME',
  ours: false,
  startedAtMs: noon,
  parameters: {},
  adds: { total: 8, done: 2 },
  bytesDone: 2 * MiB,
  bytesTotal: 8 * MiB,
}

export function tablesReport(more: Partial<TickReport> = {}): TickReport {
  return report([], {
    cluster: { name: 'demo', system: 'pinot' },
    mode: 'continuous',
    topics: [
      topic('orders_OFFLINE'),
      topic('clicks_REALTIME', { tenant: 'web', domain: 'web', notConverged: 6 }),
      topic('clicks_OFFLINE', {
        tenant: 'web',
        domain: 'web',
        evenness: { nodes: [], replicas: 0, bytes: 0 },
        verdict: { text: 'NO_OP: Table is already balanced', atMs: noon },
      }),
    ],
    targets: [target('orders_OFFLINE', { held: costly })],
    jobs: [foreignJob],
    ...more,
  })
}
