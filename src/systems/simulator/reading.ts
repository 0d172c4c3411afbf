/** What the simulated cluster shows of itself. */
import { buildState } from '../../cluster/builder.ts'
import type { NodeLine, PartitionLine, TopicLine } from '../../cluster/lines.ts'
import type { RunningMove } from '../../cluster/move.ts'
import type { NodeState } from '../../cluster/reasons.ts'
import type { Health, Pulse, Sample } from '../../cluster/sample.ts'
import type { NodeId } from '../../cluster/state.ts'
import { formatTime } from '../../lib/iso-time.ts'
import { seededRandom } from '../../lib/random.ts'
import { copyFigures, dirLine } from './figures.ts'
import { measureDirs } from './flows.ts'
import { healthOf } from './health.ts'
import type { Copy, CopyFigures, Node, Partition } from './model.ts'
import { answers } from './node.ts'
import { isMoving, targetOf } from './partition.ts'
import type { World } from './world.ts'

type Measure = (bytes: number) => number

/** @param seed of the noise, which is the same whenever the same is read at the same moment. */
export function readSample(world: World, name: string, seed: number, nowMs: number): Sample {
  const nodes = [...world.nodes.values()]
  const measure = measureWith(world.noise, seed + nowMs)
  const { partitions, serves } = world.cluster
  if (!world.isStill) measureDirs(nodes, partitions, [], serves)
  const state = buildState(
    { type: 'cluster', version: 1, name, system: 'simulator', taken_at: formatTime(nowMs) },
    nodes.map((node) => nodeLine(node, measure)),
    world.noise === 0 ? world.once(exactLines) : topicLines(world, measure),
  )
  return {
    state,
    running: readRunning(world),
    health: world.once(health),
    missingNodes: nodes.filter((node) => stateOf(node) === 'unreachable').map((node) => node.id),
    notes: [],
  }
}

export function readPulse(world: World, nowMs: number): Pulse {
  const alive = [...world.nodes.values()].filter((node) => node.deadSinceMs === undefined)
  return { takenAtMs: nowMs, aliveNodes: alive.map((node) => node.id), running: readRunning(world) }
}

/** The reassignment of a partition. A node that does not answer does not say how far it is. */
export function runningOf(world: World, partition: Partition): RunningMove {
  const { topic, id, replicas, adding, removing } = partition
  const running: RunningMove = {
    topic,
    partition: id,
    target: targetOf(partition),
    adding: [...adding],
    removing: [...removing],
  }
  if (replicas.some((node) => !adding.includes(node) && tells(world, partition, node))) {
    running.bytesTotal = Math.ceil(partition.bytes) * adding.length
  }
  const known = adding.every((node) => answers(world.cluster.node(node)))
  if (known) running.bytesDone = sum(adding.map((node) => bytesTold(partition.copies.get(node)!)))
  const broken = adding.find((node) => answers(world.cluster.node(node)) && partition.copies.get(node)!.dir.failed)
  if (broken !== undefined) running.broken = `a dir of node ${broken} is offline and the copy is in none of the others`
  return running
}

/** A node tells of its copy. */
function tells(world: World, partition: Partition, node: NodeId): boolean {
  return answers(world.cluster.node(node)) && !partition.copies.get(node)!.dir.failed
}

/** Of what lies in a dir that is offline nothing is listed. */
function bytesTold({ dir, bytes }: Copy): number {
  return dir.failed ? 0 : Math.floor(bytes)
}

/** The copy of a replica to another dir. Only its node tells of it: a silent one as it was last, a dead one not at all. */
export function relocationOf(world: World, partition: Partition, id: NodeId): RunningMove | undefined {
  const node = world.cluster.node(id)
  if (node.deadSinceMs !== undefined) return undefined
  const { topic, replicas } = partition
  const move = { topic, partition: partition.id, target: [...replicas], adding: [], removing: [] }
  if (node.lastWord) {
    const last = node.lastWord.copies.get(partition)?.future
    return last && { ...move, dir: { node: id, path: last.to } }
  }
  const future = partition.futures.get(id)
  if (!future) return undefined
  const bytesTotal = Math.ceil(partition.copies.get(id)!.bytes)
  return { ...move, dir: { node: id, path: future.dir.path }, bytesDone: Math.floor(future.bytes), bytesTotal }
}

