/**
 * From a sample to a plan to what it leaves behind, round after round as the daemon does it, on clusters of all sorts and
 * in every mode. In the fast suite a few hundred of them; 4000 of each kind in each mode, others every time, with
 *
 *     EVENKEEL_PROPERTY_RUNS=4000 npx vitest run --project fast --testTimeout=3600000 test/plan/rounds
 */

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { assess } from '../../src/assess/assess.ts'
import { noStrangers } from '../../src/assess/gates.ts'
import { departures } from '../../src/cluster/departures.ts'
import { modes } from '../../src/cluster/events.ts'
import { applyExclusions } from '../../src/cluster/exclusions.ts'
import { foldInFlight } from '../../src/cluster/influence.ts'
import { emptyMemory, freshMemory, type Memory } from '../../src/cluster/memory.ts'
import { isUrgent, type ViolationKind, violationKinds } from '../../src/cluster/reasons.ts'
import { type BalanceSettings, RETURN_WINDOW_MS } from '../../src/cluster/settings.ts'
import { leaderCounts, replicaCounts, sharesOf } from '../../src/cluster/shares.ts'
import { type ClusterState, columnsOf, type NodeId } from '../../src/cluster/state.ts'
import { describePlan } from '../../src/plan/describe.ts'
import { makePlan } from '../../src/plan/plan.ts'
import { type PlannedMove, type PlanResult, planRequest } from '../../src/plan/request.ts'
import { verifyPlan } from '../../src/plan/verify.ts'
import { settings } from '../assess/support.ts'
import { allWell, anyLines, build, type Lines, runs, shuffled, takenAtMs } from '../cluster/support.ts'
import { anyEvent, befallen } from './events.ts'
import { Rules } from './rules.ts'
import { carriedOut, inTheEmptiest, inTheFirst, inTheFullest } from './support.ts'
import { undone } from './undone.ts'

const MIB = 2 ** 20
const TICK_MS = 30_000
/** Rounds after which a cluster must have come to rest. */
const ROUNDS = 24

const clusters = anyLines({ nodes: [2, 8], topics: 3, partitions: 12, odd: true, unitBytes: MIB })
const medium = anyLines({ nodes: [10, 20], topics: 6, partitions: 40, odd: true, unitBytes: MIB })

const anySettings: fc.Arbitrary<Partial<BalanceSettings>> = fc
  .record({
    limits: fc.constantFrom({ maxDiskUsage: 0.8, hardDiskUsage: 0.9 }, { maxDiskUsage: 0.6, hardDiskUsage: 0.95 }),
    band: fc.constantFrom(undefined, 0.05, 0.1, 0.3),
    rackAwareness: fc.constantFrom('prefer', 'require', 'ignore'),
    topicAware: fc.boolean(),
    leadershipEnabled: fc.boolean(),
    nodeAvailabilityTimeoutMs: fc.constantFrom(0, 900_000),
    excludeTopics: fc.constantFrom<RegExp[]>([], [], [], [/^t1$/]),
    excludeNodes: fc.constantFrom<NodeId[]>([], [], [], [0]),
    excludeHard: fc.boolean(),
    closed: fc.oneof(fc.constant<ViolationKind[]>([]), fc.subarray([...violationKinds])),
  })
  .map(({ limits, band, closed, ...more }) => ({
    ...limits,
    ...(band !== undefined && { diskBalance: band }),
    // A window that never opens.
    windows: closed.length === 0 ? [] : [{ days: [], fromMinute: 0, toMinute: 1, timezone: 'UTC', classes: closed }],
    ...more,
  }))

function look(lines: Lines, memory: Memory, balance: BalanceSettings, nowMs: number) {
  const state = build(lines)
  foldInFlight(state, [])
  applyExclusions(state, balance)
  const now = { agreed: true, strangers: noStrangers, health: allWell.health }
  const assessment = assess(state, balance, memory, now, nowMs)
  const asked = planRequest(state, assessment.goals, balance, memory, true)
  return { state, assessment, asked, plan: makePlan(state, asked) }
}

/** Whether the plan could be stopped after `length` moves: no group is torn. */
const mayStop = (moves: PlannedMove[], length: number) =>
  length === moves.length || moves[length]!.group === undefined || moves[length]!.group !== moves[length - 1]?.group

