/**
 * Space on its way out. A broker stops listing a deleted replica at once, but its files go only `file.delete.delay.ms`
 * later (60 s by default). So what was listed and no longer is counts as being freed for a while, whoever removed it:
 * a replica moved away, the old place of one that went to another dir, a copy between dirs that was taken back. So does what
 * is listed still although by the metadata, read before, it is no replica any more: a broker may be slow to do as it is told.
 */
import type { Clock } from '../../lib/clock.ts'
import { type BrokerSizes, listedBytes, type ReplicaLists } from './sizes.ts'
import type { LogDir } from './wire/describe-log-dirs.ts'

/** Longer than any sensible delay; a volume that shows no such space is believed before this. */
const REMEMBERED_MS = 5 * 60_000

interface Departed {
  dir: string
  bytes: number
  atMs: number
}

export class Departures {
  readonly #clock: Clock
  readonly #departed = new Map<number, Departed[]>()
  /** By broker and `TOPIC-PARTITION`; the time is that of the first such answer: what stays is no space on its way out. */
  readonly #leaving = new Map<number, Map<string, Departed>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Takes in a broker's new answer.
   * @param before what it listed at its last one.
   * @param replicasOf by metadata that was read before the answer.
   */
  see(broker: number, before: BrokerSizes, now: BrokerSizes, dirs: LogDir[], replicasOf: ReplicaLists): void {
    const atMs = this.#clock.now()
    // A dir that went offline lists nothing and frees nothing.
    const online = new Set(dirs.filter((dir) => dir.errorCode === 0).map((dir) => dir.path))
    const departed = (this.#departed.get(broker) ?? []).filter((entry) => atMs - entry.atMs < REMEMBERED_MS)
    const liesIn = (dir: string, topic: string, partition: number) =>
      now.replicas.get(topic)?.get(partition)?.dir === dir
    for (const [topic, partitions] of before.replicas) {
      for (const [partition, { dir, bytes }] of partitions) {
        if (!liesIn(dir, topic, partition) && online.has(dir)) departed.push({ dir, bytes, atMs })
      }
    }
    for (const { dir, topic, partition, bytes } of before.copies) {
      const goesOn = now.copies.some((c) => c.topic === topic && c.partition === partition && c.dir === dir)
      // A copy that has landed is the replica now.
      if (!goesOn && !liesIn(dir, topic, partition) && online.has(dir)) departed.push({ dir, bytes, atMs })
    }
    this.#departed.set(broker, departed)
    this.#leaving.set(broker, this.#leavingNow(broker, now, replicasOf))
  }

  #leavingNow(broker: number, { replicas }: BrokerSizes, replicasOf: ReplicaLists): Map<string, Departed> {
    const known = this.#leaving.get(broker)
    const leaving = new Map<string, Departed>()
    for (const [topic, partitions] of replicas) {
      for (const [partition, { dir, bytes }] of partitions) {
        // Of a topic that metadata does not show nobody knows: it may be hidden from us.
        if (replicasOf(topic, partition)?.includes(broker) !== false) continue
        const key = `${topic}-${partition}`
        leaving.set(key, { dir, bytes, atMs: known?.get(key)?.atMs ?? this.#clock.now() })
      }
    }
    return leaving
  }

  forget(broker: number): void {
    this.#departed.delete(broker)
    this.#leaving.delete(broker)
  }

  /** Bytes being freed in a dir: of what it lists no more, never more than it shows beyond the replicas it lists. */
  freeing(broker: number, dir: LogDir, usedBytes: number): number {
    const gone = bytesIn(dir, this.#departed.get(broker) ?? [])
    const now = this.#clock.now()
    const recent = [...(this.#leaving.get(broker)?.values() ?? [])].filter(({ atMs }) => now - atMs < REMEMBERED_MS)
    const unlisted = gone === 0 ? 0 : Math.max(0, Math.min(gone, usedBytes - listedBytes(dir)))
    return unlisted + bytesIn(dir, recent)
  }
}

function bytesIn(dir: LogDir, departed: readonly Departed[]): number {
  return departed.reduce((sum, entry) => sum + (entry.dir === dir.path ? entry.bytes : 0), 0)
}
