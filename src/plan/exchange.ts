/**
 * What plain moves cannot do: two moves that are carried out as one. Either two nodes exchange replicas of unlike size, so
 * that less than a whole large replica changes hands; or a replica goes on from a third node to where the first may not
 * (racks equal to the replication factor confine most replicas to their rack, but not all).
 *
 * It copies more bytes than it mends, so it is tried only for nodes that plain moves have left outside the band. The same
 * rule against ping-pong holds: the giver stays above the receiver, and the node between is not worse off than before.
 */
import { Effort } from './effort.ts'
import type { Filters } from './filters.ts'
import type { Model } from './model.ts'
import type { EvenTask } from './worth.ts'

/** Replicas of the giving node, partner nodes, nodes between, and replicas of each partner that are looked at. */
const REPLICAS = 40
const PARTNERS = 8
const LOOKS = 24
/** Candidates that one plan may look at. */
const EFFORT = 300_000
/** Violation mended per byte copied, at least. */
const LEAST_WORTH = 0.25

interface Leg {
  replica: number
  partition: number
  from: number
  to: number
}

interface Exchange {
  legs: [Leg, Leg]
  worth: number
  bytes: number
}

/** Mends what it can of the violations that are left. */
export function exchange(model: Model, filters: Filters, task: EvenTask): void {
  const seeker = new Seeker(model, filters, task)
  for (const node of task.fix) {
    for (let found = seeker.best(node); found; found = seeker.best(node)) {
      const group = model.newGroup()
      for (const { replica, partition, to } of found.legs) model.moveReplica(replica, partition, to, task.reason, group)
    }
  }
}

class Seeker {
  readonly #model: Model
  readonly #filters: Filters
  readonly #task: EvenTask
  readonly #effort = new Effort(EFFORT)

  constructor(model: Model, filters: Filters, task: EvenTask) {
    this.#model = model
    this.#filters = filters
    this.#task = task
  }

