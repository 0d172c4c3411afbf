/**
 * The synthetic clusters that every figure of the planner is measured on: topic sizes log-normal (sigma 1.2) times partition
 * sizes log-normal (sigma 0.5), replication factor 3, a rack-legal start, mean disk use 55 %.
 * `skew`: the chance of a node to be chosen rises from 1 to 2 over the ids. `add`: the last nodes are empty.
 */
import { buildState } from '../src/cluster/builder.ts'
import type { NodeLine, PartitionLine, TopicLine } from '../src/cluster/lines.ts'
import type { ClusterState } from '../src/cluster/state.ts'
import { seededRandom } from '../src/lib/random.ts'

export interface Shape {
  name: string
  nodes: number
  added: number
  racks: number
  topics: number
  partitions: number
  bytes: number
}

const TB = 1e12
export const shapes: Shape[] = [
  { name: 's_skew', nodes: 12, added: 0, racks: 3, topics: 60, partitions: 3_000, bytes: 25 * TB },
  { name: 's_add', nodes: 12, added: 3, racks: 3, topics: 60, partitions: 3_000, bytes: 25 * TB },
  { name: 'm_skew', nodes: 60, added: 0, racks: 3, topics: 400, partitions: 20_000, bytes: 281 * TB },
  { name: 'm_add', nodes: 60, added: 6, racks: 3, topics: 400, partitions: 20_000, bytes: 281 * TB },
  { name: 'l_skew', nodes: 200, added: 0, racks: 5, topics: 2_000, partitions: 100_000, bytes: 1_340 * TB },
  { name: 'l_add', nodes: 200, added: 10, racks: 5, topics: 2_000, partitions: 100_000, bytes: 1_340 * TB },
  { name: 'xl_skew', nodes: 200, added: 0, racks: 5, topics: 4_000, partitions: 333_334, bytes: 4_468 * TB },
]

const REPLICATION = 3
const MEAN_USE = 0.55

export function generate(shape: Shape, seed = 1): ClusterState {
  const random = seededRandom(seed)
  const old = shape.nodes - shape.added
  const weight = (node: number) => (shape.added > 0 ? Number(node < old) : 1 + node / (shape.nodes - 1))
  const byRack = Array.from({ length: shape.racks }, (_, rack) => {
    const ids = Array.from({ length: shape.nodes }, (_, id) => id).filter((id) => id % shape.racks === rack)
    return { ids, weights: ids.map(weight) }
  })
  const rackWeights = byRack.map(({ weights }) => weights.reduce((a, b) => a + b, 0))

  const weights = Array.from({ length: shape.topics }, () => Math.exp(1.2 * normal(random)))
  const counts = share(shape.partitions, shape.topics)
  const sizes = counts.map((count, topic) =>
    Array.from({ length: count }, () => weights[topic]! * Math.exp(0.5 * normal(random))),
  )
  const scale = shape.bytes / REPLICATION / sizes.flat().reduce((a, b) => a + b, 0)

  const used = new Float64Array(shape.nodes)
  const topics = sizes.map(
    (partitions, topic): TopicLine => ({
      type: 'topic',
      name: `topic-${topic}`,
      partitions: partitions.map((size, id): PartitionLine => {
        const bytes = Math.round(size * scale)
        const racks = pickSeveral(rackWeights, REPLICATION, random)
        const replicas = racks.map((rack) => byRack[rack]!.ids[pick(byRack[rack]!.weights, random)]!)
        for (const node of replicas) used[node]! += bytes
        return { id, leader: replicas[0]!, replicas, bytes }
      }),
    }),
  )
  const capacity = Math.round(shape.bytes / MEAN_USE / shape.nodes)
  const nodes = Array.from(
    { length: shape.nodes },
    (_, id): NodeLine => ({
      type: 'node',
      id,
      rack: `r${id % shape.racks}`,
      state: 'alive',
      dirs: [{ path: '/d0', capacity_bytes: capacity, used_bytes: used[id]! }],
    }),
  )
  const cluster = { type: 'cluster', version: 1, name: shape.name, system: 'kafka', taken_at: '2026-01-01T00:00:00Z' }
  return buildState(cluster as never, nodes, topics)
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

function pick(weights: number[], random: () => number): number {
  let rest = random() * weights.reduce((a, b) => a + b, 0)
  for (let i = 0; i < weights.length; i += 1) {
    rest -= weights[i]!
    if (rest < 0) return i
  }
  return weights.findLastIndex((weight) => weight > 0)
}

function pickSeveral(weights: number[], count: number, random: () => number): number[] {
  const left = [...weights]
  return Array.from({ length: count }, () => {
    const index = pick(left, random)
    left[index] = 0
    return index
  })
}

function share(total: number, parts: number): number[] {
  return Array.from(
    { length: parts },
    (_, part) => Math.floor((total * (part + 1)) / parts) - Math.floor((total * part) / parts),
  )
}
