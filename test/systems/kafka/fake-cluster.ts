/** A cluster behind KafkaTransport whose every answer is a plain object that tests change: for the adapter's own rules. */
import { type Clock, VirtualClock } from '../../../src/lib/clock.ts'
import { Acts } from '../../../src/systems/kafka/acts.ts'
import { DirMoves } from '../../../src/systems/kafka/dir-moves.ts'
import { KafkaSystem } from '../../../src/systems/kafka/kafka.ts'
import { Readings, type Wanted } from '../../../src/systems/kafka/readings.ts'
import type { KafkaTransport } from '../../../src/systems/kafka/transport.ts'
import { TransportError } from '../../../src/systems/kafka/transport-error.ts'
import type { IncrementalAlterConfigsRequest } from '../../../src/systems/kafka/wire/incremental-alter-configs.ts'

type AlteredConfig = IncrementalAlterConfigsRequest['resources'][number]['configs'][number]

interface FakePartition {
  leader?: number
  replicas: number[]
  isr?: number[]
  offline?: number[]
}

export interface FakeDir {
  path?: string
  total?: number | null
  usable?: number
  error?: number
  cordoned?: boolean
  /** `topic-partition` → bytes. */
  replicas?: Record<string, number>
  /** The same of copies on their way to this dir. */
  copies?: Record<string, number>
}

