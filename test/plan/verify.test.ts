/** Every rule of the verifier is broken once by hand: it must see exactly that. */
import { describe, expect, test } from 'vitest'
import type { PartitionLine, TopicLine } from '../../src/cluster/lines.ts'
import { replicaNodesOf } from '../../src/cluster/state.ts'
import type { PlannedMove, PlanRequest } from '../../src/plan/request.ts'
import { verifyPlan } from '../../src/plan/verify.ts'
import { build, node, topic } from '../cluster/support.ts'
import { request } from './support.ts'

/** Nodes 0 to 4 in racks a, a, b, c, c; partition 0 of 100 bytes on 0 and 2, partition 1 on 1. */
interface Case {
  nodes?: Record<number, Parameters<typeof node>[1]>
  partition?: Partial<PartitionLine>
  topic?: Partial<TopicLine>
  request?: Partial<PlanRequest>
  moves: Partial<PlannedMove>[]
}

function problemsOf({ nodes = {}, partition = {}, topic: more = {}, request: asked = {}, moves }: Case): string[] {
  const lines = ['a', 'a', 'b', 'c', 'c'].map((rack, id) => node(id, { rack, used: 200, ...nodes[id] }))
  const partitions = [
    { replicas: [0, 2], bytes: 100, ...partition },
    { replicas: [1], bytes: 100 },
  ]
  const state = build({ nodes: lines, topics: [topic(partitions, more)] })
  const planned = moves.map(
    (move): PlannedMove => ({
      kind: 'replica',
      partition: 0,
      from: 0,
      to: 1,
      bytes: 100,
      reason: 'disk_skew',
      replicas: replicaNodesOf(state, move.partition ?? 0),
      leader: 0,
      ...move,
    }),
  )
  return verifyPlan(state, request(asked), planned).map((problem) => problem.replace(/^move \d+ \(.*?\): /, ''))
}

const transfer = { kind: 'leader', bytes: 0, to: 2 } as const
const byHand = { reason: 'manual' } as const
const order = { kind: 'replica', partition: 0, from: 0, to: 1, waits: false } as const
const other = { partition: 1, from: 1, to: 0 } as const
const placed = { placed: [{ what: 'replica' as const, partition: 0, node: 0 }] }
const led = { placed: [{ what: 'leader' as const, partition: 0, node: 0 }] }

describe('good plans', () => {
  const rows: [string, Case][] = [
    ['a move within the rack', { moves: [{}] }],
    ['a move to a rack that holds nothing yet', { moves: [{ to: 3 }] }],
    ['both replicas, one after the other', { moves: [{ to: 3 }, { from: 2, to: 1, replicas: [3, 2] }] }],
    ['a transfer', { moves: [transfer] }],
    ['a transfer, although a size is not known', { moves: [transfer], partition: { bytes: [100, null] } }],
    ['racks do not count', { moves: [{ partition: 1, from: 1, to: 0 }], request: { rackAwareness: 'ignore' } }],
    ['by hand, as it was asked for', { moves: [byHand], request: { orders: [order], ...placed } }],
    [
      'by hand, back to where it was, further than balance may fill a disk',
      { moves: [byHand], request: { orders: [order], left: [{ partition: 0, node: 1 }] }, nodes: { 1: { used: 800 } } },
    ],
    [
      'a transfer by hand, although it is muted',
      {
        moves: [{ ...transfer, ...byHand }],
        request: { orders: [{ ...order, kind: 'leader', to: 2 }], muted: [0], ...led },
      },
    ],
    [
      'what a person put where it is, by repair of a critical disk',
      { moves: [{ reason: 'disk_critical' }], request: placed },
    ],
    ['exactly full', { moves: [{}], nodes: { 1: { used: 700 } } }],
    [
      'a legal node of another domain',
      { moves: [{}], nodes: { 1: { domain: 'x' } }, topic: { constraints: { legal: { 0: [[0, 1], null] } } } },
    ],
  ]
  test.each(rows)('%s', (_, plan) => {
    expect(problemsOf(plan)).toEqual([])
  })
})

