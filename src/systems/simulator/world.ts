/**
 * A cluster that lives by a clock: nodes stop and return, logs grow, replicas are copied at a limited rate.
 *
 * It stands still until somebody looks or acts; then it catches up from one happening to the next (a copy that ends, a
 * node that is noticed dead, space that is freed, a scripted event), so that every one of them has its exact time.
 */
import type { NodeId, PartitionId } from '../../cluster/state.ts'
import type { Clock } from '../../lib/clock.ts'
import { EvenkeelError } from '../../lib/errors.ts'
import { seededRandom } from '../../lib/random.ts'
import { type Flow, flowsOf, growthPerMs } from './flows.ts'
import { checkOptions, type SimulatedEvent, type SimulatedNode, type SimulatorOptions } from './options.ts'
import type { Partition } from './partition.ts'
import * as rules from './partition.ts'
import { drawSizes, place } from './placement.ts'

export interface Node {
  id: NodeId
  rack?: string
  dirs: Dir[]
  /** The process answers. */
  up: boolean
  /** When the controller will hold a stopped node for dead; absent while it is up or already held for dead. */
  noticedAtMs?: number
  /** When the controller began to hold it for dead; absent while it does not. */
  deadSinceMs?: number
  /** Since it joined or returned; absent for nodes of the start that never left. */
  aliveSinceMs?: number
}

interface Dir {
  path: string
  capacityBytes: number
  /** Removed replicas whose files still take space. */
  deleting: { bytes: number; atMs: number }[]
}

/** A copy that is so near its end has ended: far below any duration that matters, far above rounding errors. */
const INSTANT_MS = 0.001

/** Times inside are milliseconds since the start. */
export class World {
  readonly nodes = new Map<NodeId, Node>()
  readonly partitions: Partition[] = []
  readonly startMs: number
  readonly #byName = new Map<string, Partition>()
  readonly #clock: Clock
  readonly #copyRate: number
  readonly #sessionTimeoutMs: number
  readonly #deleteDelayMs: number
  readonly #script: SimulatedEvent[]
  #atMs = 0

  /** @throws EvenkeelError `bad_config` when the options contradict themselves. */
  constructor(options: SimulatorOptions, clock: Clock) {
    checkOptions(options)
    this.#clock = clock
    this.startMs = clock.now()
    this.#copyRate = options.copyRate
    this.#sessionTimeoutMs = options.sessionTimeoutMs ?? 9_000
    this.#deleteDelayMs = options.deleteDelayMs ?? 60_000
    this.#script = options.events.toSorted((a, b) => a.atMs - b.atMs)
    for (const node of options.nodes) this.#join(node)
    this.#createTopics(options)
  }

