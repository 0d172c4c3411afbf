/** Sizes of replicas as the brokers' log dirs tell them, by broker, topic and partition. */
import type { LogDir } from './wire/describe-log-dirs.ts'

export interface FoundReplica {
  /** Bytes of the log's segments. */
  bytes: number
  dir: string
}

/** What one broker lists: topic → partition → replica. */
export type BrokerSizes = Map<string, Map<number, FoundReplica>>

/** Made once for each answer, as it comes in: a cluster's sizes are never gone through all at once. */
export function brokerSizes(dirs: LogDir[]): BrokerSizes {
  const sizes: BrokerSizes = new Map()
  for (const { path, topics } of dirs) {
    for (const { name, partitions } of topics) {
      let found = sizes.get(name)
      if (!found) sizes.set(name, (found = new Map()))
      // A copy on its way to another dir of the same broker is listed a second time; the present one counts.
      for (const p of partitions) if (!p.isFutureKey) found.set(p.partition, { bytes: p.sizeBytes, dir: path })
    }
  }
  return sizes
}

/** Bytes of the replicas that a dir lists. */
export function listedBytes(dir: LogDir): number {
  let bytes = 0
  for (const { partitions } of dir.topics) for (const { sizeBytes } of partitions) bytes += sizeBytes
  return bytes
}

export class Sizes {
  readonly #byBroker: ReadonlyMap<number, BrokerSizes>

  constructor(byBroker: ReadonlyMap<number, BrokerSizes>) {
    this.#byBroker = byBroker
  }

  find(broker: number, topic: string, partition: number): FoundReplica | undefined {
    return this.#byBroker.get(broker)?.get(topic)?.get(partition)
  }

  /** Every topic that lies on a disk of these brokers. */
  topics(brokers: number[]): string[] {
    return [...new Set(brokers.flatMap((broker) => [...(this.#byBroker.get(broker)?.keys() ?? [])]))]
  }
}
