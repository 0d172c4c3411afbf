/** A reading through the controller's view of ZooKeeper: slow and simple, to hold the product's acts against. */

import type { Instance, Job, PinotReading, Table } from '../../../src/systems/pinot/reading.ts'
import { placementOf } from '../../../src/systems/pinot/rules/placements.ts'
import type { PinotCluster } from './cluster.ts'
import { must, request } from './rest.ts'

interface ZnRecord {
  id: string
  simpleFields: Record<string, string>
  mapFields: Record<string, Record<string, string>>
  listFields: Record<string, string[]>
}

export async function readByRest(cluster: PinotCluster, tables?: readonly string[]): Promise<PinotReading> {
  const names = tables ?? (await children(cluster, 'PROPERTYSTORE/CONFIGS/TABLE'))
  const [instances, live] = await Promise.all([
    children(cluster, 'CONFIGS/PARTICIPANT'),
    children(cluster, 'LIVEINSTANCES'),
  ])
  const brokers = await record(cluster, 'IDEALSTATES/brokerResource')
  const partitions = await children(cluster, 'PROPERTYSTORE/INSTANCE_PARTITIONS')
  return {
    takenAtMs: Date.now(),
    clusterName: cluster.name,
    instances: await Promise.all(instances.map((name) => instance(cluster, name, live.includes(name)))),
    tables: (await Promise.all(names.map((name) => table(cluster, name, partitions)))).flatMap((found) => found ?? []),
    brokerResource: {
      version: 0,
      brokers: new Map(Object.entries(brokers?.mapFields ?? {}).map(([name, of]) => [name, Object.keys(of)])),
    },
    jobs: await jobs(cluster),
    maintenance: false,
    paused: false,
    throttles: {},
    notes: [],
  }
}

async function instance(cluster: PinotCluster, name: string, live: boolean): Promise<Instance> {
  const { simpleFields, mapFields, listFields } = (await record(cluster, `CONFIGS/PARTICIPANT/${name}`))!
  return {
    name,
    host: simpleFields['HELIX_HOST'] ?? '',
    evacuating: false,
    role: name.split('_')[0]!.toLowerCase() as Instance['role'],
    live,
    enabled: simpleFields['HELIX_ENABLED'] !== 'false',
    tags: listFields['TAG_LIST'] ?? [],
    pools: mapFields['pool'] ?? {},
    shuttingDown: simpleFields['shutdownInProgress'] === 'true',
    queriesDisabled: simpleFields['queriesDisabled'] === 'true',
  }
}

async function table(cluster: PinotCluster, name: string, partitions: string[]): Promise<Table | undefined> {
  const ideal = await record(cluster, `IDEALSTATES/${name}`)
  const config = await record(cluster, `PROPERTYSTORE/CONFIGS/TABLE/${name}`)
  if (ideal === undefined || config === undefined) return undefined
  const view = await record(cluster, `EXTERNALVIEW/${name}`)
  const raw = name.replace(/_(OFFLINE|REALTIME)$/, '')
  const own = partitions.filter((other) => other.startsWith(`${raw}_`))
  return {
    name,
    type: name.endsWith('REALTIME') ? 'REALTIME' : 'OFFLINE',
    config: Object.fromEntries(Object.entries(config.simpleFields).map(([key, text]) => [key, parsed(text)])),
    configVersion: await versionOf(cluster, `PROPERTYSTORE/CONFIGS/TABLE/${name}`),
    idealState: {
      version: await versionOf(cluster, `IDEALSTATES/${name}`),
      placement: placementOf(ideal.mapFields),
      enabled: ideal.simpleFields['HELIX_ENABLED'] !== 'false',
      consumptionPaused: false,
    },
    ...(view ? { externalView: { version: 0, placement: placementOf(view.mapFields) } } : {}),
    instancePartitions: await Promise.all(
      own.map(async (of) => ({
        name: of,
        version: await versionOf(cluster, `PROPERTYSTORE/INSTANCE_PARTITIONS/${of}`),
        lists: (await record(cluster, `PROPERTYSTORE/INSTANCE_PARTITIONS/${of}`))!.listFields,
      })),
    ),
    lineageInProgress: 0,
  }
}

async function jobs(cluster: PinotCluster): Promise<Job[]> {
  const found = await record(cluster, 'PROPERTYSTORE/CONTROLLER_JOBS/TABLE_REBALANCE')
  return Object.values(found?.mapFields ?? {}).map((entry) => {
    const stats = JSON.parse(entry['REBALANCE_PROGRESS_STATS']!)
    const context = JSON.parse(entry['REBALANCE_CONTEXT'] ?? '{}')
    const overall = stats.rebalanceProgressStatsOverall ?? {}
    return {
      id: entry['jobId']!,
      originalId: context.originalJobId,
      attempt: context.attemptId,
      table: entry['tableName']!,
      status: stats.status,
      startedAtMs: stats.startTimeMs,
      updatedAtMs: Number(entry['submissionTimeMs']),
      heartbeatIntervalMs: context.config.heartbeatIntervalInMs,
      heartbeatTimeoutMs: context.config.heartbeatTimeoutInMs,
      allowRetries: context.allowRetries,
      config: context.config,
      adds: { total: overall.totalSegmentsToBeAdded, left: overall.totalRemainingSegmentsToBeAdded },
      deletes: { total: overall.totalSegmentsToBeDeleted, left: overall.totalRemainingSegmentsToBeDeleted },
      ...(stats.completionStatusMsg ? { message: stats.completionStatusMsg } : {}),
    }
  })
}

/** Writes an IdealState as it is, so that Helix looks at it once more. */
export async function touch(cluster: PinotCluster, name: string): Promise<void> {
  const path = `/${cluster.name}/IDEALSTATES/${name}`
  const body = await must('GET', `${cluster.controllerUrl}/zk/get?path=${path}`)
  await must('PUT', `${cluster.controllerUrl}/zk/put?path=${path}`, { body })
}

async function record(cluster: PinotCluster, path: string): Promise<ZnRecord | undefined> {
  const answer = await request('GET', `${cluster.controllerUrl}/zk/get?path=/${cluster.name}/${path}`)
  if (answer.status === 404 || answer.body === '' || answer.body === null) return undefined
  return answer.body as ZnRecord
}

async function children(cluster: PinotCluster, path: string): Promise<string[]> {
  const answer = await request('GET', `${cluster.controllerUrl}/zk/ls?path=/${cluster.name}/${path}`)
  return answer.status === 200 && Array.isArray(answer.body) ? (answer.body as string[]) : []
}

async function versionOf(cluster: PinotCluster, path: string): Promise<number> {
  const stat = await must<{ version: number }>('GET', `${cluster.controllerUrl}/zk/stat?path=/${cluster.name}/${path}`)
  return stat.version
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
