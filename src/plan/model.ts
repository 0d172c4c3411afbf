/**
 * The planner's working picture: the state's columns with the moves planned so far applied.
 * Passes ask it and apply moves to it; it knows nothing of goals.
 */
import {
  dirStates,
  immovableReasons,
  isUrgent,
  type MoveReason,
  nodeStates,
  type RejectReason,
  type ViolationKind,
} from '../cluster/reasons.ts'
import { leaderCounts, replicaCounts, type Shares, shareOut, sharesOf } from '../cluster/shares.ts'
import { type Columns, IN_SYNC, OFFLINE } from '../cluster/state.ts'
import type { Rejections } from './rejections.ts'
import type { PlannedMove, PlanRequest } from './request.ts'
import { Room } from './room.ts'
import { copyBytes } from './sizes.ts'

const UNAVAILABLE = nodeStates.indexOf('unavailable')
const ONLINE = dirStates.indexOf('online')

/** A sort key is a size class above, a replica index below. */
const INDEX_PART = 2 ** 22
const SIZE_STEPS = 2 ** 24
/** Of the mean number of replicas: a node with less has few. */
const FEW = 0.75

interface BySize {
  start: Int32Array
  replicas: Int32Array
}

export class Model {
  readonly columns: Columns
  readonly request: PlanRequest
  readonly shares: Shares
  readonly rejections: Rejections
  readonly room: Room
  readonly moves: PlannedMove[] = []
  /** What a copy of each replica takes: its size, for one that is gone that of the others. */
  readonly bytes: Float64Array
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
  /** 1: a person put the replica where it is: only what cannot wait moves it. */
  readonly #placed: Uint8Array
  /** The same of leadership. */
  readonly #leaderPlaced: Uint8Array
  /** Partitions that this plan moves because a person asked for it: nothing else of them is moved. */
  readonly ordered = new Set<number>()
  readonly #fewReplicas: number
  #groups = 0
  /** For urgent reasons and for the others: those may not move what is excluded. */
  readonly #bySize = new Map<boolean, BySize>()

  constructor(columns: Columns, request: PlanRequest, rejections: Rejections) {
    this.columns = columns
    this.request = request
    this.rejections = rejections
    this.shares = sharesOf(columns)
    this.bytes = copyBytes(columns)
    this.room = new Room(columns, request)
    this.usedBytes = Float64Array.from(this.shares.usedBytes)
    this.peakBytes = new Float64Array(columns.nodeCount)
    this.replicas = replicaCounts(columns)
    this.leaders = leaderCounts(columns)
    this.replicaNode = Int32Array.from(columns.replicaNode)
    this.leader = Int32Array.from(columns.partitionLeader)
    this.moved = new Uint8Array(columns.replicaCount)
    this.topicReplicas = new Uint16Array(columns.topicCount * columns.nodeCount)
    this.#placed = new Uint8Array(columns.replicaCount)
    this.#leaderPlaced = new Uint8Array(columns.partitionCount)
    for (const placed of request.placed) this.#place(placed)
    const participants = this.shares.participates.reduce((count, one) => count + one, 0)
    this.#fewReplicas = (columns.replicaCount / Math.max(1, participants)) * FEW
    for (let dir = 0; dir < columns.dirCount; dir += 1) {
      if (columns.dirState[dir] !== 0) continue
      this.peakBytes[columns.dirNode[dir]!]! += columns.dirUsedBytes[dir]! + columns.dirArrivingBytes[dir]!
    }
    for (let partition = 0; partition < columns.partitionCount; partition += 1) {
      const row = columns.partitionTopic[partition]! * columns.nodeCount
      const end = columns.partitionReplicaStart[partition + 1]!
      for (let replica = columns.partitionReplicaStart[partition]!; replica < end; replica += 1) {
        this.topicReplicas[row + columns.replicaNode[replica]!]! += 1
      }
    }
  }

