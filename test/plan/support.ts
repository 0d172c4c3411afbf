/** Requests, and plans carried out on the lines they were made for. */
import * as fc from 'fast-check'
import { foldInFlight } from '../../src/cluster/influence.ts'
import type { DirLine, NodeLine, PartitionLine } from '../../src/cluster/lines.ts'
import { noGoals } from '../../src/cluster/plan.ts'
import { sharesOf } from '../../src/cluster/shares.ts'
import type { Columns } from '../../src/cluster/state.ts'
import { makePlan } from '../../src/plan/plan.ts'
import type { PlannedMove, PlanRequest, PlanResult } from '../../src/plan/request.ts'
import { build, type Lines, node, weigh } from '../cluster/support.ts'

export const request = (more: Partial<PlanRequest> = {}): PlanRequest => ({
  ...noGoals,
  fillTolerance: 0.05,
  band: 0.1,
  maxDiskUsage: 0.8,
  hardDiskUsage: 0.9,
  rackAwareness: 'prefer',
  topicAware: true,
  excludeHard: false,
  dirMoves: true,
  left: [],
  muted: [],
  orders: [],
  placed: [],
  leadership: { strategy: 'random_hill_climbing', by: 'count', seed: 1 },
  ...more,
})

/** Any request that assessment could make of a cluster: every node far under its share is filled, or none. */
export const anyRequest = fc
  .record({
    fill: fc.boolean(),
    skew: fc.boolean(),
    balanceLeaders: fc.boolean(),
    band: fc.constantFrom(0.05, 0.1, 0.3),
    rackAwareness: fc.constantFrom('require', 'prefer', 'ignore'),
    topicAware: fc.boolean(),
  })
  .map(
    ({ fill, skew, ...more }) =>
      (columns: Columns): PlanRequest => ({
        ...request(more),
        fillNodes: fill ? underused(columns) : [],
        skewedDomains: skew ? Array.from({ length: columns.domainCount }, (_, domain) => domain) : [],
      }),
  )

function underused(columns: Columns): number[] {
  const { participates, usedBytes, fairBytes } = sharesOf(columns)
  return [...usedBytes.keys()].filter((node) => participates[node] === 1 && usedBytes[node]! < fairBytes[node]! / 2)
}

/** Which of the dirs that take something a copy from another node lands in. */
export type Landing = (open: DirLine[]) => DirLine
export const inTheFirst: Landing = (open) => open[0]!
export const inTheFullest: Landing = (open) => open.toSorted((a, b) => freeIn(a) - freeIn(b))[0]!
export const inTheEmptiest: Landing = (open) => open.toSorted((a, b) => freeIn(b) - freeIn(a))[0]!

const freeIn = (dir: DirLine) => dir.capacity_bytes - dir.used_bytes

/** The cluster once the moves have been made and their sources freed. Lines must be in the order of their ids. */
export function carriedOut(lines: Lines, moves: PlannedMove[], landing = inTheFirst): Lines {
  const { nodes, topics } = structuredClone(lines)
  const partitions = topics.flatMap((line) => line.partitions)
  for (const move of moves) {
    const line = partitions[move.partition]!
    if (move.kind === 'leader') lead(line, move.to)
    else copy(line, move, nodes, landing)
  }
  return { nodes, topics }
}

/** The same on a state whose nodes have one dir each. */
export function land(state: Columns, moves: PlannedMove[]): void {
  for (const { kind, partition, from, to, bytes } of moves) {
    if (kind === 'leader') continue
    const first = state.partitionReplicaStart[partition]!
    state.replicaNode[state.replicaNode.indexOf(from, first)] = to
    state.dirUsedBytes[state.nodeDirStart[from]!]! -= bytes
    state.dirUsedBytes[state.nodeDirStart[to]!]! += bytes
    if (state.partitionLeader[partition] === from) state.partitionLeader[partition] = state.replicaNode[first]!
  }
}

function lead(line: PartitionLine, to: number): void {
  const slots = [to, ...line.replicas.filter((id) => id !== to)].map((id) => line.replicas.indexOf(id))
  line.leader = to
  line.replicas = slots.map((slot) => line.replicas[slot]!)
  if (line.dirs) line.dirs = slots.map((slot) => line.dirs![slot]!)
  if (typeof line.bytes === 'object') line.bytes = slots.map((slot) => (line.bytes as (number | null)[])[slot]!)
}

function copy(line: PartitionLine, { from, to, bytes, dirs }: PlannedMove, nodes: NodeLine[], landing: Landing): void {
  const slot = line.replicas.indexOf(from)
  const sizes = typeof line.bytes === 'object' ? line.bytes : line.replicas.map(() => line.bytes as number)
  const paths = line.dirs ?? line.replicas.map(() => null)
  const source = nodes[from]!.dirs.find((dir) => dir.path === paths[slot]) ?? nodes[from]!.dirs[0]!
  const first = nodes.slice(0, to).reduce((sum, node) => sum + node.dirs.length, 0)
  const target = dirs
    ? nodes[to]!.dirs[dirs.to - first]!
    : landing(nodes[to]!.dirs.filter((dir) => dir.state !== 'offline' && !dir.cordoned))
  source.used_bytes -= sizes[slot] ?? 0
  target.used_bytes += bytes
  line.replicas = line.replicas.with(slot, to)
  line.bytes = sizes.with(slot, bytes)
  line.dirs = paths.with(slot, target.path!)
  line.isr = [...(line.isr ?? line.replicas).filter((id) => id !== from && id !== to), to]
  if (line.offline) line.offline = line.offline.filter((id) => id !== from)
  if (line.leader === from && !dirs) line.leader = line.replicas[0]!
}

/** How far outside its band each node that takes part is, in bytes, added up. */
export function bytesOutside(columns: Columns, used: Float64Array, band: number): number {
  const { participates, fairBytes } = sharesOf(columns)
  let outside = 0
  fairBytes.forEach((fair, node) => {
    if (participates[node] === 0) return
    outside += Math.max(0, used[node]! - fair * (1 + band), fair * (1 - band) - used[node]!)
  })
  return outside
}

/** A node whose dirs `/d0`, `/d1` … of 1000 bytes hold so much other data each. */
export function withDirs(id: number, others: number[], more: Parameters<typeof node>[1] = {}): NodeLine {
  const dirs = others.map((used, index): DirLine => ({ path: `/d${index}`, capacity_bytes: 1000, used_bytes: used }))
  return node(id, { dirs, ...more })
}

/** The plan for a cluster whose dirs hold their replicas beside the other data that the lines give them. */
export function planFor(lines: Lines, asked: Partial<PlanRequest>): PlanResult {
  return planAsItIs(
    weigh(lines, (dir) => dir.used_bytes),
    asked,
  )
}

/** The plan for a cluster whose dirs hold what the lines say. */
export function planAsItIs(lines: Lines, asked: Partial<PlanRequest>): PlanResult {
  const state = build(lines)
  foldInFlight(state, [])
  return makePlan(state, request(asked))
}

/** `50: 0>1` for each move, `50: 0>0 /2` for one to another dir, by the dir's index. */
export const sayings = ({ moves, problems }: PlanResult): string[] => [
  ...moves.map(({ kind, bytes, from, to, dirs, reason }) =>
    kind === 'leader' ? `${reason}: ${from}>${to}` : `${bytes}: ${from}>${to}${dirs ? ` /${dirs.to}` : ''}`,
  ),
  ...problems,
]
