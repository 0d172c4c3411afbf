/**
 * Snapshots: a cluster as lines of JSON (NDJSON), one object each. Writing and reading know nothing of files; a caller
 * streams the lines where it likes.
 */
import { EvenkeelError, messageOf } from '../lib/errors.ts'
import { formatTime } from '../lib/iso-time.ts'
import { buildState, Contradiction, immovable } from './builder.ts'
import { checkLine } from './line-check.ts'
import type {
  ClusterLine,
  DirLine,
  HealthLine,
  MoveLine,
  NodeLine,
  PartitionLine,
  SnapshotLine,
  TopicLine,
} from './lines.ts'
import { emptyMemory, type Memory, memoryLine, readMemory } from './memory.ts'
import type { RunningMove } from './move.ts'
import { dirStates, type Immovable, immovableReasons, nodeStates } from './reasons.ts'
import type { Sample } from './sample.ts'
import { ADDING, type ClusterState, IN_SYNC, type NodeId, OFFLINE, REMOVING } from './state.ts'
import { readTables, type TableLine, tableLines } from './table-lines.ts'

export interface Snapshot extends Sample {
  memory: Memory
}

const NO_QUORUM = immovableReasons.indexOf('no_quorum')

/** Of a snapshot without a health line: nothing is known to be wrong. */
const healthy: HealthLine = {
  type: 'health',
  under_replicated: { own_move: 0, node: 0, other: 0 },
  offline: 0,
  under_min_isr: 0,
  missing_nodes: [],
  notes: [],
}

/** The lines of a snapshot, without line ends. */
export function* snapshotLines(snapshot: Snapshot): Generator<string> {
  const { state, running, memory } = snapshot
  yield JSON.stringify(clusterLine(state))
  for (let node = 0; node < state.nodeCount; node += 1) yield JSON.stringify(nodeLine(state, node))
  for (let topic = 0; topic < state.topicCount; topic += 1) yield JSON.stringify(topicLine(state, topic))
  for (const move of running) yield JSON.stringify(moveLine(move))
  for (const line of tableLines(snapshot)) yield JSON.stringify(line)
  yield JSON.stringify(healthLine(snapshot))
  yield JSON.stringify(memoryLine(memory))
}

/** Takes the lines of a snapshot one by one, then gives the whole. */
export class SnapshotReader {
  #number = 0
  #cluster: ClusterLine | undefined
  readonly #nodes: NodeLine[] = []
  readonly #topics: TopicLine[] = []
  readonly #running: RunningMove[] = []
  readonly #tables: TableLine[] = []
  /** Where nodes and topics stand, for when they contradict each other. */
  readonly #places = new Map<object, number>()
  #health = healthy
  #memory: Memory = emptyMemory

  /** Taken so far. */
  get lineCount(): number {
    return this.#number
  }

