/** Sizes of replicas as the brokers' log dirs tell them, by broker, topic and partition. */
import type { LogDir } from './wire/describe-log-dirs.ts'

export interface FoundReplica {
  /** Bytes of the log's segments. */
  bytes: number
  dir: string
}

export class Sizes {
  readonly #byBroker = new Map<number, Map<string, Map<number, FoundReplica>>>()

  constructor(dirs: Map<number, LogDir[]>) {
    for (const [broker, list] of dirs) {
      const byTopic = new Map<string, Map<number, FoundReplica>>()
      this.#byBroker.set(broker, byTopic)
      for (const dir of list) {
        for (const { name, partitions } of dir.topics) {
          let found = byTopic.get(name)
          if (!found) byTopic.set(name, (found = new Map()))
          // A copy on its way to another dir of the same broker is listed a second time; the present one counts.
          for (const p of partitions) if (!p.isFutureKey) found.set(p.partition, { bytes: p.sizeBytes, dir: dir.path })
        }
      }
    }
  }

  find(broker: number, topic: string, partition: number): FoundReplica | undefined {
    return this.#byBroker.get(broker)?.get(topic)?.get(partition)
  }

  /** Bytes of all replicas in one dir. */
  ofDir(broker: number, path: string): number {
    let bytes = 0
    for (const found of this.#byBroker.get(broker)?.values() ?? []) {
      for (const replica of found.values()) if (replica.dir === path) bytes += replica.bytes
    }
    return bytes
  }

  /** Every topic that lies on a disk of these brokers. */
  topics(brokers: number[]): string[] {
    return [...new Set(brokers.flatMap((broker) => [...(this.#byBroker.get(broker)?.keys() ?? [])]))]
  }
}
