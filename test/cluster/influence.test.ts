import { describe, expect, test } from 'vitest'
import { foldInFlight } from '../../src/cluster/influence.ts'
import type { PartitionLine } from '../../src/cluster/lines.ts'
import type { Move } from '../../src/cluster/move.ts'
import { immovableReasons } from '../../src/cluster/reasons.ts'
import { build, node, topic } from './support.ts'

const nodes = [1, 2, 3].map((id) => node(id, { used: 100 }))
const ofT0 = { topic: 't', partition: 0, replicas: [1, 2], leader: 1 }
const move: Move = { kind: 'replica', id: 'm', ...ofT0, from: 1, to: 3, bytes: 40, reason: 'disk_skew' }
const transfer: Move = { kind: 'leader', id: 'l', ...ofT0, from: 1, to: 2, reason: 'leader_skew' }

interface Row {
  name: string
  partition: Partial<PartitionLine>
  inFlight?: Move[]
  /** By dir of nodes 1, 2, 3. */
  arriving: number[]
  pending: number[]
  immovable?: string
}

const still = { replicas: [1, 2], bytes: 40 }
const rows: Row[] = [
  { name: 'nothing moves', partition: still, arriving: [0, 0, 0], pending: [0, 0, 0], immovable: '' },
  {
    name: 'a copy counts at its full size, its source as about to be free',
    partition: { replicas: [1, 2, 3], adding: [3], removing: [1], isr: [1, 2], bytes: [40, 40, 10] },
    arriving: [0, 0, 30],
    pending: [40, 0, 0],
    immovable: 'already_moving',
  },
  {
    name: 'a replica that is behind still has to grow',
    partition: { replicas: [1, 2], isr: [1], bytes: [40, 5] },
    arriving: [0, 35, 0],
    pending: [0, 0, 0],
    immovable: '',
  },
  {
    name: 'a move of ours that the sample does not show yet',
    partition: still,
    inFlight: [move],
    arriving: [0, 0, 40],
    pending: [40, 0, 0],
    immovable: 'already_moving',
  },
  {
    name: 'a move of ours that the sample shows is counted once',
    partition: { replicas: [3, 2, 1], adding: [3], removing: [1], isr: [1, 2], bytes: [10, 40, 40] },
    inFlight: [move],
    arriving: [0, 0, 30],
    pending: [40, 0, 0],
    immovable: 'already_moving',
  },
  {
    name: 'a move of ours whose end the sample shows has nothing left to fold',
    partition: { replicas: [3, 2], bytes: 40 },
    inFlight: [move],
    arriving: [0, 0, 0],
    pending: [0, 0, 0],
    immovable: 'already_moving',
  },
  {
    name: 'a transfer of leadership weighs nothing',
    partition: still,
    inFlight: [transfer],
    arriving: [0, 0, 0],
    pending: [0, 0, 0],
    immovable: 'already_moving',
  },
]

describe.each(rows)('$name', ({ partition, inFlight = [], arriving, pending, immovable }) => {
  test.each([1, 2])('folded %d times', (times) => {
    const state = build({ nodes, topics: [topic([partition])] })
    for (let i = 0; i < times; i += 1) foldInFlight(state, inFlight)
    expect([...state.dirArrivingBytes]).toEqual(arriving)
    expect([...state.dirPendingFreeBytes]).toEqual(pending)
    expect(immovableReasons[state.partitionImmovable[0]!]).toBe(immovable)
  })
})

test('where the dir is not known, the fullest healthy one is thought of', () => {
  const dirs = [
    { path: '/a', capacity_bytes: 100, used_bytes: 50 },
    { path: '/b', capacity_bytes: 100, used_bytes: 70 },
    { path: '/c', capacity_bytes: 100, used_bytes: 99, state: 'offline' as const },
  ]
  const state = build({ nodes: [node(1), node(2), node(3, { dirs })], topics: [topic([still])] })
  foldInFlight(state, [move])
  expect([...state.dirArrivingBytes]).toEqual([0, 0, 0, 40, 0])
})

test('a move to a node that has gone is no reason to fail', () => {
  const state = build({ nodes: [node(1), node(2)], topics: [topic([still])] })
  foldInFlight(state, [move])
  expect([[...state.dirArrivingBytes], [...state.dirPendingFreeBytes]]).toEqual([
    [0, 0],
    [40, 0],
  ])
})

test('what the system is deleting already is about to be free, beside what moves will leave', () => {
  const dirs = [{ path: '/d0', capacity_bytes: 1000, used_bytes: 100, freeing_bytes: 25 }]
  const state = build({ nodes: [node(1, { dirs }), node(2), node(3)], topics: [topic([still])] })
  for (let times = 0; times < 2; times += 1) foldInFlight(state, [move])
  expect([...state.dirPendingFreeBytes]).toEqual([65, 0, 0])
})
