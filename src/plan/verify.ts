/**
 * Replays a plan move by move on the state it was made from and lists every broken rule. It shares nothing with the
 * passes and filters, so that a mistake in those cannot hide in both.
 */
import { immovableReasons, isUrgent, type MoveReason, nodeStates } from '../cluster/reasons.ts'
import { type Columns, IN_SYNC, OFFLINE, replicaNodesOf } from '../cluster/state.ts'
import type { PlannedMove, PlanRequest } from './request.ts'

const ALIVE = nodeStates.indexOf('alive')
const UNAVAILABLE = nodeStates.indexOf('unavailable')

/** A plan may be stopped after any move that is the last of its group; whatever was done then must be good by itself. */
export function verifyPlan(columns: Columns, request: PlanRequest, moves: PlannedMove[]): string[] {
  return new Replay(columns, request).run(moves)
}

type Say = (what: string) => void

class Replay {
  readonly #columns: Columns
  readonly #request: PlanRequest
  readonly #problems: string[] = []
  readonly #placement = new Map<number, number[]>()
  /** Bytes on their way to a node, and to a dir that the plan chose. */
  readonly #arriving: Float64Array
  readonly #arrivingIn: Float64Array
  readonly #replicas: Int32Array
  readonly #movedSlots = new Set<number>()
  readonly #ledPartitions = new Set<number>()
  /** `partition * nodeCount + node` of those that left lately. */
  readonly #left: Set<number>
  readonly #muted: Set<number>
  /** What people put where it is: `partition * nodeCount + node` of replicas and of leaders. */
  readonly #placed: Record<'replica' | 'leader', Set<number>>
  /** Partitions that were moved because a person asked for it. */
  readonly #ordered = new Set<number>()
  #othersBegan = false

  constructor(columns: Columns, request: PlanRequest) {
    this.#columns = columns
    this.#request = request
    this.#arriving = new Float64Array(columns.nodeCount)
    this.#arrivingIn = new Float64Array(columns.dirCount)
    this.#replicas = new Int32Array(columns.nodeCount)
    for (const node of columns.replicaNode) this.#replicas[node]! += 1
    this.#left = new Set(request.left.map(({ partition, node }) => partition * columns.nodeCount + node))
    this.#muted = new Set(request.muted)
    const placed = (kind: 'replica' | 'leader') =>
      new Set(
        request.placed
          .filter(({ what }) => what === kind)
          .map(({ partition, node }) => partition * columns.nodeCount + node),
      )
    this.#placed = { replica: placed('replica'), leader: placed('leader') }
  }

  run(moves: PlannedMove[]): string[] {
    const closed = new Set<number>()
    moves.forEach((move, index) => {
      const say = (what: string) =>
        this.#problems.push(`move ${index} (partition ${move.partition}, ${move.from} to ${move.to}): ${what}`)
      const before = moves[index - 1]?.group
      if (before !== undefined && before !== move.group) closed.add(before)
      if (move.group !== undefined && closed.has(move.group)) say('its group is torn apart')
      this.#replay(move, say)
    })
    return this.#problems
  }

  #replay(move: PlannedMove, say: Say): void {
    const { partition, from, to } = move
    const list = this.#placement.get(partition) ?? replicaNodesOf(this.#columns, partition)
    if (list.length !== move.replicas.length || list.some((node, slot) => node !== move.replicas[slot])) {
      say(`is planned from ${move.replicas.join(' ')}, but the list is ${list.join(' ')}`)
    }
    const slot = list.indexOf(from)
    if (slot === -1) return say('the source holds no replica')
    const replica = this.#columns.partitionReplicaStart[partition]! + slot
    this.#checkOrder(move, say)
    this.#checkPlaced(move, say)
    if (move.kind === 'leader') return this.#checkLeader(move, list, say)

    this.#checkPartition(move, say)
    this.#checkSource(move, replica, say)
    if (this.#movedSlots.has(replica)) say('the replica moves twice')
    this.#movedSlots.add(replica)
    if (move.dirs) return this.#checkDirs(move, replica, say)

    this.#checkOpen(to, say)
    if (list.includes(to)) say('the target holds a replica already')
    const topic = this.#columns.partitionTopic[partition]!
    this.#checkPlace(move, replica, topic, say)
    this.#checkRacks(move, list, topic, say)
    this.#checkCap(move, topic, say)
    if (
      !isUrgent(move.reason) &&
      move.reason !== 'manual' &&
      this.#left.has(partition * this.#columns.nodeCount + to)
    ) {
      say('the partition left the target a short while ago')
    }
    this.#arriving[to]! += move.bytes
    this.#replicas[from]! -= 1
    this.#replicas[to]! += 1
    if (this.#replicas[to]! > this.#columns.nodeMaxReplicas[to]!) say('the target exceeds its capacity in replicas')
    this.#checkSpace(to, move.reason, say)
    this.#placement.set(
      partition,
      list.map((node) => (node === from ? to : node)),
    )
    return undefined
  }

