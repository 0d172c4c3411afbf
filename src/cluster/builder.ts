/**
 * Lines of a snapshot or sample → ClusterState. Whatever order they come in, equal clusters give equal states.
 */
import { EvenkeelError } from '../lib/errors.ts'
import { parseTime } from '../lib/iso-time.ts'
import type { ClusterLine, NodeLine, PartitionLine, TopicColumns, TopicLine } from './lines.ts'
import { dirStates, immovableReasons, nodeStates } from './reasons.ts'
import {
  ADDING,
  type ClusterFacts,
  type ClusterState,
  IN_SYNC,
  type NodeId,
  OFFLINE,
  type PartitionId,
  REMOVING,
} from './state.ts'

const UNAVAILABLE = nodeStates.indexOf('unavailable')

/** A line and others do not go together. */
export class Contradiction extends EvenkeelError {
  /** As it was given. */
  readonly line: object

  constructor(line: object, message: string) {
    super('bad_input', message)
    this.line = line
  }
}

/** Numbers before texts, numbers by value, texts by code unit. */
export function compareIds(a: NodeId, b: NodeId): number {
  if (typeof a === 'number') return typeof b === 'number' ? a - b : -1
  if (typeof b === 'number') return 1
  return a < b ? -1 : a > b ? 1 : 0
}

/**
 * @throws Contradiction naming the topic, partition or node whose line does not go with the others.
 */
export function buildState(
  cluster: ClusterLine,
  nodeLines: NodeLine[],
  topicLines: (TopicLine | TopicColumns)[],
): ClusterState {
  const nodes = sortedUnique(nodeLines, (line) => line.id, 'node').map(withDirsInOrder)
  const topics = sortedUnique(topicLines, (line) => line.name, 'topic')
  const nodeIndex = new Map(nodes.map((line, index) => [line.id, index]))
  const racks = [...new Set(nodes.flatMap((line) => line.rack ?? []))].sort(compareIds)
  const domains = [
    ...new Set([...nodes.map((line) => line.domain ?? ''), ...topics.map((t) => t.constraints?.domain ?? '')]),
  ].sort(compareIds)
  if (domains.length === 0) domains.push('')

  const dirCount = nodes.reduce((sum, line) => sum + line.dirs.length, 0)
  const partitionCount = topics.reduce((sum, topic) => sum + (isFlat(topic) ? topic.ids : topic.partitions).length, 0)
  const replicaCount = topics.reduce(
    (sum, topic) =>
      sum + (isFlat(topic) ? topic.node.length : topic.partitions.reduce((s, p) => s + p.replicas.length, 0)),
    0,
  )

  const facts: ClusterFacts = { name: cluster.name, system: cluster.system }
  if (cluster.cluster_id !== undefined) facts.clusterId = cluster.cluster_id
  if (cluster.cluster_version !== undefined) facts.version = cluster.cluster_version

  const state: ClusterState = {
    cluster: facts,
    takenAtMs: time(cluster.taken_at, 'cluster.taken_at'),
    shareByReplicas: cluster.share_by === 'replicas',
    names: {
      nodes: nodes.map((line) => line.id),
      hosts: nodes.map((line) => line.host ?? ''),
      racks,
      domains,
      dirs: nodes.flatMap((line) => line.dirs.map((dir, index) => dir.path ?? `#${index}`)),
      topics: topics.map((line) => line.name),
      topicIds: topics.map((line) => (isFlat(line) ? '' : (line.topic_id ?? ''))),
      partitions: [],
    },
    nodeCount: nodes.length,
    rackCount: racks.length,
    domainCount: domains.length,
    dirCount,
    topicCount: topics.length,
    partitionCount,
    replicaCount,
    nodeRack: Int32Array.from(nodes, (line) => (line.rack === undefined ? -1 : racks.indexOf(line.rack))),
    nodeState: Uint8Array.from(nodes, (line) => nodeStates.indexOf(line.state)),
    nodeAliveSinceMs: Float64Array.from(nodes, (l) => optionalTime(l.alive_since, `node ${l.id} alive_since`)),
    nodeUnavailableSinceMs: Float64Array.from(nodes, (l) =>
      optionalTime(l.unavailable_since, `node ${l.id} unavailable_since`),
    ),
    nodeDomain: Int32Array.from(nodes, (line) => domains.indexOf(line.domain ?? '')),
    nodeExcluded: Uint8Array.from(nodes, (line) => Number(line.excluded ?? false)),
    nodeDraining: Uint8Array.from(nodes, (line) => Number(line.state === 'draining' || (line.draining ?? false))),
    nodeMaxReplicas: Float64Array.from(nodes, (line) => line.max_replicas ?? Number.POSITIVE_INFINITY),
    nodeDirStart: new Int32Array(nodes.length + 1),
    dirNode: new Int32Array(dirCount),
    dirCapacityBytes: new Float64Array(dirCount),
    dirUsedBytes: new Float64Array(dirCount),
    dirFreeingBytes: new Float64Array(dirCount),
    dirPendingFreeBytes: new Float64Array(dirCount),
    dirArrivingBytes: new Float64Array(dirCount),
    dirState: new Uint8Array(dirCount),
    dirCordoned: new Uint8Array(dirCount),
    dirMetadata: new Uint8Array(dirCount),
    topicDomain: Int32Array.from(topics, (line) => domains.indexOf(line.constraints?.domain ?? '')),
    topicCap: Int32Array.from(topics, (line) => line.constraints?.cap ?? 0),
    topicExcluded: Uint8Array.from(topics, (line) => Number(line.constraints?.excluded ?? false)),
    topicMinIsr: Int32Array.from(topics, (line) => (isFlat(line) ? 0 : (line.min_isr ?? 0))),
    topicPartitionStart: new Int32Array(topics.length + 1),
    partitionTopic: new Int32Array(partitionCount),
    partitionLeader: new Int32Array(partitionCount),
    partitionBytesIn: new Float64Array(partitionCount),
    partitionBytesOut: new Float64Array(partitionCount),
    partitionUnit: new Int32Array(partitionCount).fill(-1),
    partitionImmovable: new Uint8Array(partitionCount),
    partitionReplicaStart: new Int32Array(partitionCount + 1),
    replicaNode: new Int32Array(replicaCount),
    replicaDir: new Int32Array(replicaCount),
    replicaBytes: new Float64Array(replicaCount),
    replicaFlags: new Uint8Array(replicaCount),
    replicaFutureDir: new Int32Array(replicaCount).fill(-1),
    replicaFutureBytes: new Float64Array(replicaCount),
    replicaLegal: new Int32Array(replicaCount).fill(-1),
    legalStart: new Int32Array(1),
    legalNodes: new Int32Array(0),
  }

  fillDirs(state, nodes)
  fillTopics(state, topics, nodeIndex)
  return state
}

