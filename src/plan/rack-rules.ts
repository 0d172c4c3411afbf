/**
 * Which rack may a replica go to? By the reason of the move:
 *
 * - balance, relief and orders of people never worsen the spread: the target's rack holds no more of the other replicas than the source's;
 * - rack repair improves it: fewer than the source's;
 * - a drain takes the best there is once the node is empty: a rack that is as good as the source's, or as any that has
 *   an open node left for the partition;
 * - what is lost is made anew even where only a worse rack has room, because a missing replica is worse than a shared rack;
 *   the best rack is tried first and rack repair comes after.
 *
 * `require` also asks that no rack gets more than its part, whatever the reason. Nodes without a rack are one rack.
 */
import { RackSpread } from '../cluster/racks.ts'
import type { MoveReason } from '../cluster/reasons.ts'
import type { Model } from './model.ts'

export class RackRules {
  readonly #model: Model
  readonly #spread: RackSpread
  /** Other replicas of the candidate's partition per rack; index 0 is no rack. */
  readonly #others: Int32Array
  #limit = Number.POSITIVE_INFINITY

  /** @param open 1 for nodes that may be targets. */
  constructor(model: Model, open: Uint8Array) {
    this.#model = model
    this.#spread = new RackSpread(model.columns, open)
    this.#others = new Int32Array(model.columns.rackCount + 1)
  }

  get matter(): boolean {
    return this.#model.columns.rackCount > 0 && this.#model.request.rackAwareness !== 'ignore'
  }

  /** Steps that the spread of the partition is away from the best, by the plan so far. */
  faults(partition: number): number {
    return this.matter ? this.#spread.faults(partition, this.#model.replicaNode) : 0
  }

  /** Takes up a candidate; what follows is about it. */
  candidate(replica: number, partition: number, kind: MoveReason): void {
    const { columns, replicaNode, request } = this.#model
    this.#limit = Number.POSITIVE_INFINITY
    if (!this.matter) return
    const start = columns.partitionReplicaStart[partition]!
    const end = columns.partitionReplicaStart[partition + 1]!
    this.#others.fill(0)
    for (let other = start; other < end; other += 1) {
      if (other !== replica) this.#others[columns.nodeRack[replicaNode[other]!]! + 1]! += 1
    }
    const here = this.#others[columns.nodeRack[replicaNode[replica]!]! + 1]!
    if (kind === 'rack_violation') this.#limit = here - 1
    else if (kind === 'node_draining') this.#limit = Math.max(here, this.#bestOpen(replica, partition))
    else if (kind !== 'node_unavailable') this.#limit = here
    if (request.rackAwareness !== 'require') return
    const racks = this.#spread.openRacks(columns.topicDomain[columns.partitionTopic[partition]!]!)
    this.#limit = Math.min(this.#limit, Math.ceil((end - start) / Math.max(1, racks)) - 1)
  }

  allows(to: number): boolean {
    return this.others(to) <= this.#limit
  }

  /** Most other replicas of its partition that the candidate may join in a rack; Infinity where racks do not bind it. */
  get limit(): number {
    return this.#limit
  }

  /** Other replicas of the candidate's partition in the rack of the node. */
  others(node: number): number {
    return this.matter ? this.#others[this.#model.columns.nodeRack[node]! + 1]! : 0
  }

  /** Fewest other replicas in any rack that has an open node which does not hold the partition. */
  #bestOpen(replica: number, partition: number): number {
    const free = this.#spread.freeNodes(partition, this.#model.replicaNode, replica)
    return this.#others.reduce(
      (best, others, rack) => (free[rack]! > 0 ? Math.min(best, others) : best),
      Number.POSITIVE_INFINITY,
    )
  }
}
