/**
 * The planner's working picture: the state's columns with the moves planned so far applied.
 * Passes ask it and apply moves to it; it knows nothing of goals.
 */
import { immovableReasons, type RejectReason } from '../cluster/reasons.ts'
import { INDEX_RESERVE } from '../cluster/settings.ts'
import { leaderCounts, replicaCounts, type Shares, sharesOf } from '../cluster/shares.ts'
import { type Columns, IN_SYNC } from '../cluster/state.ts'
import type { Rejections } from './rejections.ts'
import type { PlannedMove, PlanRequest } from './request.ts'

/** A sort key is a size class above, a replica index below. */
const INDEX_PART = 2 ** 22
const SIZE_STEPS = 2 ** 24
/** Of the mean number of replicas: a node with less has few. */
const FEW = 0.75

export class Model {
  readonly columns: Columns
  readonly request: PlanRequest
  readonly shares: Shares
  readonly rejections: Rejections
  readonly moves: PlannedMove[] = []
  /** Used once all moves planned so far have landed and freed their sources. */
  readonly usedBytes: Float64Array
  /** Highest use on the way there: arrivals counted, departures not. */
  readonly peakBytes: Float64Array
  readonly replicas: Int32Array
  readonly leaders: Int32Array
  /** Where each replica is by the plan so far. */
  readonly replicaNode: Int32Array
  readonly leader: Int32Array
  /** Replicas of a topic on a node: `topic * nodeCount + node`. */
  readonly topicReplicas: Uint16Array
  /** 1: the replica was moved by this plan and is not moved again. */
  readonly moved: Uint8Array
  /** Bytes planned to arrive, index reserve included. */
  readonly #arriving: Float64Array
  /** Free bytes under the limit in the fullest usable dir of each node: where a copy may land before we choose. */
  readonly #roomBytes: Float64Array
  readonly #fewReplicas: number
  #bySize: { start: Int32Array; replicas: Int32Array } | undefined

  constructor(columns: Columns, request: PlanRequest, rejections: Rejections) {
    this.columns = columns
    this.request = request
    this.rejections = rejections
    this.shares = sharesOf(columns)
    this.usedBytes = Float64Array.from(this.shares.usedBytes)
    this.peakBytes = new Float64Array(columns.nodeCount)
    this.replicas = replicaCounts(columns)
    this.leaders = leaderCounts(columns)
    this.replicaNode = Int32Array.from(columns.replicaNode)
    this.leader = Int32Array.from(columns.partitionLeader)
    this.moved = new Uint8Array(columns.replicaCount)
    this.topicReplicas = new Uint16Array(columns.topicCount * columns.nodeCount)
    this.#arriving = new Float64Array(columns.nodeCount)
    this.#roomBytes = new Float64Array(columns.nodeCount).fill(Number.POSITIVE_INFINITY)
    const participants = this.shares.participates.reduce((count, one) => count + one, 0)
    this.#fewReplicas = (columns.replicaCount / Math.max(1, participants)) * FEW
    this.#readDirs()
    for (let partition = 0; partition < columns.partitionCount; partition += 1) {
      const row = columns.partitionTopic[partition]! * columns.nodeCount
      const end = columns.partitionReplicaStart[partition + 1]!
      for (let replica = columns.partitionReplicaStart[partition]!; replica < end; replica += 1) {
        this.topicReplicas[row + columns.replicaNode[replica]!]! += 1
      }
    }
  }

