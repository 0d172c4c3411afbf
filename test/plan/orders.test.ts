/** What becomes of orders, what they are let do that balance is not, and what stays where a person put it. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { applyExclusions } from '../../src/cluster/exclusions.ts'
import { foldInFlight } from '../../src/cluster/influence.ts'
import type { PartitionLine } from '../../src/cluster/lines.ts'
import type { OrderOutcome } from '../../src/cluster/orders.ts'
import { isUrgent } from '../../src/cluster/reasons.ts'
import { columnsOf, replicaNodesOf } from '../../src/cluster/state.ts'
import { makePlan } from '../../src/plan/plan.ts'
import type { PlannedOrder, PlanRequest } from '../../src/plan/request.ts'
import { settings } from '../assess/support.ts'
import { anyLines, build, node, runs, topic } from '../cluster/support.ts'
import { anyRequest, planFor, request, sayings, withDirs } from './support.ts'

const move: PlannedOrder = { kind: 'replica', partition: 0, from: 0, to: 2, waits: false }
const transfer: PlannedOrder = { kind: 'leader', partition: 0, from: -1, to: 1, waits: false }

interface Case {
  order?: Partial<PlannedOrder>
  nodes?: Record<number, Parameters<typeof node>[1]>
  partition?: Partial<PartitionLine>
  request?: Partial<PlanRequest>
  excluded?: boolean
}

/** Nodes 0 to 4 of 1000 bytes in racks a, b, a, b, c; one partition of 100 bytes on 0 and 1. */
function outcomeOf(first: PlannedOrder, { order, nodes = {}, partition, request: asked, excluded }: Case) {
  const lines = ['a', 'b', 'a', 'b', 'c'].map((rack, id) => node(id, { rack, used: 200, ...nodes[id] }))
  const state = build({ nodes: lines, topics: [topic([{ replicas: [0, 1], bytes: 100, ...partition }])] })
  foldInFlight(state, [])
  applyExclusions(state, settings({ excludeTopics: excluded ? [/^t$/] : [] }))
  const plan = makePlan(state, request({ orders: [{ ...first, ...order }], ...asked }))
  expect(plan.problems).toEqual([])
  expect(plan.moves).toHaveLength(plan.orders[0] === 'planned' ? 1 : 0)
  return plan.orders[0]
}

const fault = (what: string): OrderOutcome => ({ fault: what }) as OrderOutcome

const moves: [string, OrderOutcome, Case][] = [
  ['within the rack', 'planned', {}],
  ['to a rack that holds nothing of it', 'planned', { order: { to: 4 } }],
  ['back to where it was a moment ago', 'planned', { request: { left: [{ partition: 0, node: 2 }] } }],
  ['beyond the soft limit', 'planned', { nodes: { 2: { used: 750 } } }],
  ['what is excluded', 'planned', { excluded: true }],
  ['what a person placed there', 'planned', { request: { placed: [{ what: 'replica', partition: 0, node: 0 }] } }],
  ['what has been done', 'done', { order: { from: 3, to: 1 } }],
  ['again too soon', 'waits', { order: { waits: true } }],
  ['what is not there', fault('partition_unknown'), { order: { partition: -1 } }],
  ['to a node that is not there', fault('node_unknown'), { order: { to: -1 } }],
  ['from a node that is not there', fault('node_unknown'), { order: { from: -1 } }],
  ['from where it is not', fault('not_there'), { order: { from: 3, to: 2 } }],
  ['to where another replica is', fault('there_already'), { order: { to: 1 } }],
  ['to a dead node', fault('target_not_alive'), { nodes: { 2: { state: 'unavailable' } } }],
  ['to one that is to be emptied', fault('target_draining'), { nodes: { 2: { state: 'draining' } } }],
  ['to an excluded one', fault('excluded'), { nodes: { 2: { excluded: true } } }],
  ['into the rack of another', fault('rack_constraint'), { order: { to: 3 } }],
  [
    'into the rack of another, where racks do not count',
    'planned',
    { order: { to: 3 }, request: { rackAwareness: 'ignore' } },
  ],
  ['what is excluded, hard', fault('excluded'), { excluded: true, request: { excludeHard: true } }],
  ['what has no leader', fault('no_quorum'), { partition: { leader: null } }],
  ['what is behind', fault('under_replicated'), { partition: { isr: [0] } }],
  [
    'what is lost',
    fault('under_replicated'),
    { nodes: { 0: { state: 'unavailable' } }, partition: { isr: [1], leader: 1 } },
  ],
  ['from a node that gives no answer', fault('source_lost'), { nodes: { 0: { state: 'unreachable' } } }],
  ['what moves', fault('already_moving'), { partition: { replicas: [0, 1, 2], adding: [2] } }],
  ['to a node with no more room for replicas', fault('no_capacity'), { nodes: { 2: { max_replicas: 0 } } }],
]
test.each(moves)('a replica is moved %s: %j', (_, outcome, given) => {
  expect(outcomeOf(move, given)).toEqual(outcome)
})