  #checkOpen(node: number, say: Say): void {
    if (this.#columns.nodeState[node] !== ALIVE || this.#columns.nodeExcluded[node] === 1) say('the target is not open')
  }

  /** What is moved by hand is what was asked for, once and before all else; nothing else is done to its partition. */
  #checkOrder({ kind, partition, from, to, dirs, reason }: PlannedMove, say: Say): void {
    if (reason !== 'manual') {
      this.#othersBegan = true
      if (this.#ordered.has(partition)) say('the partition is moved by hand already')
      return
    }
    const asked = this.#request.orders.some(
      (order) =>
        order.kind === kind &&
        order.partition === partition &&
        order.to === to &&
        (kind === 'leader' || (order.from === from && order.dirs?.to === dirs?.to)),
    )
    if (!asked) say('nobody asked for it')
    if (this.#othersBegan) say('it was asked for and does not come first')
    if (this.#ordered.has(partition)) say('the partition is moved by hand already')
    this.#ordered.add(partition)
  }

  /** What a person put somewhere goes only where it must. */
  #checkPlaced({ kind, partition, from, reason }: PlannedMove, say: Say): void {
    if (isUrgent(reason) || reason === 'manual') return
    const { nodeCount, nodeDraining, partitionLeader } = this.#columns
    const at = partition * nodeCount + from
    const led = partitionLeader[partition] === from && this.#placed.leader.has(at)
    const leaves = kind === 'leader' ? led && nodeDraining[from] === 0 : led || this.#placed.replica.has(at)
    if (leaves) say('a person put it where it is')
  }

