/** Leadership: three uneven samples in a row begin it, two even ones end it, then it rests. */
import { describe, expect, test } from 'vitest'
import type { NodeLine } from '../../src/cluster/lines.ts'
import { freshMemory, type Memory } from '../../src/cluster/memory.ts'
import type { BalanceSettings } from '../../src/cluster/settings.ts'
import { node, topic } from '../cluster/support.ts'
import { ago, judged } from './support.ts'

const TICK_MS = 30_000
const LEADERS = { uneven: [112, 88], between: [108, 92], even: [104, 96] } as const
type Sight = keyof typeof LEADERS

/** Two nodes that lead so many partitions. */
function look(
  sight: Sight,
  memory: Partial<Memory>,
  more: Partial<BalanceSettings> = {},
  atMs = 0,
  first: Partial<NodeLine> = {},
) {
  const partitions = LEADERS[sight].flatMap((count, id) => Array.from({ length: count }, () => ({ replicas: [id] })))
  return judged(
    { nodes: [node(0, first), node(1)], topics: [topic(partitions)] },
    { memory, settings: { leadershipEnabled: true, ...more }, afterMs: atMs },
  )
}

/** One sample after the other, as a loop sees them; what is done at each. */
function watch(sights: Sight[], more: Partial<BalanceSettings> = {}, start: Partial<Memory> = freshMemory) {
  let memory = start
  return sights.map((sight, index) => {
    const found = look(sight, memory, more, index * TICK_MS)
    memory = found.memory
    return found.goals.balanceLeaders ? 'acts' : found.holding.length > 0 ? 'holds' : 'quiet'
  })
}

const times = (count: number, sight: Sight): Sight[] => Array.from({ length: count }, () => sight)

describe('a loop', () => {
  const rows: [string, Sight[], string[]][] = [
    ['acts at the third uneven sample', times(4, 'uneven'), ['holds', 'holds', 'acts', 'acts']],
    [
      'counts anew after one that was not',
      ['uneven', 'uneven', 'between', 'uneven', 'uneven', 'uneven'],
      ['holds', 'holds', 'quiet', 'holds', 'holds', 'acts'],
    ],
    ['does not begin between the edges', times(4, 'between'), times(4, 'between').map(() => 'quiet')],
    [
      'goes on between the edges',
      [...times(3, 'uneven'), 'between', 'between'],
      ['holds', 'holds', 'acts', 'acts', 'acts'],
    ],
    [
      'ends with the second even sample: uneven after the first, it goes on at once',
      [...times(3, 'uneven'), 'even', 'uneven'],
      ['holds', 'holds', 'acts', 'quiet', 'acts'],
    ],
    [
      'after the second it begins anew',
      [...times(3, 'uneven'), 'even', 'even', ...times(3, 'uneven')],
      ['holds', 'holds', 'acts', 'quiet', 'quiet', 'holds', 'holds', 'acts'],
    ],
    [
      'counts even samples in a row only',
      [...times(3, 'uneven'), 'even', 'between', 'even', 'between'],
      ['holds', 'holds', 'acts', 'quiet', 'acts', 'quiet', 'acts'],
    ],
  ]
  test.each(rows)('%s', (_, sights, expected) => {
    expect(watch(sights)).toEqual(expected)
  })

  test('says what it waits for', () => {
    expect(look('uneven', freshMemory).holding).toEqual([
      'node 0 leads 112 partitions, the mean is 100.0: seen in 1 of 3 samples in a row',
    ])
  })

  test('rests after it has evened out', () => {
    const more = { leadershipIdleMs: 120_000 }
    const sights: Sight[] = [...times(3, 'uneven'), 'even', 'even', ...times(5, 'uneven')]
    // It ended at the fifth sample, two minutes are four samples.
    expect(watch(sights, more)).toEqual([
      'holds',
      'holds',
      'acts',
      'quiet',
      'quiet',
      'holds',
      'holds',
      'holds',
      'acts',
      'acts',
    ])
    const rested = look('uneven', { leaderSamples: 2, leaderIdleSinceMs: Date.UTC(2026, 0, 1) - 30_000 }, more)
    expect(rested.holding).toEqual([
      'node 0 leads 112 partitions, the mean is 100.0: leadership was evened out 30s ago and rests for 1m30s',
    ])
  })

  test('needs no rest before it has done anything', () => {
    expect(watch(times(3, 'uneven'), { leadershipIdleMs: 3_600_000 })).toEqual(['holds', 'holds', 'acts'])
  })

  test('forgets what it was at when it is switched off', () => {
    const { memory } = look('uneven', { leaderSkew: true, leaderSamples: 0 }, { leadershipEnabled: false })
    expect([memory.leaderSkew, memory.leaderSamples]).toEqual([false, 0])
  })
})

describe('a single look', () => {
  test.each<[Sight, boolean, boolean]>([
    ['uneven', false, true],
    ['between', false, false],
    ['even', false, false],
    ['between', true, true],
    ['even', true, false],
  ])('%s, begun: %s, acts: %s', (sight, leaderSkew, acts) => {
    const found = look(sight, { leaderSkew })
    expect(found.goals.balanceLeaders).toBe(acts)
    expect(found.memory.leaderSamples).toBeUndefined()
  })

  test('waits for the rest that a snapshot tells of', () => {
    const memory = { leaderIdleSinceMs: Date.UTC(2026, 0, 1) - 30_000 }
    expect(look('uneven', memory, { leadershipIdleMs: 120_000 }).goals.balanceLeaders).toBe(false)
  })
})

describe('while nodes come and go it waits', () => {
  const rows: [string, Partial<NodeLine>, string | undefined][] = [
    ['one that is here for a minute', { alive_since: ago(60_000) }, 'node 0 is here for 1m only'],
    ['one that is here for the hold', { alive_since: ago(300_000) }, undefined],
    ['nobody knows since when: long enough', {}, undefined],
  ]
  test.each(rows)('%s', (_, first, text) => {
    const found = look('uneven', {}, {}, 0, first)
    expect(found.holding).toEqual(text === undefined ? [] : [`leadership waits: ${text}`])
    expect(found.goals.balanceLeaders).toBe(text === undefined)
  })

  test('one that is gone for a minute', () => {
    const partitions = LEADERS.uneven.flatMap((count, id) => Array.from({ length: count }, () => ({ replicas: [id] })))
    const nodes = [node(0), node(1), node(2, { state: 'unavailable', unavailable_since: ago(60_000) })]
    const at = (afterMs: number) =>
      judged({ nodes, topics: [topic(partitions)] }, { settings: { leadershipEnabled: true }, afterMs })
    expect(at(0).holding).toEqual(['leadership waits: node 2 is gone for 1m only'])
    expect(at(240_000).goals.balanceLeaders).toBe(true)
  })

  test('in silence where there is nothing to do', () => {
    expect(look('even', {}, {}, 0, { alive_since: ago(60_000) }).holding).toEqual([])
  })

  test('and goes on when it had begun', () => {
    const waits = look('between', { leaderSkew: true }, {}, 0, { alive_since: ago(60_000) })
    expect([waits.goals.balanceLeaders, waits.memory.leaderSkew]).toEqual([false, true])
    expect(look('between', waits.memory).goals.balanceLeaders).toBe(true)
  })
})