test('a replica that does not fit is refused with how full the disk would be', () => {
  const outcome = outcomeOf(move, { nodes: { 2: { used: 850 } } })
  expect(outcome).toEqual({ fault: 'would_exceed_limit', fullness: { would: expect.closeTo(0.956), limit: 0.9 } })
})

const transfers: [string, OrderOutcome, Case][] = [
  ['to another replica', 'planned', {}],
  ['although an earlier one failed', 'planned', { request: { muted: [0] } }],
  ['of what is excluded', 'planned', { excluded: true }],
  [
    'away from where a person wanted it',
    'planned',
    { request: { placed: [{ what: 'leader', partition: 0, node: 0 }] } },
  ],
  ['to who leads', 'done', { order: { to: 0 } }],
  ['again too soon', 'waits', { order: { waits: true } }],
  ['once too often', fault('retry_exhausted'), { order: { spent: true } }],
  ['to who holds nothing of it', fault('no_replica'), { order: { to: 2 } }],
  ['to who is behind', fault('not_in_sync'), { partition: { isr: [0] } }],
  ['to a dead node', fault('target_not_alive'), { nodes: { 1: { state: 'unavailable' } } }],
  ['to an excluded node', fault('excluded'), { nodes: { 1: { excluded: true } } }],
  ['of what is excluded, hard', fault('excluded'), { excluded: true, request: { excludeHard: true } }],
  ['of what nobody leads', fault('no_quorum'), { partition: { leader: null } }],
]
test.each(transfers)('leadership is transferred %s: %j', (_, outcome, given) => {
  expect(outcomeOf(transfer, given)).toEqual(outcome)
})

describe('between dirs of a node', () => {
  const lines = {
    nodes: [withDirs(0, [100, 200]), node(1)],
    topics: [topic([{ replicas: [0, 1], bytes: 100, dirs: ['/d0', '/d0'] }])],
  }
  const outcome = (dirs: PlannedOrder['dirs'], asked: Partial<PlanRequest> = {}) => {
    const plan = planFor(lines, { orders: [{ ...move, to: 0, dirs: dirs! }], ...asked })
    expect(plan.problems).toEqual([])
    return plan.orders[0]
  }

  test.each<[string, OrderOutcome, PlannedOrder['dirs'], Partial<PlanRequest>]>([
    ['to the other', 'planned', { from: 0, to: 1 }, {}],
    ['from wherever it lies', 'planned', { to: 1 }, {}],
    ['to where it lies', 'done', { to: 0 }, {}],
    ['from where it does not lie', fault('dir_elsewhere'), { from: 2, to: 1 }, {}],
    ['to none', fault('dir_unknown'), { to: -1 }, {}],
    ['where that cannot be done', fault('dir_unusable'), { to: 1 }, { dirMoves: false }],
    ['into a full one', fault('would_exceed_limit'), { to: 1 }, { hardDiskUsage: 0.3 }],
  ])('%s: %j', (_, expected, dirs, asked) => {
    expect(outcome(dirs, asked)).toEqual(expected)
  })
})

test('orders come first, and the passes go on from what they leave', () => {
  // Node 0 is over its limit by 100; the order takes that off it, and no other does then.
  const lines = {
    nodes: [node(0, { used: 650 }), node(1), node(2)],
    topics: [topic([100, 90, 80].map((bytes) => ({ replicas: [0], bytes })))],
  }
  const asked = { overDirs: [0] }
  expect(sayings(planFor(lines, asked))).toHaveLength(2)
  const ordered = planFor(lines, { ...asked, orders: [{ ...move, partition: 0, to: 1 }] })
  expect([sayings(ordered)[0], ordered.moves.map(({ reason }) => reason)]).toEqual([
    '100: 0>1',
    ['manual', 'disk_over_limit'],
  ])
  expect(ordered.lowerBoundBytes).toBeGreaterThanOrEqual(100)
})