  #place({ what, partition, node }: PlanRequest['placed'][number]): void {
    const { partitionLeader, partitionReplicaStart, replicaNode } = this.columns
    if (what === 'leader' && partitionLeader[partition] !== node) return
    if (what === 'leader') this.#leaderPlaced[partition] = 1
    // A leader's own replica takes the leadership with it.
    for (let r = partitionReplicaStart[partition]!; r < partitionReplicaStart[partition + 1]!; r += 1) {
      if (replicaNode[r] === node) this.#placed[r] = 1
    }
  }

  /** Whether a person put the replica where it is, and nothing that can wait may move it for this reason. */
  staysPlaced(replica: number, kind: MoveReason): boolean {
    return this.#placed[replica] === 1 && !isUrgent(kind) && kind !== 'manual'
  }

  /** Whether a person had the partition led by who leads it: as long as that one is not to be emptied. */
  leaderPlaced(partition: number): boolean {
    const leader = this.columns.partitionLeader[partition]!
    return this.#leaderPlaced[partition] === 1 && this.columns.nodeDraining[leader] === 0
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
  replicasBySize(node: number, kind: ViolationKind = 'disk_skew'): Int32Array {
    const urgent = isUrgent(kind)
    const sorted = this.#bySize.get(urgent) ?? this.#sortBySize(kind)
    this.#bySize.set(urgent, sorted)
    return sorted.replicas.subarray(sorted.start[node], sorted.start[node + 1])
  }

  /** First index of a list by size, largest first, whose replica has at most `bytes`. */
  firstBelow(list: Int32Array, bytes: number): number {
    let low = 0
    let high = list.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.bytes[list[middle]!]! > bytes) low = middle + 1
      else high = middle
    }
    return low
  }

  #sortBySize(kind: ViolationKind): BySize {
    const { columns } = this
    const start = new Int32Array(columns.nodeCount + 1)
    const movable = new Uint8Array(columns.replicaCount)
    for (let partition = 0; partition < columns.partitionCount; partition += 1) {
      const first = columns.partitionReplicaStart[partition]!
      const end = columns.partitionReplicaStart[partition + 1]!
      const reason = this.stays(partition, kind)
      for (let replica = first; replica < end; replica += 1) {
        // What lies in a failed dir is not among the bytes that are evened out.
        const dir = columns.replicaDir[replica]!
        if (reason !== '') this.rejections.add(reason, partition, columns.replicaNode[replica]!, -1)
        else if (this.staysPlaced(replica, kind)) {
          this.rejections.add('moved_by_hand', partition, columns.replicaNode[replica]!, -1)
        } else if (dir === -1 || columns.dirState[dir] === 0) {
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
   * Why no replica of the partition may move for this reason; empty when they may. What is not fully in sync is a matter
   * of repair alone, and Kafka 3.9 does not end a move while another replica of the partition is offline (seen).
   */
  stays(partition: number, kind: MoveReason): RejectReason | '' {
    const { columns, request } = this
    if (this.ordered.has(partition)) return 'already_moving'
    const reason = immovableReasons[columns.partitionImmovable[partition]!]!
    const excused = (isUrgent(kind) || kind === 'manual') && !request.excludeHard
    if (reason === 'excluded' ? !excused : reason !== '') return reason
    // No pass moves several partitions as one yet.
    if (columns.partitionUnit[partition] !== -1) return 'replica_group'
    // An exclusion that does not bind may hide this.
    if (this.#someSizeUnknown(partition)) return 'size_unknown'
    if (kind === 'node_unavailable') return ''
    const end = columns.partitionReplicaStart[partition + 1]!
    for (let replica = columns.partitionReplicaStart[partition]!; replica < end; replica += 1) {
      if (!this.inSync(replica)) return 'under_replicated'
    }
    return ''
  }

  #someSizeUnknown(partition: number): boolean {
    const { partitionReplicaStart } = this.columns
    const sizes = this.bytes.subarray(partitionReplicaStart[partition], partitionReplicaStart[partition + 1])
    return sizes.some(Number.isNaN)
  }

  /** A number for moves that are carried out as one. */
  newGroup(): number {
    this.#groups += 1
    return this.#groups
  }

  /** Adds the move of a replica to another node to the plan. */
  moveReplica(replica: number, partition: number, to: number, reason: MoveReason, group?: number): void {
    const { columns } = this
    const from = this.replicaNode[replica]!
    const bytes = this.bytes[replica]!
    const replicas = this.replicasOf(partition)
    const leader = this.leader[partition]!
    this.moves.push({
      kind: 'replica',
      partition,
      from,
      to,
      bytes,
      reason,
      replicas,
      leader,
      ...(group !== undefined && { group }),
    })
    this.replicaNode[replica] = to
    this.moved[replica] = 1
    if (this.#isUse(replica)) this.usedBytes[from]! -= bytes
    this.usedBytes[to]! += bytes
    this.peakBytes[to]! += this.room.arrive(to, bytes)
    this.room.leave(columns.replicaDir[replica]!, bytes)
    this.replicas[from]! -= 1
    this.replicas[to]! += 1
    const row = columns.partitionTopic[partition]! * columns.nodeCount
    this.topicReplicas[row + from]! -= 1
    this.topicReplicas[row + to]! += 1
    // When the leader's own replica leaves, the first of the new list takes over (seen on real Kafka).
    if (leader === from) this.#lead(partition, this.replicaNode[columns.partitionReplicaStart[partition]!]!)
  }

  /** Whether it is among the used bytes of its node: what is gone frees nothing by leaving. */
  #isUse(replica: number): boolean {
    const { nodeState, replicaNode, replicaFlags, replicaDir, dirState } = this.columns
    if (nodeState[replicaNode[replica]!] === UNAVAILABLE || (replicaFlags[replica]! & OFFLINE) !== 0) return false
    const dir = replicaDir[replica]!
    return dir === -1 || dirState[dir] === ONLINE
  }

  /** Adds the move of a replica to another dir of its node to the plan. */
  moveDir(replica: number, partition: number, to: number, reason: MoveReason): void {
    const node = this.replicaNode[replica]!
    const bytes = this.bytes[replica]!
    const replicas = this.replicasOf(partition)
    const dirs = { from: this.columns.replicaDir[replica]!, to }
    const leader = this.leader[partition]!
    this.moves.push({ kind: 'replica', partition, from: node, to: node, dirs, bytes, reason, replicas, leader })
    this.moved[replica] = 1
    this.peakBytes[node]! += this.room.arriveIn(to, bytes)
    this.room.leave(dirs.from, bytes)
  }

  /** Fair shares anew, from where the plan so far leads: what repair and drain bring belongs to what is evened out. */
  shareAnew(): void {
    shareOut(this.columns, this.shares, this.usedBytes)
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
  moveLeader(partition: number, to: number, reason: MoveReason = 'leader_skew'): void {
    const from = this.leader[partition]!
    const replicas = this.replicasOf(partition)
    this.moves.push({ kind: 'leader', partition, from, to, bytes: 0, reason, replicas, leader: from })
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
    if (this.leader[partition]! < 0 || this.ordered.has(partition)) return false
    const reason = immovableReasons[columns.partitionImmovable[partition]!]
    if (reason !== '' && reason !== 'size_unknown' && reason !== 'excluded') return false
    if (columns.topicExcluded[columns.partitionTopic[partition]!] === 1) return false
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
