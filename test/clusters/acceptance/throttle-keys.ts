/** The settings that throttle copies, read by a client of others. */
import kafkajs from 'kafkajs'
import { expect } from 'vitest'
import { kafkaClient } from '../kafka/client.ts'
import type { KafkaCluster } from '../kafka/cluster.ts'

export const inRate = 'follower.replication.throttled.rate'
export const outRate = 'leader.replication.throttled.rate'
export const sources = 'leader.replication.throttled.replicas'
export const targets = 'follower.replication.throttled.replicas'
const ofBrokers = [inRate, outRate, 'replica.alter.log.dirs.io.max.bytes.per.second']
const ofTopics = [sources, targets]
const TOPIC_SOURCE = 1
const BROKER_SOURCE = 2

/**
 * What is set of each live broker and of each topic itself, by `OF KEY`: `4 follower.replication.throttled.rate` is of broker
 * 4. What comes from defaults and from files is left out, and so is what is not set.
 */
export async function throttleKeys(cluster: KafkaCluster): Promise<Map<string, string>> {
  const admin = kafkaClient(cluster).admin()
  await admin.connect()
  try {
    const { brokers } = await admin.describeCluster()
    const topics = (await admin.listTopics()).filter((topic) => !topic.startsWith('__'))
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [
        ...brokers.map(({ nodeId }) => ({
          type: kafkajs.ConfigResourceTypes.BROKER,
          name: `${nodeId}`,
          configNames: ofBrokers,
        })),
        ...topics.map((name) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name, configNames: ofTopics })),
      ],
    })
    const found = new Map<string, string>()
    for (const { resourceName, resourceType, configEntries } of resources) {
      const own = resourceType === kafkajs.ConfigResourceTypes.TOPIC ? TOPIC_SOURCE : BROKER_SOURCE
      for (const { configName, configValue, configSource } of configEntries) {
        if ((configSource as number) === own) found.set(`${resourceName} ${configName}`, configValue)
      }
    }
    return found
  } finally {
    await admin.disconnect()
  }
}

/**
 * Waits until exactly these stand, as `OF KEY` → value. What is given back is told as ended first, and a broker tells of a change
 * once it has heard of it.
 * @throws AssertionError with what stands instead after 20 s
 */
export async function throttleKeysBecome(cluster: KafkaCluster, wanted: Record<string, string>): Promise<void> {
  await expect
    .poll(async () => Object.fromEntries(await throttleKeys(cluster)), { timeout: 20_000, interval: 300 })
    .toEqual(wanted)
}

/** Sets them as a person would, in place of all that is set of these brokers and topics: `OF KEY` → value. */
export async function setThrottleKeys(cluster: KafkaCluster, keys: ReadonlyMap<string, string>): Promise<void> {
  const admin = kafkaClient(cluster).admin()
  await admin.connect()
  try {
    const resources = [...new Set([...keys.keys()].map((key) => key.split(' ')[0]!))].map((name) => ({
      type: /^\d+$/.test(name) ? kafkajs.ConfigResourceTypes.BROKER : kafkajs.ConfigResourceTypes.TOPIC,
      name,
      configEntries: [...keys]
        .filter(([key, value]) => key.startsWith(`${name} `) && value !== '')
        .map(([key, value]) => ({ name: key.split(' ')[1]!, value })),
    }))
    await admin.alterConfigs({ resources, validateOnly: false })
  } finally {
    await admin.disconnect()
  }
}

/** What the client of others really gives back: its types say otherwise. */
interface Listed {
  name: string
  partitions: { partition: number; replicas: number[]; addingReplicas: number[]; removingReplicas: number[] }[]
}

/** Replica lists that are being changed: `TOPIC-PARTITION` → what is added and what is taken away. */
export async function reassignments(
  cluster: KafkaCluster,
): Promise<Map<string, { adding: number[]; removing: number[] }>> {
  const admin = kafkaClient(cluster).admin()
  await admin.connect()
  try {
    const { topics } = (await admin.listPartitionReassignments({})) as unknown as { topics: Listed[] }
    return new Map(
      topics.flatMap(({ name, partitions }) =>
        partitions.map(({ partition, addingReplicas: adding, removingReplicas: removing }) => [
          `${name}-${partition}`,
          { adding, removing },
        ]),
      ),
    )
  } finally {
    await admin.disconnect()
  }
}