export function fakeCluster(clock: Clock = new VirtualClock()) {
  const cluster = {
    brokers: [1, 2, 3],
    fenced: [] as number[],
    /** Brokers whose address is known. */
    known: [1, 2, 3],
    /** Topic → partitions. */
    topics: {} as Record<string, FakePartition[]>,
    /** Broker → dirs; a broker that is absent does not answer. */
    dirs: {} as Record<number, FakeDir[]>,
    /** Log dir configs of a broker, or the code with which it refuses them; by default its first dir is the first set. */
    configs: {} as Record<number, Record<string, string | null> | number>,
    /** What is set: `TYPE/NAME` (2 topics, 4 brokers) → key → value and its source. */
    settings: {} as Record<string, Record<string, { value: string; source: number }>>,
    /** Code with which the configs of a resource are refused, for reading and changing. */
    settingCode: (_resource: string): number => 0,
    /** Called before settings are told. */
    tellSettings: (): void => undefined,
    moving: [] as { topic: string; partition: number; replicas: number[]; adding: number[]; removing: number[] }[],
    /** Code of each answer to an act. */
    act: (_name: string, _partition: number): number => 0,
    /** Called after each act that was answered. */
    acted: (_name: string): void => undefined,
    fail: {} as Record<string, Error | undefined>,
    /** Brokers that cannot be reached when they are asked themselves. */
    away: [] as number[],
    asked: [] as { name: string; node: number | 'any'; request: unknown }[],
  }
  const answers: Record<string, (request: never, node: number | 'any') => unknown> = {
    Metadata: ({ topics }: { topics: string[] | null }) => ({
      errorCode: 0,
      clusterId: 'fake',
      controllerId: 1,
      brokers: cluster.brokers.map((id) => ({ id, host: `host-${id}`, port: 9092, rack: `r${id}` })),
      topics: (topics ?? Object.keys(cluster.topics)).map((name) => ({
        errorCode: 0,
        name,
        topicId: null,
        isInternal: false,
        partitions: (cluster.topics[name] ?? []).map((p, partition) => ({
          errorCode: 0,
          partition,
          leader: p.leader ?? p.replicas[0],
          leaderEpoch: 0,
          replicas: p.replicas,
          isr: p.isr ?? p.replicas,
          offlineReplicas: p.offline ?? [],
        })),
      })),
    }),
    DescribeCluster: () => ({
      errorCode: 0,
      errorMessage: null,
      clusterId: 'fake',
      controllerId: 1,
      showsFenced: true,
      brokers: [...cluster.brokers, ...cluster.fenced].map((id) => ({
        id,
        host: `host-${id}`,
        port: 9092,
        rack: `r${id}`,
        isFenced: cluster.fenced.includes(id),
      })),
    }),
    DescribeLogDirs: ({ topics }: { topics: Wanted }, node) => {
      const dirs = cluster.dirs[node as number]
      if (!dirs) throw new TransportError('timeout', `broker ${node} did not answer`, { sent: true })
      return { errorCode: 0, dirs: dirs.map((dir) => logDir(dir, topics)) }
    },
    ListPartitionReassignments: () => ({
      errorCode: 0,
      errorMessage: null,
      topics: cluster.moving.map(({ topic, ...move }) => ({ name: topic, partitions: [move] })),
    }),
    DescribeConfigs: (
      { resources }: { resources: { type: number; name: string; keys: string[] }[] },
      node: number | 'any',
    ) => {
      cluster.tellSettings()
      return {
        results: resources.map(({ type, name, keys }) => {
          const told = type === 2 ? { 'min.insync.replicas': '2' } : logDirConfigs(Number(name))
          const code = codeOf(type, name, node)
          const settings = typeof told === 'number' || code !== 0 ? {} : (cluster.settings[`${type}/${name}`] ?? {})
          const plain = Object.entries(typeof told === 'number' ? {} : told).map(
            ([key, value]) => [key, { value, source: 5 }] as const,
          )
          return {
            errorCode: typeof told === 'number' ? told : code,
            errorMessage: null,
            type,
            name,
            configs: [...plain, ...Object.entries(settings)]
              .filter(([key]) => keys.includes(key))
              .map(([key, entry]) => ({ name: key, ...entry, readOnly: false, isSensitive: false, synonyms: [] })),
          }
        }),
      }
    },
    IncrementalAlterConfigs: ({ resources }: IncrementalAlterConfigsRequest, node) => ({
      results: resources.map(({ type, name, configs }) => {
        const errorCode =
          codeOf(type, name, node) || Math.max(0, ...configs.map((config) => alter(type, name, config, true)))
        if (errorCode === 0) for (const config of configs) alter(type, name, config, false)
        return { errorCode, errorMessage: null, type, name }
      }),
    }),
    AlterPartitionReassignments: (request) => acted('AlterPartitionReassignments', request),
    ElectLeaders: (request) => acted('ElectLeaders', request),
    AlterReplicaLogDirs: ({ dirs }: { dirs: { topics: { name: string; partitions: number[] }[] }[] }) =>
      acted('AlterReplicaLogDirs', { topics: dirs.flatMap(({ topics }) => topics) }),
  }
  /** A broker speaks of no other, and of no topic that is not there. */
  const codeOf = (type: number, name: string, node: number | 'any'): number => {
    if (type === 4 && name !== '' && String(node) !== name) return 42
    if (type === 2 && !(name in cluster.topics)) return 3
    return cluster.settingCode(`${type}/${name}`)
  }
  /** As the controller does it. @returns the code of its refusal, 0 for none. */
  const alter = (type: number, name: string, config: AlteredConfig, validateOnly: boolean): number => {
    const settings = (cluster.settings[`${type}/${name}`] ??= {})
    const before = settings[config.name]?.value.split(',').filter(Boolean) ?? []
    const members = config.value?.split(',') ?? []
    const after = {
      0: config.value,
      1: null,
      2: [...new Set([...before, ...members])].join(','),
      3: before.filter((member) => !members.includes(member)).join(','),
    }[config.operation]!
    const isList = config.name.endsWith('.replicas')
    if (after !== null && !(isList ? /^(\*|(\d+:\d+(,\d+:\d+)*)?)$/ : /^\d+$/).test(after)) return isList ? 40 : 42
    if (validateOnly) return 0
    if (after === null) delete settings[config.name]
    else settings[config.name] = { value: after, source: type === 2 ? 1 : name === '' ? 3 : 2 }
    return 0
  }
  const logDirConfigs = (broker: number) =>
    cluster.configs[broker] ?? {
      'log.dirs': (cluster.dirs[broker] ?? []).map(({ path = '/d0' }) => path).join(','),
      'metadata.log.dir': null,
    }
  const acted = (
    name: string,
    { topics }: { topics: { name: string; partitions: (number | { partition: number })[] }[] },
  ) => {
    const results = topics.map((topic) => ({
      name: topic.name,
      partitions: topic.partitions.map((p) => {
        const partition = typeof p === 'number' ? p : p.partition
        return { partition, errorCode: cluster.act(name, partition), errorMessage: null }
      }),
    }))
    cluster.acted(name)
    return { errorCode: 0, errorMessage: null, topics: results }
  }
  const transport: KafkaTransport = {
    async send(node, api, request) {
      cluster.asked.push({ name: api.name, node, request })
      const error = cluster.fail[api.name]
      if (error) throw error
      if (cluster.away.includes(node as number)) throw new TransportError('connect', `no connection to broker ${node}`)
      return answers[api.name]!(request as never, node) as never
    },
    updateNodes: (nodes) => {
      cluster.known = nodes.map(({ id }) => id)
    },
    knowsNode: (id) => cluster.known.includes(id),
    close: async () => undefined,
  }
  const readings = new Readings(transport)
  const dirMoves = new DirMoves(clock)
  return {
    cluster,
    readings,
    dirMoves,
    acts: new Acts(readings, transport, dirMoves),
    /** All of it as the port shows it. */
    system: new KafkaSystem('fake', transport, clock),
  }
}

function logDir(dir: FakeDir, wanted: Wanted) {
  const { path = '/d0', total = 1000, usable = 1000, error = 0, cordoned = false, replicas = {}, copies = {} } = dir
  const topics = new Map<string, { partition: number; sizeBytes: number; offsetLag: number; isFutureKey: boolean }[]>()
  const add = (name: string, sizeBytes: number, isFutureKey: boolean) => {
    const [, topic, partition] = /^(.*)-(\d+)$/.exec(name)!
    const asked = wanted === null || wanted.some((t) => t.name === topic && t.partitions.includes(Number(partition)))
    if (!asked) return
    const list = topics.get(topic!) ?? []
    topics.set(topic!, [...list, { partition: Number(partition), sizeBytes, offsetLag: 0, isFutureKey }])
  }
  for (const [name, bytes] of Object.entries(replicas)) add(name, bytes, false)
  for (const [name, bytes] of Object.entries(copies)) add(name, bytes, true)
  return {
    errorCode: error,
    path,
    totalBytes: error === 0 ? total : null,
    usableBytes: error === 0 && total !== null ? usable : null,
    isCordoned: cordoned,
    topics: error === 0 ? [...topics].map(([name, partitions]) => ({ name, partitions })) : [],
  }
}
