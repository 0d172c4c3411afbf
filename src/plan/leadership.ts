/**
 * Evens out leadership by count. Nothing is copied, so it may do what it takes: a node with too many leaders hands one
 * to the in-sync replica whose node has fewest; where no direct hand-over helps, a chain of hand-overs over other
 * nodes is sought, which always finds a better spread if there is one.
 */
import { LEADER_TOLERANCE } from '../cluster/settings.ts'
import { leaderLimit } from '../cluster/shares.ts'
import type { Model } from './model.ts'

export function evenLeaders(model: Model): void {
  new LeaderPass(model).run()
}

/** Partitions compared for one hand-over. */
const LOOKS = 64
/** More than any difference between counts: what only goes back to its preferred leader needs no new order. */
const PREFERRED = 1e6

class LeaderPass {
  readonly #model: Model
  readonly #nodes: number[]
  /** Leaders per node and leader per partition by the hand-overs so far. */
  readonly #leaders: Int32Array
  readonly #leader: Int32Array
  /** Partitions in the order in which they were first handed over. */
  readonly #handedOver = new Set<number>()
  readonly #topicLeaders: Uint16Array
  /** Heads of linked lists: partitions that node a leads and node b could take over, at `a * nodeCount + b`. */
  readonly #head: Int32Array
  /** Next entry of the list, by replica slot; the slot says which partition and which taker. */
  readonly #next: Int32Array

  constructor(model: Model) {
    const { columns, shares } = model
    this.#model = model
    this.#nodes = [...shares.participates.keys()].filter((node) => shares.participates[node] === 1)
    this.#leaders = Int32Array.from(model.leaders)
    this.#leader = Int32Array.from(model.leader)
    this.#topicLeaders = new Uint16Array(columns.topicCount * columns.nodeCount)
    this.#head = new Int32Array(columns.nodeCount * columns.nodeCount).fill(-1)
    this.#next = new Int32Array(columns.replicaCount).fill(-1)
    for (let partition = columns.partitionCount - 1; partition >= 0; partition -= 1) {
      const leader = model.leader[partition]!
      if (leader < 0) continue
      this.#topicLeaders[columns.partitionTopic[partition]! * columns.nodeCount + leader]! += 1
      if (model.leaderMovable(partition)) this.#list(partition)
    }
  }

  run(): void {
    const leaders = this.#leaders
    const total = this.#nodes.reduce((sum, node) => sum + leaders[node]!, 0)
    const limit = leaderLimit(total, this.#nodes.length, LEADER_TOLERANCE)
    const stuck = new Set<number>()
    for (;;) {
      let worst = -1
      for (const node of this.#nodes) {
        if (leaders[node]! > limit && !stuck.has(node) && (worst === -1 || leaders[node]! > leaders[worst]!))
          worst = node
      }
      if (worst === -1) break
      const path = this.#pathFrom(worst)
      if (path.length === 0) stuck.add(worst)
      for (let i = path.length - 1; i > 0; i -= 1) this.#handOver(path[i - 1]!, path[i]!)
    }
    // A partition may have been handed on by a later chain: only where it ends up is planned.
    for (const partition of this.#handedOver) {
      if (this.#leader[partition] !== this.#model.leader[partition]) {
        this.#model.moveLeader(partition, this.#leader[partition]!)
      }
    }
    for (const node of stuck) this.#model.rejections.add('leader_preference', -1, node, -1)
  }

  /** Puts the partition on the list of every node that could take it from its leader. */
  #list(partition: number): void {
    const { columns, replicaNode, shares } = this.#model
    const from = this.#leader[partition]!
    const end = columns.partitionReplicaStart[partition + 1]!
    for (let replica = columns.partitionReplicaStart[partition]!; replica < end; replica += 1) {
      const to = replicaNode[replica]!
      if (to === from || shares.participates[to] === 0 || !this.#model.inSync(replica)) continue
      const list = from * columns.nodeCount + to
      this.#next[replica] = this.#head[list]!
      this.#head[list] = replica
    }
  }

  /** Shortest chain of hand-overs from the node to one with at least two leaders fewer; empty when there is none. */
  #pathFrom(start: number): number[] {
    const leaders = this.#leaders
    const before = new Map([[start, -1]])
    let frontier = [start]
    while (frontier.length > 0) {
      let end = -1
      const reached: number[] = []
      for (const from of frontier) {
        for (const to of this.#nodes) {
          if (before.has(to) || this.#head[from * this.#model.columns.nodeCount + to] === -1) continue
          before.set(to, from)
          reached.push(to)
          if (leaders[to]! < leaders[start]! - 1 && (end === -1 || leaders[to]! < leaders[end]!)) end = to
        }
      }
      if (end !== -1) {
        const path: number[] = []
        for (let node = end; node !== -1; node = before.get(node)!) path.unshift(node)
        return path
      }
      frontier = reached
    }
    return []
  }

  /** Takes the partition off the list that only goes back to its preferred leader, else the one that spreads its topic best. */
  #handOver(from: number, to: number): void {
    const { columns } = this.#model
    const list = from * columns.nodeCount + to
    let best = -1
    let bestSpread = Number.NEGATIVE_INFINITY
    let looked = 0
    for (let replica = this.#head[list]!; replica !== -1 && looked < LOOKS; replica = this.#next[replica]!) {
      const candidate = this.#model.partitionOf(replica)
      const row = columns.partitionTopic[candidate]! * columns.nodeCount
      const preferred = replica === columns.partitionReplicaStart[candidate] ? PREFERRED : 0
      const spread = preferred + this.#topicLeaders[row + from]! - this.#topicLeaders[row + to]!
      if (spread > bestSpread) {
        best = replica
        bestSpread = spread
      }
      looked += 1
    }
    const partition = this.#model.partitionOf(best)
    this.#unlist(partition, from)
    const row = columns.partitionTopic[partition]! * columns.nodeCount
    this.#topicLeaders[row + from]! -= 1
    this.#topicLeaders[row + to]! += 1
    this.#leaders[from]! -= 1
    this.#leaders[to]! += 1
    this.#leader[partition] = to
    this.#handedOver.add(partition)
    this.#list(partition)
  }

  #unlist(partition: number, from: number): void {
    const { columns, replicaNode } = this.#model
    const end = columns.partitionReplicaStart[partition + 1]!
    for (let replica = columns.partitionReplicaStart[partition]!; replica < end; replica += 1) {
      const list = from * columns.nodeCount + replicaNode[replica]!
      let previous = -1
      for (let at = this.#head[list]!; at !== -1; at = this.#next[at]!) {
        if (at === replica) {
          if (previous === -1) this.#head[list] = this.#next[at]!
          else this.#next[previous] = this.#next[at]!
          break
        }
        previous = at
      }
    }
  }
}
