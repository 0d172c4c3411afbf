/**
 * Asks what evenkeel would ask, to see whether it may, and changes nothing.
 *
 * What would change something is asked in a way that cannot: the cancel of a move and the election of a leader for a topic that
 * does not exist, and changes of settings that are to be validated only. Permissions are judged before all that.
 */
import { randomUUID } from 'node:crypto'
import { EvenkeelError, messageOf } from '../../lib/errors.ts'
import { firstFew } from '../../lib/lists.ts'
import { type Permission, type PermissionSet, permissionsOf } from './permissions.ts'
import type { Readings } from './readings.ts'
import type { KafkaTransport } from './router.ts'
import { alterPartitionReassignments } from './wire/alter-partition-reassignments.ts'
import { apiVersions } from './wire/api-versions.ts'
import { BROKER_RESOURCE, describeConfigs, TOPIC_RESOURCE } from './wire/describe-configs.ts'
import { describeLogDirs } from './wire/describe-log-dirs.ts'
import { electLeaders } from './wire/elect-leaders.ts'
import { errorKind } from './wire/errors.ts'
import { CONFIG_OPERATION, incrementalAlterConfigs } from './wire/incremental-alter-configs.ts'
import { listPartitionReassignments } from './wire/list-partition-reassignments.ts'
import type { MetadataResponse } from './wire/metadata.ts'

const CALL_MS = 10_000
const TOPIC_AUTHORIZATION_FAILED = 29
const CLUSTER_AUTHORIZATION_FAILED = 31
const TOPICS_PER_REQUEST = 500

export interface Finding {
  permission: Permission
  /** Undefined: it could not be found out. */
  granted: boolean | undefined
  /** What tells it, such as `DescribeLogDirs is refused`; empty when it is granted. */
  text: string
}

export class PermissionProbe {
  readonly #transport: KafkaTransport
  readonly #readings: Readings
  #metadata: Promise<MetadataResponse> | undefined

  constructor(transport: KafkaTransport, readings: Readings) {
    this.#transport = transport
    this.#readings = readings
  }

  /** One finding for each permission of the set. */
  async ask(set: PermissionSet, signal: AbortSignal): Promise<Finding[]> {
    const wanted = permissionsOf(set)
    return Promise.all(
      wanted.map(async (permission): Promise<Finding> => {
        try {
          const text = await this.#lackOf(permission, signal)
          return { permission, granted: text === undefined, text: text ?? '' }
        } catch (error) {
          return { permission, granted: undefined, text: messageOf(error) }
        }
      }),
    )
  }