describe('bad plans', () => {
  const rows: [string, Case][] = [
    ['nobody asked for it', { moves: [byHand] }],
    ['nobody asked for it', { moves: [{ ...byHand, to: 3 }], request: { orders: [order] } }],
    ['nobody asked for it', { moves: [{ ...byHand, ...transfer }], request: { orders: [order] } }],
    ['it was asked for and does not come first', { moves: [other, byHand], request: { orders: [order] } }],
    [
      'the partition is moved by hand already',
      { moves: [byHand, { from: 2, to: 3, replicas: [1, 2] }], request: { orders: [order] } },
    ],
    [
      'the partition must stay: excluded',
      { moves: [byHand], request: { orders: [order], excludeHard: true }, topic: { constraints: { excluded: true } } },
    ],
    [
      'dir 1 of the target could exceed its limit',
      { moves: [byHand], nodes: { 1: { used: 801 } }, request: { orders: [order] } },
    ],
    ['the racks get worse', { moves: [{ ...byHand, from: 2 }], request: { orders: [{ ...order, from: 2 }] } }],
    ['a person put it where it is', { moves: [{}], request: placed }],
    ['a person put it where it is', { moves: [{}], request: led }],
    ['a person put it where it is', { moves: [transfer], request: led }],
    ['is planned from 0 1, but the list is 0 2', { moves: [{ replicas: [0, 1] }] }],
    ['is planned from 0, but the list is 0 2', { moves: [{ replicas: [0] }] }],
    ['the source holds no replica', { moves: [{ from: 3 }] }],
    ['the target is not open', { moves: [{}], nodes: { 1: { state: 'unavailable' } } }],
    ['the target is not open', { moves: [{}], nodes: { 1: { state: 'draining' } } }],
    ['the target is not open', { moves: [{}], nodes: { 1: { excluded: true } } }],
    ['the target is not open', { moves: [transfer], nodes: { 2: { excluded: true } } }],
    [
      'the target has no dir that takes anything',
      { moves: [{}], nodes: { 1: { dirs: [{ path: '/d0', capacity_bytes: 1000, used_bytes: 0, cordoned: true }] } } },
    ],
    [
      'the target has no dir that takes anything',
      { moves: [{}], nodes: { 1: { dirs: [{ path: '/d0', capacity_bytes: 1000, used_bytes: 0, state: 'offline' }] } } },
    ],
    ['the partition must stay: size_unknown', { moves: [{}], partition: { bytes: [100, null] } }],
    ['the partition must stay: no_quorum', { moves: [{}], partition: { leader: null } }],
    ['the partition must stay: already_moving', { moves: [{}], partition: { adding: [2] } }],
    ['the partition must stay: excluded', { moves: [{}], topic: { constraints: { excluded: true } } }],
    ['the partition must stay: excluded', { moves: [transfer], topic: { constraints: { excluded: true } } }],
    [
      'the partition must stay: excluded',
      { moves: [transfer], partition: { bytes: [100, null] }, topic: { constraints: { excluded: true } } },
    ],
    ['the partition must stay: already_moving', { moves: [transfer], partition: { adding: [0] } }],
    ['the partition must stay: no_quorum', { moves: [transfer], partition: { leader: null } }],
    ['the target holds a replica already', { moves: [{ to: 2 }], request: { rackAwareness: 'ignore' } }],
    ['the replica moves twice', { moves: [{}, { from: 1, to: 0, replicas: [1, 2] }] }],
    ['the new leader holds no replica', { moves: [{ ...transfer, to: 3 }] }],
    ['the new leader is not in sync', { moves: [transfer], partition: { isr: [0] } }],
    ['leadership moves twice', { moves: [transfer, { ...transfer, from: 2, to: 0, leader: 2 }] }],
    ['the replica moves after its leadership', { moves: [transfer, {}] }],
    ['the target is of another domain', { moves: [{}], nodes: { 1: { domain: 'x' } } }],
    [
      'the target is not among the legal nodes of the replica',
      { moves: [{}], topic: { constraints: { legal: { 0: [[0, 3], null] } } } },
    ],
    [
      'the racks get worse',
      { moves: [{ from: 0, to: 2 }], partition: { replicas: [0, 3] }, nodes: { 2: { rack: 'c' } } },
    ],
    [
      'the rack of the target would hold 3 of the 3 replicas',
      {
        moves: [{}],
        partition: { replicas: [0, 4, 3] },
        nodes: { 0: { rack: 'c' }, 1: { rack: 'c' } },
        request: { rackAwareness: 'require' },
      },
    ],
    [
      'the target would hold 2 replicas of the topic, at most 1 are allowed',
      { moves: [{}], topic: { constraints: { cap: 1 } } },
    ],
    ['the target exceeds its capacity in replicas', { moves: [{}], nodes: { 1: { max_replicas: 1 } } }],
    ['dir 1 of the target could exceed its limit', { moves: [{}], nodes: { 1: { used: 701 } } }],
    [
      'dir 1 of the target could exceed its limit',
      {
        moves: [{ to: 1 }, { partition: 0, from: 2, to: 1, replicas: [1, 2] }],
        nodes: { 1: { used: 601 } },
        request: { rackAwareness: 'ignore' },
      },
    ],
    [
      'dir 2 of the target could exceed its limit',
      {
        moves: [{}],
        nodes: {
          1: {
            dirs: [
              { path: '/a', capacity_bytes: 1000, used_bytes: 0 },
              { path: '/b', capacity_bytes: 1000, used_bytes: 750 },
            ],
          },
        },
      },
    ],
  ]
  test.each(rows)('%s: %#', (problem, plan) => {
    expect(problemsOf(plan)).toContain(problem)
  })
})

test('what is arriving by moves in flight takes its space', () => {
  const state = build({ nodes: [node(0), node(1, { used: 600 })], topics: [topic([{ replicas: [0], bytes: 100 }])] })
  const move: PlannedMove = {
    kind: 'replica',
    partition: 0,
    from: 0,
    to: 1,
    bytes: 100,
    reason: 'disk_skew',
    replicas: [0],
    leader: 0,
  }
  expect(verifyPlan(state, request(), [move])).toEqual([])
  state.dirArrivingBytes[1] = 101
  expect(verifyPlan(state, request(), [move])).toEqual([
    'move 0 (partition 0, 0 to 1): dir 1 of the target could exceed its limit',
  ])
})
