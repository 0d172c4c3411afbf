/** What the simulated cluster shows of itself. */
import { buildState } from '../../cluster/builder.ts'
import type { NodeLine, PartitionLine, TopicLine } from '../../cluster/lines.ts'
import type { RunningMove } from '../../cluster/move.ts'
import type { NodeState } from '../../cluster/reasons.ts'
import type { Health, Pulse, Sample } from '../../cluster/sample.ts'
import type { NodeId } from '../../cluster/state.ts'
import { formatTime } from '../../lib/iso-time.ts'
import { isMoving, type Partition, targetOf } from './partition.ts'
import type { Node, World } from './world.ts'

export function readSample(world: World, name: string, nowMs: number): Sample {
  const nodes = [...world.nodes.values()]
  const takenAt = formatTime(nowMs)
  const state = buildState(
    { type: 'cluster', version: 1, name, system: 'simulator', taken_at: takenAt },
    nodeLines(world),
    topicLines(world.partitions),
  )
  return {
    state,
    running: readRunning(world),
    health: healthOf(world),
    missingNodes: nodes.filter((node) => stateOf(node) !== 'alive').map((node) => node.id),
    notes: [],
  }
}

export function readPulse(world: World, nowMs: number): Pulse {
  const alive = [...world.nodes.values()].filter((node) => node.deadSinceMs === undefined)
  return { takenAtMs: nowMs, aliveNodes: alive.map((node) => node.id), running: readRunning(world) }
}

export function runningOf(world: World, partition: Partition): RunningMove {
  const running: RunningMove = {
    topic: partition.topic,
    partition: partition.id,
    target: targetOf(partition),
    adding: [...partition.adding],
    removing: [...partition.removing],
    bytesTotal: Math.ceil(partition.bytes) * partition.adding.length,
  }
  // A node that does not answer does not say how far it is.
  if (partition.adding.every((node) => world.nodes.get(node)!.up)) {
    running.bytesDone = 0
    for (const node of partition.adding) running.bytesDone += Math.floor(partition.copies.get(node)!.bytes)
  }
  return running
}

function readRunning(world: World): RunningMove[] {
  return world.partitions.filter(isMoving).map((partition) => runningOf(world, partition))
}

/** `unreachable`: does not answer, and the controller has not noticed yet. */
function stateOf(node: Node): NodeState {
  if (node.deadSinceMs !== undefined) return 'unavailable'
  return node.up ? 'alive' : 'unreachable'
}

/** A stopped node shows what it last had: nothing changes on it. */
function nodeLines(world: World): NodeLine[] {
  const used = new Map<string, number>()
  for (const { copies } of world.partitions) {
    for (const [node, { dir, bytes }] of copies) {
      const key = `${node}${dir}`
      used.set(key, (used.get(key) ?? 0) + bytes)
    }
  }
  return [...world.nodes.values()].map((node) => {
    const line: NodeLine = { type: 'node', id: node.id, state: stateOf(node), dirs: [] }
    if (node.rack !== undefined) line.rack = node.rack
    if (node.aliveSinceMs !== undefined) line.alive_since = formatTime(world.startMs + node.aliveSinceMs)
    if (node.deadSinceMs !== undefined) line.unavailable_since = formatTime(world.startMs + node.deadSinceMs)
    line.dirs = node.dirs.map(({ path, capacityBytes, deleting }) => {
      const pending = deleting.reduce((sum, file) => sum + file.bytes, 0)
      return {
        path,
        capacity_bytes: capacityBytes,
        used_bytes: Math.round((used.get(`${node.id}${path}`) ?? 0) + pending),
        ...(pending > 0 ? { freeing_bytes: Math.round(pending) } : {}),
      }
    })
    return line
  })
}

function topicLines(partitions: Partition[]): TopicLine[] {
  const topics = new Map<string, TopicLine>()
  for (const partition of partitions) {
    const name = partition.topic
    if (!topics.has(name)) topics.set(name, { type: 'topic', name, min_isr: 1, partitions: [] })
    topics.get(name)!.partitions.push(partitionLine(partition))
  }
  return [...topics.values()]
}

function partitionLine(partition: Partition): PartitionLine {
  const copies = partition.replicas.map((node) => partition.copies.get(node)!)
  return {
    id: partition.id,
    leader: partition.leader ?? null,
    replicas: partition.replicas,
    isr: partition.isr,
    bytes: copies.map((copy) => Math.round(copy.bytes)),
    dirs: copies.map((copy) => copy.dir),
    adding: partition.adding,
    removing: partition.removing,
    bytes_in_per_second: partition.leader === undefined ? 0 : partition.growth,
  }
}

function healthOf(world: World): Health {
  const dead = (id: NodeId) => world.nodes.get(id)!.deadSinceMs !== undefined
  const health: Health = {
    underReplicated: { own_move: 0, node: 0, other: 0 },
    offline: 0,
    underMinIsr: 0,
    unexplained: { offline: 0, underMinIsr: 0 },
  }
  for (const { replicas, adding, isr, leader } of world.partitions) {
    if (leader === undefined) health.offline += 1
    if (isr.length === 0) health.underMinIsr += 1
    const missing = replicas.filter((node) => !isr.includes(node))
    if (missing.length === 0) continue
    const unexplained = missing.filter((node) => !adding.includes(node))
    const cause = unexplained.length === 0 ? 'own_move' : unexplained.every(dead) ? 'node' : 'other'
    health.underReplicated[cause] += 1
  }
  return health
}
