/** Leadership on clusters small enough to try every way, and on larger ones where sums tell. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { drains, leaderLimits, leaderWeights, limitOf, loadsOf, meanLoad } from '../../src/cluster/leader-loads.ts'
import { immovableReasons } from '../../src/cluster/reasons.ts'
import {
  LEADER_TOLERANCE,
  type LeadershipMeasure,
  type LeadershipStrategy,
  leadershipStrategies,
} from '../../src/cluster/settings.ts'
import { sharesOf } from '../../src/cluster/shares.ts'
import { type ClusterState, type Columns, IN_SYNC } from '../../src/cluster/state.ts'
import { describePlan } from '../../src/plan/describe.ts'
import { makePlan } from '../../src/plan/plan.ts'
import type { PlannedMove } from '../../src/plan/request.ts'
import { anyLines, build, type Lines, node, runs, shuffled, topic, weigh } from '../cluster/support.ts'
import { carriedOut, request } from './support.ts'

const ways = leadershipStrategies.flatMap((strategy) =>
  (['count', 'traffic'] as const).map((by): [LeadershipStrategy, LeadershipMeasure] => [strategy, by]),
)

/** Clusters led unevenly, for in most partitions the lower nodes come first; the sizes of traffic are far apart. */
function uneven(nodes: [number, number], partitions: [number, number]): fc.Arbitrary<Lines> {
  const within = ([min, max]: [number, number]) => fc.integer({ min, max })
  return fc.record({ count: within(nodes), drained: fc.nat(20) }).chain(({ count, drained }) => {
    const ids = Array.from({ length: count }, (_, id) => id)
    const partition = fc
      .record({
        replicas: within([1, 3]).chain((most) =>
          fc.shuffledSubarray(ids, { minLength: Math.min(most, count), maxLength: Math.min(most, count) }),
        ),
        rate: fc.oneof(within([0, 20]), within([0, 100])),
        unknown: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
        shuffled: fc.integer({ min: 0, max: 2 }).map((n) => n === 0),
        of: fc.nat(2),
      })
      .map(({ replicas, rate, unknown, shuffled, of }) => {
        const list = shuffled ? replicas : replicas.toSorted((a, b) => a - b)
        const dirs = list.map(() => '/d0')
        return {
          of,
          line: { replicas: list, isr: list, dirs, bytes: 1, ...(unknown ? {} : { bytes_in_per_second: rate }) },
        }
      })
    return fc.array(partition, { minLength: partitions[0], maxLength: partitions[1] }).map((drafts) => {
      const topics = [0, 1, 2].map((of) =>
        topic(
          drafts.filter((draft) => draft.of === of).map(({ line }) => line),
          { name: `t${of}` },
        ),
      )
      return weigh({
        nodes: ids.map((id) => node(id, id === drained ? { state: 'draining' } : {})),
        topics: topics.filter((line) => line.partitions.length > 0),
      })
    })
  })
}

const tiny = fc.oneof(uneven([2, 4], [1, 6]), anyLines({ nodes: [2, 4], topics: 1, partitions: 6, odd: true }))
const larger = uneven([5, 14], [15, 60])

const planOf = (state: ClusterState, [strategy, by]: (typeof ways)[number], seed = 1) =>
  makePlan(state, request({ balanceLeaders: true, leadership: { strategy, by, seed } }))

const leadersAfter = (columns: Columns, moves: PlannedMove[]) => {
  const leader = Int32Array.from(columns.partitionLeader)
  for (const { partition, to } of moves) leader[partition] = to
  return leader
}

/** What each spread of leaders comes to. */
interface Spread {
  /** Partitions that draining nodes lead. */
  drained: number
  greatest: number
  /** What is above the limit of its node. */
  above: number
  transfers: number
}

/** Weighs any leaders of a cluster. */
function scales(columns: Columns, by: LeadershipMeasure): (leader: Int32Array) => Spread {
  const shares = sharesOf(columns)
  const weights = leaderWeights(columns, by)
  const mean = meanLoad(columns, shares, loadsOf(columns, weights, columns.partitionLeader))
  return (leader) => {
    const after = { ...columns, partitionLeader: leader as Columns['partitionLeader'] }
    const limits = leaderLimits(after, shares, by, LEADER_TOLERANCE)
    const spread: Spread = { drained: 0, greatest: 0, above: 0, transfers: 0 }
    loadsOf(columns, weights, leader).forEach((load, id) => {
      spread.above += Math.max(0, load - limits[id]!)
      if (shares.participates[id] === 1) spread.greatest = Math.max(spread.greatest, load / mean || 0)
    })
    leader.forEach((id, partition) => {
      if (id >= 0 && drains(columns, id)) spread.drained += 1
      if (id !== columns.partitionLeader[partition]) spread.transfers += 1
    })
    return spread
  }
}

