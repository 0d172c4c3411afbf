/** `npm run bench`: plans for the synthetic clusters and prints one table. Placements are exact, seconds are this machine's. */
import { noGoals } from '../src/cluster/plan.ts'
import { sharesOf } from '../src/cluster/shares.ts'
import { type Columns, columnsOf } from '../src/cluster/state.ts'
import { stopwatch } from '../src/lib/clock.ts'
import { makePlan } from '../src/plan/plan.ts'
import type { PlannedMove, PlanRequest } from '../src/plan/request.ts'
import { generate, shapes } from './generate.ts'

const only = process.argv.slice(2)
const header = [
  'cluster',
  'band',
  'plan s',
  'RSS MB',
  'replica moves',
  'TB moved',
  '÷ bound',
  '÷ rack bound',
  'disk max/mean',
  'min/mean',
  'rack breaks',
  'leader moves',
  'leaders max/mean',
  'problems',
]
const rows: string[][] = []
for (const shape of shapes) {
  if (only.length > 0 && !only.includes(shape.name)) continue
  const state = generate(shape)
  const columns = columnsOf(state)
  const added = Array.from({ length: shape.added }, (_, i) => shape.nodes - shape.added + i)
  for (const band of [0.09, 0.05]) {
    const request: PlanRequest = {
      ...noGoals,
      fillNodes: added,
      skewedDomains: [0],
      balanceLeaders: true,
      fillTolerance: band,
      band,
      maxDiskUsage: 0.8,
      rackAwareness: 'prefer',
      topicAware: true,
      hardDiskUsage: 0.9,
      excludeHard: false,
      dirMoves: true,
      left: [],
      muted: [],
      orders: [],
      placed: [],
      leadership: { strategy: 'random_hill_climbing', by: 'count', seed: 1 },
    }
    globalThis.gc?.()
    const watch = stopwatch()
    const plan = makePlan(columns, request)
    const seconds = watch() / 1000
    const shares = sharesOf(columns)
    const disk = plan.finalBytes.map((bytes, node) => bytes / shares.fairBytes[node]!)
    const leaders = columns.partitionCount / columns.nodeCount
    const bound = lowerBound(columns, band)
    // Leadership of partitions that move is evened out once they have landed, as the loop does.
    const landed = makePlan(applied(columns, plan.moves), { ...request, fillNodes: [], skewedDomains: [] })
    rows.push([
      shape.name,
      `±${band * 100} %`,
      seconds.toFixed(2),
      (process.memoryUsage().rss / 1e6).toFixed(0),
      String(plan.moves.filter((move) => move.kind === 'replica').length),
      (plan.bytes / 1e12).toFixed(2),
      (plan.bytes / bound).toFixed(3),
      (plan.bytes / plan.lowerBoundBytes).toFixed(3),
      Math.max(...disk).toFixed(3),
      Math.min(...disk).toFixed(3),
      String(rackBreaks(columns, plan.moves)),
      String([...plan.moves, ...landed.moves].filter((move) => move.kind === 'leader').length),
      (Math.max(...landed.finalLeaders) / leaders).toFixed(3),
      String(plan.problems.length + landed.problems.length),
    ])
  }
}
const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)))
for (const row of [header, widths.map((width) => '-'.repeat(width)), ...rows]) {
  console.log(row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '))
}

/** The columns once all moves have landed. */
function applied(columns: Columns, moves: PlannedMove[]): Columns {
  const replicaNode = Int32Array.from(columns.replicaNode)
  const partitionLeader = Int32Array.from(columns.partitionLeader)
  for (const { kind, partition, from, to } of moves) {
    const first = columns.partitionReplicaStart[partition]!
    if (kind === 'leader') partitionLeader[partition] = to
    else {
      replicaNode[replicaNode.indexOf(from, first)] = to
      if (partitionLeader[partition] === from) partitionLeader[partition] = replicaNode[first]!
    }
  }
  return { ...columns, replicaNode, partitionLeader }
}

/** Over the whole cluster, racks left out: what peers are measured by. */
function lowerBound(columns: Columns, band: number): number {
  const { usedBytes, fairBytes } = sharesOf(columns)
  let leave = 0
  let enter = 0
  usedBytes.forEach((used, node) => {
    leave += Math.max(0, used - fairBytes[node]! * (1 + band))
    enter += Math.max(0, fairBytes[node]! * (1 - band) - used)
  })
  return Math.max(leave, enter)
}

/** Partitions of the final placement with two replicas in one rack. */
function rackBreaks(columns: Columns, moves: PlannedMove[]): number {
  const moved = new Map<number, number[]>()
  for (const move of moves) {
    if (move.kind === 'replica')
      moved.set(
        move.partition,
        move.replicas.map((n) => (n === move.from ? move.to : n)),
      )
  }
  let breaks = 0
  for (let p = 0; p < columns.partitionCount; p += 1) {
    const start = columns.partitionReplicaStart[p]!
    const list = moved.get(p) ?? [...columns.replicaNode.subarray(start, columns.partitionReplicaStart[p + 1])]
    if (new Set(list.map((node) => columns.nodeRack[node]!)).size < list.length) breaks += 1
  }
  return breaks
}
