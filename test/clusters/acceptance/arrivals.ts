/** Which partitions come to which broker, seen in the metadata of broker 1 by a client of others. */
import { clientOfOne } from '../kafka/client.ts'
import type { KafkaCluster } from '../kafka/cluster.ts'
import { until } from '../wait.ts'

export interface Arrival {
  /** `TOPIC-PARTITION`. */
  name: string
  broker: number
}

/** Has looked at all replica lists when it returns, and looks on until stopped; keeps who was added to one, each time that he was. */
export async function watchArrivals(cluster: KafkaCluster) {
  const arrivals: Arrival[] = []
  const members = new Map<string, number[]>()
  /** Looks begun, and when the last one that was answered had begun, counted in them. */
  let begun = 0
  let answered = 0
  const stop = new AbortController()
  const admin = clientOfOne(cluster, cluster.bootstrap[0]!).admin()
  await admin.connect()
  const watching = (async () => {
    try {
      while (!stop.signal.aborted) {
        const look = ++begun
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
        if (metadata) answered = look
        await new Promise((resolve) => setTimeout(resolve, 40))
      }
    } finally {
      await admin.disconnect()
    }
  })()
  /** Waits for a look that begins now or later: one may hang for long while the machine is busy. */
  const lookedAnew = async () => {
    const next = begun + 1
    await until('a look at the replica lists', 60_000, async () => answered >= next, 20)
  }
  await lookedAnew()
  return {
    /** Those since it was last asked, up to now. */
    async take(): Promise<Arrival[]> {
      await lookedAnew()
      return arrivals.splice(0)
    },
    async stop(): Promise<void> {
      stop.abort()
      await watching
    },
  }
}