  /** The exchange that mends most of the node's violation per byte; undefined when there is none worth it. */
  best(node: number): Exchange | undefined {
    const used = this.#model.usedBytes[node]!
    const { lower, upper, sources, targets } = this.#task
    const byFullness = (a: number, b: number) => this.#ratio(a) - this.#ratio(b) || a - b
    const others = (nodes: number[]) => nodes.filter((other) => other !== node).sort(byFullness)
    let best: Exchange | undefined
    const consider = (giver: number, receiver: number, amount: number) => {
      for (const found of this.#between(giver, receiver, amount)) if (!best || isBetter(found, best)) best = found
    }
    if (used > upper[node]!) {
      for (const receiver of others(targets).slice(0, PARTNERS)) consider(node, receiver, used - upper[node]!)
    } else if (used < lower[node]!) {
      for (const giver of others(sources).toReversed().slice(0, PARTNERS)) consider(giver, node, lower[node]! - used)
    }
    return best
  }

  /** Exchanges that bring about `amount` bytes more from the giver to the receiver. */
  *#between(giver: number, receiver: number, amount: number): Generator<Exchange> {
    for (const replica of this.#candidates(giver)) {
      if (this.#effort.spent) return
      const partition = this.#model.partitionOf(replica)
      const bytes = this.#model.bytes[replica]!
      if (this.#allows(replica, partition, receiver)) {
        // Straight over, with something smaller coming back.
        const first = { replica, partition, from: giver, to: receiver }
        for (const back of this.#near(receiver, bytes - amount)) {
          const found = this.#judge(first, back, receiver, giver)
          if (found) yield found
        }
        continue
      }
      // Around: over a node that may have it and can pass on something like it.
      for (const between of this.#task.targets) {
        if (this.#effort.spent) return
        if (between === giver || between === receiver || !this.#allows(replica, partition, between)) continue
        const first = { replica, partition, from: giver, to: between }
        for (const on of this.#near(between, bytes)) {
          const found = this.#judge(first, on, between, receiver)
          if (found) yield found
        }
      }
    }
  }

  /** Looked at so often that nothing is made for one that comes to nothing. */
  #judge(first: Leg, second: Pick<Leg, 'replica' | 'partition'>, from: number, to: number): Exchange | undefined {
    const { bytes, usedBytes } = this.#model
    this.#effort.spend(1)
    if (first.partition === second.partition) return undefined
    const there = bytes[first.replica]!
    const on = bytes[second.replica]!
    const giver = first.from
    const back = to === giver
    const giverAfter = usedBytes[giver]! - there + (back ? on : 0)
    const betweenAfter = usedBytes[from]! + there - on
    const receiver = back ? from : to
    const receiverAfter = back ? betweenAfter : usedBytes[to]! + on
    // Nobody pays for it: the node between may not be worse off.
    const ofGiver = this.#mended(giver, giverAfter)
    const ofBetween = this.#mended(from, betweenAfter)
    const ofReceiver = back ? 0 : this.#mended(to, receiverAfter)
    if (ofGiver < 0 || ofBetween < 0 || ofReceiver < 0) return undefined
    const mended = ofGiver + ofBetween + ofReceiver
    const worth = mended / (there + on)
    if (worth < LEAST_WORTH || mended < this.#task.minGainBytes) return undefined
    const { capacityBytes } = this.#model.shares
    if (giverAfter / capacityBytes[giver]! < receiverAfter / capacityBytes[receiver]!) return undefined
    if (!this.#allows(second.replica, second.partition, to)) return undefined
    return { legs: [first, { ...second, from, to }], worth, bytes: there + on }
  }

  #mended(node: number, usedAfter: number): number {
    return this.#violation(node, this.#model.usedBytes[node]!) - this.#violation(node, usedAfter)
  }

  #allows(replica: number, partition: number, to: number): boolean {
    this.#effort.spend(1)
    this.#filters.candidate(replica, partition, this.#task.reason)
    return this.#filters.allows(to)
  }

  /** Movable replicas of the node, a selection over all sizes. */
  #candidates(node: number): number[] {
    const list = Array.from(this.#model.replicasBySize(node)).filter((replica) => this.#isFree(replica))
    const step = Math.max(1, Math.ceil(list.length / REPLICAS))
    return list.filter((_, index) => index % step === 0)
  }

  /** Movable replicas of the node whose size is nearest to `bytes`, found from there to both sides. */
  #near(node: number, bytes: number): { replica: number; partition: number }[] {
    const list = this.#model.replicasBySize(node)
    const size = (at: number) => this.#model.bytes[list[at]!]!
    const found: { replica: number; partition: number }[] = []
    let smaller = this.#model.firstBelow(list, bytes)
    let larger = smaller - 1
    while (found.length < LOOKS && (larger >= 0 || smaller < list.length)) {
      const down = larger < 0 || (smaller < list.length && bytes - size(smaller) <= size(larger) - bytes)
      const replica = down ? list[smaller]! : list[larger]!
      if (down) smaller += 1
      else larger -= 1
      if (this.#isFree(replica)) found.push({ replica, partition: this.#model.partitionOf(replica) })
    }
    return found
  }

  #isFree(replica: number): boolean {
    if (this.#model.moved[replica] === 1 || this.#model.bytes[replica] === 0) return false
    return !this.#model.touched(this.#model.partitionOf(replica))
  }

  #violation(node: number, used: number): number {
    return Math.max(0, used - this.#task.upper[node]!) + Math.max(0, this.#task.lower[node]! - used)
  }

  #ratio(node: number): number {
    return this.#model.usedBytes[node]! / this.#model.shares.capacityBytes[node]!
  }
}

function isBetter(a: Exchange, b: Exchange): boolean {
  if (a.worth !== b.worth) return a.worth > b.worth
  if (a.bytes !== b.bytes) return a.bytes < b.bytes
  return a.legs[0].partition < b.legs[0].partition
}
