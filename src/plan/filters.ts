/**
 * May this replica go to that node? One named filter after the other, the first that says no is counted.
 *
 * A candidate is opened once and then asked for many targets: what depends on the replica alone (who holds the
 * partition, its racks, its legal nodes) is worked out once.
 */
import { isUrgent, type MoveReason, nodeStates, type RejectReason } from '../cluster/reasons.ts'
import { REMOVING } from '../cluster/state.ts'
import type { Model } from './model.ts'
import { RackRules } from './rack-rules.ts'
import type { Limit } from './room.ts'

const ALIVE = nodeStates.indexOf('alive')

/** Repair, drain, relief and a person may fill a dir further than balance and racks may. */
export function limitOf(kind: MoveReason): Limit {
  return isUrgent(kind) || kind === 'disk_over_limit' || kind === 'manual' ? 'hard' : 'max'
}

/** `holds`: the node has a replica of the partition, or gave one by this plan. */
export type FilterAnswer = 'allowed' | 'holds' | RejectReason

export class Filters {
  readonly racks: RackRules
  readonly #model: Model
  /** Nodes that may be targets at all. */
  readonly #open: Uint8Array
  /** Stamp of the last candidate whose partition the node holds, or held before this plan. */
  readonly #holds: Int32Array
  readonly #legal: Int32Array
  /** Stamp of the last candidate whose partition left the node lately. */
  readonly #left: Int32Array
  readonly #leftOf: Map<number, number[]>
  /** Replicas that are being removed: they take a node's capacity until they are gone. */
  readonly #leaving: Int32Array
  #stamp = 0
  #partition = -1
  #from = -1
  #topicRow = 0
  #cap = 0
  #domain = 0
  #bytes = 0
  #legalSet = -1
  #limit: Limit = 'max'

  constructor(model: Model) {
    const { columns } = model
    this.#model = model
    this.#open = Uint8Array.from(columns.nodeState, (state, node) =>
      Number(state === ALIVE && columns.nodeExcluded[node] === 0 && !allCordoned(model, node)),
    )
    this.racks = new RackRules(model, this.#open)
    this.#holds = new Int32Array(columns.nodeCount)
    this.#legal = new Int32Array(columns.nodeCount)
    this.#left = new Int32Array(columns.nodeCount)
    this.#leftOf = new Map()
    for (const { partition, node } of model.request.left) {
      this.#leftOf.set(partition, [...(this.#leftOf.get(partition) ?? []), node])
    }
    this.#leaving = new Int32Array(columns.nodeCount)
    columns.replicaFlags.forEach((flags, replica) => {
      if ((flags & REMOVING) !== 0) this.#leaving[columns.replicaNode[replica]!]! += 1
    })
  }

  /** Whether the node may receive anything. */
  open(node: number): boolean {
    return this.#open[node] === 1
  }

  /** Replicas that count against what the node may hold: those on their way out do until they are gone. */
  occupied(node: number): number {
    return this.#model.replicas[node]! + this.#leaving[node]!
  }

  /** Takes up a candidate for a move for that reason; the following `allows` are about it. */
  candidate(replica: number, partition: number, kind: MoveReason): void {
    const { columns, replicaNode } = this.#model
    this.#stamp += 1
    this.#partition = partition
    this.#from = replicaNode[replica]!
    this.#bytes = this.#model.bytes[replica]!
    this.#limit = limitOf(kind)
    const topic = columns.partitionTopic[partition]!
    this.#topicRow = topic * columns.nodeCount
    this.#cap = columns.topicCap[topic]!
    this.#domain = columns.topicDomain[topic]!
    this.#legalSet = columns.replicaLegal[replica]!
    if (this.#legalSet >= 0) {
      for (let i = columns.legalStart[this.#legalSet]!; i < columns.legalStart[this.#legalSet + 1]!; i += 1) {
        this.#legal[columns.legalNodes[i]!] = this.#stamp
      }
    }
    const end = columns.partitionReplicaStart[partition + 1]!
    for (let other = columns.partitionReplicaStart[partition]!; other < end; other += 1) {
      this.#holds[replicaNode[other]!] = this.#stamp
      // Who gave one of its replicas by this plan takes no other: one move would have done for both.
      this.#holds[columns.replicaNode[other]!] = this.#stamp
    }
    // What must leave a node may go wherever it can, and a person knows where it was; everything else has the choice.
    if (!isUrgent(kind) && kind !== 'manual')
      for (const node of this.#leftOf.get(partition) ?? []) this.#left[node] = this.#stamp
    this.racks.candidate(replica, partition, kind)
  }

  /** Whether the candidate may go to the node; a no is counted. */
  allows(to: number): boolean {
    const answer = this.answer(to)
    if (answer === 'allowed') return true
    // Holding the partition already is not a candidate that was rejected: it is none.
    if (answer !== 'holds') this.#model.rejections.add(answer, this.#partition, this.#from, to)
    return false
  }

  /** The same for whoever only asks: nothing is counted. */
  answer(to: number): FilterAnswer {
    return this.#holds[to] === this.#stamp ? 'holds' : (this.#rejects(to) ?? 'allowed')
  }

  /** Whether nothing but the want of room speaks against the node. */
  lacksRoom(to: number): boolean {
    return this.#holds[to] !== this.#stamp && this.#rejects(to) === 'would_exceed_limit'
  }

  /** Room comes last: whoever is short of that is fit otherwise. */
  #rejects(to: number): RejectReason | undefined {
    const { columns, topicReplicas, room } = this.#model
    if (this.#open[to] === 0) return 'excluded'
    if (this.#legalSet >= 0 ? this.#legal[to] !== this.#stamp : columns.nodeDomain[to] !== this.#domain) {
      return 'tenant_mismatch'
    }
    if (!this.racks.allows(to)) return 'rack_constraint'
    if (this.#left[to] === this.#stamp) return 'moved_lately'
    if (this.#cap > 0 && topicReplicas[this.#topicRow + to]! >= this.#cap) return 'replica_group'
    if (this.occupied(to) >= columns.nodeMaxReplicas[to]!) return 'no_capacity'
    if (!room.fits(to, this.#bytes, this.#limit)) return 'would_exceed_limit'
    return undefined
  }
}

function allCordoned(model: Model, node: number): boolean {
  const { columns } = model
  for (let dir = columns.nodeDirStart[node]!; dir < columns.nodeDirStart[node + 1]!; dir += 1) {
    if (model.room.usable(dir)) return false
  }
  return true
}