function readRunning(world: World): RunningMove[] {
  const moved = world.once(unsettled)
  const reassigned = moved.filter(isMoving).map((partition) => runningOf(world, partition))
  const silent = [...world.nodes.values()].some((node) => node.lastWord !== undefined)
  // A silent one tells what it told last, which may be over by now.
  const relocated = (silent ? world.partitions : moved)
    .filter(({ futures }) => silent || futures.size > 0)
    .flatMap((partition) => partition.replicas.flatMap((node) => relocationOf(world, partition, node) ?? []))
  return [...reassigned, ...relocated]
}

/** Partitions that are being moved, or have a copy on its way to another dir. */
function unsettled({ partitions }: World): Partition[] {
  return partitions.filter((partition) => isMoving(partition) || partition.futures.size > 0)
}

function health({ cluster }: World): Health {
  return healthOf(cluster)
}

/** `unreachable`: does not answer, and for the controller it is alive. */
function stateOf(node: Node): NodeState {
  if (node.deadSinceMs !== undefined) return 'unavailable'
  return answers(node) ? 'alive' : 'unreachable'
}

/** One that does not answer shows what it told last. */
function nodeLine(node: Node, measure: Measure): NodeLine {
  return {
    type: 'node',
    id: node.id,
    state: stateOf(node),
    dirs: node.lastWord?.dirs ?? node.dirs.map((dir) => dirLine(dir, measure)),
    ...(node.rack !== undefined && { rack: node.rack }),
  }
}

function exactLines(world: World): TopicLine[] {
  return topicLines(world, Math.round)
}

function topicLines(world: World, measure: Measure): TopicLine[] {
  const topics = new Map<string, TopicLine>()
  for (const partition of world.partitions) {
    const name = partition.topic
    let line = topics.get(name)
    if (!line) {
      const id = world.cluster.topicId(name)
      line = { type: 'topic', name, ...(id && { topic_id: id }), min_isr: partition.minIsr, partitions: [] }
      topics.set(name, line)
    }
    line.partitions.push(partitionLine(world, partition, measure))
  }
  return [...topics.values()]
}

function partitionLine(world: World, partition: Partition, measure: Measure): PartitionLine {
  const { replicas, leader } = partition
  const figures = replicas.map((id) => figuresIn(world.cluster.node(id), partition, measure))
  const line: PartitionLine = {
    id: partition.id,
    leader: leader ?? null,
    replicas,
    isr: partition.isr,
    bytes: shared(figures.map(({ bytes }) => bytes)),
    adding: partition.adding,
    removing: partition.removing,
    bytes_in_per_second: partition.inflow * 1000,
  }
  // Of a node with one dir the builder knows where its replicas lie.
  if (replicas.some((id) => world.cluster.node(id).dirs.length > 1)) line.dirs = figures.map(({ dir }) => dir)
  replicas.forEach((id, slot) => {
    if (world.cluster.isOffline(partition, id)) (line.offline ??= []).push(id)
    const { future } = figures[slot]!
    const isDead = world.cluster.node(id).deadSinceMs !== undefined
    if (future && !isDead) (line.dir_moves ??= []).push({ node: id, ...future })
  })
  return line
}

/** One figure where all are the same. */
function shared(figures: (number | null)[]): number | (number | null)[] {
  const first = figures[0]
  return typeof first === 'number' && figures.every((figure) => figure === first) ? first : figures
}

function figuresIn(node: Node, partition: Partition, measure: Measure): CopyFigures {
  if (node.lastWord) return node.lastWord.copies.get(partition) ?? { bytes: null, dir: null }
  return copyFigures(partition.copies.get(node.id)!, partition.futures.get(node.id), measure)
}

/** Whole bytes, off by no more than the ratio. */
function measureWith(ratio: number, seed: number): Measure {
  if (ratio === 0) return Math.round
  const random = seededRandom(seed)
  return (bytes) => Math.round(bytes * (1 + ratio * (2 * random() - 1)))
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
