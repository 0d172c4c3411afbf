/**
 * For every two nodes the partitions that the one leads and the other could take over. Lists are doubly linked through the
 * replica that would take over, so that a hand-over costs as much as the partition has replicas.
 */
import type { Leads } from './leads.ts'

/** Weights are sorted by half octaves, from 2^-32 of the mean partition to 2^32. */
const CLASSES = 128

export class Pairs {
  readonly #leads: Leads
  readonly #nodes: number
  /** First replica of each list, at `(giver * nodes + taker) * 2`; those that go back to their preferred leader, then others. */
  readonly #head: Int32Array
  readonly #next: Int32Array
  readonly #previous: Int32Array
  /** Nodes with which each node shares a partition. */
  readonly #takers: number[][]

  /** Lists begin with their heaviest partitions. */
  constructor(leads: Leads) {
    const { columns } = leads.model
    this.#leads = leads
    this.#nodes = columns.nodeCount
    this.#head = new Int32Array(this.#nodes * this.#nodes * 2).fill(-1)
    this.#next = new Int32Array(columns.replicaCount).fill(-1)
    this.#previous = new Int32Array(columns.replicaCount).fill(-1)
    const shared = new Uint8Array(this.#nodes * this.#nodes)
    for (const partition of lightestFirst(leads)) {
      if (leads.leader[partition]! < 0 || !leads.free(partition)) continue
      this.add(partition)
      this.#share(partition, shared)
    }
    this.#takers = Array.from({ length: this.#nodes }, (_, from) =>
      leads.takers.filter((to) => shared[from * this.#nodes + to] === 1),
    )
  }

  #share(partition: number, shared: Uint8Array): void {
    const { canTake, model } = this.#leads
    for (let one = this.#start(partition); one < this.#start(partition + 1); one += 1) {
      for (let other = this.#start(partition); other < this.#start(partition + 1); other += 1) {
        if (canTake[other] === 0 || one === other) continue
        shared[model.replicaNode[one]! * this.#nodes + model.replicaNode[other]!] = 1
      }
    }
  }

  /** Nodes that may be able to take something from the giver, now or after other hand-overs; lower ones first. */
  takersFrom(from: number): readonly number[] {
    return this.#takers[from]!
  }

  /** First replica on the giver's list for the taker; of those whose preferred leader the taker is, or of the others. */
  first(from: number, to: number, preferred: boolean): number {
    return this.#head[this.#list(from, to, preferred)]!
  }

  /** The replica after that; -1 at the end of the list. */
  after(replica: number): number {
    return this.#next[replica]!
  }

  empty(from: number, to: number): boolean {
    return this.first(from, to, true) === -1 && this.first(from, to, false) === -1
  }

  /** Puts the partition on the list of every node that could take it. */
  add(partition: number): void {
    for (let replica = this.#start(partition); replica < this.#start(partition + 1); replica += 1) {
      if (!this.#listed(partition, replica)) continue
      const list = this.#listOf(partition, replica)
      const second = this.#head[list]!
      this.#next[replica] = second
      this.#previous[replica] = -1
      if (second !== -1) this.#previous[second] = replica
      this.#head[list] = replica
    }
  }

  /** Takes it off all of them. */
  remove(partition: number): void {
    for (let replica = this.#start(partition); replica < this.#start(partition + 1); replica += 1) {
      if (!this.#listed(partition, replica)) continue
      const next = this.#next[replica]!
      const previous = this.#previous[replica]!
      if (next !== -1) this.#previous[next] = previous
      if (previous === -1) this.#head[this.#listOf(partition, replica)] = next
      else this.#next[previous] = next
    }
  }

  #start(partition: number): number {
    return this.#leads.model.columns.partitionReplicaStart[partition]!
  }

  #listed(partition: number, replica: number): boolean {
    const { canTake, leader, model } = this.#leads
    return canTake[replica] === 1 && model.replicaNode[replica] !== leader[partition]
  }

  #listOf(partition: number, replica: number): number {
    const { leader, model } = this.#leads
    return this.#list(leader[partition]!, model.replicaNode[replica]!, this.#leads.preferred(replica))
  }

  #list(from: number, to: number, preferred: boolean): number {
    return (from * this.#nodes + to) * 2 + Number(!preferred)
  }
}

/** Higher indices first where weights are of one class: lists are filled from behind. */
function lightestFirst({ weight }: Leads): Int32Array {
  const classOf = (partition: number) =>
    Math.max(0, Math.min(CLASSES - 1, Math.floor(Math.log2(weight[partition]!) * 2) + CLASSES / 2))
  const classes = Uint8Array.from(weight, (_, partition) => classOf(partition))
  const start = new Int32Array(CLASSES + 1)
  for (const one of classes) start[one + 1]! += 1
  for (let one = 0; one < CLASSES; one += 1) start[one + 1]! += start[one]!
  const order = new Int32Array(weight.length)
  for (let partition = weight.length - 1; partition >= 0; partition -= 1) {
    order[start[classes[partition]!]!++] = partition
  }
  return order
}
