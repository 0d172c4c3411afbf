/**
 * Nodes, partitions, and what becomes of them when something happens: all of it at once, at the moment `atMs`.
 * What takes time is World's.
 */
import type { DirTarget } from '../../cluster/move.ts'
import type { NodeId, PartitionId } from '../../cluster/state.ts'
import { EvenkeelError } from '../../lib/errors.ts'
import { seededRandom } from '../../lib/random.ts'
import { figuresOf } from './figures.ts'
import type { Copy, Dir, Node, Partition } from './model.ts'
import { dirOf, isServing, newNode, usedBytes } from './node.ts'
import type { SimulatedNode, SimulatedTopic, SimulatorOptions } from './options.ts'
import * as rules from './partition.ts'
import { SettingStore } from './setting-store.ts'
import { type Draft, draftTopic } from './topics.ts'

const NO_PARTITION = 'no such partition'
/** What most partitions have of most things; there may be very many of them. */
const NONE: NodeId[] = []
const NO_FUTURES: ReadonlyMap<NodeId, Copy> = new Map()

export class SimulatedCluster {
  readonly nodes = new Map<NodeId, Node>()
  readonly partitions: Partition[] = []
  readonly settings = new SettingStore()
  /** Milliseconds since the start. */
  atMs = 0
  /** Bytes per second of nodes without a rate of their own. */
  copyRate: number
  /** While there is none nobody is noticed dead, taken in, moved or elected. */
  controlled = true
  readonly #topicIds = new Map<string, string>()
  #created = 0
  readonly #byTopic = new Map<string, Map<PartitionId, Partition>>()
  readonly #sessionTimeoutMs: number
  readonly #deleteDelayMs: number
  readonly #random: () => number

  constructor(options: SimulatorOptions) {
    this.copyRate = options.copyRate
    this.#sessionTimeoutMs = options.sessionTimeoutMs ?? 9_000
    this.#deleteDelayMs = options.deleteDelayMs ?? 60_000
    this.#random = seededRandom(options.seed ?? 1)
    for (const node of options.nodes) this.addNode(node)
    for (const topic of options.topics) this.createTopic(topic)
  }

  /** The node works, and so does the dir in which it has its copy. */
  readonly serves = (partition: Partition, id: NodeId): boolean =>
    isServing(this.nodes.get(id)) && !partition.copies.get(id)?.dir.failed

  readonly rateOf = (id: NodeId): number => this.node(id).copyRate ?? this.copyRate

  /** As the controller says: its node is dead or its dir offline. A copy that never got in sync there is not told. */
  isOffline(partition: Partition, id: NodeId): boolean {
    if (this.node(id).deadSinceMs !== undefined) return true
    return partition.copies.get(id)?.dir.failed !== undefined && !partition.adding.includes(id)
  }

  hasTopic(topic: string): boolean {
    return this.#byTopic.has(topic)
  }

  /** Another one when the topic was deleted and made anew. */
  topicId(topic: string): string | undefined {
    return this.#topicIds.get(topic)
  }

  partition(topic: string, id: PartitionId): Partition | undefined {
    return this.#byTopic.get(topic)?.get(id)
  }

  /** @throws EvenkeelError `usage` when there is none. */
  node(id: NodeId): Node {
    const node = this.nodes.get(id)
    if (!node) throw new EvenkeelError('usage', `there is no node ${id}`)
    return node
  }

  /** @throws EvenkeelError `usage` when the id is taken. */
  addNode(node: SimulatedNode): void {
    if (this.nodes.has(node.id)) throw new EvenkeelError('usage', `node ${node.id} exists already`)
    this.nodes.set(node.id, newNode(node))
  }

  stop(id: NodeId): void {
    const node = this.node(id)
    delete node.returning
    if (!node.up) return
    node.lastWord ??= figuresOf(node, this.partitions)
    delete node.silentUntilMs
    node.up = false
    if (node.deadSinceMs === undefined) node.noticedAtMs = this.atMs + this.#sessionTimeoutMs
  }

