/** Requests, and plans carried out on the lines they were made for. */
import * as fc from 'fast-check'
import type { NodeLine, PartitionLine } from '../../src/cluster/lines.ts'
import { noGoals } from '../../src/cluster/plan.ts'
import { sharesOf } from '../../src/cluster/shares.ts'
import type { Columns } from '../../src/cluster/state.ts'
import type { PlannedMove, PlanRequest } from '../../src/plan/request.ts'
import { type Lines, weigh } from '../cluster/support.ts'

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

/** The cluster once the moves have been made and their sources freed. Lines must be in the order of their ids. */
export function carriedOut(lines: Lines, moves: PlannedMove[]): Lines {
  const topics = structuredClone(lines.topics)
  const partitions = topics.flatMap((topic) => topic.partitions)
  for (const move of moves) apply(partitions[move.partition]!, move, lines.nodes[move.to]!)
  return weigh({ nodes: lines.nodes, topics })
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

function apply(line: PartitionLine, { kind, from, to }: PlannedMove, target: NodeLine): void {
  if (kind === 'leader') {
    const slots = [to, ...line.replicas.filter((id) => id !== to)].map((id) => line.replicas.indexOf(id))
    const { bytes } = line
    line.leader = to
    line.replicas = slots.map((slot) => line.replicas[slot]!)
    line.dirs = slots.map((slot) => line.dirs![slot]!)
    if (typeof bytes === 'object') line.bytes = slots.map((slot) => bytes[slot]!)
    return
  }
  const slot = line.replicas.indexOf(from)
  line.replicas = line.replicas.with(slot, to)
  line.dirs = line.dirs!.with(slot, target.dirs.find((dir) => dir.state !== 'offline' && !dir.cordoned)!.path!)
  line.isr = [...line.isr!.filter((id) => id !== from), to]
  if (line.leader === from) line.leader = line.replicas[0]!
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
