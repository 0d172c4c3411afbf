/** What is asked of the brokers for a sample or a pulse: raw answers, errors turned into sentences that name the permission. */
import { EvenkeelError } from '../../lib/errors.ts'
import type { KafkaTransport } from './router.ts'
import { type DescribeClusterResponse, describeCluster } from './wire/describe-cluster.ts'
import { BROKER_RESOURCE, describeConfigs, TOPIC_RESOURCE } from './wire/describe-configs.ts'
import { describeLogDirs, type LogDir } from './wire/describe-log-dirs.ts'
import { errorKind } from './wire/errors.ts'
import { listPartitionReassignments, type OngoingReassignment } from './wire/list-partition-reassignments.ts'
import { type MetadataResponse, metadata } from './wire/metadata.ts'

/** A reassignment with its topic. */
export interface Reassignment extends OngoingReassignment {
  topic: string
}

/** Partitions by topic; null for all. */
export type Wanted = { name: string; partitions: number[] }[] | null

const CLUSTER_AUTHORIZATION_FAILED = 31
const CALL_MS = 15_000
/** Reading log dirs is quick; a broker that does not answer must not hold up the sample of the others. */
const LOG_DIRS_MS = 6_000
const TOPICS_PER_REQUEST = 500

export class Readings {
  readonly #transport: KafkaTransport
  /** Of the cluster that answered first. */
  #clusterId: string | null = null

  constructor(transport: KafkaTransport) {
    this.#transport = transport
  }

  /** Topics that do not exist come back with their error code; live brokers are remembered as addresses. */
  async metadata(topics: readonly string[] | null, signal: AbortSignal): Promise<MetadataResponse> {
    const answer = await this.#transport.send('any', metadata, { topics }, { signal, timeoutMs: CALL_MS })
    check(answer.errorCode, 'Metadata', 'TOPIC DESCRIBE')
    this.#checkCluster(answer.clusterId)
    this.#transport.updateNodes(answer.brokers)
    return answer
  }

  async cluster(signal: AbortSignal): Promise<DescribeClusterResponse> {
    const request = { includeFencedBrokers: true }
    const answer = await this.#transport.send('any', describeCluster, request, { signal, timeoutMs: CALL_MS })
    check(answer.errorCode, 'DescribeCluster', 'CLUSTER DESCRIBE')
    this.#checkCluster(answer.clusterId)
    return answer
  }

  /** An address may lead to another cluster from one call to the next: what was planned for one is never done to another. */
  #checkCluster(id: string | null): void {
    this.#clusterId ??= id
    if (id === null || id === this.#clusterId) return
    throw new EvenkeelError(
      'sample_incomplete',
      `the brokers now belong to the cluster ${id}, at the start it was ${this.#clusterId}: start evenkeel anew for another cluster`,
    )
  }

  async reassignments(signal: AbortSignal): Promise<Reassignment[]> {
    const request = { timeoutMs: CALL_MS, topics: null }
    const answer = await this.#transport.send('any', listPartitionReassignments, request, {
      signal,
      timeoutMs: CALL_MS,
    })
    check(answer.errorCode, 'ListPartitionReassignments', 'CLUSTER DESCRIBE')
    return answer.topics.flatMap(({ name, partitions }) => partitions.map((move) => ({ topic: name, ...move })))
  }

  /** @throws EvenkeelError `not_permitted` also for the empty answer that older versions give to the unauthorised. */
  async logDirs(broker: number, topics: Wanted, signal: AbortSignal): Promise<LogDir[]> {
    const answer = await this.#transport.send(broker, describeLogDirs, { topics }, { signal, timeoutMs: LOG_DIRS_MS })
    check(answer.errorCode, 'DescribeLogDirs', 'CLUSTER DESCRIBE')
    if (answer.dirs.length === 0) {
      throw new EvenkeelError(
        'not_permitted',
        `broker ${broker} shows no log dirs: DescribeLogDirs needs the permission CLUSTER DESCRIBE`,
      )
    }
    return answer.dirs
  }

  /** min.insync.replicas per topic; topics whose configs may not be read are left out. */
  async minIsr(topics: readonly string[], signal: AbortSignal): Promise<Map<string, number>> {
    const values = new Map<string, number>()
    for (let start = 0; start < topics.length; start += TOPICS_PER_REQUEST) {
      const resources = topics
        .slice(start, start + TOPICS_PER_REQUEST)
        .map((name) => ({ type: TOPIC_RESOURCE, name, keys: ['min.insync.replicas'] }))
      const request = { resources, includeSynonyms: false }
      const answer = await this.#transport.send('any', describeConfigs, request, { signal, timeoutMs: CALL_MS })
      for (const { name, errorCode, configs } of answer.results) {
        const value = Number(configs[0]?.value)
        if (errorCode === 0 && Number.isInteger(value)) values.set(name, value)
      }
    }
    return values
  }

  /** What a broker has set as its log dirs: `log.dirs`, `log.dir` and `metadata.log.dir`; null where not set. */
  async logDirConfigs(broker: number, signal: AbortSignal): Promise<Map<string, string | null>> {
    const keys = ['log.dirs', 'log.dir', 'metadata.log.dir']
    const resources = [{ type: BROKER_RESOURCE, name: `${broker}`, keys }]
    const request = { resources, includeSynonyms: false }
    const answer = await this.#transport.send(broker, describeConfigs, request, { signal, timeoutMs: LOG_DIRS_MS })
    const [result] = answer.results
    check(result?.errorCode ?? 0, 'DescribeConfigs', 'CLUSTER DESCRIBE_CONFIGS')
    return new Map(result?.configs.map(({ name, value }) => [name, value]))
  }
}

/** The broker's own text is a dump of Java objects for missing permissions, so the code speaks alone. */
function check(code: number, call: string, permission: string): void {
  if (code === 0) return
  if (code === CLUSTER_AUTHORIZATION_FAILED) {
    throw new EvenkeelError('not_permitted', `${call} was refused: it needs the permission ${permission}`)
  }
  throw new EvenkeelError('rejected', `${call} was answered with ${errorKind(code).name}`)
}