  /**
   * Empty lines are skipped.
   * @throws EvenkeelError `bad_input` naming line number and path.
   */
  push(text: string): void {
    this.#number += 1
    if (text.trim() === '') return
    const line = this.#parse(text)
    switch (line.type) {
      case 'cluster':
        if (this.#cluster) throw this.#error('a second cluster line')
        this.#cluster = line
        break
      case 'node':
        this.#places.set(line, this.#number)
        this.#nodes.push(line)
        break
      case 'topic':
        this.#places.set(line, this.#number)
        this.#topics.push(line)
        break
      case 'move':
        this.#running.push(readMove(line))
        break
      case 'health':
        this.#health = line
        break
      case 'memory':
        this.#memory = readMemory(line)
        break
      default:
        this.#tables.push(line)
    }
  }

  /** @throws EvenkeelError `bad_input` when lines are missing or contradict each other. */
  end(): Snapshot {
    if (!this.#cluster) throw new EvenkeelError('bad_input', 'the snapshot has no cluster line')
    return {
      state: this.#build(this.#cluster),
      running: this.#running,
      ...readTables(this.#tables),
      ...readHealth(this.#health),
      memory: this.#memory,
    }
  }

  #build(cluster: ClusterLine): ClusterState {
    try {
      return buildState(cluster, this.#nodes, this.#topics)
    } catch (error) {
      const at = error instanceof Contradiction ? this.#places.get(error.line) : undefined
      throw at === undefined ? error : new EvenkeelError('bad_input', `snapshot line ${at}: ${messageOf(error)}`)
    }
  }

  #parse(text: string): SnapshotLine {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch (error) {
      throw this.#error(`is not JSON: ${messageOf(error)}`)
    }
    const problem = checkLine(value)
    if (problem !== undefined) throw this.#error(problem)
    return value as SnapshotLine
  }

  #error(what: string): EvenkeelError {
    return new EvenkeelError('bad_input', `snapshot line ${this.#number}: ${what}`)
  }
}

function clusterLine(state: ClusterState): ClusterLine {
  const { name, system, clusterId, version } = state.cluster
  return {
    type: 'cluster',
    version: 1,
    name,
    system,
    taken_at: formatTime(state.takenAtMs),
    ...(state.shareByReplicas ? { share_by: 'replicas' as const } : {}),
    ...(clusterId === undefined ? {} : { cluster_id: clusterId }),
    ...(version === undefined ? {} : { cluster_version: version }),
  }
}

function nodeLine(state: ClusterState, node: number): NodeLine {
  const rack = state.nodeRack[node]!
  const domain = state.names.domains[state.nodeDomain[node]!]!
  const aliveSince = state.nodeAliveSinceMs[node]!
  const unavailableSince = state.nodeUnavailableSinceMs[node]!
  const dirs: DirLine[] = []
  for (let dir = state.nodeDirStart[node]!; dir < state.nodeDirStart[node + 1]!; dir += 1) {
    dirs.push({
      path: state.names.dirs[dir]!,
      capacity_bytes: state.dirCapacityBytes[dir]!,
      used_bytes: state.dirUsedBytes[dir]!,
      ...(state.dirFreeingBytes[dir] === 0 ? {} : { freeing_bytes: state.dirFreeingBytes[dir]! }),
      ...(state.dirState[dir] === 0 ? {} : { state: dirStates[state.dirState[dir]!]! }),
      ...(state.dirCordoned[dir] === 0 ? {} : { cordoned: true }),
      ...(state.dirMetadata[dir] === 0 ? {} : { metadata: true }),
    })
  }
  return {
    type: 'node',
    id: state.names.nodes[node]!,
    ...(state.names.hosts[node] === '' ? {} : { host: state.names.hosts[node]! }),
    ...(rack === -1 ? {} : { rack: state.names.racks[rack]! }),
    state: nodeStates[state.nodeState[node]!]!,
    ...(Number.isNaN(aliveSince) ? {} : { alive_since: formatTime(aliveSince) }),
    ...(Number.isNaN(unavailableSince) ? {} : { unavailable_since: formatTime(unavailableSince) }),
    ...(state.nodeExcluded[node] === 0 ? {} : { excluded: true }),
    ...(state.nodeDraining[node] === 0 ? {} : { draining: true }),
    ...(Number.isFinite(state.nodeMaxReplicas[node]!) ? { max_replicas: state.nodeMaxReplicas[node]! } : {}),
    ...(domain === '' ? {} : { domain }),
    dirs,
  }
}

function topicLine(state: ClusterState, topic: number): TopicLine {
  const first = state.topicPartitionStart[topic]!
  const end = state.topicPartitionStart[topic + 1]!
  const partitions: PartitionLine[] = []
  const leaderless = isLeaderless(state, first, end)
  const units: Record<string, string> = {}
  const legal: Record<string, (NodeId[] | null)[]> = {}
  for (let p = first; p < end; p += 1) {
    const held = heldBy(state, p, leaderless)
    partitions.push({ ...partitionLine(state, p), ...(held === undefined ? {} : { immovable: held }) })
    const id = String(state.names.partitions[p])
    if (state.partitionUnit[p]! >= 0) units[id] = String(state.partitionUnit[p])
    const sets = legalSets(state, p)
    if (sets.some((set) => set !== null)) legal[id] = sets
  }
  const domain = state.names.domains[state.topicDomain[topic]!]!
  const constraints = {
    ...(domain === '' ? {} : { domain }),
    ...(state.topicCap[topic] === 0 ? {} : { cap: state.topicCap[topic]! }),
    ...(Object.keys(units).length === 0 ? {} : { units }),
    ...(Object.keys(legal).length === 0 ? {} : { legal }),
    ...(state.topicExcluded[topic] === 0 ? {} : { excluded: true }),
  }
  return {
    type: 'topic',
    name: state.names.topics[topic]!,
    ...(state.names.topicIds[topic] === '' ? {} : { topic_id: state.names.topicIds[topic]! }),
    ...(state.topicMinIsr[topic] === 0 ? {} : { min_isr: state.topicMinIsr[topic]! }),
    ...(Object.keys(constraints).length === 0 ? {} : { constraints }),
    ...(leaderless ? { leaderless } : {}),
    partitions,
  }
}

/** Nobody leads any of its partitions, and that holds none of them. */
function isLeaderless(state: ClusterState, first: number, end: number): boolean {
  const reasons = new Set(state.partitionImmovable.subarray(first, end))
  const isMissed = reasons.has(NO_QUORUM)
  return end > first && !isMissed && state.partitionLeader.subarray(first, end).every((leader) => leader === -1)
}

/** Undefined where it follows from the rest of the lines. */
function heldBy(state: ClusterState, partition: number, leaderless: boolean): Immovable | undefined {
  const [first, end] = [state.partitionReplicaStart[partition]!, state.partitionReplicaStart[partition + 1]!]
  const given = state.partitionLeader[partition] === -1 && !leaderless ? NO_QUORUM : 0
  const excluded = state.topicExcluded[state.partitionTopic[partition]!] === 1
  const reason = state.partitionImmovable[partition]!
  return reason === immovable(state, first, end, given, excluded) ? undefined : immovableReasons[reason] || undefined
}

function partitionLine(state: ClusterState, partition: number): PartitionLine {
  const start = state.partitionReplicaStart[partition]!
  const end = state.partitionReplicaStart[partition + 1]!
  const slots = Array.from({ length: end - start }, (_, slot) => start + slot)
  const ids = (wanted: (flags: number) => boolean) =>
    slots
      .filter((slot) => wanted(state.replicaFlags[slot]!))
      .map((slot) => state.names.nodes[state.replicaNode[slot]!]!)
  const adding = ids((flags) => (flags & ADDING) !== 0)
  const removing = ids((flags) => (flags & REMOVING) !== 0)
  const offline = ids((flags) => (flags & OFFLINE) !== 0)
  const dirMoves = slots
    .filter((slot) => state.replicaFutureDir[slot] !== -1)
    .map((slot) => ({
      node: state.names.nodes[state.replicaNode[slot]!]!,
      to: state.names.dirs[state.replicaFutureDir[slot]!]!,
      bytes: state.replicaFutureBytes[slot]!,
    }))
  const leader = state.partitionLeader[partition]!
  const dirs = slots.map((slot) => (state.replicaDir[slot] === -1 ? null : state.names.dirs[state.replicaDir[slot]!]!))
  const bytesIn = state.partitionBytesIn[partition]!
  const bytesOut = state.partitionBytesOut[partition]!
  return {
    id: state.names.partitions[partition]!,
    leader: leader === -1 ? null : state.names.nodes[leader]!,
    replicas: ids(() => true),
    isr: ids((flags) => (flags & IN_SYNC) !== 0),
    bytes: slots.map((slot) => (Number.isNaN(state.replicaBytes[slot]!) ? null : state.replicaBytes[slot]!)),
    ...(dirs.every((dir) => dir === null) ? {} : { dirs }),
    ...(adding.length === 0 ? {} : { adding }),
    ...(removing.length === 0 ? {} : { removing }),
    ...(offline.length === 0 ? {} : { offline }),
    ...(dirMoves.length === 0 ? {} : { dir_moves: dirMoves }),
    ...(Number.isNaN(bytesIn) ? {} : { bytes_in_per_second: bytesIn }),
    ...(Number.isNaN(bytesOut) ? {} : { bytes_out_per_second: bytesOut }),
  }
}

function legalSets(state: ClusterState, partition: number): (NodeId[] | null)[] {
  const slots = state.replicaLegal.subarray(
    state.partitionReplicaStart[partition],
    state.partitionReplicaStart[partition + 1],
  )
  return Array.from(slots, (set) =>
    set === -1
      ? null
      : Array.from(
          state.legalNodes.subarray(state.legalStart[set], state.legalStart[set + 1]),
          (node) => state.names.nodes[node]!,
        ),
  )
}

function healthLine({ health, missingNodes, notes }: Sample): HealthLine {
  return {
    type: 'health',
    under_replicated: health.underReplicated,
    offline: health.offline,
    under_min_isr: health.underMinIsr,
    unexplained: { offline: health.unexplained.offline, under_min_isr: health.unexplained.underMinIsr },
    missing_nodes: missingNodes,
    notes,
  }
}

function readHealth(line: HealthLine): Pick<Sample, 'health' | 'missingNodes' | 'notes'> {
  return {
    health: {
      underReplicated: line.under_replicated,
      offline: line.offline,
      underMinIsr: line.under_min_isr,
      unexplained: { offline: line.unexplained?.offline ?? 0, underMinIsr: line.unexplained?.under_min_isr ?? 0 },
    },
    missingNodes: line.missing_nodes,
    notes: line.notes,
  }
}

function moveLine(move: RunningMove): MoveLine {
  return {
    type: 'move',
    topic: move.topic,
    partition: move.partition,
    target: move.target,
    adding: move.adding,
    removing: move.removing,
    ...(move.dir === undefined ? {} : { node: move.dir.node, to_dir: move.dir.path }),
    ...(move.bytesDone === undefined ? {} : { bytes_done: move.bytesDone }),
    ...(move.bytesTotal === undefined ? {} : { bytes_total: move.bytesTotal }),
  }
}

function readMove(line: MoveLine): RunningMove {
  return {
    topic: line.topic,
    partition: line.partition,
    target: line.target,
    adding: line.adding,
    removing: line.removing,
    ...(line.node === undefined || line.to_dir === undefined ? {} : { dir: { node: line.node, path: line.to_dir } }),
    ...(line.bytes_done === undefined ? {} : { bytesDone: line.bytes_done }),
    ...(line.bytes_total === undefined ? {} : { bytesTotal: line.bytes_total }),
  }
}