function isFlat(topic: TopicLine | TopicColumns): topic is TopicColumns {
  return 'ids' in topic
}

function withDirsInOrder(line: NodeLine): NodeLine {
  return { ...line, dirs: line.dirs.toSorted((a, b) => compareIds(a.path ?? '', b.path ?? '')) }
}

function fillDirs(state: ClusterState, nodes: NodeLine[]): void {
  let next = 0
  nodes.forEach((line, node) => {
    for (const dir of line.dirs) {
      state.dirNode[next] = node
      state.dirCapacityBytes[next] = dir.capacity_bytes
      state.dirUsedBytes[next] = dir.used_bytes
      state.dirFreeingBytes[next] = Math.min(dir.freeing_bytes ?? 0, dir.used_bytes)
      state.dirState[next] = dirStates.indexOf(dir.state ?? 'online')
      state.dirCordoned[next] = Number(dir.cordoned ?? false)
      state.dirMetadata[next] = Number(dir.metadata ?? false)
      next += 1
    }
    state.nodeDirStart[node + 1] = next
  })
}

function fillTopics(state: ClusterState, topics: (TopicLine | TopicColumns)[], nodeIndex: Map<NodeId, number>): void {
  const units = new Map<string, number>()
  const legalSets = new LegalSets(nodeIndex)
  let partition = 0
  let replica = 0
  const fill = (topic: TopicLine | TopicColumns, topicIndex: number) => {
    const excluded = state.topicExcluded[topicIndex] === 1
    if (isFlat(topic)) {
      fillColumns(state, topic, topicIndex, partition, replica, nodeIndex)
      partition += topic.ids.length
      replica += topic.node.length
      state.topicPartitionStart[topicIndex + 1] = partition
      return
    }
    for (const line of sortedUnique(topic.partitions, (p) => p.id, `partition of topic ${topic.name}`)) {
      state.names.partitions.push(line.id)
      state.partitionTopic[partition] = topicIndex
      state.partitionLeader[partition] =
        line.leader === undefined || line.leader === null
          ? -1
          : indexOf(nodeIndex, line.leader, 'leader', topic.name, line.id)
      state.partitionBytesIn[partition] = line.bytes_in_per_second ?? Number.NaN
      state.partitionBytesOut[partition] = line.bytes_out_per_second ?? Number.NaN
      const unit = topic.constraints?.units?.[String(line.id)]
      if (unit !== undefined) {
        const key = `${topicIndex}/${unit}`
        if (!units.has(key)) units.set(key, units.size)
        state.partitionUnit[partition] = units.get(key)!
      }
      const legal = topic.constraints?.legal?.[String(line.id)]
      const first = replica
      for (let slot = 0; slot < line.replicas.length; slot += 1) {
        const id = line.replicas[slot]!
        if (line.replicas.indexOf(id) !== slot) fail(` lists node ${id} twice`, 'replicas', topic.name, line.id)
        fillReplica(state, replica, line, slot, indexOf(nodeIndex, id, 'replicas', topic.name, line.id), topic.name)
        const nodesOfSlot = legal?.[slot]
        if (nodesOfSlot) state.replicaLegal[replica] = legalSets.add(nodesOfSlot, topic.name, line.id)
        replica += 1
      }
      state.partitionReplicaStart[partition + 1] = replica
      const isMissed = state.partitionLeader[partition] === -1 && topic.leaderless !== true
      const given = immovableReasons.indexOf(line.immovable ?? (isMissed ? 'no_quorum' : ''))
      state.partitionImmovable[partition] = immovable(state, first, replica, given, excluded)
      partition += 1
    }
    state.topicPartitionStart[topicIndex + 1] = partition
  }
  topics.forEach((topic, index) => {
    try {
      fill(topic, index)
    } catch (error) {
      throw error instanceof EvenkeelError ? new Contradiction(topic, error.message) : error
    }
  })
  state.legalStart = legalSets.starts()
  state.legalNodes = legalSets.nodes()
}