  #readDirs(): void {
    const { columns } = this
    for (let dir = 0; dir < columns.dirCount; dir += 1) {
      const node = columns.dirNode[dir]!
      if (columns.dirState[dir] !== 0) continue
      const used = columns.dirUsedBytes[dir]! + columns.dirArrivingBytes[dir]!
      this.peakBytes[node]! += used
      if (columns.dirCordoned[dir] === 1) continue
      const room = columns.dirCapacityBytes[dir]! * this.request.maxDiskUsage - used
      this.#roomBytes[node] = Math.min(this.#roomBytes[node]!, room)
    }
    this.#roomBytes.forEach((room, node) => {
      if (room === Number.POSITIVE_INFINITY) this.#roomBytes[node] = 0
    })
  }

  /** Whether `bytes` more fit on the node, in any dir it may choose, with all planned arrivals. */
  fits(node: number, bytes: number): boolean {
    return this.#arriving[node]! + bytes * (1 + INDEX_RESERVE) <= this.#roomBytes[node]!
  }

  /** Partition of each replica, by binary search. */
  partitionOf(replica: number): number {
    const starts = this.columns.partitionReplicaStart
    let low = 0
    let high = this.columns.partitionCount
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (starts[middle]! <= replica) low = middle
      else high = middle
    }
    return low
  }

  /** Node indices of the partition's replicas by the plan so far. */
  replicasOf(partition: number): number[] {
    return Array.from(
      this.replicaNode.subarray(
        this.columns.partitionReplicaStart[partition],
        this.columns.partitionReplicaStart[partition + 1],
      ),
    )
  }

  /**
   * Movable replicas that were on the node at the start, largest first. Made once for all nodes by sorting numbers that
   * carry the size (to one part in 2^24 of its logarithm) above the replica's index: a comparator would be ten times slower.
   */
  replicasBySize(node: number): Int32Array {
    this.#bySize ??= this.#sortBySize()
    return this.#bySize.replicas.subarray(this.#bySize.start[node], this.#bySize.start[node + 1])
  }

  #sortBySize(): { start: Int32Array; replicas: Int32Array } {
    const { columns } = this
    const start = new Int32Array(columns.nodeCount + 1)
    const movable = new Uint8Array(columns.replicaCount)
    for (let partition = 0; partition < columns.partitionCount; partition += 1) {
      const first = columns.partitionReplicaStart[partition]!
      const end = columns.partitionReplicaStart[partition + 1]!
      const reason = this.#stays(partition, first, end)
      for (let replica = first; replica < end; replica += 1) {
        // What lies in a failed dir is not among the bytes that are evened out.
        const dir = columns.replicaDir[replica]!
        if (reason !== '') this.rejections.add(reason, partition, columns.replicaNode[replica]!, -1)
        else if (dir === -1 || columns.dirState[dir] === 0) {
          movable[replica] = 1
          start[columns.replicaNode[replica]! + 1]! += 1
        }
      }
    }
    for (let node = 0; node < columns.nodeCount; node += 1) start[node + 1]! += start[node]!
    const keys = new Float64Array(start[columns.nodeCount]!)
    const next = Int32Array.from(start)
    for (let replica = 0; replica < columns.replicaCount; replica += 1) {
      if (movable[replica] === 0) continue
      const size = Math.floor(Math.log2(columns.replicaBytes[replica]! + 1) * SIZE_STEPS)
      keys[next[columns.replicaNode[replica]!]!++] = -(size * INDEX_PART) + replica
    }
    const replicas = new Int32Array(keys.length)
    for (let node = 0; node < columns.nodeCount; node += 1) {
      const part = keys.subarray(start[node], start[node + 1]).sort()
      for (let i = 0; i < part.length; i += 1) {
        const index = part[i]! % INDEX_PART
        replicas[start[node]! + i] = index < 0 ? index + INDEX_PART : index
      }
    }
    return { start, replicas }
  }

  /**
   * Why no replica of the partition may move for balance; empty when they may. What is not fully in sync is a matter of
   * repair, and Kafka 3.9 does not end a move while another replica of the partition is offline (seen).
   */
  #stays(partition: number, first: number, end: number): RejectReason | '' {
    const reason = immovableReasons[this.columns.partitionImmovable[partition]!]!
    if (reason !== '') return reason
    // No pass moves several partitions as one yet.
    if (this.columns.partitionUnit[partition] !== -1) return 'replica_group'
    for (let replica = first; replica < end; replica += 1) if (!this.inSync(replica)) return 'under_replicated'
    return ''
  }

  /** Adds the move of a replica to the plan. */
  moveReplica(replica: number, partition: number, to: number, reason: PlannedMove['reason']): void {
    const { columns } = this
    const from = this.replicaNode[replica]!
    const bytes = columns.replicaBytes[replica]!
    const replicas = this.replicasOf(partition)
    this.moves.push({ kind: 'replica', partition, from, to, bytes, reason, replicas, leader: this.leader[partition]! })
    this.replicaNode[replica] = to
    this.moved[replica] = 1
    this.usedBytes[from]! -= bytes
    this.usedBytes[to]! += bytes
    this.peakBytes[to]! += bytes * (1 + INDEX_RESERVE)
    this.#arriving[to]! += bytes * (1 + INDEX_RESERVE)
    this.replicas[from]! -= 1
    this.replicas[to]! += 1
    const row = columns.partitionTopic[partition]! * columns.nodeCount
    this.topicReplicas[row + from]! -= 1
    this.topicReplicas[row + to]! += 1
    // When the leader's own replica leaves, the first of the new list takes over (seen on real Kafka).
    if (this.leader[partition] === from) {
      const first = this.replicaNode[columns.partitionReplicaStart[partition]!]!
      this.#lead(partition, first)
    }
  }

  /**
   * Replicas of the partition on nodes that have few. Two nodes that were filled with the same few large partitions could
   * not both lead their share, whatever the leadership pass does.
   */
  crowd(partition: number): number {
    const end = this.columns.partitionReplicaStart[partition + 1]!
    let crowd = 0
    for (let replica = this.columns.partitionReplicaStart[partition]!; replica < end; replica += 1) {
      if (this.replicas[this.replicaNode[replica]!]! < this.#fewReplicas) crowd += 1
    }
    return crowd
  }

  /** Adds a transfer of leadership to the plan. */
  moveLeader(partition: number, to: number): void {
    const from = this.leader[partition]!
    const replicas = this.replicasOf(partition)
    this.moves.push({ kind: 'leader', partition, from, to, bytes: 0, reason: 'leader_skew', replicas, leader: from })
    this.#lead(partition, to)
  }

  #lead(partition: number, node: number): void {
    this.leaders[this.leader[partition]!]! -= 1
    this.leaders[node]! += 1
    this.leader[partition] = node
  }

  /** Whether the partition may get a new leader by this plan: led, in sync, and no replica of it moving. */
  leaderMovable(partition: number): boolean {
    const { columns } = this
    if (this.leader[partition]! < 0) return false
    const reason = immovableReasons[columns.partitionImmovable[partition]!]
    if (reason === 'already_moving' || reason === 'excluded' || reason === 'no_quorum') return false
    return !this.touched(partition)
  }

  /** Whether this plan moves a replica of the partition. */
  touched(partition: number): boolean {
    const { partitionReplicaStart } = this.columns
    return this.moved.subarray(partitionReplicaStart[partition], partitionReplicaStart[partition + 1]).includes(1)
  }

  inSync(replica: number): boolean {
    return (this.columns.replicaFlags[replica]! & IN_SYNC) !== 0
  }
}
