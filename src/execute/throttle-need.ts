/**
 * Which rates the copies in flight need, and which copies may not begin because no rate that is allowed would let them end.
 *
 * Kafka counts the traffic of in-sync followers of a bound partition as well, on the leader's side: with a rate below what is
 * written a new replica never catches up. So each node's rate is kept above what is written to the partitions it has a part
 * in, by the headroom, and below the most that is allowed.
 */
import { isDirMove, type ReplicaMove } from '../cluster/move.ts'
import type { NodeId } from '../cluster/state.ts'
import { formatRate } from '../lib/units.ts'
import type { Throttle } from '../systems/port.ts'

export interface ThrottleSettings {
  /** Bytes per second, per node and direction. */
  rate: number
  /** Raised up to here when the write rate asks for it. */
  maxRate: number
  /** A ratio: how far the rate stays above the write rate. */
  headroom: number
}

/** Bytes per second written to a partition; NaN where not known. */
export type WriteRate = (move: ReplicaMove) => number

export class ThrottleNeed {
  readonly #settings: ThrottleSettings
  readonly #writeRate: WriteRate
  readonly #moves: ReplicaMove[] = []
  readonly #in = new Map<NodeId, number>()
  readonly #out = new Map<NodeId, number>()

  constructor(settings: ThrottleSettings, writeRate: WriteRate) {
    this.#settings = settings
    this.#writeRate = writeRate
  }

  /** Counts what is in flight, or begins. */
  add(move: ReplicaMove): void {
    this.#moves.push(move)
    if (isDirMove(move)) return
    for (const [needs, node, bytes] of this.#needs(move)) needs.set(node, (needs.get(node) ?? 0) + bytes)
  }

  /** Why the move may not begin beside those that were added; undefined when it may. */
  tooLow(move: ReplicaMove): string | undefined {
    if (isDirMove(move)) return undefined
    const { maxRate, headroom } = this.#settings
    for (const [needs, node, bytes] of this.#needs(move)) {
      const needed = ((needs.get(node) ?? 0) + bytes) * (1 + headroom)
      if (needed <= maxRate) continue
      return `${move.topic}-${move.partition} is written so fast that node ${node} would need a rate of ${formatRate(needed)}, above max_rate_per_node (${formatRate(maxRate)})`
    }
    return undefined
  }

  /** Nodes whose copies do not keep up with what is written even at the highest rate. */
  overrun(): NodeId[] {
    const { maxRate, headroom } = this.#settings
    const nodes = [this.#in, this.#out].flatMap((needs) =>
      [...needs].flatMap(([node, written]) => (written * (1 + headroom) > maxRate ? [node] : [])),
    )
    return [...new Set(nodes)]
  }

  /** What is to be set for all that was added. */
  throttle(): Throttle {
    const rates = new Map<NodeId, { node: NodeId; in?: number; out?: number; dirs?: number }>()
    const of = (node: NodeId) => {
      const known = rates.get(node) ?? { node }
      rates.set(node, known)
      return known
    }
    const copies: Throttle['copies'] = []
    for (const move of this.#moves) {
      if (isDirMove(move)) {
        of(move.to).dirs = this.#settings.rate
        continue
      }
      // Each that has a replica may become leader meanwhile and is read from then.
      for (const node of move.replicas) of(node).out = this.#grant(this.#out.get(node))
      of(move.to).in = this.#grant(this.#in.get(move.to))
      copies.push({ topic: move.topic, partition: move.partition, sources: [...move.replicas], targets: [move.to] })
    }
    return { rates: [...rates.values()], copies }
  }

  /** In steps of a tenth, so that a write rate that wavers does not change a setting at every look. */
  #grant(written = 0): number {
    const { rate, maxRate, headroom } = this.#settings
    const needed = written * (1 + headroom)
    if (needed <= rate) return rate
    const step = rate / 10
    return Math.min(maxRate, Math.ceil(needed / step) * step)
  }

  /** Who needs how much for the move: the leader sends what is written to every follower and to the new replica. */
  #needs(move: ReplicaMove): [Map<NodeId, number>, NodeId, number][] {
    const written = this.#writeRate(move) || 0
    return [
      [this.#out, move.leader, written * move.replicas.length],
      [this.#in, move.to, written],
    ]
  }
}
