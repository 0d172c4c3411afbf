/** Sizes of replicas as the brokers' log dirs tell them, by broker, topic and partition. */
import type { LogDir } from './wire/describe-log-dirs.ts'

/** Replica list of a partition by metadata; undefined when that shows no such partition. */
export type ReplicaLists = (topic: string, partition: number) => readonly number[] | undefined

export interface FoundReplica {
  /** Bytes of the log's segments. */
  bytes: number
  dir: string
}

/** A copy of a replica in another dir of the same broker, on its way to take the replica's place. */
export interface DirCopy {
  topic: string
  partition: number
  /** Where it goes. */
  dir: string
  /** Copied so far. */
  bytes: number
}

/** What one broker lists. */
export interface BrokerSizes {
  /** Topic → partition → replica. */
  replicas: ReadonlyMap<string, ReadonlyMap<number, FoundReplica>>
  /** One without a replica beside it is dead: the replica's dir has failed, and the rest will never come. */
  copies: readonly DirCopy[]
  /** One of its dirs is offline, so that not everything that it holds is listed. */
  lacksDir: boolean
}

export const noSizes: BrokerSizes = { replicas: new Map(), copies: [], lacksDir: false }

/** Made once for each answer, as it comes in: a cluster's sizes are never gone through all at once. */
export function brokerSizes(dirs: LogDir[]): BrokerSizes {
  const replicas = new Map<string, Map<number, FoundReplica>>()
  const copies: DirCopy[] = []
  for (const { path, topics } of dirs) {
    for (const { name, partitions } of topics) {
      let found = replicas.get(name)
      if (!found) replicas.set(name, (found = new Map()))
      for (const { partition, sizeBytes, isFutureKey } of partitions) {
        if (isFutureKey) copies.push({ topic: name, partition, dir: path, bytes: sizeBytes })
        else found.set(partition, { bytes: sizeBytes, dir: path })
      }
    }
  }
  return { replicas, copies, lacksDir: dirs.some(({ errorCode }) => errorCode !== 0) }
}

/** The copies a broker is really at work on. */
export function liveCopies({ replicas, copies }: BrokerSizes): DirCopy[] {
  return copies.filter(({ topic, partition }) => replicas.get(topic)?.has(partition))
}

/** Bytes of the replicas and copies that a dir lists. */
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
    return this.#byBroker.get(broker)?.replicas.get(topic)?.get(partition)
  }

  /** Whether a broker told its sizes. */
  has(broker: number): boolean {
    return this.#byBroker.has(broker)
  }

  /**
   * A broker that holds the replica told its sizes, and neither lists it nor all of its dirs. It is in a dir that went offline:
   * a broker does not put it elsewhere before it starts again. For an instant this is also so when a broker that has lost a
   * dir has just been given the replica.
   */
  hasLost(broker: number, topic: string, partition: number): boolean {
    return this.#byBroker.get(broker)?.lacksDir === true && !this.find(broker, topic, partition)
  }

  /** Of these brokers only. */
  of(brokers: readonly number[]): Sizes {
    return new Sizes(new Map([...this.#byBroker].filter(([id]) => brokers.includes(id))))
  }

  /** The copies a broker is really at work on. */
  copies(broker: number): DirCopy[] {
    return liveCopies(this.#byBroker.get(broker) ?? noSizes)
  }

  /** Every topic that lies on a disk of these brokers. */
  topics(brokers: number[]): string[] {
    return [...new Set(brokers.flatMap((broker) => [...(this.#byBroker.get(broker)?.replicas.keys() ?? [])]))]
  }
}