/** Nothing is made per partition or replica: there may be millions. */
function fillColumns(
  state: ClusterState,
  topic: TopicColumns,
  topicIndex: number,
  firstPartition: number,
  firstReplica: number,
  nodeIndex: Map<NodeId, number>,
): void {
  const nodes = Int32Array.from(topic.nodes, (id) => indexOf(nodeIndex, id, 'nodes', topic.name))
  const dirs = Int32Array.from(nodes, (node) => onlyDir(state, node))
  const excluded = state.topicExcluded[topicIndex] === 1
  state.partitionTopic.fill(topicIndex, firstPartition, firstPartition + topic.ids.length)
  state.partitionLeader.fill(-1, firstPartition, firstPartition + topic.ids.length)
  state.partitionBytesIn.fill(Number.NaN, firstPartition, firstPartition + topic.ids.length)
  state.partitionBytesOut.fill(Number.NaN, firstPartition, firstPartition + topic.ids.length)
  state.replicaBytes.set(topic.bytes, firstReplica)
  state.replicaFlags.set(topic.flags, firstReplica)
  for (let at = 0; at < topic.node.length; at += 1) {
    state.replicaNode[firstReplica + at] = nodes[topic.node[at]!]!
    state.replicaDir[firstReplica + at] = dirs[topic.node[at]!]!
  }
  for (let at = 0; at < topic.ids.length; at += 1) {
    state.names.partitions.push(topic.ids[at]!)
    const partition = firstPartition + at
    const first = firstReplica + topic.start[at]!
    const end = firstReplica + topic.start[at + 1]!
    state.partitionReplicaStart[partition + 1] = end
    state.partitionImmovable[partition] = immovable(state, first, end, topic.immovable[at]!, excluded)
  }
}

function fillReplica(
  state: ClusterState,
  replica: number,
  line: PartitionLine,
  slot: number,
  node: number,
  topic: string,
): void {
  const id = line.replicas[slot]!
  state.replicaNode[replica] = node
  state.replicaBytes[replica] = (typeof line.bytes === 'object' ? line.bytes[slot] : line.bytes) ?? Number.NaN
  const adding = line.adding?.includes(id) ?? false
  const inSync = line.isr ? line.isr.includes(id) : !adding
  state.replicaFlags[replica] =
    (inSync ? IN_SYNC : 0) |
    (adding ? ADDING : 0) |
    (line.removing?.includes(id) ? REMOVING : 0) |
    (line.offline?.includes(id) ? OFFLINE : 0)
  const future = line.dir_moves?.find((move) => move.node === id)
  if (future) {
    state.replicaFutureDir[replica] = dirOf(state, node, future.to, 'dir_moves', topic, line.id)
    state.replicaFutureBytes[replica] = future.bytes
  }
  const path = line.dirs?.[slot]
  if (path !== undefined && path !== null) {
    state.replicaDir[replica] = dirOf(state, node, path, 'dirs', topic, line.id)
    return
  }
  state.replicaDir[replica] = onlyDir(state, node)
}