  #checkLeader({ partition, to, reason: why }: PlannedMove, list: number[], say: Say): void {
    const { partitionImmovable, replicaFlags, partitionReplicaStart, partitionTopic, topicExcluded } = this.#columns
    this.#checkOpen(to, say)
    const reason = immovableReasons[partitionImmovable[partition]!]
    const byHand = why === 'manual'
    const excluded = topicExcluded[partitionTopic[partition]!] === 1 && (!byHand || this.#request.excludeHard)
    if (excluded) say('the partition must stay: excluded')
    else if (reason !== '' && reason !== 'size_unknown' && !(byHand && reason === 'excluded'))
      say(`the partition must stay: ${reason}`)
    if (!byHand && this.#muted.has(partition)) say('its leadership is muted')
    const taker = list.indexOf(to)
    if (taker === -1) say('the new leader holds no replica')
    else if ((replicaFlags[partitionReplicaStart[partition]! + taker]! & IN_SYNC) === 0) {
      say('the new leader is not in sync')
    }
    if (this.#ledPartitions.has(partition)) say('leadership moves twice')
    this.#ledPartitions.add(partition)
  }

  #checkPartition({ partition, reason }: PlannedMove, say: Say): void {
    const { columns, request } = { columns: this.#columns, request: this.#request }
    const stays = immovableReasons[columns.partitionImmovable[partition]!]
    const excused = stays === 'excluded' && (isUrgent(reason) || reason === 'manual') && !request.excludeHard
    if (stays !== '' && !excused) say(`the partition must stay: ${stays}`)
    if (columns.partitionUnit[partition] !== -1) say('the partition moves only with others')
    if (columns.partitionLeader[partition] === -1) say('the partition has no leader to copy from')
    if (this.#ledPartitions.has(partition)) say('the replica moves after its leadership')
    const first = columns.partitionReplicaStart[partition]!
    const end = columns.partitionReplicaStart[partition + 1]!
    for (let replica = first; replica < end; replica += 1) {
      if ((columns.replicaFlags[replica]! & IN_SYNC) !== 0 || reason === 'node_unavailable') continue
      const node = columns.replicaNode[replica]!
      const drainedAfterDeath = reason === 'node_draining' && columns.nodeDraining[node] === 1
      if (!drainedAfterDeath) say('another replica of the partition is not in sync')
    }
  }

  /** Repair moves only what is lost, a drain only what is on its node. */
  #checkSource({ from, reason }: PlannedMove, replica: number, say: Say): void {
    const { nodeState, replicaFlags, nodeDraining } = this.#columns
    const gone = nodeState[from] === UNAVAILABLE || (replicaFlags[replica]! & OFFLINE) !== 0
    if (reason === 'node_unavailable' && !gone) say('the source is not lost')
    if (reason === 'node_draining' && nodeDraining[from] !== 1) say('the source is not to be emptied')
    if (gone && reason !== 'node_unavailable' && reason !== 'node_draining') say('the source is lost')
  }

  #checkDirs(move: PlannedMove, replica: number, say: Say): void {
    const { columns } = { columns: this.#columns }
    const { from, to } = move.dirs!
    if (move.from !== move.to) say('it changes node and dir at once')
    if (columns.dirNode[from] !== move.from || columns.dirNode[to] !== move.to)
      say('the dirs are not those of the node')
    if (columns.replicaDir[replica] !== from) say('the replica does not lie in that dir')
    if (from === to) say('it goes nowhere')
    if (columns.nodeState[move.to] !== ALIVE) say('the node is not alive')
    if (!this.#takes(to)) say('the dir takes nothing')
    this.#arrivingIn[to]! += move.bytes
    if (this.#peak(to) > columns.dirCapacityBytes[to]! * this.#limit(move.reason)) say('the dir could exceed its limit')
  }

  #checkPlace({ to }: PlannedMove, replica: number, topic: number, say: Say): void {
    const { replicaLegal, nodeDomain, topicDomain, legalNodes, legalStart } = this.#columns
    const set = replicaLegal[replica]!
    if (set === -1) {
      if (nodeDomain[to] !== topicDomain[topic]) say('the target is of another domain')
    } else if (!legalNodes.subarray(legalStart[set], legalStart[set + 1]).includes(to)) {
      say('the target is not among the legal nodes of the replica')
    }
  }

  /**
   * Balance may never raise the sum of squares of replicas per rack, which is least when they are spread best; rack repair
   * must lower it. A drain may take the best rack that is left to it. Repair of what is lost may share a rack.
   */
  #checkRacks({ from, to, reason }: PlannedMove, list: number[], topic: number, say: Say): void {
    const { columns, request } = { columns: this.#columns, request: this.#request }
    if (columns.rackCount === 0 || request.rackAwareness === 'ignore') return
    const after = list.map((node) => (node === from ? to : node))
    const inRack = (nodes: number[], rack: number) => nodes.filter((node) => columns.nodeRack[node] === rack).length
    const squares = (nodes: number[]) => nodes.reduce((sum, node) => sum + inRack(nodes, columns.nodeRack[node]!), 0)
    const change = squares(after) - squares(list)
    const rack = columns.nodeRack[to]!
    if (reason === 'rack_violation') {
      // Making room for a repair moves another partition, which must not get worse.
      if (change > 0) say('the racks get worse')
    } else if (reason === 'node_draining') {
      const others = after.filter((node) => node !== to)
      const left = this.#openNodes(topic).filter((node) => !others.includes(node))
      const best = Math.min(...left.map((node) => inRack(others, columns.nodeRack[node]!)))
      if (change > 0 && inRack(others, rack) > best) say('a better rack is left')
    } else if (reason !== 'node_unavailable' && change > 0) say('the racks get worse')
    if (request.rackAwareness !== 'require') return
    const shared = inRack(after, rack)
    const racks = new Set(this.#openNodes(topic).map((node) => columns.nodeRack[node])).size
    if (shared > Math.ceil(after.length / Math.max(1, racks))) {
      say(`the rack of the target would hold ${shared} of the ${after.length} replicas`)
    }
  }

  /** Nodes of the topic's domain that could take something. */
  #openNodes(topic: number): number[] {
    const { nodeState, nodeExcluded, nodeDomain, topicDomain } = this.#columns
    return [...nodeState.keys()].filter(
      (node) =>
        nodeState[node] === ALIVE &&
        nodeExcluded[node] === 0 &&
        nodeDomain[node] === topicDomain[topic] &&
        this.#dirsOf(node).some((dir) => this.#takes(dir)),
    )
  }

  #checkCap({ to }: PlannedMove, topic: number, say: Say): void {
    const { topicCap, topicPartitionStart } = this.#columns
    const cap = topicCap[topic]!
    if (cap === 0) return
    let held = 1
    for (let p = topicPartitionStart[topic]!; p < topicPartitionStart[topic + 1]!; p += 1) {
      for (const node of this.#placement.get(p) ?? replicaNodesOf(this.#columns, p)) if (node === to) held += 1
    }
    if (held > cap) say(`the target would hold ${held} replicas of the topic, at most ${cap} are allowed`)
  }

  /** Whatever dir the node chooses, it may not be filled beyond the limit. */
  #checkSpace(node: number, reason: MoveReason, say: Say): void {
    const dirs = this.#dirsOf(node).filter((dir) => this.#takes(dir))
    if (dirs.length === 0) say('the target has no dir that takes anything')
    for (const dir of dirs) {
      const peak = this.#peak(dir) + this.#arriving[node]!
      if (peak > this.#columns.dirCapacityBytes[dir]! * this.#limit(reason)) {
        say(`dir ${dir} of the target could exceed its limit`)
      }
    }
  }

  #limit(reason: MoveReason): number {
    const far = isUrgent(reason) || reason === 'disk_over_limit' || reason === 'manual'
    return far ? this.#request.hardDiskUsage : this.#request.maxDiskUsage
  }

  #peak(dir: number): number {
    return this.#columns.dirUsedBytes[dir]! + this.#columns.dirArrivingBytes[dir]! + this.#arrivingIn[dir]!
  }

  #takes(dir: number): boolean {
    return this.#columns.dirState[dir] === 0 && this.#columns.dirCordoned[dir] === 0
  }

  #dirsOf(node: number): number[] {
    const first = this.#columns.nodeDirStart[node]!
    return Array.from({ length: this.#columns.nodeDirStart[node + 1]! - first }, (_, offset) => first + offset)
  }
}
