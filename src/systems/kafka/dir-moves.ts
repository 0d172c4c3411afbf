/**
 * Which moves between dirs are known to run. Nothing but a broker's own log dirs shows them, and those are too much to ask
 * of every broker every few seconds: a pulse asks only the brokers named here, and those only for the partitions named here.
 *
 * A move gets in when we begin it or a listing shows it, and out when a listing asked for later does not show it.
 */
import type { Clock } from '../../lib/clock.ts'
import type { DirCopy } from './sizes.ts'

export interface KnownDirMove {
  topic: string
  partition: number
  /** Where it goes. */
  dir: string
  /** Replica list of the partition when the move came to be known. */
  replicas: readonly number[]
  /** False while nobody has confirmed it: the request was sent and not answered. */
  sure: boolean
}

interface Entry extends KnownDirMove {
  /** Value of the counter when it got in. */
  since: number
  sinceMs: number
}

/** A request that was not answered may still be carried out when the broker thaws. */
const UNSURE_MS = 90_000

export class DirMoves {
  readonly #clock: Clock
  readonly #byBroker = new Map<number, Map<string, Entry>>()
  /** Orders what happens within one millisecond, too. */
  #counter = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  begin(broker: number, move: KnownDirMove): void {
    let known = this.#byBroker.get(broker)
    if (!known) this.#byBroker.set(broker, (known = new Map()))
    known.set(keyOf(move), { ...move, since: ++this.#counter, sinceMs: this.#clock.now() })
  }

  /** To be taken before a broker is asked, and given back with what it shows. */
  stamp(): number {
    return ++this.#counter
  }

  /**
   * Takes in what a broker lists.
   * @param copies of all its partitions, or at least of those known here.
   * @param replicasOf the replica list of a partition that is not known here; undefined leaves its copy out.
   */
  see(
    broker: number,
    copies: readonly DirCopy[],
    stamp: number,
    replicasOf: (copy: DirCopy) => readonly number[] | undefined = () => undefined,
  ): void {
    const listed = new Set(copies.map(keyOf))
    const known = this.#byBroker.get(broker)
    for (const [key, { since, sinceMs, sure }] of known ?? []) {
      const mayCome = !sure && this.#clock.now() - sinceMs < UNSURE_MS
      if (!listed.has(key) && since < stamp && !mayCome) known!.delete(key)
    }
    if (known?.size === 0) this.#byBroker.delete(broker)
    for (const copy of copies) {
      const { topic, partition, dir } = copy
      const replicas = known?.get(keyOf(copy))?.replicas ?? replicasOf(copy)
      if (replicas) this.begin(broker, { topic, partition, dir, replicas, sure: true })
    }
  }

  of(broker: number): KnownDirMove[] {
    return [...(this.#byBroker.get(broker)?.values() ?? [])]
  }

  forget(broker: number): void {
    this.#byBroker.delete(broker)
  }
}

function keyOf({ topic, partition }: { topic: string; partition: number }): string {
  return `${topic}-${partition}`
}