/** Every way in which the partitions that may change hands could be led. */
function everySpread(columns: Columns): Int32Array[] {
  const { participates } = sharesOf(columns)
  let spreads = [Int32Array.from(columns.partitionLeader)]
  columns.partitionLeader.forEach((leader, partition) => {
    const reason = immovableReasons[columns.partitionImmovable[partition]!]!
    if (leader === -1 || (reason !== '' && reason !== 'size_unknown')) return
    if (participates[leader] === 0 && !drains(columns, leader)) return
    const takers = [leader]
    const end = columns.partitionReplicaStart[partition + 1]!
    for (let replica = columns.partitionReplicaStart[partition]!; replica < end; replica += 1) {
      const to = columns.replicaNode[replica]!
      if (to !== leader && participates[to] === 1 && (columns.replicaFlags[replica]! & IN_SYNC) !== 0) takers.push(to)
    }
    spreads = spreads.flatMap((spread) => takers.map((to) => spread.with(partition, to)))
  })
  return spreads
}

describe.each(ways)('%s by %s', (strategy, by) => {
  const way: (typeof ways)[number] = [strategy, by]

  test('of all ways to lead few partitions none is better, and none as good takes many transfers fewer', () => {
    fc.assert(
      fc.property(tiny, (lines) => {
        const state = build(lines)
        const weigh = scales(state, by)
        const plan = planOf(state, way)
        const got = weigh(leadersAfter(state, plan.moves))
        const all = everySpread(state).map(weigh)
        const emptied = all.filter(({ drained }) => drained === Math.min(...all.map((one) => one.drained)))
        expect(got.drained).toBe(emptied[0]!.drained)
        // What a draining node hands over by traffic is not weighed against every other way: it soon holds nothing at all.
        if (by === 'traffic' && lines.nodes.some((line) => line.state === 'draining')) return

        const best = Math.min(...emptied.map(({ greatest }) => greatest))
        const mean = meanLoad(state, sharesOf(state), loadsOf(state, leaderWeights(state, by), state.partitionLeader))
        // By traffic the tolerance is also what is not worth an exchange.
        const limit = by === 'count' ? limitOf(mean, 0, by, LEADER_TOLERANCE) / mean : 1 + LEADER_TOLERANCE
        const slack = by === 'count' ? 1 : 1 + LEADER_TOLERANCE
        expect(got.greatest).toBeLessThanOrEqual(Math.max(limit || 0, best * slack) + 1e-9)

        // By traffic the first that helps, chosen at random or not, may be one that the best way does without.
        const few = by === 'count' ? 1 : strategy === 'greedy_balanced_shards' ? 3 : 4
        const asGood = emptied.filter(
          ({ above, greatest }) => above <= got.above + 1e-9 && greatest <= got.greatest + 1e-9,
        )
        expect(got.transfers).toBeLessThanOrEqual(Math.min(...asGood.map(({ transfers }) => transfers)) + few)
      }),
      runs(250),
    )
  })

  test('planning for what a plan leaves behind gives nothing, and nobody leads more than the one who led most', () => {
    fc.assert(
      fc.property(larger, fc.nat(9), (lines, seed) => {
        const state = build(lines)
        const plan = planOf(state, way, seed)
        expect(plan.problems).toEqual([])
        expect(planOf(build(carriedOut(lines, plan.moves)), way, seed).moves).toEqual([])
        const weigh = scales(state, by)
        const before = weigh(Int32Array.from(state.partitionLeader))
        // What draining nodes led has to go somewhere.
        if (before.drained > 0) return
        expect(weigh(leadersAfter(state, plan.moves)).greatest).toBeLessThanOrEqual(before.greatest + 1e-9)
      }),
      runs(40),
    )
  })

  test('the order in which a cluster is read is irrelevant, and a seed gives one plan', () => {
    const pairs = larger.chain((lines) => fc.tuple(fc.constant(lines), shuffled(lines)))
    fc.assert(
      fc.property(pairs, fc.nat(9), ([lines, other], seed) => {
        const [one, another] = [lines, other].map((read) => {
          const state = build(read)
          return describePlan(state, planOf(state, way, seed), 0)
        })
        expect(another).toEqual(one)
      }),
      runs(30),
    )
  })
})