/** Nodes of which the plan foretold something else than what it left behind. */
function forecastErrors(before: ClusterState, plan: PlanResult, after: ClusterState): string[] {
  foldInFlight(after, [])
  const { participates, usedBytes } = sharesOf(before)
  const [used, replicas, leaders] = [sharesOf(after).usedBytes, replicaCounts(after), leaderCounts(after)]
  const errors = [...usedBytes.keys()].map((node) => {
    const expected = [plan.finalBytes[node]!, plan.finalReplicas[node]!, plan.finalLeaders[node]!]
    const came = [used[node]!, replicas[node]!, leaders[node]!]
    const differs = expected.some((figure, index) => Math.abs(figure - came[index]!) > 1)
    return differs && participates[node] === 1 ? `node ${node}: ${expected.join(' ')}, not ${came.join(' ')}` : ''
  })
  return errors.filter((error) => error !== '')
}

/** As the loop remembers who left where. */
function recalled(memory: Memory, before: ClusterState, after: ClusterState, atMs: number): Memory {
  return {
    ...memory,
    left: [...memory.left, ...departures(before, after).map((departure) => ({ ...departure, atMs }))],
  }
}

describe.each(modes.map((mode) => [mode]))('in mode %s', (mode) => {
  test('a plan breaks no rule wherever it is stopped, is the same every time and in whatever order the cluster is read', () => {
    const pairs = clusters.chain((lines) => fc.tuple(fc.constant(lines), shuffled(lines)))
    fc.assert(
      fc.property(pairs, anySettings, ([lines, other], more) => {
        const balance = settings({ mode, ...more })
        const { state, assessment, asked, plan } = look(lines, emptyMemory, balance, takenAtMs)
        expect(plan.problems).toEqual([])
        for (let length = 1; length <= plan.moves.length; length += 1) {
          if (!mayStop(plan.moves, length)) continue
          expect(verifyPlan(state, asked, plan.moves.slice(0, length))).toEqual([])
        }
        expect(new Rules(lines, balance).broken(plan.moves)).toEqual([])

        const open = new Set(assessment.violations.filter(({ gate }) => !gate).map(({ kind }) => kind))
        const reasons = new Set(plan.moves.flatMap(({ reason }) => (reason === 'manual' ? [] : [reason])))
        // Where nothing may be done all is planned, to be shown; else nothing but what may.
        if (open.size > 0) expect([...reasons].filter((reason) => !open.has(reason))).toEqual([])
        if (mode === 'node_add') expect([...open].filter((kind) => !inNodeAdd.includes(kind))).toEqual([])
        if (mode === 'off') expect([...open]).toEqual([])

        const columns = columnsOf(state)
        expect(makePlan(columns, asked)).toEqual(plan)
        const again = look(other, emptyMemory, balance, takenAtMs)
        expect(describePlan(again.state, again.plan, 0)).toEqual(describePlan(state, plan, 0))
        expect(again.assessment).toEqual(assessment)
      }),
      runs(150),
    )
  })
})

const inNodeAdd: ViolationKind[] = ['node_draining', 'node_underused', 'leader_skew']

/** How a cluster is looked after: what of each plan is carried out before the next is made, and where copies land. */
const anyCare = fc.record({
  /** Begins like a loop, not like a command that looks once. */
  loop: fc.boolean(),
  part: fc.constantFrom(1, 0.5, 0.2),
  landing: fc.constantFrom(inTheFirst, inTheFullest, inTheEmptiest),
})
type Care = typeof anyCare extends fc.Arbitrary<infer Each> ? Each : never

/** A cluster that is looked at every tick by the same settings, and does what the plans say. */
class Cared {
  lines: Lines
  memory: Memory
  nowMs = takenAtMs
  readonly #settings: BalanceSettings
  readonly #care: Care

  constructor(lines: Lines, balance: BalanceSettings, care: Care) {
    this.lines = lines
    this.#settings = balance
    this.#care = care
    this.memory = care.loop ? freshMemory : emptyMemory
  }

