/** Kafka's own command-line tools: witnesses that share no code with ours. */
import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { propertiesText } from '../properties-file.ts'
import type { KafkaCluster } from './cluster.ts'
import { clientProperties } from './properties.ts'
import { toolboxOf } from './toolbox.ts'

/** Where the replicas of one partition are to be; the first is the preferred leader. */
export interface Placement {
  topic: string
  partition: number
  replicas: number[]
}

/** A partition as TopicCommand describes it. */
export interface DescribedPartition extends Placement {
  /** undefined = no leader. */
  leader: number | undefined
  isr: number[]
  /** Replicas that a reassignment adds or removes; empty without one. */
  adding: number[]
  removing: number[]
}

/** One replica in LogDirsCommand's JSON. */
interface LoggedReplica {
  /** `topic-partition`. */
  partition: string
  /** Bytes of its log, without indexes. */
  size: number
  offsetLag: number
  isFuture: boolean
}

/** LogDirsCommand's JSON. */
export interface LogDirs {
  brokers: { broker: number; logDirs: { logDir: string; error: string | null; partitions: LoggedReplica[] }[] }[]
}

/**
 * Runs a tool by its class name against the cluster; address and credentials are added to `args`.
 * @param user instead of the admin, on a cluster with authentication
 * @returns its standard output
 * @throws Error with all it printed when it fails; when it takes longer than `deadlineMs`
 */
export async function runTool(
  cluster: KafkaCluster,
  className: string,
  args: string[],
  { user, deadlineMs = 30_000 }: { user?: { username: string; password: string }; deadlineMs?: number } = {},
): Promise<string> {
  const where = ['--bootstrap-server', cluster.bootstrap.join(',')]
  if (user !== undefined) where.push('--command-config', await newFile(cluster, propertiesText(clientProperties(user))))
  else if (cluster.authenticated) where.push('--command-config', cluster.clientConfig)
  const end = await toolboxOf(cluster).run(className, [...where, ...args], deadlineMs)
  if (end.code !== 0) throw new Error(`${className} ${args.join(' ')} failed (${end.code}):\n${end.text}`)
  return end.output
}

/**
 * Creates a topic, with the given replicas for each partition or wherever Kafka puts them.
 * @throws Error with Kafka's refusal
 */
export async function createTopic(
  cluster: KafkaCluster,
  topic: string,
  how: ({ assignment: number[][] } | { partitions: number; replicationFactor: number }) & {
    configs?: Record<string, string | number>
  },
): Promise<void> {
  const where =
    'assignment' in how
      ? ['--replica-assignment', how.assignment.map((replicas) => replicas.join(':')).join(',')]
      : ['--partitions', `${how.partitions}`, '--replication-factor', `${how.replicationFactor}`]
  const configs = Object.entries(how.configs ?? {}).flatMap(([key, value]) => ['--config', `${key}=${value}`])
  await runTool(cluster, 'org.apache.kafka.tools.TopicCommand', ['--create', '--topic', topic, ...where, ...configs])
}

/** All partitions of all topics, or of one. */
export async function describeTopics(cluster: KafkaCluster, topic?: string): Promise<DescribedPartition[]> {
  const only = topic === undefined ? [] : ['--topic', topic]
  const text = await runTool(cluster, 'org.apache.kafka.tools.TopicCommand', ['--describe', ...only])
  // Topic: orders	Partition: 0	Leader: 1	Replicas: 1,2	Isr: 1,2	…
  return text
    .split('\n')
    .map((line) => new Map(line.split('\t').map((field) => field.trim().split(/:\s*/, 2) as [string, string])))
    .filter((fields) => fields.has('Partition'))
    .map((fields) => ({
      topic: fields.get('Topic') ?? '',
      partition: Number(fields.get('Partition')),
      leader: numbers(fields.get('Leader'))[0],
      replicas: numbers(fields.get('Replicas')),
      isr: numbers(fields.get('Isr')),
      adding: numbers(fields.get('Adding Replicas')),
      removing: numbers(fields.get('Removing Replicas')),
    }))
}

/**
 * Asks Kafka to move replicas, also of partitions that are moving already; does not wait for them.
 * @param throttle bytes a second; the tool sets it on all brokers concerned and nothing takes it back
 */