  /** The controller lets nobody in twice: one that was not missed yet waits until its former life is held for dead. */
  start(id: NodeId): void {
    const node = this.node(id)
    if (node.up) return
    if (node.deadSinceMs === undefined) node.returning = true
    else this.#comeUp(node)
  }

  /** The controller holds a stopped node for dead. */
  fence(node: Node): void {
    node.deadSinceMs = this.atMs
    delete node.noticedAtMs
    for (const partition of this.partitions) if (partition.isr.includes(node.id)) rules.leaveIsr(partition, node.id)
    if (node.returning) this.#comeUp(node)
  }

  /** Without a controller nobody was watched; the next one gives everybody a whole session time-out. */
  controllerReturns(): void {
    this.controlled = true
    for (const node of this.nodes.values())
      if (node.noticedAtMs !== undefined) node.noticedAtMs = this.atMs + this.#sessionTimeoutMs
    for (const partition of this.partitions) this.#settle(partition)
  }

  silence(id: NodeId, untilMs: number): void {
    const node = this.node(id)
    if (!node.up) return
    node.lastWord ??= figuresOf(node, this.partitions)
    node.silentUntilMs = untilMs
  }

  speakAgain(node: Node): void {
    delete node.silentUntilMs
    delete node.lastWord
  }

  /** The last of its dirs, or the one with the metadata, takes the node with it. */
  failDir(node: Node, dir: Dir, why: 'broken' | 'full'): void {
    if (dir.failed) return
    if (dir.metadata || node.dirs.every((other) => other === dir || other.failed)) this.stop(node.id)
    dir.failed = why
    dir.deleting = []
    for (const partition of this.partitions) {
      const future = partition.futures.get(node.id)
      const lies = partition.copies.get(node.id)?.dir === dir
      if (future && (lies || future.dir === dir)) this.#dropFuture(partition, node.id)
      if (lies && node.up && partition.isr.includes(node.id)) rules.leaveIsr(partition, node.id)
    }
  }

