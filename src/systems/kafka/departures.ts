/**
 * Space on its way out. A broker stops listing a deleted replica at once, but its files go only `file.delete.delay.ms`
 * later (60 s by default). So what was listed and no longer is counts as being freed for a while, whoever removed it:
 * a replica moved away, the old place of one that went to another dir, a copy between dirs that was taken back.
 */
import type { Clock } from '../../lib/clock.ts'
import { type BrokerSizes, listedBytes } from './sizes.ts'
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

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Takes in a broker's new answer.
   * @param before what it listed at its last one.
   */
  see(broker: number, before: BrokerSizes, now: BrokerSizes, dirs: LogDir[]): void {
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
  }

  /** Bytes being freed in a dir: never more than it shows beyond the replicas it lists. */
  freeing(broker: number, dir: LogDir, usedBytes: number): number {
    const gone = (this.#departed.get(broker) ?? []).filter((entry) => entry.dir === dir.path)
    if (gone.length === 0) return 0
    const bytes = gone.reduce((sum, entry) => sum + entry.bytes, 0)
    return Math.max(0, Math.min(bytes, usedBytes - listedBytes(dir)))
  }
}