  /** Lets everything happen that is due by now. */
  advance(): void {
    const untilMs = Math.max(this.#atMs, this.#clock.now() - this.startMs)
    do {
      this.#happen()
      const flows = flowsOf(this.partitions, this.#isUp, this.#copyRate)
      const firstEndMs = flows.reduce((first, flow) => Math.min(first, this.#atMs + flow.msLeft), untilMs)
      const nextMs = Math.min(firstEndMs, this.#nextHappeningMs())
      const elapsedMs = nextMs - this.#atMs
      this.#atMs = nextMs
      this.#flow(flows, elapsedMs)
    } while (this.#atMs < untilMs)
    this.#happen()
  }

  /** @throws EvenkeelError `usage` when the id is taken. */
  addNode(node: SimulatedNode): void {
    this.advance()
    this.#add(node)
  }

  /** Kills the node; the cluster notices it after the session time-out. */
  stopNode(id: NodeId): void {
    this.advance()
    this.#stop(id)
  }

  /** Starts a stopped node again with the data it had. */
  startNode(id: NodeId): void {
    this.advance()
    this.#start(id)
  }

  partition(topic: string, id: PartitionId): Partition | undefined {
    return this.#byName.get(`${topic}-${id}`)
  }

  /** The controller's answer to a new target list, as anybody may ask it: undefined when accepted, else why not. */
  reassign(topic: string, id: PartitionId, target: NodeId[]): string | undefined {
    this.advance()
    const partition = this.partition(topic, id)
    if (!partition) return 'no such partition'
    if (target.length === 0 || new Set(target).size < target.length)
      return 'the replica list is empty or names a node twice'
    const unknown = target.find((node) => !this.nodes.has(node))
    if (unknown !== undefined) return `the replica list includes node ${unknown}, but no such node is registered`
    rules.reassign(partition, target)
    for (const node of partition.adding) {
      if (!partition.copies.has(node)) partition.copies.set(node, { dir: this.#emptiestDir(node), bytes: 0 })
    }
    this.#drop(partition, rules.settle(partition))
    return undefined
  }

  /** Takes back whatever reassignment runs: undefined when accepted, else why not. */
  revert(topic: string, id: PartitionId): string | undefined {
    this.advance()
    const partition = this.partition(topic, id)
    if (!partition) return 'no such partition'
    const dropped = rules.revert(partition)
    if (typeof dropped === 'string') return dropped
    this.#drop(partition, dropped)
    return undefined
  }

  /** Makes the first replica of the list leader: undefined when it leads, else why not. */
  elect(topic: string, id: PartitionId): string | undefined {
    this.advance()
    const partition = this.partition(topic, id)
    return partition ? rules.electPreferred(partition) : 'no such partition'
  }

  readonly #isUp = (id: NodeId): boolean => {
    const node = this.nodes.get(id)
    return node !== undefined && node.up && node.deadSinceMs === undefined
  }

  /** Everything due at this very moment. */
  #happen(): void {
    while (this.#script[0] && this.#script[0].atMs <= this.#atMs) {
      const event = this.#script.shift()!
      if ('addNode' in event) this.#add(event.addNode)
      else if ('stopNode' in event) this.#stop(event.stopNode)
      else this.#start(event.startNode)
    }
    for (const node of this.nodes.values()) {
      if (node.noticedAtMs !== undefined && node.noticedAtMs <= this.#atMs) this.#fence(node)
      if (!node.up) continue
      for (const dir of node.dirs) dir.deleting = dir.deleting.filter((file) => file.atMs > this.#atMs)
    }
  }

  #nextHappeningMs(): number {
    let next = this.#script[0]?.atMs ?? Number.POSITIVE_INFINITY
    for (const node of this.nodes.values()) {
      next = Math.min(next, node.noticedAtMs ?? Number.POSITIVE_INFINITY)
      if (!node.up) continue
      for (const dir of node.dirs) for (const file of dir.deleting) next = Math.min(next, file.atMs)
    }
    return next
  }

  #flow(flows: Flow[], elapsedMs: number): void {
    for (const partition of this.partitions) {
      const grown = growthPerMs(partition, this.#isUp) * elapsedMs
      if (grown === 0) continue
      partition.bytes += grown
      for (const node of partition.isr) partition.copies.get(node)!.bytes = partition.bytes
    }
    for (const { partition, to, bytesPerMs, msLeft } of flows) {
      const copy = partition.copies.get(to)
      // Another copy of the partition may just have ended a reassignment that drops this one.
      if (!copy) continue
      if (msLeft > elapsedMs + INSTANT_MS) {
        copy.bytes = Math.min(partition.bytes, copy.bytes + bytesPerMs * elapsedMs)
      } else {
        copy.bytes = partition.bytes
        rules.joinIsr(partition, to)
        this.#drop(partition, rules.settle(partition))
      }
    }
  }

  #add(node: SimulatedNode): void {
    this.#join(node).aliveSinceMs = this.#atMs
  }

  #join({ id, rack, disks }: SimulatedNode): Node {
    if (this.nodes.has(id)) throw new EvenkeelError('usage', `node ${id} exists already`)
    const dirs = disks.map((capacityBytes, index) => ({ path: `/disk${index}`, capacityBytes, deleting: [] }))
    const node: Node = { id, ...(rack !== undefined && { rack }), dirs, up: true }
    this.nodes.set(id, node)
    return node
  }

  #stop(id: NodeId): void {
    const node = this.#node(id)
    if (!node.up) return
    node.up = false
    node.noticedAtMs = this.#atMs + this.#sessionTimeoutMs
  }

  #start(id: NodeId): void {
    const node = this.#node(id)
    if (node.up) return
    node.up = true
    delete node.noticedAtMs
    if (node.deadSinceMs === undefined) return
    delete node.deadSinceMs
    node.aliveSinceMs = this.#atMs
    for (const partition of this.partitions) {
      rules.comeBack(partition, id)
      this.#drop(partition, rules.settle(partition))
    }
  }

  #fence(node: Node): void {
    node.deadSinceMs = this.#atMs
    delete node.noticedAtMs
    for (const partition of this.partitions) if (partition.isr.includes(node.id)) rules.leaveIsr(partition, node.id)
  }

  #drop(partition: Partition, nodes: NodeId[]): void {
    for (const id of nodes) {
      const { dir: path, bytes } = partition.copies.get(id)!
      partition.copies.delete(id)
      const dir = this.#node(id).dirs.find((dir) => dir.path === path)!
      dir.deleting.push({ bytes, atMs: this.#atMs + this.#deleteDelayMs })
    }
  }

  /** Kafka puts a new replica where the fewest are, whatever their size. */
  #emptiestDir(id: NodeId): string {
    const counts = new Map(this.#node(id).dirs.map((dir) => [dir.path, 0]))
    if (counts.size > 1) {
      for (const { copies } of this.partitions) {
        const copy = copies.get(id)
        if (copy) counts.set(copy.dir, counts.get(copy.dir)! + 1)
      }
    }
    return [...counts].reduce((best, dir) => (dir[1] < best[1] ? dir : best))[0]
  }

  #node(id: NodeId): Node {
    const node = this.nodes.get(id)
    if (!node) throw new EvenkeelError('usage', `there is no node ${id}`)
    return node
  }

  #createTopics(options: SimulatorOptions): void {
    const random = seededRandom(options.seed ?? 1)
    for (const topic of options.topics) {
      const nodes = options.nodes.filter((node) => topic.nodes?.includes(node.id) ?? true)
      const lists = place(nodes, topic.partitions, topic.replicationFactor, random)
      const sizes = drawSizes(topic.partitions, topic.size, topic.spread ?? 0.8, random)
      const total = sizes.reduce((sum, size) => sum + size, 0)
      lists.forEach((replicas, id) => {
        const bytes = sizes[id]!
        const share = total === 0 ? 1 / topic.partitions : bytes / total
        const copies = new Map(replicas.map((node) => [node, { dir: this.#emptiestDir(node), bytes }]))
        const growth = (topic.growth ?? 0) * share
        const leader = replicas[0]!
        const lists = { replicas, adding: [], removing: [], isr: [...replicas] }
        const partition = { topic: topic.name, id, bytes, growth, ...lists, leader, lastLeader: leader, copies }
        this.partitions.push(partition)
        this.#byName.set(`${topic.name}-${id}`, partition)
      })
    }
  }
}
