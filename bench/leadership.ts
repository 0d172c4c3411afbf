/** `npm run bench:leadership`: evens out nothing but leadership, by each strategy and measure, and prints one table. */
import { leaderLimits, leaderLoads, leaderWeights, loadsOf } from '../src/cluster/leader-loads.ts'
import { noGoals } from '../src/cluster/plan.ts'
import { LEADER_TOLERANCE, type LeadershipMeasure, leadershipStrategies } from '../src/cluster/settings.ts'
import { sharesOf } from '../src/cluster/shares.ts'
import { type Columns, columnsOf } from '../src/cluster/state.ts'
import { stopwatch } from '../src/lib/clock.ts'
import { seededRandom } from '../src/lib/random.ts'
import { evenLeaders } from '../src/plan/leadership/leadership.ts'
import { Model } from '../src/plan/model.ts'
import { Rejections } from '../src/plan/rejections.ts'
import { generate, type Shape, shapes } from './generate.ts'

const few: Shape = { name: 'l_few', nodes: 6, added: 0, racks: 3, topics: 200, partitions: 100_000, bytes: 40e12 }
const measures: LeadershipMeasure[] = ['count', 'traffic']
const rows = [
  ['cluster', 'strategy', 'by', 'ms', 'transfers', 'handed over ÷ needed', 'max/mean before', 'max/mean', 'limits met'],
]
for (const shape of [...shapes.filter(({ added }) => added === 0), few]) {
  const columns = columnsOf(generate(shape))
  withTraffic(columns)
  for (const strategy of leadershipStrategies)
    for (const by of measures) rows.push(measured(shape.name, columns, strategy, by))
}
const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)))
for (const row of rows) console.log(row.map((cell, i) => cell.padEnd(widths[i]!)).join('  '))

function measured(
  name: string,
  columns: Columns,
  strategy: (typeof leadershipStrategies)[number],
  by: LeadershipMeasure,
): string[] {
  const request = {
    ...noGoals,
    balanceLeaders: true,
    fillTolerance: 0.05,
    band: 0.05,
    maxDiskUsage: 0.8,
    hardDiskUsage: 0.9,
    rackAwareness: 'prefer' as const,
    topicAware: true,
    excludeHard: false,
    dirMoves: true,
    left: [],
    muted: [],
    orders: [],
    placed: [],
    leadership: { strategy, by, seed: 1 },
  }
  const shares = sharesOf(columns)
  const before = leaderLoads(columns, by)
  const mean = before.reduce((sum, load) => sum + load, 0) / columns.nodeCount
  const limits = leaderLimits(columns, shares, by, LEADER_TOLERANCE)
  const needed = before.reduce((sum, load, node) => sum + Math.max(0, load - limits[node]!), 0)
  const times: number[] = []
  let model = new Model(columns, request, new Rejections())
  for (let run = 0; run < 5; run += 1) {
    model = new Model(columns, request, new Rejections())
    const watch = stopwatch()
    evenLeaders(model)
    times.push(watch())
  }
  const weights = leaderWeights(columns, by)
  const after = { ...columns, partitionLeader: model.leader as typeof columns.partitionLeader }
  const load = loadsOf(columns, weights, model.leader)
  const handedOver = model.moves.reduce((sum, move) => sum + weights[move.partition]!, 0)
  const met = leaderLimits(after, shares, by, LEADER_TOLERANCE).filter(
    (limit, node) => load[node]! <= limit * (1 + 1e-9),
  )
  return [
    name,
    strategy,
    by,
    `${times[0]!.toFixed(0)} / ${Math.min(...times).toFixed(0)}`,
    String(model.moves.length),
    (handedOver / needed).toFixed(3),
    (Math.max(...before) / mean).toFixed(3),
    (Math.max(...load) / mean).toFixed(3),
    `${met.length} of ${columns.nodeCount}`,
  ]
}

/** Log-normal, as the sizes are; a tenth of the partitions tells nothing. */
function withTraffic(columns: Columns): void {
  const random = seededRandom(2)
  for (let partition = 0; partition < columns.partitionCount; partition += 1) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
    columns.partitionBytesIn[partition] = random() < 0.1 ? Number.NaN : 1e5 * Math.exp(1.2 * normal)
  }
}