  /** → what tells that it is missing; undefined when it is there. */
  async #lackOf({ resource, operation }: Permission, signal: AbortSignal): Promise<string | undefined> {
    switch (operation) {
      case 'Describe':
        return resource === 'cluster' ? this.#looksAtCluster(signal) : this.#looksAtTopics(signal)
      case 'DescribeConfigs':
        return resource === 'cluster' ? this.#readsBrokerConfigs(signal) : this.#readsTopicConfigs(signal)
      case 'Alter':
        return this.#moves(signal)
      case 'AlterConfigs':
        return resource === 'cluster' ? this.#setsBrokerConfigs(signal) : this.#setsTopicConfigs(signal)
      default:
        return operation satisfies never
    }
  }

  async #looksAtCluster(signal: AbortSignal): Promise<string | undefined> {
    const request = { timeoutMs: CALL_MS, topics: null }
    const { errorCode } = await this.#transport.send('any', listPartitionReassignments, request, within(signal))
    if (refused('ListPartitionReassignments', errorCode)) return 'ListPartitionReassignments is refused'
    // Versions before the third answer with nothing at all.
    const { errorCode: code, dirs } = await this.#transport.send(
      await this.#someBroker(signal),
      describeLogDirs,
      { topics: [] },
      within(signal),
    )
    return refused('DescribeLogDirs', code) || dirs.length === 0 ? 'DescribeLogDirs is refused' : undefined
  }

  /** Metadata leaves hidden topics out; log dirs do not. */
  async #looksAtTopics(signal: AbortSignal): Promise<string | undefined> {
    const { brokers, topics } = await this.#readMetadata(signal)
    const shown = new Set(topics.map(({ name }) => name))
    const dirs = await Promise.allSettled(brokers.map(({ id }) => this.#readings.logDirs(id, null, signal)))
    const told = dirs.flatMap((result) => (result.status === 'fulfilled' ? result.value : []))
    if (told.length === 0) {
      if (topics.length > 0) return undefined
      throw new EvenkeelError('not_permitted', 'that cannot be told without CLUSTER DESCRIBE')
    }
    const hidden = [...new Set(told.flatMap((dir) => dir.topics.map(({ name }) => name)))].filter((n) => !shown.has(n))
    if (hidden.length === 0) return undefined
    // A topic may have been made since the metadata was read.
    const again = await this.#readings.metadata(null, signal)
    const still = hidden.filter((name) => !again.topics.some((topic) => topic.name === name))
    return still.length === 0 ? undefined : `Metadata does not show ${countOf(still)} that lie on the brokers' disks`
  }

  async #readsBrokerConfigs(signal: AbortSignal): Promise<string | undefined> {
    const id = await this.#someBroker(signal)
    const resources = [{ type: BROKER_RESOURCE, name: `${id}`, keys: ['log.dirs'] }]
    const request = { resources, includeSynonyms: false }
    const { results } = await this.#transport.send(id, describeConfigs, request, within(signal))
    return refused('DescribeConfigs', results[0]?.errorCode ?? 0) ? 'DescribeConfigs of a broker is refused' : undefined
  }

  async #readsTopicConfigs(signal: AbortSignal): Promise<string | undefined> {
    return this.#eachTopic('DescribeConfigs', signal, async (names) => {
      const keys = ['min.insync.replicas']
      const resources = names.map((name) => ({ type: TOPIC_RESOURCE, name, keys }))
      const request = { resources, includeSynonyms: false }
      return (await this.#transport.send('any', describeConfigs, request, within(signal))).results
    })
  }

  async #moves(signal: AbortSignal): Promise<string | undefined> {
    const name = `evenkeel-probe-${randomUUID()}`
    const reassignment = await this.#transport.send(
      'any',
      alterPartitionReassignments,
      { timeoutMs: CALL_MS, topics: [{ name, partitions: [{ partition: 0, replicas: null }] }] },
      within(signal),
    )
    if (reassignment.errorCode === CLUSTER_AUTHORIZATION_FAILED) return 'AlterPartitionReassignments is refused'
    const election = await this.#transport.send(
      'any',
      electLeaders,
      { type: 'preferred', topics: [{ name, partitions: [0] }], timeoutMs: CALL_MS },
      within(signal),
    )
    const codes = [
      election.errorCode,
      ...election.topics.flatMap(({ partitions }) => partitions.map((p) => p.errorCode)),
    ]
    return codes.includes(CLUSTER_AUTHORIZATION_FAILED) ? 'ElectLeaders is refused' : undefined
  }

  async #setsBrokerConfigs(signal: AbortSignal): Promise<string | undefined> {
    const id = await this.#someBroker(signal)
    const configs = [{ name: 'follower.replication.throttled.rate', operation: CONFIG_OPERATION.delete, value: null }]
    const request = { resources: [{ type: BROKER_RESOURCE, name: `${id}`, configs }], validateOnly: true }
    const { results } = await this.#transport.send(id, incrementalAlterConfigs, request, within(signal))
    const code = results[0]?.errorCode ?? 0
    return refused('IncrementalAlterConfigs', code) ? 'IncrementalAlterConfigs of a broker is refused' : undefined
  }

  async #setsTopicConfigs(signal: AbortSignal): Promise<string | undefined> {
    return this.#eachTopic('IncrementalAlterConfigs', signal, async (names) => {
      const name = 'follower.replication.throttled.replicas'
      const configs = [{ name, operation: CONFIG_OPERATION.delete, value: null }]
      const resources = names.map((topic) => ({ type: TOPIC_RESOURCE, name: topic, configs }))
      const request = { resources, validateOnly: true }
      return (await this.#transport.send('any', incrementalAlterConfigs, request, within(signal))).results
    })
  }

  async #eachTopic(
    call: string,
    signal: AbortSignal,
    ask: (names: string[]) => Promise<{ name: string; errorCode: number }[]>,
  ): Promise<string | undefined> {
    const { topics } = await this.#readMetadata(signal)
    const names = topics.map(({ name }) => name)
    if (names.length === 0)
      throw new EvenkeelError('not_permitted', 'there is no topic to be seen of which it could be told')
    const closed: string[] = []
    for (let start = 0; start < names.length; start += TOPICS_PER_REQUEST) {
      const results = await ask(names.slice(start, start + TOPICS_PER_REQUEST))
      for (const { name, errorCode } of results) if (errorCode === TOPIC_AUTHORIZATION_FAILED) closed.push(name)
    }
    if (closed.length === 0) return undefined
    return `${call} of ${closed.length === names.length ? 'every topic' : countOf(closed)} is refused`
  }

  async #someBroker(signal: AbortSignal): Promise<number> {
    const { brokers } = await this.#readMetadata(signal)
    const tries = brokers.map(async ({ id }) => {
      await this.#transport.send(id, apiVersions, null, { signal, timeoutMs: CALL_MS })
      return id
    })
    return Promise.any(tries).catch(() => {
      throw new EvenkeelError('unreachable', 'no broker answers')
    })
  }

  #readMetadata(signal: AbortSignal): Promise<MetadataResponse> {
    this.#metadata ??= this.#readings.metadata(null, signal)
    return this.#metadata
  }
}

const within = (signal: AbortSignal) => ({ signal, timeoutMs: CALL_MS })

/** @throws EvenkeelError `rejected` for every other error: it tells nothing of permissions. */
function refused(call: string, code: number): boolean {
  if (code === CLUSTER_AUTHORIZATION_FAILED) return true
  if (code === 0) return false
  throw new EvenkeelError('rejected', `${call} was answered with ${errorKind(code).name}`)
}

function countOf(topics: string[]): string {
  return `${topics.length} ${topics.length === 1 ? 'topic' : 'topics'} (${firstFew(topics)})`
}
