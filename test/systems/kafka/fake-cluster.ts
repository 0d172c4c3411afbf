/** A cluster behind KafkaTransport whose every answer is a plain object that tests change: for the adapter's own rules. */
import { Acts } from '../../../src/systems/kafka/acts.ts'
import { Readings } from '../../../src/systems/kafka/readings.ts'
import type { KafkaTransport } from '../../../src/systems/kafka/transport.ts'
import { TransportError } from '../../../src/systems/kafka/transport-error.ts'

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
  /** `topic-partition` → bytes. */
  replicas?: Record<string, number>
}

export function fakeCluster() {
  const cluster = {
    brokers: [1, 2, 3],
    fenced: [] as number[],
    /** Topic → partitions. */
    topics: {} as Record<string, FakePartition[]>,
    /** Broker → dirs; a broker that is absent does not answer. */
    dirs: {} as Record<number, FakeDir[]>,
    moving: [] as { topic: string; partition: number; replicas: number[]; adding: number[]; removing: number[] }[],
    /** Code of each answer to an act; an error instead is thrown. */
    act: (_name: string, _partition: number): number => 0,
    fail: {} as Record<string, Error | undefined>,
    asked: [] as { name: string; request: unknown }[],
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
    DescribeLogDirs: (_: unknown, node) => {
      const dirs = cluster.dirs[node as number]
      if (!dirs) throw new TransportError('timeout', `broker ${node} did not answer`, { sent: true })
      return { errorCode: 0, dirs: dirs.map(logDir) }
    },
    ListPartitionReassignments: () => ({
      errorCode: 0,
      errorMessage: null,
      topics: cluster.moving.map(({ topic, ...move }) => ({ name: topic, partitions: [move] })),
    }),
    DescribeConfigs: ({ resources }: { resources: { name: string }[] }) => ({
      results: resources.map(({ name }) => ({
        errorCode: 0,
        errorMessage: null,
        type: 2,
        name,
        configs: [
          { name: 'min.insync.replicas', value: '2', readOnly: false, source: 5, isSensitive: false, synonyms: [] },
        ],
      })),
    }),
    AlterPartitionReassignments: (request) => acted('AlterPartitionReassignments', request),
    ElectLeaders: (request) => acted('ElectLeaders', request),
  }
  const acted = (
    name: string,
    { topics }: { topics: { name: string; partitions: (number | { partition: number })[] }[] },
  ) => ({
    errorCode: 0,
    errorMessage: null,
    topics: topics.map((topic) => ({
      name: topic.name,
      partitions: topic.partitions.map((p) => {
        const partition = typeof p === 'number' ? p : p.partition
        return { partition, errorCode: cluster.act(name, partition), errorMessage: null }
      }),
    })),
  })
  const transport: KafkaTransport = {
    async send(node, api, request) {
      cluster.asked.push({ name: api.name, request })
      const error = cluster.fail[api.name]
      if (error) throw error
      return answers[api.name]!(request as never, node) as never
    },
    updateNodes: () => undefined,
    knowsNode: () => true,
    close: async () => undefined,
  }
  const readings = new Readings(transport)
  return { cluster, readings, acts: new Acts(readings, transport) }
}

function logDir({ path = '/d0', total = 1000, usable = 1000, error = 0, replicas = {} }: FakeDir) {
  const topics = new Map<string, { partition: number; sizeBytes: number; offsetLag: number; isFutureKey: boolean }[]>()
  for (const [name, sizeBytes] of Object.entries(replicas)) {
    const [, topic, partition] = /^(.*)-(\d+)$/.exec(name)!
    const list = topics.get(topic!) ?? []
    topics.set(topic!, [...list, { partition: Number(partition), sizeBytes, offsetLag: 0, isFutureKey: false }])
  }
  return {
    errorCode: error,
    path,
    totalBytes: error === 0 ? total : null,
    usableBytes: error === 0 && total !== null ? usable : null,
    isCordoned: false,
    topics: error === 0 ? [...topics].map(([name, partitions]) => ({ name, partitions })) : [],
  }
}
