/**
 * The working picture of leadership: who leads what by the hand-overs so far, what that weighs, and what each node may
 * lead at most. Strategies ask it and hand over; it knows nothing of their order.
 *
 * Weights are in units of the mean partition, so that loads by traffic and leaders per topic can be added up.
 */
import { drains, leaderWeights, limitOf, loadsOf, meanLoad, measureOf } from '../../cluster/leader-loads.ts'
import { LEADER_TOLERANCE, type LeadershipMeasure } from '../../cluster/settings.ts'
import type { Model } from '../model.ts'

/** Loads that differ by less than this part of the mean are equal: sums of fractions depend on their order. */
const NOISE = 1e-9

export class Leads {
  readonly model: Model
  /** Nodes that may lead more. */
  readonly takers: number[]
  /** Nodes that are to lead nothing. */
  readonly draining: number[]
  /** Every partition weighs the same. */
  readonly uniform: boolean
  readonly weight: Float64Array
  readonly load: Float64Array
  /** What each taker would lead were all even. */
  readonly mean: number
  readonly noise: number
  readonly leader: Int32Array
  /** Partition of each replica. */
  readonly partitionOf: Int32Array
  /** 1: the replica is in sync and its node may lead more. */
  readonly canTake: Uint8Array
  /** Partitions in the order of their hand-overs. */
  readonly handedOver: number[] = []
  readonly #measure: LeadershipMeasure
  readonly #leaders: Int32Array
  /** Leaders of a topic on a node: `topic * nodeCount + node`. */
  readonly #topicLeaders: Uint16Array
  /** Partitions heavier than the mean load of a node, fewer than there are nodes, and the heaviest each node leads. */
  readonly #giants: number[] = []
  readonly #giantLed: Float64Array
  readonly #muted: Set<number>

  /** @param leader who leads each partition to begin with. */
  constructor(model: Model, leader: Int32Array) {
    const { columns, shares, request } = model
    this.model = model
    const nodes = [...shares.participates.keys()]
    this.takers = nodes.filter((node) => shares.participates[node] === 1)
    this.draining = nodes.filter((node) => drains(columns, node))
    this.#measure = measureOf(columns, request.leadership.by)
    this.uniform = this.#measure === 'count'
    const weights = leaderWeights(columns, request.leadership.by)
    const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length
    this.weight = mean > 0 ? weights.map((weight) => weight / mean) : weights
    this.leader = Int32Array.from(leader)
    this.load = loadsOf(columns, this.weight, this.leader)
    this.mean = meanLoad(columns, shares, this.load)
    this.noise = this.mean * NOISE
    this.#muted = new Set(request.muted)
    this.partitionOf = new Int32Array(columns.replicaCount)
    this.canTake = new Uint8Array(columns.replicaCount)
    this.#leaders = new Int32Array(columns.nodeCount)
    this.#topicLeaders = new Uint16Array(columns.topicCount * columns.nodeCount)
    this.#giantLed = new Float64Array(columns.nodeCount)
    for (let partition = 0; partition < columns.partitionCount; partition += 1) this.#read(partition)
  }

  #read(partition: number): void {
    const { columns, shares, replicaNode } = this.model
    const end = columns.partitionReplicaStart[partition + 1]!
    for (let replica = columns.partitionReplicaStart[partition]!; replica < end; replica += 1) {
      this.partitionOf[replica] = partition
      this.canTake[replica] = Number(shares.participates[replicaNode[replica]!] === 1 && this.model.inSync(replica))
    }
    const leader = this.leader[partition]!
    if (leader < 0) return
    this.#leaders[leader]! += 1
    this.#topicLeaders[this.#row(partition) + leader]! += 1
    if (this.uniform || this.weight[partition]! <= this.mean) return
    this.#giants.push(partition)
    this.#giantLed[leader] = Math.max(this.#giantLed[leader]!, this.weight[partition]!)
  }

  #row(partition: number): number {
    return this.model.columns.partitionTopic[partition]! * this.model.columns.nodeCount
  }

  /** Whether the partition may get a new leader, not asking to whom. */
  free(partition: number): boolean {
    return this.model.leaderMovable(partition) && !this.#muted.has(partition) && !this.model.leaderPlaced(partition)
  }

  /** Most that a taker should lead. */
  limit(node: number): number {
    return limitOf(this.mean, this.#giantLed[node]!, this.#measure, LEADER_TOLERANCE)
  }

  /** Whether the node has leaders to give away. */
  over(node: number): boolean {
    if (this.model.shares.participates[node] === 1) return this.load[node]! > this.limit(node) + this.noise
    return this.#leaders[node]! > 0 && drains(this.model.columns, node)
  }

  /** Whether the taker has room: what it leads already is no excuse to lead more. */
  fits(partition: number, to: number): boolean {
    const weight = this.weight[partition]!
    return this.load[to]! + weight <= limitOf(this.mean, weight, this.#measure, LEADER_TOLERANCE) + this.noise
  }

  /** How many more leaders of the partition's topic the one node has than the other. */
  topicSlope(partition: number, from: number, to: number): number {
    const row = this.#row(partition)
    return this.#topicLeaders[row + from]! - this.#topicLeaders[row + to]!
  }

  /** Whether the replica's node is the partition's preferred leader. */
  preferred(replica: number): boolean {
    return replica === this.model.columns.partitionReplicaStart[this.partitionOf[replica]!]
  }

  /** Transfers that the plan has more of after this hand-over: none when the partition was handed over before. */
  cost(partition: number, to: number): number {
    const before = this.model.leader[partition]!
    return Number(to !== before) - Number(this.leader[partition] !== before)
  }

  handOver(partition: number, to: number): void {
    const from = this.leader[partition]!
    const weight = this.weight[partition]!
    const row = this.#row(partition)
    this.leader[partition] = to
    this.load[from]! -= weight
    this.load[to]! += weight
    this.#leaders[from]! -= 1
    this.#leaders[to]! += 1
    this.#topicLeaders[row + from]! -= 1
    this.#topicLeaders[row + to]! += 1
    this.handedOver.push(partition)
    if (this.uniform || weight <= this.mean) return
    for (const node of [from, to]) {
      this.#giantLed[node] = this.#giants.reduce(
        (most, giant) => (this.leader[giant] === node ? Math.max(most, this.weight[giant]!) : most),
        0,
      )
    }
  }
}