  /** One tick; the moves that were carried out. */
  tick(): PlannedMove[] {
    const balance = this.#settings
    const { state, assessment, plan } = look(this.lines, this.memory, balance, this.nowMs)
    expect(plan.problems).toEqual([])
    const may = assessment.violations.some(({ gate }) => !gate)
    const moves = may ? plan.moves : []
    expect(new Rules(this.lines, balance).broken(moves)).toEqual([])
    if (may && moves.length === 0) {
      const { goals } = assessment
      const { left } = this.memory
      expect(undone({ lines: this.lines, columns: state, settings: balance, goals, left })).toEqual([])
    }
    let length = Math.ceil(moves.length * this.#care.part)
    while (length > 0 && !mayStop(moves, length)) length += 1
    const done = moves.slice(0, length)
    this.lines = carriedOut(this.lines, done, this.#care.landing)
    const after = build(this.lines)
    if (may && length === moves.length) expect(forecastErrors(state, plan, after)).toEqual([])
    this.memory = recalled(assessment.memory, state, after, this.nowMs)
    this.nowMs += TICK_MS
    return done
  }

  /** Until nothing has happened for several ticks; what was done. */
  settle(): PlannedMove[] {
    const done: PlannedMove[] = []
    for (let round = 0, quiet = 0; quiet < 4; round += 1) {
      expect(round).toBeLessThan(ROUNDS / this.#care.part)
      const moves = this.tick()
      quiet = moves.length === 0 ? quiet + 1 : 0
      done.push(...moves)
    }
    return done
  }
}

describe.each([['node_add'], ['continuous']] as const)('looked after in mode %s', (mode) => {
  test.each([
    ['small', clusters, 100],
    ['medium', medium, 8],
  ])('a %s cluster comes to rest, and nothing ever returns to where it was', (_, some, few) => {
    fc.assert(
      fc.property(some, anySettings, anyCare, (lines, more, care) => {
        const cared = new Cared(lines, settings({ mode, ...more }), care)
        const trail = new Trail()
        expect(cared.settle().flatMap((move) => trail.returns(move))).toEqual([])
      }),
      runs(few),
    )
  })

  test('whatever befalls it on the way, no rule is broken, and it comes to rest when nothing does any more', () => {
    const anyEvents = fc.array(fc.record({ event: anyEvent, ticks: fc.nat(3) }), { maxLength: 8 })
    fc.assert(
      fc.property(clusters, anySettings, anyCare, anyEvents, (lines, more, care, events) => {
        const cared = new Cared(lines, settings({ mode, nodeAddHoldMs: 0, ...more }), care)
        for (const { event, ticks } of events) {
          for (let tick = 0; tick <= ticks; tick += 1) cared.tick()
          cared.lines = befallen(cared.lines, event, cared.nowMs)
        }
        cared.settle()
      }),
      runs(60),
    )
  })

  test('it stays at rest also when nobody remembers any more who left where', () => {
    fc.assert(
      fc.property(clusters, anySettings, anyCare, (lines, more, care) => {
        const cared = new Cared(lines, settings({ mode, ...more }), care)
        let moves = cared.settle()
        for (let hour = 0; hour < 4; hour += 1) {
          cared.nowMs += RETURN_WINDOW_MS
          cared.memory = { ...cared.memory, left: [] }
          moves = cared.settle()
        }
        expect(moves).toEqual([])
      }),
      runs(40),
    )
  })
})

/** Who was where: no replica comes back to a place of its own, and only what must leave to one of its partition. */
class Trail {
  /** Places that the replica now at `PARTITION@NODE` was at before. */
  readonly #of = new Map<string, Set<string>>()
  readonly #left = new Set<string>()

  returns({ kind, partition, from, to, dirs, reason }: PlannedMove): string[] {
    if (kind === 'leader') return []
    const place = (node: number, dir: number | undefined) => `${node} ${dir ?? ''}`
    const been = this.#of.get(`${partition}@${from}`) ?? new Set()
    been.add(place(from, dirs?.from))
    this.#of.delete(`${partition}@${from}`)
    this.#of.set(`${partition}@${to}`, been)
    if (!dirs) this.#left.add(`${partition}@${from}`)
    const back = been.has(place(to, dirs?.to)) || (!dirs && !isUrgent(reason) && this.#left.has(`${partition}@${to}`))
    return back ? [`${reason} ${partition} ${from}>${to}`] : []
  }
}
