/** What all acceptance runs have in common: a ledger of acknowledged records, and eyes on disks and replication factors. */
import { statfs } from 'node:fs/promises'
import { expect } from 'vitest'
import { kafkaClient } from '../kafka/client.ts'
import type { KafkaCluster } from '../kafka/cluster.ts'
import { type Ledger, startLedger } from '../kafka/ledger.ts'

export const MiB = 1024 * 1024

/**
 * Works the cluster while `during` runs, then proves that nothing acknowledged was lost.
 * @param load the topic that is written to, 200 records a second unless given.
 * @returns records acknowledged
 */
export async function underLoad(
  cluster: KafkaCluster,
  load: string | { topic: string; perSecond: number },
  during: (ledger: Ledger) => Promise<void>,
): Promise<number> {
  const ledger = await startLedger(cluster, typeof load === 'string' ? { topic: load, perSecond: 200 } : load)
  await during(ledger)
  const { acked, lost } = await ledger.stop()
  expect(lost, `records lost of ${acked} acknowledged`).toEqual([])
  expect(acked).toBeGreaterThan(500)
  return acked
}

/** Looks at how full log dirs are until stopped; keeps the most that each was seen at, as a ratio of its capacity. */
export function watchDirs(dirs: string[]) {
  const most = new Map(dirs.map((dir) => [dir, 0]))
  let looks = 0
  const stop = new AbortController()
  const watching = (async () => {
    while (!stop.signal.aborted) {
      for (const dir of dirs) most.set(dir, Math.max(most.get(dir)!, await fullness(dir)))
      looks += 1
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  })()
  return {
    async stop(): Promise<{ most: Map<string, number>; looks: number }> {
      stop.abort()
      await watching
      return { most, looks }
    },
  }
}

/** Used ÷ capacity of the file system of a log dir, as Kafka counts it. */
export async function fullness(dir: string): Promise<number> {
  const { blocks, bavail } = await statfs(dir)
  return 1 - bavail / blocks
}

/** Looks at every partition until stopped; keeps those seen with fewer members for good than `replicas`. */
export function watchFactors(cluster: KafkaCluster, replicas: number) {
  const broken = new Set<string>()
  let looks = 0
  const stop = new AbortController()
  const watching = (async () => {
    const admin = kafkaClient(cluster).admin()
    await admin.connect()
    try {
      while (!stop.signal.aborted) {
        // A broker that is killed while it is asked is no finding.
        const metadata = await admin.fetchTopicMetadata().catch(() => undefined)
        for (const { name, partitions } of metadata?.topics ?? []) {
          for (const { partitionId, replicas: nodes } of partitions) {
            if (nodes.length < replicas || new Set(nodes).size < nodes.length)
              broken.add(`${name}-${partitionId} on ${nodes.join()}`)
          }
        }
        if (metadata) looks += 1
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    } finally {
      await admin.disconnect()
    }
  })()
  return {
    async stop(): Promise<{ broken: string[]; looks: number }> {
      stop.abort()
      await watching
      return { broken: [...broken], looks }
    },
  }
}
