import { describe, expect, test } from 'vitest'
import { applyDrains } from '../../src/cluster/drains.ts'
import { nodeStates } from '../../src/cluster/reasons.ts'
import { type Pause, pauseAt } from '../../src/cluster/wishes.ts'
import { build, node } from './support.ts'

describe('nodes to be emptied', () => {
  const after = (drains: (number | string)[]) => {
    const nodes = [
      node(1),
      node(2, { state: 'unavailable' }),
      node(3, { state: 'unreachable' }),
      node(4, { state: 'draining' }),
      node('s'),
    ]
    const state = build({ nodes, topics: [] })
    applyDrains(state, drains)
    return [...state.nodeState].map((code, index) => `${nodeStates[code]}${state.nodeDraining[index] ? ' !' : ''}`)
  }
  const none = ['alive', 'unavailable', 'unreachable', 'draining !', 'alive']

  test.each<[string, (number | string)[], string[]]>([
    ['none', [], none],
    ['one that is alive drains', [1], none.with(0, 'draining !')],
    ['one that is gone stays gone', [2], none.with(1, 'unavailable !')],
    ['one that gives no answer as well', [3], none.with(2, 'unreachable !')],
    ['one that drains already', [4], none],
    ['twice is once', [1, 1], none.with(0, 'draining !')],
    ['by its very id', ['1', 's'], none.with(4, 'draining !')],
    ['one that is not there', [9], none],
  ])('%s', (_, drains, expected) => {
    expect(after(drains)).toEqual(expected)
  })
})

describe('a pause', () => {
  const pause = { by: 'operator', reason: 'upgrade', sinceMs: 0 } as const
  test.each<[string, Pause | undefined, number, boolean]>([
    ['none', undefined, 5, false],
    ['without an end', pause, 1e15, true],
    ['before its end', { ...pause, untilMs: 10 }, 9, true],
    ['at its end', { ...pause, untilMs: 10 }, 10, false],
    ['whose end is not a time', { ...pause, untilMs: Number.NaN }, 10, true],
  ])('%s', (_, asked, nowMs, holds) => {
    expect(pauseAt(asked, nowMs) !== undefined).toBe(holds)
  })
})