describe('what a person placed', () => {
  const lines = {
    nodes: [node(0, { used: 450 }), node(1), node(2)],
    topics: [topic([200, 200, 50].map((bytes) => ({ replicas: [0], bytes })))],
  }
  const from0 = (placed: number[], asked: Partial<PlanRequest>) => {
    const plan = planFor(lines, {
      ...asked,
      placed: placed.map((partition) => ({ what: 'replica' as const, partition, node: 0 })),
    })
    expect(plan.problems).toEqual([])
    const held = plan.rejected.find(({ reason }) => reason === 'moved_by_hand')?.count ?? 0
    return { moved: plan.moves.map(({ partition }) => partition), held }
  }

  test('is not moved for balance, which does without', () => {
    expect(from0([], { skewedDomains: [0] }).moved.length).toBeGreaterThan(0)
    const { moved, held } = from0([0], { skewedDomains: [0] })
    expect([moved.includes(0), moved.length > 0, held]).toEqual([false, true, 1])
    expect(from0([0, 1, 2], { skewedDomains: [0] })).toEqual({ moved: [], held: 3 })
  })

  test('is not moved off a disk that is merely over its limit, but off a critical one', () => {
    expect(from0([0, 1, 2], { overDirs: [0], maxDiskUsage: 0.8 }).moved).toEqual([])
    expect(from0([0, 1, 2], { criticalDirs: [0], hardDiskUsage: 0.8, maxDiskUsage: 0.7 }).moved.length).toBeGreaterThan(
      0,
    )
  })

  test('leaves a node that is to be emptied', () => {
    const draining = { ...lines, nodes: [node(0, { used: 450, state: 'draining' }), ...lines.nodes.slice(1)] }
    const placed = [0, 1, 2].map((partition) => ({ what: 'replica' as const, partition, node: 0 }))
    expect(planFor(draining, { drainNodes: [0], placed }).moves).toHaveLength(3)
  })

  test('is not moved to a better rack', () => {
    const racks = {
      nodes: ['a', 'a', 'b'].map((rack, id) => node(id, { rack, used: 200 })),
      topics: [topic([{ replicas: [0, 1], bytes: 100 }])],
    }
    const placed = [0, 1].map((at) => ({ what: 'replica' as const, partition: 0, node: at }))
    expect(planFor(racks, { repairRacks: true }).moves).toHaveLength(1)
    expect(planFor(racks, { repairRacks: true, placed }).moves).toEqual([])
  })

  test('keeps its leader, and that one its replica', () => {
    const led = {
      nodes: [node(0, { used: 300 }), node(1), node(2)],
      topics: [topic([100, 100, 100].map((bytes) => ({ replicas: [0, 1], bytes })))],
    }
    const placed = [0, 1, 2].map((partition) => ({ what: 'leader' as const, partition, node: 0 }))
    expect(planFor(led, { balanceLeaders: true }).moves.length).toBeGreaterThan(0)
    const kept = planFor(led, { balanceLeaders: true, placed })
    expect([kept.moves, kept.problems]).toEqual([[], []])
    expect(kept.rejected.map(({ reason }) => reason)).toContain('moved_by_hand')
    expect(planFor(led, { skewedDomains: [0], placed }).moves.filter(({ from }) => from === 0)).toEqual([])
  })
})

test('whatever is asked for, plans break no rule, orders come first and what was placed stays', () => {
  const clusters = anyLines({ nodes: [2, 8], topics: 3, partitions: 12, odd: true })
  const anyOrder = fc.record({
    leader: fc.boolean(),
    partition: fc.nat(35),
    slot: fc.nat(4),
    from: fc.integer({ min: -1, max: 7 }),
    known: fc.boolean(),
    to: fc.integer({ min: -1, max: 7 }),
    waits: fc.integer({ min: 0, max: 9 }).map((n) => n === 9),
  })
  const anyPlaced = fc.record({
    what: fc.constantFrom('replica' as const, 'leader' as const),
    partition: fc.nat(35),
    slot: fc.nat(4),
  })
  let carriedOut = 0
  fc.assert(
    fc.property(
      clusters,
      anyRequest,
      fc.array(anyOrder, { maxLength: 8 }),
      fc.array(anyPlaced, { maxLength: 20 }),
      (lines, requestFor, drafts, pins) => {
        const columns = columnsOf(build(lines))
        const { partitionCount, nodeCount } = columns
        const within = <Draft extends { partition: number }>(items: Draft[]) =>
          items.map((item) => ({ ...item, partition: item.partition % partitionCount }))
        const asked = [...new Map(within(drafts).map((draft) => [draft.partition, draft])).values()]
        const orders = asked.map(({ leader, partition, slot, from, known, to, waits }): PlannedOrder => {
          const nodes = replicaNodesOf(columns, partition)
          const target = to < nodeCount ? to : -1
          if (leader)
            return { kind: 'leader', partition, from: -1, to: known ? nodes[slot % nodes.length]! : target, waits }
          const source = known ? nodes[slot % nodes.length]! : from < nodeCount ? from : -1
          return { kind: 'replica', partition, from: source, to: target, waits }
        })
        const placed = within(pins).map(({ what, partition, slot }) => {
          const nodes = replicaNodesOf(columns, partition)
          return { what, partition, node: nodes[slot % nodes.length]! }
        })
        const plan = makePlan(columns, { ...requestFor(columns), orders, placed })
        expect(plan.problems).toEqual([])
        const planned = orders.filter((_, index) => plan.orders[index] === 'planned')
        carriedOut += planned.length
        const first = plan.moves.slice(0, planned.length)
        expect(first.map(({ kind, partition, to, reason }) => ({ kind, partition, to, reason }))).toEqual(
          planned.map(({ kind, partition, to }) => ({ kind, partition, to, reason: 'manual' })),
        )
        const rest = plan.moves.slice(planned.length)
        const ordered = new Set(planned.map(({ partition }) => partition))
        for (const { kind, partition, from, reason } of rest) {
          expect([reason === 'manual', ordered.has(partition)]).toEqual([false, false])
          if (isUrgent(reason)) continue
          const pinned = placed.some((pin) => pin.what === kind && pin.partition === partition && pin.node === from)
          const excused =
            kind === 'leader' && (columns.partitionLeader[partition] !== from || columns.nodeDraining[from] === 1)
          expect(pinned && !excused).toBe(false)
        }
      },
    ),
    runs(200),
  )
  expect(carriedOut).toBeGreaterThan(20)
})
