/** What a cluster's placement looks like, read and judged without any code of ours. */

import { kafkaClient } from '../kafka/client.ts'
import type { KafkaCluster } from '../kafka/cluster.ts'
import { describeLogDirs, describeTopics } from '../kafka/tools.ts'

/** Bytes of log per broker and partition, as Kafka's own tool tells. */
export async function sizes(cluster: KafkaCluster, brokers: number[]): Promise<Map<number, Map<string, number>>> {
  const { brokers: answers } = await describeLogDirs(cluster, brokers)
  return new Map(
    answers.map(({ broker, logDirs }) => [
      broker,
      new Map(logDirs.flatMap(({ partitions }) => partitions.map(({ partition, size }) => [partition, size] as const))),
    ]),
  )
}

export const total = (values: Iterable<number>): number => [...values].reduce((sum, value) => sum + value, 0)

/** Bytes that must leave brokers above `mean × (1 + band)` or enter those below, whichever is more. */
export function lowerBound(bytes: number[], band: number): number {
  const mean = total(bytes) / bytes.length
  return Math.max(
    total(bytes.map((b) => Math.max(0, b - mean * (1 + band)))),
    total(bytes.map((b) => Math.max(0, mean * (1 - band) - b))),
  )
}

/** Most leaders on one of the brokers ÷ mean. */
export async function leaderSpread(cluster: KafkaCluster, brokers: number[]): Promise<number> {
  const partitions = await describeTopics(cluster)
  const counts = brokers.map((id) => partitions.filter((partition) => partition.leader === id).length)
  return Math.max(...counts) / (partitions.length / brokers.length)
}

/**
 * Looks at the placement again and again until stopped, and keeps every partition that was seen on fewer racks than
 * `racks` or with fewer than `replicas` replicas.
 */
export function watchPlacement(cluster: KafkaCluster, racks: number, replicas: number) {
  const broken = new Set<string>()
  const seen = new Map<string, Set<string>>()
  let looks = 0
  const stop = new AbortController()
  const rackOf = () => new Map(cluster.brokers.map(({ id, rack }) => [id, rack]))
  const watching = (async () => {
    const admin = kafkaClient(cluster).admin()
    await admin.connect()
    try {
      while (!stop.signal.aborted) {
        const { topics } = await admin.fetchTopicMetadata()
        looks += 1
        const rack = rackOf()
        for (const { name, partitions } of topics) {
          for (const { partitionId, replicas: nodes } of partitions) {
            const place = `${name}-${partitionId}`
            if (new Set(nodes.map((id) => rack.get(id))).size < racks) broken.add(`${place} on ${nodes.join()}: racks`)
            if (nodes.length < replicas) broken.add(`${place} on ${nodes.join()}: replicas`)
            const list = nodes.toSorted((a, b) => a - b).join()
            seen.set(place, (seen.get(place) ?? new Set()).add(list))
          }
        }
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    } finally {
      await admin.disconnect()
    }
  })()
  return {
    /** @throws what the watching ran into. */
    async stop(): Promise<{ broken: string[]; looks: number }> {
      stop.abort()
      await watching
      return { broken: [...broken], looks }
    },
  }
}