  /** The controller's answer to a new target list, as anybody may ask it: undefined when accepted, else why not. */
  reassign(topic: string, id: PartitionId, target: NodeId[]): string | undefined {
    const partition = this.partition(topic, id)
    if (!partition) return NO_PARTITION
    if (target.length === 0 || new Set(target).size < target.length)
      return 'the replica list is empty or names a node twice'
    const unknown = target.find((node) => !this.nodes.has(node))
    if (unknown !== undefined) return `the replica list includes node ${unknown}, but no such node is registered`
    rules.reassign(partition, target)
    for (const node of partition.adding) {
      if (!partition.copies.has(node)) partition.copies.set(node, { dir: this.#dirFor(partition, node), bytes: 0 })
    }
    this.#settle(partition)
    return undefined
  }

  /** Takes back whatever reassignment runs: undefined when accepted, else why not. */
  revert(topic: string, id: PartitionId): string | undefined {
    const partition = this.partition(topic, id)
    if (!partition) return NO_PARTITION
    const dropped = rules.revert(partition)
    if (typeof dropped === 'string') return dropped
    this.#drop(partition, dropped)
    return undefined
  }

  /** Makes the first replica of the list leader: undefined when it leads, else why not. */
  elect(topic: string, id: PartitionId): string | undefined {
    const partition = this.partition(topic, id)
    return partition ? rules.electPreferred(partition) : NO_PARTITION
  }

  /** The broker's answer to a wish for another dir: undefined when accepted, else why not. */
  relocate(topic: string, id: PartitionId, { node: nodeId, path }: DirTarget): string | undefined {
    const partition = this.partition(topic, id)
    if (!partition) return NO_PARTITION
    const node = this.nodes.get(nodeId)
    if (!isServing(node)) return `node ${nodeId} does not answer`
    const copy = partition.copies.get(nodeId)
    if (!copy) return `node ${nodeId} has no replica of it`
    const dir = node.dirs.find((dir) => dir.path === path)
    if (!dir) return `node ${nodeId} has no dir ${path}`
    if (dir.failed || copy.dir.failed) return `dir ${dir.failed ? path : copy.dir.path} of node ${nodeId} is offline`
    const future = partition.futures.get(nodeId)
    if (future?.dir === dir) return undefined
    if (future) this.#dropFuture(partition, nodeId)
    if (copy.dir !== dir) setFuture(partition, nodeId, { dir, bytes: 0 })
    return undefined
  }

  /** The copy in the other dir is as large as the one it replaces. */
  finishRelocation(partition: Partition, id: NodeId): void {
    this.#free(partition.copies.get(id)!)
    partition.copies.set(id, partition.futures.get(id)!)
    setFuture(partition, id, undefined)
  }

  /** A replica has caught up. */
  joinIsr(partition: Partition, id: NodeId): void {
    rules.joinIsr(partition, id)
    this.#settle(partition)
  }

  /** @returns why it cannot be; undefined when it is made. */
  createTopic(topic: SimulatedTopic): string | undefined {
    if (this.hasTopic(topic.name)) return `topic ${topic.name} exists already`
    const nodes = [...this.nodes.values()].filter(
      (node) => isServing(node) && (topic.nodes?.includes(node.id) ?? !node.dirs.every((dir) => dir.cordoned)),
    )
    if (topic.assignment === undefined && nodes.length < topic.replicationFactor) {
      return `topic ${topic.name} cannot have ${topic.replicationFactor} replicas on ${nodes.length} nodes`
    }
    this.#topicIds.set(topic.name, `${(this.#created += 1)}`)
    const drafts = draftTopic(topic, nodes, this.#random)
    drafts.forEach((draft, id) => this.#addPartition(topic.name, id, draft, topic.minIsr ?? 1))
    return undefined
  }

  deleteTopic(topic: string): string | undefined {
    const gone = this.partitions.filter((partition) => partition.topic === topic)
    if (gone.length === 0) return `there is no topic ${topic}`
    for (const partition of gone) {
      this.#drop(partition, [...partition.copies.keys()])
      this.partitions.splice(this.partitions.indexOf(partition), 1)
    }
    this.#byTopic.delete(topic)
    this.settings.deleteTopic(topic)
    return undefined
  }

  /** What is written to the topic spreads over the new ones too. */
  addPartitions(topic: string, count: number): string | undefined {
    const old = this.partitions.filter((partition) => partition.topic === topic)
    if (old.length === 0) return `there is no topic ${topic}`
    const growth = old.reduce((sum, partition) => sum + partition.growth, 0) / (old.length + count)
    const { replicas, minIsr } = old[0]!
    const nodes = [...this.nodes.values()].filter((node) => isServing(node))
    if (nodes.length < replicas.length) return `${replicas.length} replicas cannot be on ${nodes.length} nodes`
    const more = { name: topic, partitions: count, replicationFactor: replicas.length, size: 0, spread: 0 }
    for (const partition of old) partition.growth *= old.length / (old.length + count)
    draftTopic(more, nodes, this.#random).forEach((draft, index) =>
      this.#addPartition(topic, old.length + index, { ...draft, bytes: 0, growth }, minIsr),
    )
    return undefined
  }

  setGrowth(topic: string, growth: number): string | undefined {
    const partitions = this.partitions.filter((partition) => partition.topic === topic)
    const total = partitions.reduce((sum, partition) => sum + partition.bytes, 0)
    for (const partition of partitions)
      partition.growth = growth * (total === 0 ? 1 / partitions.length : partition.bytes / total)
    return partitions.length === 0 ? `there is no topic ${topic}` : undefined
  }

  #comeUp(node: Node): void {
    delete node.returning
    for (const dir of node.dirs) {
      dir.lost.clear()
      if (dir.replaced) this.#empty(node, dir)
      else if (dir.failed === 'full' && usedBytes(dir) < dir.capacityBytes) delete dir.failed
    }
    // Without its metadata, or any dir, the process ends again at once.
    if (node.dirs.every((dir) => dir.failed) || node.dirs.some((dir) => dir.failed && dir.metadata)) return
    node.up = true
    delete node.lastWord
    delete node.deadSinceMs
    for (const partition of this.partitions) {
      if (!partition.copies.has(node.id) || !this.serves(partition, node.id)) continue
      rules.comeBack(partition, node.id)
      this.#settle(partition)
    }
  }

  /**
   * The new disk has nothing on it: what was on the old one is copied again, and what was nowhere else is lost.
   * What was nowhere else is led again at once. Kafka sometimes leaves it without a leader until the next node starts.
   */
  #empty(node: Node, dir: Dir): void {
    dir.replaced = false
    delete dir.failed
    dir.deleting = []
    dir.otherBytes = 0
    for (const partition of this.partitions) {
      const future = partition.futures.get(node.id)
      if (future?.dir === dir) setFuture(partition, node.id, undefined)
      const copy = partition.copies.get(node.id)
      if (copy?.dir !== dir) continue
      copy.bytes = 0
      if (partition.leader !== undefined || partition.lastLeader !== node.id) continue
      partition.bytes = 0
      for (const other of partition.copies.values()) other.bytes = 0
    }
  }

  #settle(partition: Partition): void {
    if (this.controlled) this.#drop(partition, rules.settle(partition))
  }

  #drop(partition: Partition, nodes: NodeId[]): void {
    for (const id of nodes) {
      if (partition.futures.has(id)) this.#dropFuture(partition, id)
      const copy = partition.copies.get(id)!
      partition.copies.delete(id)
      if (copy.dir.failed) copy.dir.lost.add(partition)
      else this.#free(copy)
    }
  }