/** A node with one dir leaves no question where its replicas lie; -1 for any other. */
function onlyDir(state: ClusterState, node: number): number {
  const only = state.nodeDirStart[node]!
  return state.nodeDirStart[node + 1] === only + 1 ? only : -1
}

function dirOf(
  state: ClusterState,
  node: number,
  path: string,
  field: string,
  topic: string,
  partition: PartitionId,
): number {
  for (let dir = state.nodeDirStart[node]!; dir < state.nodeDirStart[node + 1]!; dir += 1) {
    if (state.names.dirs[dir] === path) return dir
  }
  return fail(`: node ${state.names.nodes[node]} has no dir ${path}`, field, topic, partition)
}

/**
 * Being moved weighs most: what is in flight must be let alone whatever else is wrong with it.
 * @param given a reason that is known already, or 0.
 */
export function immovable(state: ClusterState, first: number, end: number, given: number, excluded: boolean): number {
  let moving = false
  let unknownSize = false
  for (let replica = first; replica < end; replica += 1) {
    const flags = state.replicaFlags[replica]!
    if ((flags & (ADDING | REMOVING)) !== 0 || state.replicaFutureDir[replica] !== -1) moving = true
    // What is gone has no size, and needs none to be made anew from the others.
    const gone = (flags & OFFLINE) !== 0 || state.nodeState[state.replicaNode[replica]!] === UNAVAILABLE
    if (Number.isNaN(state.replicaBytes[replica]!) && !gone) unknownSize = true
  }
  if (moving) return immovableReasons.indexOf('already_moving')
  if (given !== 0) return given
  // What must stay whatever its size is said first: that also holds its leadership.
  if (excluded) return immovableReasons.indexOf('excluded')
  return unknownSize ? immovableReasons.indexOf('size_unknown') : 0
}

/** Equal sets of legal nodes are kept once. */
class LegalSets {
  readonly #sets: number[][] = []
  readonly #byKey = new Map<string, number>()
  readonly #nodeIndex: Map<NodeId, number>

  constructor(nodeIndex: Map<NodeId, number>) {
    this.#nodeIndex = nodeIndex
  }

  add(ids: NodeId[], topic: string, partition: PartitionId): number {
    const indexes = new Set(ids.map((id) => indexOf(this.#nodeIndex, id, 'legal', topic, partition)))
    const nodes = [...indexes].sort((a, b) => a - b)
    const key = nodes.join(',')
    const known = this.#byKey.get(key)
    if (known !== undefined) return known
    this.#byKey.set(key, this.#sets.length)
    return this.#sets.push(nodes) - 1
  }

  starts(): Int32Array<ArrayBuffer> {
    const starts = new Int32Array(this.#sets.length + 1)
    this.#sets.forEach((nodes, set) => {
      starts[set + 1] = starts[set]! + nodes.length
    })
    return starts
  }

  nodes(): Int32Array<ArrayBuffer> {
    return Int32Array.from(this.#sets.flat())
  }
}

function indexOf(
  index: Map<NodeId, number>,
  id: NodeId,
  field: string,
  topic: string,
  partition?: PartitionId,
): number {
  return index.get(id) ?? fail(` names node ${id}, which no node line describes`, field, topic, partition)
}

/** The text is made here and not before: one for each partition would cost more than all the rest of it. */
function fail(what: string, field: string, topic: string, partition?: PartitionId): never {
  throw new EvenkeelError('bad_input', `${topic}${partition === undefined ? '' : `-${partition}`}.${field}${what}`)
}

function sortedUnique<T extends object>(items: T[], id: (item: T) => NodeId, what: string): T[] {
  const sorted = items.toSorted((a, b) => compareIds(id(a), id(b)))
  for (let i = 1; i < sorted.length; i += 1) {
    if (id(sorted[i]!) === id(sorted[i - 1]!)) {
      throw new Contradiction(sorted[i]!, `${what} ${id(sorted[i]!)} is described twice`)
    }
  }
  return sorted
}

function time(text: string, where: string): number {
  const ms = parseTime(text)
  if (Number.isNaN(ms))
    throw new EvenkeelError('bad_input', `${where}: ${JSON.stringify(text)} is not an ISO 8601 time`)
  return ms
}

function optionalTime(text: string | undefined, where: string): number {
  return text === undefined ? Number.NaN : time(text, where)
}
