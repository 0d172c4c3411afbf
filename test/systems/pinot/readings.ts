/** Readings of Pinot clusters for tests, from few words. */

import type { Instance, Job, PinotReading, Placement, Table } from '../../../src/systems/pinot/reading.ts'
import { placementOf } from '../../../src/systems/pinot/rules/placements.ts'
import type { RebalanceOptions } from '../../../src/systems/pinot/rules/rebalance-policy.ts'

export const takenAtMs = Date.UTC(2026, 0, 1)

export function server(name: string, more: Partial<Instance> = {}): Instance {
  return {
    name,
    role: 'server',
    host: name,
    live: true,
    enabled: true,
    evacuating: false,
    tags: ['DefaultTenant_OFFLINE', 'DefaultTenant_REALTIME'],
    pools: {},
    shuttingDown: false,
    queriesDisabled: false,
    ...more,
  }
}

export function broker(name: string, more: Partial<Instance> = {}): Instance {
  return server(name, { role: 'broker', tags: ['DefaultTenant_BROKER'], ...more })
}

/** `{ s0: 'a b', s1: 'a c:CONSUMING' }` */
export function placed(segments: Record<string, string>): Placement {
  return placementOf(mapped(segments))
}

export function mapped(segments: Record<string, string>): Record<string, Record<string, string>> {
  return Object.fromEntries(
    Object.entries(segments).map(([segment, servers]) => [
      segment,
      Object.fromEntries(
        servers
          .split(' ')
          .filter((name) => name !== '')
          .map((entry) => {
            const [name, state = 'ONLINE'] = entry.split(':')
            return [name!, state] as const
          }),
      ),
    ]),
  )
}

export interface TableSpec {
  name?: string
  /** As in `placed`. */
  ideal: Record<string, string>
  /** As the ideal unless given. */
  view?: Record<string, string>
  replication?: number
  config?: Record<string, unknown>
  partitions?: Record<string, Record<string, string[]>>
  more?: Partial<Table>
  version?: number
}

export function table(spec: TableSpec): Table {
  const { name = 'orders_OFFLINE', ideal, view = ideal, replication = 2, config = {}, partitions = {}, more } = spec
  return {
    name,
    type: name.endsWith('REALTIME') ? 'REALTIME' : 'OFFLINE',
    config: {
      segmentsConfig: { replication: `${replication}` },
      tenants: { broker: 'DefaultTenant', server: 'DefaultTenant' },
      ...config,
    },
    configVersion: 0,
    idealState: { version: spec.version ?? 1, placement: placed(ideal), enabled: true, consumptionPaused: false },
    externalView: { version: 1, placement: placed(view) },
    instancePartitions: Object.entries(partitions).map(([of, lists]) => ({ name: of, version: 0, lists })),
    lineageInProgress: 0,
    ...more,
  }
}

export function job(of: string, more: Partial<Job> = {}): Job {
  return {
    id: 'j1',
    originalId: 'j1',
    attempt: 1,
    table: of,
    status: 'IN_PROGRESS',
    startedAtMs: takenAtMs - 30_000,
    updatedAtMs: takenAtMs - 5000,
    heartbeatIntervalMs: 60_000,
    heartbeatTimeoutMs: 600_000,
    allowRetries: true,
    config: {},
    ...more,
  }
}

export function reading(tables: Table[], instances: Instance[], more: Partial<PinotReading> = {}): PinotReading {
  return {
    takenAtMs,
    clusterName: 'test',
    instances,
    tables,
    brokerResource: { version: 0, brokers: new Map() },
    jobs: [],
    maintenance: false,
    paused: false,
    throttles: {},
    notes: [],
    ...more,
  }
}

export const rebalanceOptions: RebalanceOptions = {
  base: {
    parameters: { reassignInstances: true, minAvailableReplicas: -1, downtime: false, batchSizePerServer: 100 },
    onPrecheckWarn: 'proceed',
    untagDeadServers: false,
    resetErrorSegments: true,
  },
  tenants: {},
  tables: {},
}
