/** The daemon beside a real Pinot cluster, hurried, and what a test asks of both. */
import { type Balancing, Evenkeel, type Status } from '../acceptance/evenkeel.ts'
import type { PinotCluster } from './cluster.ts'
import { type Observation, observe } from './observer.ts'
import { must } from './rest.ts'
import { idealState } from './tables.ts'

/** Through ZooKeeper unless told otherwise. */
export function startBeside(
  cluster: PinotCluster,
  { rebalance, ...more }: Partial<Balancing> = {},
  throughZooKeeper = true,
): Promise<Evenkeel> {
  const zookeeper = throughZooKeeper ? { zookeeper: { connect: cluster.zkConnect } } : {}
  return Evenkeel.startAt(
    { system: 'pinot', controller_urls: [cluster.controllerUrl], ...zookeeper },
    {
      mode: 'continuous',
      unknown_outcome_hold: '5s',
      rebalance: { heartbeatIntervalInMs: 5_000, heartbeatTimeoutInMs: 30_000, ...rebalance },
      ...more,
    },
  )
}

/** Nothing is under way or waits, whatever unevenness Pinot's own rules leave. */
export const isAtRest = ({ verdict, moves }: Status): boolean =>
  (verdict?.code === 'balanced' || verdict?.code === 'as_assigned') && moves.running + moves.pending === 0

/** At rest after `ticks` further ticks. */
export async function atRest(daemon: Evenkeel, ticks = 2): Promise<Status> {
  await daemon.passTicks(ticks)
  return daemon.reaches('rest', 120_000, isAtRest)
}

/** Does something, and waits until the daemon has answered it within two ticks of its own and is at rest again. */
export async function answered(daemon: Evenkeel, what: string, act: () => Promise<unknown>): Promise<Status> {
  const before = (await daemon.moves('ended')).length
  await act()
  const begin = await daemon.ticks()
  await daemon.reaches(`an answer to ${what}`, 60_000, ({ moves }) => moves.running > 0)
  const ticks = (await daemon.ticks()) - begin
  const status = await atRest(daemon)
  const ended = (await daemon.moves('ended')).slice(0, (await daemon.moves('ended')).length - before)
  const told = ended.map(({ kind, topic, state, text }) => `${kind} ${topic} ${state}${text ? `: ${text}` : ''}`)
  console.log(`${what}: begun after ${ticks} ticks; ${told.join('; ')}`)
  return status
}

/** Observes tables while `work` runs. @returns what was seen of each, in their order */
export async function observedDuring(
  cluster: PinotCluster,
  tables: string[],
  work: () => Promise<unknown>,
): Promise<Observation[]> {
  const observers = await Promise.all(tables.map((table) => observe(cluster, table)))
  await work()
  return Promise.all(observers.map((observer) => observer.stop()))
}

/** Observes tables while `work` runs. @returns the fewest replicas that any segment had up at any moment */
export async function lowestDuring(
  cluster: PinotCluster,
  tables: string[],
  work: () => Promise<unknown>,
): Promise<number> {
  const seen = await observedDuring(cluster, tables, work)
  return Math.min(...seen.flatMap(({ lowest }) => Object.values(lowest)))
}

/** Replicas of every segment, each number once. */
export async function factors(cluster: PinotCluster, table: string): Promise<number[]> {
  const placement = await idealState(cluster, table)
  return [...new Set(Object.values(placement).map((replicas) => Object.keys(replicas).length))].sort((a, b) => a - b)
}

/** What of a table config the tests change. */
export interface Config {
  segmentsConfig: { replication: string }
  tenants: { server: string }
  instanceAssignmentConfigMap?: unknown
}

/** Changes the config of a table as an operator would. `table` without its type. */
export async function changeConfig(
  cluster: PinotCluster,
  table: string,
  change: (config: Config) => void,
): Promise<void> {
  const url = `${cluster.controllerUrl}/tables/${table}`
  const { OFFLINE: config } = await must<{ OFFLINE: Config }>('GET', url)
  change(config)
  await must('PUT', url, { body: config })
}

/** Replica groups of a table as they are kept, each a list of servers. */
export async function replicaGroups(cluster: PinotCluster, table: string): Promise<string[][]> {
  const url = `${cluster.controllerUrl}/tables/${table}/instancePartitions?type=OFFLINE`
  const { OFFLINE: kept } = await must<{ OFFLINE: { partitionToInstancesMap: Record<string, string[]> } }>('GET', url)
  return Object.keys(kept.partitionToInstancesMap)
    .sort()
    .map((group) => kept.partitionToInstancesMap[group]!.toSorted())
}

/** Assignment to so many replica groups of so many servers each. */
export const inGroups = (groups: number, servers: number) => ({
  OFFLINE: {
    tagPoolConfig: { tag: 'DefaultTenant_OFFLINE' },
    replicaGroupPartitionConfig: {
      replicaGroupBased: true,
      numReplicaGroups: groups,
      numInstancesPerReplicaGroup: servers,
    },
  },
})