  #dropFuture(partition: Partition, id: NodeId): void {
    this.#free(partition.futures.get(id)!)
    setFuture(partition, id, undefined)
  }

  #free({ dir, bytes }: Copy): void {
    if (!dir.failed) dir.deleting.push({ bytes, atMs: this.atMs + this.#deleteDelayMs })
  }

  /**
   * Kafka puts a new replica where the fewest are, whatever their size. One that it lost with a dir stays there, although
   * others would have room, until the node starts again.
   */
  #dirFor(partition: Partition, id: NodeId): Dir {
    const { dirs } = this.node(id)
    const bound = dirs.find((dir) => dir.lost.has(partition))
    if (bound) return bound
    const online = dirs.filter((dir) => !dir.failed)
    const open = online.filter((dir) => !dir.cordoned)
    const choice = open.length > 0 ? open : online.length > 0 ? online : dirs
    if (choice.length === 1) return choice[0]!
    const counts = new Map(choice.map((dir) => [dir, 0]))
    const count = (copy: Copy | undefined) => {
      if (copy && counts.has(copy.dir)) counts.set(copy.dir, counts.get(copy.dir)! + 1)
    }
    for (const { copies, futures } of this.partitions) {
      count(copies.get(id))
      count(futures.get(id))
    }
    return [...counts].reduce((best, dir) => (dir[1] < best[1] ? dir : best))[0]
  }

  #addPartition(topic: string, id: PartitionId, { replicas, bytes, growth }: Draft, minIsr: number): void {
    const leader = replicas[0]!
    const partition: Partition = {
      topic,
      id,
      bytes,
      growth,
      inflow: 0,
      minIsr,
      replicas,
      adding: NONE,
      removing: NONE,
      isr: replicas,
      leader,
      lastLeader: leader,
      copies: new Map(),
      futures: NO_FUTURES,
    }
    for (const node of replicas) partition.copies.set(node, { dir: this.#dirFor(partition, node), bytes })
    this.partitions.push(partition)
    const known = this.#byTopic.get(topic) ?? new Map<PartitionId, Partition>()
    this.#byTopic.set(topic, known.set(id, partition))
  }
}

function setFuture(partition: Partition, id: NodeId, copy: Copy | undefined): void {
  const futures = new Map(partition.futures)
  if (copy) futures.set(id, copy)
  else futures.delete(id)
  partition.futures = futures.size === 0 ? NO_FUTURES : futures
}

/** Names a dir, or fails as a wrong test does. */
export function dirNamed(cluster: SimulatedCluster, { node, path }: DirTarget): { node: Node; dir: Dir } {
  const found = cluster.node(node)
  return { node: found, dir: dirOf(found, path) }
}