export async function executeReassignment(
  cluster: KafkaCluster,
  placements: Placement[],
  throttle?: number,
): Promise<void> {
  const rate = throttle === undefined ? [] : ['--throttle', `${throttle}`]
  await reassign(cluster, ['--execute', '--additional', ...(await placementFile(cluster, placements)), ...rate])
}

/** Ends the running moves of these partitions; their throttles stay. */
export async function cancelReassignment(cluster: KafkaCluster, placements: Placement[]): Promise<void> {
  await reassign(cluster, ['--cancel', '--preserve-throttles', ...(await placementFile(cluster, placements))])
}

/** Whether the tool says that every one of these moves is completed. It changes nothing. */
export async function verifyReassignment(cluster: KafkaCluster, placements: Placement[]): Promise<boolean> {
  const text = await reassign(cluster, [
    '--verify',
    '--preserve-throttles',
    ...(await placementFile(cluster, placements)),
  ])
  return placements.every(({ topic, partition }) =>
    text.includes(`Reassignment of partition ${topic}-${partition} is completed`),
  )
}

/** The tool's list of running reassignments, one line each; empty when there is none. */
export async function listReassignments(cluster: KafkaCluster): Promise<string[]> {
  const lines = (await reassign(cluster, ['--list'])).split('\n')
  return lines.map((line) => line.trim()).filter((line) => line.includes('replicas: '))
}

/** Sizes and log directories of the brokers; all must answer. */
export async function describeLogDirs(cluster: KafkaCluster, brokers: number[]): Promise<LogDirs> {
  const text = await runTool(cluster, 'org.apache.kafka.tools.LogDirsCommand', [
    '--describe',
    '--broker-list',
    brokers.join(','),
  ])
  const json = text.split('\n').find((line) => line.startsWith('{'))
  if (json === undefined) throw new Error(`LogDirsCommand gave no JSON:\n${text}`)
  return JSON.parse(json) as LogDirs
}

/**
 * Sets a dynamic config, or takes it away.
 * @param of a topic or a broker; nobody for all brokers without a value of their own
 * @throws Error when it is to be taken away and is not there
 */
export async function setConfig(
  cluster: KafkaCluster,
  what: 'brokers' | 'topics',
  of: string,
  name: string,
  value: string | null,
): Promise<void> {
  const entity = ['--entity-type', what, ...(of === '' ? ['--entity-default'] : ['--entity-name', of])]
  // Brackets, since a list has commas.
  const change = value === null ? ['--delete-config', name] : ['--add-config', `${name}=[${value}]`]
  await runTool(cluster, 'kafka.admin.ConfigCommand', ['--alter', ...entity, ...change])
}

/**
 * Lets a user do something, on a cluster with an authorizer.
 * @param resource e.g. `['--cluster']` or `['--topic', '*']`
 * @param operations Kafka's names, e.g. `DescribeConfigs`
 */
export async function grant(
  cluster: KafkaCluster,
  username: string,
  resource: string[],
  operations: string[],
): Promise<void> {
  const name = cluster.version.startsWith('3.') ? 'kafka.admin.AclCommand' : 'org.apache.kafka.tools.AclCommand'
  const allowed = operations.flatMap((operation) => ['--operation', operation])
  await runTool(cluster, name, ['--add', '--force', '--allow-principal', `User:${username}`, ...allowed, ...resource])
}

const reassign = (cluster: KafkaCluster, args: string[]) =>
  runTool(cluster, 'org.apache.kafka.tools.reassign.ReassignPartitionsCommand', args)

const placementFile = async (cluster: KafkaCluster, placements: Placement[]) => [
  '--reassignment-json-file',
  await newFile(cluster, JSON.stringify({ version: 1, partitions: placements })),
]

async function newFile(cluster: KafkaCluster, text: string): Promise<string> {
  const path = join(cluster.dir, `tool-${randomUUID()}`)
  await writeFile(path, text)
  return path
}

/** "1,2,3", "" or "none". */
const numbers = (text = ''): number[] =>
  /\d/.test(text)
    ? text
        .split(',')
        .map(Number)
        .filter((id) => id >= 0)
    : []
