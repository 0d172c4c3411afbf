import { describe, expect, test } from 'vitest'
import { Liveness } from '../../src/daemon/liveness.ts'
import { build, node } from '../cluster/support.ts'

test('who was there at the first look has not appeared', () => {
  expect(new Liveness().see([1, 2], 0)).toEqual([])
})

test('appearing, being lost and returning are told once each', () => {
  const liveness = new Liveness()
  liveness.see([1], 0)
  expect(liveness.see([1, 2], 1)).toEqual([{ type: 'node_appeared', node: 2 }])
  expect(liveness.see([1, 2], 2)).toEqual([])
  expect(liveness.see([1], 3)).toEqual([])
  expect(liveness.see([1], 4)).toEqual([{ type: 'node_lost', node: 2 }])
  expect(liveness.see([1], 5)).toEqual([])
  expect(liveness.see([1, 2], 6)).toEqual([])
  expect(liveness.see([1, 2], 7)).toEqual([{ type: 'node_returned', node: 2 }])
})

test('brokers that disagree for a moment change nothing', () => {
  const liveness = new Liveness()
  liveness.see([1, 2], 0)
  expect([[1], [1, 2], [1], [1, 2]].flatMap((alive, at) => liveness.see(alive, at + 1))).toEqual([])
})

test('the times seen are written into a state', () => {
  const liveness = new Liveness()
  liveness.see([1, 2], 10)
  liveness.see([1], 19)
  liveness.see([1], 20)
  liveness.see([1], 30)
  const nodes = [
    node(1),
    node(2, { state: 'unavailable' }),
    node(3),
    node(4, { state: 'unavailable', unavailable_since: '1970-01-01T00:00:00.005Z' }),
  ]
  const state = build({ nodes, topics: [] })
  liveness.mark(state, 99)
  expect([...state.nodeAliveSinceMs]).toEqual([10, Number.NaN, 99, Number.NaN])
  expect([...state.nodeUnavailableSinceMs]).toEqual([Number.NaN, 20, Number.NaN, 5])
})

test('a time that nobody saw counts neither as alive nor as gone', () => {
  const liveness = new Liveness()
  liveness.see([1, 2], 10)
  liveness.see([1], 19)
  liveness.see([1], 20)
  liveness.blind()
  liveness.blind()
  expect(liveness.see([1], 50)).toEqual([])
  const state = build({ nodes: [node(1), node(2, { state: 'unavailable' })], topics: [] })
  liveness.mark(state, 60)
  expect([state.nodeAliveSinceMs[0], state.nodeUnavailableSinceMs[1]]).toEqual([40, 50])
})

test('a node that gave no answer once is gone only since it is really gone', () => {
  const liveness = new Liveness()
  liveness.see([1, 2], 10)
  liveness.mark(build({ nodes: [node(1), node(2, { state: 'unreachable' })], topics: [] }), 20)
  liveness.see([1, 2], 30)
  liveness.see([1], 1_000_000)
  const state = build({ nodes: [node(1), node(2, { state: 'unavailable' })], topics: [] })
  liveness.mark(state, 1_000_000)
  expect(state.nodeUnavailableSinceMs[1]).toBe(1_000_000)
})

test('one look that showed a node gone does not date a later death', () => {
  const liveness = new Liveness()
  const gone = () => build({ nodes: [node(1), node(2, { state: 'unavailable' })], topics: [] })
  liveness.see([1, 2], 10)
  liveness.see([1], 20)
  liveness.mark(gone(), 20)
  liveness.see([1, 2], 30)
  liveness.see([1], 1_000_000)
  const state = gone()
  liveness.mark(state, 1_000_000)
  expect(state.nodeUnavailableSinceMs[1]).toBe(1_000_000)
})

describe('what an earlier process has seen', () => {
  const record = (node: number, state: 'alive' | 'gone', sinceMs: number, seenAtMs: number) =>
    ({ node, state, sinceMs, seenAtMs }) as const
  const times = (liveness: Liveness, nowMs: number) => {
    const state = build({ nodes: [node(1), node(2, { state: 'unavailable' })], topics: [] })
    liveness.mark(state, nowMs)
    return [state.nodeAliveSinceMs[0], state.nodeUnavailableSinceMs[1]]
  }
  const records = [record(1, 'alive', 0, 100), record(2, 'gone', 50, 120)]

  test('goes on, without the time that nobody saw', () => {
    const liveness = new Liveness()
    liveness.takeOver(records, 1000)
    expect(liveness.see([1], 1000)).toEqual([])
    expect(times(liveness, 1000)).toEqual([900, 930])
    expect(liveness.records([1, 2, 3], 1005)).toEqual([record(1, 'alive', 900, 1005), record(2, 'gone', 930, 1005)])
  })

  test('is known: what is otherwise has changed meanwhile, what is new has appeared', () => {
    const liveness = new Liveness()
    liveness.takeOver([record(1, 'gone', 0, 900), record(2, 'alive', 0, 900)], 1000)
    expect(liveness.see([1, 3], 1000)).toEqual([{ type: 'node_appeared', node: 3 }])
    expect(liveness.see([1, 3], 1010)).toEqual([
      { type: 'node_returned', node: 1 },
      { type: 'node_lost', node: 2 },
    ])
    expect(times(liveness, 1010)).toEqual([1010, 1010])
  })

  test('counts once, also when it is read anew', () => {
    const liveness = new Liveness()
    liveness.takeOver(records, 1000)
    liveness.see([1], 1000)
    liveness.see([1], 1040)
    liveness.takeOver(liveness.records([1, 2], 1040), 1050)
    expect(times(liveness, 1050)).toEqual([900, 930])
  })

  test('is not what we have seen ourselves', () => {
    const liveness = new Liveness()
    liveness.see([1], 1000)
    liveness.takeOver([record(1, 'gone', 0, 900), record(2, 'gone', 900, 950)], 1010)
    expect(liveness.see([1], 1010)).toEqual([])
    expect(times(liveness, 1010)).toEqual([1000, 960])
  })

  test('stands when the first samples failed', () => {
    const liveness = new Liveness()
    liveness.blind()
    liveness.takeOver(records, 1000)
    liveness.see([1], 1000)
    expect(times(liveness, 1000)).toEqual([900, 930])
  })

  test('by a clock that went back is no time at all', () => {
    const liveness = new Liveness()
    liveness.takeOver([record(1, 'alive', 500, 100), record(2, 'gone', 500, 100)], 1000)
    liveness.see([1], 1000)
    expect(times(liveness, 1000)).toEqual([1000, 1000])
  })
})
