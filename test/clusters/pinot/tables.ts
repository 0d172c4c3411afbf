/** Tables, segments and rebalances by plain REST: what a test prepares and what it compares the product with. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mustRun } from '../make.ts'
import { until } from '../wait.ts'
import type { PinotCluster } from './cluster.ts'
import { must } from './rest.ts'

export type TableType = 'OFFLINE' | 'REALTIME'

export interface TableSpec {
  /** Without type. */
  name: string
  /** OFFLINE unless given. */
  type?: TableType
  replication: number
  /** Server tenant, a tag without its type; the default tenant unless given. */
  tenant?: string
  /** Partitions of the stream of a REALTIME table, 1 unless given; no message ever comes. */
  streamPartitions?: number
  /** Segments are partitioned by column `shard` into so many. */
  shards?: number
  /** Further sections of the table config, e.g. `routing` or `instanceAssignmentConfigMap`. */
  config?: Record<string, unknown>
}

/** A segment to be made. */
export interface SegmentSpec {
  name: string
  /** About what it takes on disk; the least possible is 4 KiB or so. */
  bytes: number
  /** The one value of its column `shard`; 0 unless given. */
  shard?: number
}

/** Segment → server → state. */
export type Placement = Record<string, Record<string, string>>

/** Makes schema and table. The controller makes the consuming segments of a REALTIME table at once. */
export async function createTable(cluster: PinotCluster, spec: TableSpec): Promise<void> {
  await must('POST', `${cluster.controllerUrl}/schemas`, { body: schemaOf(spec.name) })
  await must('POST', `${cluster.controllerUrl}/tables`, { body: tableConfig(spec) })
}

/**
 * Makes segments of about these sizes and gives them to the controller in this order; resolves when every server has loaded its own.
 * Numbers alone get names that continue the table's: orders_000, orders_001, …
 * @returns their names
 */
