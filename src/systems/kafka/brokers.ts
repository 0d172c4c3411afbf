/**
 * Which brokers there are, dead ones too, and their racks.
 *
 * Metadata names live brokers only. DescribeCluster v2 (Kafka 4.0) also names dead ones that are registered, with their
 * racks. Before that a dead broker shows only where a partition names it, without its rack: so what was once seen is kept,
 * since a broker that is gone mostly comes back to the rack it had.
 */
import type { Clock } from '../../lib/clock.ts'
import type { DescribeClusterResponse } from './wire/describe-cluster.ts'
import type { MetadataBroker } from './wire/metadata.ts'

/** Where nobody tells a dead broker from one that was taken out of the cluster, it counts as dead for so long. */
const MISSED_MS = 60 * 60_000

export interface KnownBroker {
  id: number
  rack: string | undefined
  /** Undefined: it is not alive. */
  live: MetadataBroker | undefined
}

interface Seen {
  rack: string | undefined
  /** Last time it was alive. */
  aliveAtMs: number
}

export class Brokers {
  readonly #clock: Clock
  readonly #seen = new Map<number, Seen>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @param holders brokers that partitions name as theirs. */
  see(
    live: readonly MetadataBroker[],
    { brokers, showsFenced }: Pick<DescribeClusterResponse, 'brokers' | 'showsFenced'>,
    holders: Iterable<number>,
  ): KnownBroker[] {
    const now = this.#clock.now()
    const alive = new Map(live.map((broker) => [broker.id, broker]))
    const registered = new Map(brokers.map((broker) => [broker.id, broker]))
    const missed = [...this.#seen].filter(([, { aliveAtMs }]) => !showsFenced && now - aliveAtMs < MISSED_MS)
    const ids = new Set([...alive.keys(), ...registered.keys(), ...holders, ...missed.map(([id]) => id)])
    for (const id of this.#seen.keys()) if (!ids.has(id)) this.#seen.delete(id)
    return [...ids].map((id) => {
      const broker = alive.get(id)
      const told = broker ?? registered.get(id)
      const before = this.#seen.get(id)
      const rack = told ? (told.rack ?? undefined) : before?.rack
      this.#seen.set(id, { rack, aliveAtMs: broker ? now : (before?.aliveAtMs ?? Number.NEGATIVE_INFINITY) })
      return { id, rack, live: broker }
    })
  }
}
