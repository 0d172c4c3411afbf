import { describe, expect, test } from 'vitest'
import { type BudgetLimits, Budgets } from '../../src/execute/budgets.ts'
import { replica, transfer } from './support.ts'

const wide = { concurrentMoves: 100, concurrentMovesPerNode: 100 }

/** How many of the moves are allowed, each taken when it is. */
function taken(limits: BudgetLimits, moves: ReturnType<typeof replica>[], budgets = new Budgets(limits)): number {
  let count = 0
  for (const move of moves) {
    if (!budgets.allows(move)) continue
    budgets.take(move)
    count += 1
  }
  return count
}

const several = (count: number, more: (index: number) => object) =>
  Array.from({ length: count }, (_, index) => replica(index, more(index)))

describe('moves', () => {
  test.each([
    [1, 1],
    [2, 1],
    [5, 4],
    [10, 8],
  ])('of %d per node, balancing uses %d', (concurrentMovesPerNode, count) => {
    const limits = { ...wide, concurrentMovesPerNode }
    // Into one node from many, and out of one node to many.
    expect(
      taken(
        limits,
        several(20, (index) => ({ leader: 100 + index, to: 3 })),
      ),
    ).toBe(count)
    expect(
      taken(
        limits,
        several(20, (index) => ({ leader: 1, to: 100 + index })),
      ),
    ).toBe(count)
  })

  test('a node may send and receive at once', () => {
    const limits = { ...wide, concurrentMovesPerNode: 1 }
    expect(taken(limits, [replica(0, { leader: 1, to: 2 }), replica(1, { leader: 2, to: 1 })])).toBe(2)
  })

  test('what is read from is the leader, whoever gives up its replica', () => {
    const limits = { ...wide, concurrentMovesPerNode: 1 }
    expect(taken(limits, [replica(0, { from: 5, leader: 1, to: 2 }), replica(1, { from: 6, leader: 1, to: 3 })])).toBe(
      1,
    )
  })

  test('the cluster has its own limit', () => {
    expect(
      taken(
        { ...wide, concurrentMoves: 3 },
        several(9, (index) => ({ leader: 100 + index, to: 200 + index })),
      ),
    ).toBe(3)
  })
})

describe('bytes', () => {
  test('of 1000 per node, balancing uses 800', () => {
    const limits = { ...wide, bytesInFlightPerNode: 1000 }
    expect(
      taken(
        limits,
        several(20, (index) => ({ bytes: 200, leader: 100 + index, to: 3 })),
      ),
    ).toBe(4)
    expect(
      taken(
        limits,
        several(20, (index) => ({ bytes: 200, leader: 1, to: 100 + index })),
      ),
    ).toBe(4)
  })

  test('one that is larger than the whole budget goes alone', () => {
    const limits = { ...wide, bytesInFlightPerNode: 1000 }
    expect(taken(limits, [replica(0, { bytes: 5000 }), replica(1, { bytes: 1 })])).toBe(1)
    expect(taken(limits, [replica(0, { bytes: 1 }), replica(1, { bytes: 5000 })])).toBe(1)
  })

  test('without a limit they do not count', () => {
    expect(
      taken(
        wide,
        several(9, () => ({ bytes: 1e15 })),
      ),
    ).toBe(9)
  })
})

test('leadership copies nothing and needs no budget', () => {
  const budgets = new Budgets({ concurrentMoves: 1, concurrentMovesPerNode: 1 })
  budgets.take(replica())
  expect([budgets.allows(transfer(1)), budgets.allows(replica(2))]).toEqual([true, false])
})

test('a group that does not fit leaves the budget as it was, and a node as free for a large move as before', () => {
  const budgets = new Budgets({ ...wide, concurrentMovesPerNode: 2, bytesInFlightPerNode: 1000 })
  budgets.take(replica(0, { leader: 1, to: 3 }))
  const group = [replica(1, { leader: 5, to: 6, bytes: 100 }), replica(2, { leader: 1, to: 7 })]
  expect(budgets.takeAll(group)).toBe(false)
  expect(budgets.takeAll([replica(3, { leader: 5, to: 6, bytes: 5000 })])).toBe(true)
  expect(budgets.takeAll([replica(4, { leader: 8, to: 6, bytes: 1 })])).toBe(false)
})

describe('what cannot wait may use all of a budget, everything else four fifths', () => {
  const reasons = ['disk_critical', 'node_unavailable', 'node_draining', 'disk_over_limit', 'rack_violation'] as const
  const urgent = new Set<string>(reasons.slice(0, 3))

  test.each(reasons.map((reason) => [reason, urgent.has(reason) ? 10 : 8] as const))(
    'moves: %s %d',
    (reason, count) => {
      const limits = { ...wide, concurrentMovesPerNode: 10 }
      expect(
        taken(
          limits,
          several(20, (index) => ({ reason, leader: 100 + index, to: 3 })),
        ),
      ).toBe(count)
    },
  )

  test.each(reasons.map((reason) => [reason, urgent.has(reason) ? 5 : 4] as const))('bytes: %s %d', (reason, count) => {
    const limits = { ...wide, bytesInFlightPerNode: 1000 }
    expect(
      taken(
        limits,
        several(20, () => ({ reason, bytes: 200, to: 3 })),
      ),
    ).toBe(count)
  })

  test('it finds room where balancing has used its part', () => {
    const budgets = new Budgets({ ...wide, concurrentMovesPerNode: 5 })
    for (const move of several(4, () => ({}))) budgets.take(move)
    expect(budgets.allows(replica(8))).toBe(false)
    expect(budgets.allows(replica(8, { reason: 'node_draining' }))).toBe(true)
  })
})

test('a copy between dirs reads from its own node, not from the leader', () => {
  const limits = { ...wide, concurrentMovesPerNode: 1 }
  const within = (partition: number, id: number) =>
    replica(partition, { from: id, to: id, fromDir: '/a', toDir: '/b', leader: 1 })
  expect(taken(limits, [within(0, 2), within(1, 3), replica(2, { leader: 1, to: 4 })])).toBe(3)
  expect(taken(limits, [within(0, 2), replica(1, { from: 5, leader: 2, to: 4 })])).toBe(1)
})

test('moves that are taken as one are all taken or none, and those that are not leave no trace', () => {
  const budgets = new Budgets({ concurrentMoves: 3, concurrentMovesPerNode: 2, bytesInFlightPerNode: 1000 })
  const urgent = (partition: number, to: number) =>
    replica(partition, { reason: 'node_draining', leader: 100 + partition, to })
  expect(budgets.takeAll([urgent(0, 3), urgent(1, 3), urgent(2, 3)])).toBe(false)
  expect(budgets.takeAll([urgent(0, 3), urgent(1, 3), urgent(2, 4)])).toBe(true)
  expect(budgets.takeAll([urgent(3, 5)])).toBe(false)
})

test('a copy that waits for its target takes nothing of its source', () => {
  const budgets = new Budgets({ concurrentMoves: 100, concurrentMovesPerNode: 1 })
  budgets.takeWaiting(replica(0))
  expect(budgets.allows(replica(1, { to: 4 }))).toBe(true)
  expect(budgets.allows(replica(1, { from: 2, replicas: [2], leader: 2 }))).toBe(false)
})
