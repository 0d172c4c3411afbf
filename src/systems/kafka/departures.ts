/**
 * Space on its way out. A broker stops listing a deleted replica at once, but its files go only `file.delete.delay.ms`
 * later (60 s by default). So what was listed and no longer is counts as being freed for a while, whoever removed it.
 */
import type { Clock } from '../../lib/clock.ts'
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
  readonly #last = new Map<number, Map<string, { dir: string; bytes: number }>>()
  readonly #departed = new Map<number, Departed[]>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Takes in what a broker lists now. */
  see(broker: number, dirs: LogDir[]): void {
    const now = this.#clock.now()
    const listed = new Map<string, { dir: string; bytes: number }>()
    for (const dir of dirs) {
      for (const { name, partitions } of dir.topics) {
        for (const { partition, sizeBytes } of partitions) {
          listed.set(`${dir.path}\n${name}-${partition}`, { dir: dir.path, bytes: sizeBytes })
        }
      }
    }
    const online = new Set(dirs.filter((dir) => dir.errorCode === 0).map((dir) => dir.path))
    const departed = (this.#departed.get(broker) ?? []).filter(({ atMs }) => now - atMs < REMEMBERED_MS)
    for (const [key, { dir, bytes }] of this.#last.get(broker) ?? []) {
      // A dir that went offline lists nothing and frees nothing.
      if (!listed.has(key) && online.has(dir)) departed.push({ dir, bytes, atMs: now })
    }
    this.#departed.set(broker, departed)
    this.#last.set(broker, listed)
  }

  /** Bytes being freed in a dir: never more than it shows beyond the replicas it lists. */
  freeing(broker: number, dir: LogDir, usedBytes: number): number {
    const gone = (this.#departed.get(broker) ?? []).filter((entry) => entry.dir === dir.path)
    const bytes = gone.reduce((sum, entry) => sum + entry.bytes, 0)
    const listed = dir.topics.reduce((sum, { partitions }) => partitions.reduce((s, p) => s + p.sizeBytes, sum), 0)
    return Math.max(0, Math.min(bytes, usedBytes - listed))
  }
}