export async function uploadSegments(
  cluster: PinotCluster,
  table: string,
  segments: (number | SegmentSpec)[],
): Promise<string[]> {
  const { OFFLINE: config } = await must<{ OFFLINE: unknown }>('GET', `${cluster.controllerUrl}/tables/${table}`)
  const before = Object.keys(await idealState(cluster, `${table}_OFFLINE`)).length
  const specs = segments.map(
    (segment, n): SegmentSpec =>
      typeof segment === 'number' ? { name: `${table}_${`${before + n}`.padStart(3, '0')}`, bytes: segment } : segment,
  )
  const dir = await mkdtemp(join(cluster.dir, 'segments-'))
  const order = {
    controller: new URL(cluster.controllerUrl).origin,
    authorization: cluster.authorization,
    tableConfig: config,
    schema: schemaOf(table),
    dir,
    segments: specs.map(({ name, bytes, shard = 0 }) => ({ name, bytes, shard })),
  }
  try {
    await writeFile(join(dir, 'order.json'), JSON.stringify(order))
    await mustRun('java', cluster.tool('segments', [join(dir, 'order.json')]), {
      deadlineMs: 180_000,
      otherwise: `segments of ${table} could not be made`,
    })
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
  await converged(cluster, `${table}_OFFLINE`)
  return specs.map(({ name }) => name)
}

/** What Pinot wants. `table` with type, here and below. */
export const idealState = (cluster: PinotCluster, table: string): Promise<Placement> =>
  placement(cluster, table, 'idealstate')

/** What the servers report. */
export const externalView = (cluster: PinotCluster, table: string): Promise<Placement> =>
  placement(cluster, table, 'externalview')

/**
 * Waits until the servers report what Pinot wants, and nothing else. That is so between two steps of a rebalance as well.
 * @throws Error when they do not within `deadlineMs`
 */
export async function converged(cluster: PinotCluster, table: string, deadlineMs = 60_000): Promise<void> {
  await until(
    `${table} being as wanted`,
    deadlineMs,
    async () => canonical(await externalView(cluster, table)) === canonical(await idealState(cluster, table)),
    100,
  )
}

/** Server → number of its replicas, for the given servers. */
export function counts(placement: Placement, servers: string[]): number[] {
  return servers.map((server) => Object.values(placement).filter((replicas) => server in replicas).length)
}

/** What `POST /tables/{t}/rebalance` answers. */
export interface RebalanceAnswer {
  jobId: string
  status: string
  description: string
  segmentAssignment?: Placement
  [further: string]: unknown
}

/** Starts a rebalance, or tries it with `dryRun`. `table` with type. */
export function rebalance(
  cluster: PinotCluster,
  table: string,
  params: Record<string, string | number | boolean> = {},
): Promise<RebalanceAnswer> {
  const { name, type } = parted(table)
  const query = new URLSearchParams({ type })
  for (const [key, value] of Object.entries(params)) query.set(key, `${value}`)
  return must('POST', `${cluster.controllerUrl}/tables/${name}/rebalance?${query.toString()}`)
}

/**
 * Waits until a job is over.
 * @returns how it ended
 */
export const rebalanced = (cluster: PinotCluster, jobId: string, deadlineMs = 60_000): Promise<string> =>
  until(`rebalance job ${jobId} ending`, deadlineMs, async () => {
    const url = `${cluster.controllerUrl}/rebalanceStatus/${jobId}`
    const { tableRebalanceProgressStats: stats } = await must<{ tableRebalanceProgressStats: { status: string } }>(
      'GET',
      url,
    )
    return stats.status !== 'IN_PROGRESS' && stats.status
  })

/** Gives an instance these tags in place of those it has. */
export async function updateTags(cluster: PinotCluster, instance: string, tags: string[]): Promise<void> {
  await must('PUT', `${cluster.controllerUrl}/instances/${instance}/updateTags?tags=${tags.join(',')}`)
}

/**
 * Lets servers try again what they failed to load. Helix takes a replica out of ERROR and then, more often than not, forgets it, OFFLINE,
 * until an ideal state is written or a member comes or goes; another reset does nothing. So it gets something to look at.
 * @param table with type
 */
export async function resetErrors(cluster: PinotCluster, table: string): Promise<void> {
  await must('POST', `${cluster.controllerUrl}/segments/${table}/reset?errorSegmentsOnly=true`)
  await until(`errors of ${table} being taken back`, 20_000, async () =>
    Object.values(await externalView(cluster, table)).every((replicas) => !Object.values(replicas).includes('ERROR')),
  )
  await place(cluster, table, {})
}

/** Says where segments are to be, at once and whatever that does to them; the others stay. `table` with type. */
export async function place(cluster: PinotCluster, table: string, placement: Record<string, string[]>): Promise<void> {
  const path = `/${cluster.name}/IDEALSTATES/${table}`
  const record = await must<{ mapFields: Placement }>('GET', `${cluster.controllerUrl}/zk/get?path=${path}`)
  for (const [segment, servers] of Object.entries(placement)) {
    record.mapFields[segment] = Object.fromEntries(servers.map((server) => [server, 'ONLINE']))
  }
  await must('PUT', `${cluster.controllerUrl}/zk/put?path=${path}`, { body: record })
}

async function placement(cluster: PinotCluster, table: string, what: string): Promise<Placement> {
  const { name, type } = parted(table)
  const url = `${cluster.controllerUrl}/tables/${name}/${what}?tableType=${type}`
  return (await must<Record<TableType, Placement | null>>('GET', url))[type] ?? {}
}

function parted(table: string): { name: string; type: TableType } {
  const [, name, type] = /^(.+)_(OFFLINE|REALTIME)$/.exec(table) ?? []
  if (name === undefined) throw new Error(`not a table name with type: ${table}`)
  return { name, type: type as TableType }
}

const canonical = (placement: Placement): string =>
  JSON.stringify(
    Object.entries(placement)
      .map(
        ([segment, replicas]) =>
          `${segment}: ${Object.entries(replicas)
            .map(([server, state]) => `${server} ${state}`)
            .sort()
            .join()}`,
      )
      .sort(),
  )

const schemaOf = (table: string) => ({
  schemaName: table,
  dimensionFieldSpecs: [
    { name: 'shard', dataType: 'INT' },
    { name: 'payload', dataType: 'STRING', maxLength: 8192 },
  ],
  dateTimeFieldSpecs: [{ name: 'at', dataType: 'LONG', format: '1:MILLISECONDS:EPOCH', granularity: '1:MILLISECONDS' }],
})

function tableConfig(spec: TableSpec): Record<string, unknown> {
  const { name, type = 'OFFLINE', replication, tenant = 'DefaultTenant', config } = spec
  const partitioning = { columnPartitionMap: { shard: { functionName: 'Modulo', numPartitions: spec.shards } } }
  return {
    tableName: name,
    tableType: type,
    segmentsConfig: { timeColumnName: 'at', replication: `${replication}` },
    tenants: { broker: 'DefaultTenant', server: tenant },
    tableIndexConfig: {
      loadMode: 'MMAP',
      // Sizes come out as asked for only if nothing is made of the text.
      noDictionaryColumns: ['payload'],
      noDictionaryConfig: { payload: 'PASS_THROUGH' },
      ...(spec.shards === undefined ? {} : { segmentPartitionConfig: partitioning }),
      ...(type === 'REALTIME' ? { streamConfigs: streamConfigs(spec.streamPartitions ?? 1) } : {}),
    },
    metadata: {},
    ...config,
  }
}

const streamConfigs = (partitions: number) => ({
  streamType: 'fake',
  'stream.fake.topic.name': 'nothing',
  'stream.fake.decoder.class.name': 'none',
  'stream.fake.consumer.factory.class.name': 'evenkeel.FakeStream',
  'stream.fake.consumer.type': 'lowlevel',
  'stream.fake.partitions': `${partitions}`,
})
