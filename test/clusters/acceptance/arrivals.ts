/** Which partitions come to which broker, seen in the metadata of broker 1 by a client of others. */
import { clientOfOne } from '../kafka/client.ts'
import type { KafkaCluster } from '../kafka/cluster.ts'

export interface Arrival {
  /** `TOPIC-PARTITION`. */
  name: string
  broker: number
}

/** Looks at all replica lists until stopped; keeps who was added to one, each time that he was. */
export function watchArrivals(cluster: KafkaCluster) {
  const arrivals: Arrival[] = []
  const members = new Map<string, number[]>()
  let looks = 0
  const stop = new AbortController()
  const watching = (async () => {
    const admin = clientOfOne(cluster, cluster.bootstrap[0]!).admin()
    await admin.connect()
    try {
      while (!stop.signal.aborted) {
        // A broker that is killed while it is asked is no finding.
        const metadata = await admin.fetchTopicMetadata().catch(() => undefined)
        for (const { name: topic, partitions } of metadata?.topics ?? []) {
          for (const { partitionId, replicas } of partitions) {
            const name = `${topic}-${partitionId}`
            const before = members.get(name) ?? replicas
            for (const broker of replicas) if (!before.includes(broker)) arrivals.push({ name, broker })
            members.set(name, replicas)
          }
        }
        if (metadata) looks += 1
        await new Promise((resolve) => setTimeout(resolve, 40))
      }
    } finally {
      await admin.disconnect()
    }
  })()
  return {
    /** Those since it was last asked. */
    take: (): Arrival[] => arrivals.splice(0),
    async stop(): Promise<{ looks: number }> {
      stop.abort()
      await watching
      return { looks }
    },
  }
}
