/** Where each violation begins and where it ends. */

import { describe, expect, test } from 'vitest'
import { type Assessment, assess } from '../../src/assess/assess.ts'
import { noStrangers } from '../../src/assess/gates.ts'
import type { NodeLine } from '../../src/cluster/lines.ts'
import { emptyMemory, type Memory } from '../../src/cluster/memory.ts'
import type { BalanceSettings } from '../../src/cluster/settings.ts'
import { allWell, build, heldBy, node, takenAtMs, topic } from '../cluster/support.ts'
import { settings } from './support.ts'

const GB = 1e9

interface Case {
  nodes: NodeLine[]
  /** Leaders per node. */
  leaders?: number[]
  settings?: Partial<BalanceSettings>
  memory?: Partial<Memory>
}

function judged({ nodes, leaders = [], settings: more = {}, memory = {} }: Case): Assessment {
  const partitions = leaders.flatMap((count, index) =>
    Array.from({ length: count }, () => ({ replicas: [nodes[index]!.id] })),
  )
  const alive = nodes.filter((line) => line.state === 'alive')
  const state = build({ nodes, topics: [topic(partitions), heldBy(alive)] })
  return assess(
    state,
    settings({ leadershipEnabled: leaders.length > 0, ...more }),
    { ...emptyMemory, ...memory },
    { agreed: true, strangers: noStrangers, health: allWell.health },
    takenAtMs,
  )
}

const kinds = (given: Case) =>
  judged(given).violations.map(({ kind, subject, closing }) => `${kind} ${subject}${closing ? ' closing' : ''}`)

/** Three nodes of 100 GB each and a fourth: the fair share of all is 100 GB when it holds 100 GB too. */
const withFourth = (used: number, more: Partial<NodeLine> = {}): NodeLine[] => {
  // The mean is kept at 100 GB, so that the fourth's part of its fair share is its use in percent.
  const rest = (400 - used) / 3
  return [
    ...[1, 2, 3].map((id) => node(id, { capacity: 1000 * GB, used: rest * GB })),
    node(4, { capacity: 1000 * GB, used: used * GB, ...more }),
  ]
}

describe('node add begins under half the fair share and ends within 5 % of it', () => {
  const rows: [number, boolean, string[]][] = [
    [0, false, ['node_underused node 4']],
    [49.9, false, ['node_underused node 4']],
    [50.1, false, []],
    [49.9, true, ['node_underused node 4']],
    [50.1, true, ['node_underused node 4 closing']],
    [94.9, true, ['node_underused node 4 closing']],
    [95.1, true, []],
  ]
  test.each(rows)('at %d %%, begun: %s', (used, begun, expected) => {
    const given = { nodes: withFourth(used), memory: { filling: begun ? [4] : [] } }
    expect(kinds(given)).toEqual(expected)
    expect(judged(given).goals.fillNodes).toEqual(expected.length > 0 ? [3] : [])
    expect(judged(given).memory.filling).toEqual(expected.length > 0 ? [4] : [])
  })

  test('its edge can be set', () => {
    expect(kinds({ nodes: withFourth(29), settings: { nodeAddBelow: 0.3 } })).toHaveLength(1)
    expect(kinds({ nodes: withFourth(31), settings: { nodeAddBelow: 0.3 } })).toEqual([])
  })

  test('a difference of less than a megabyte is nobody’s concern', () => {
    const tiny = (megabytes: number) => [
      node(1, { capacity: GB, used: megabytes * 2 * 2 ** 20 }),
      node(2, { capacity: GB, used: 0 }),
    ]
    expect(kinds({ nodes: tiny(1) })).toEqual([])
    expect(kinds({ nodes: tiny(1.1) })).toHaveLength(1)
  })

  test('the sentence has the numbers that decide', () => {
    const [violation] = judged({ nodes: withFourth(20) }).violations
    expect(violation).toMatchObject({ size: 75 * GB, unit: 'bytes', sinceMs: takenAtMs })
    expect(violation!.text).toBe('node 4 holds 18.6 GiB of its fair share of 93.1 GiB (20%)')
  })
})

describe('a node counts as added once it has been alive long enough', () => {
  const aliveFor = (ms: number) => withFourth(0, { alive_since: new Date(takenAtMs - ms).toISOString() })

  test('before that it is held, with the time that is left', () => {
    const { violations, holding } = judged({ nodes: aliveFor(299_000) })
    expect(violations).toEqual([])
    expect(holding).toEqual([
      'node 4 holds 0 B of its fair share of 93.1 GiB (0%) and has been alive for 4m59s: it counts as added in 1s',
    ])
  })

  test('then it is open', () => {
    expect(kinds({ nodes: aliveFor(300_000) })).toHaveLength(1)
  })
})

describe('a node whose filling has begun', () => {
  const rows: [string, Partial<NodeLine>][] = [
    ['that is away', { state: 'unavailable' }],
    ['that is back too lately', { alive_since: new Date(takenAtMs - 1000).toISOString() }],
  ]
  test.each(rows)('%s is not forgotten', (_, more) => {
    const { violations, memory } = judged({ nodes: withFourth(70, more), memory: { filling: [4] } })
    expect(violations).toEqual([])
    expect(memory.filling).toEqual([4])
  })

  test('that has gone for good is', () => {
    expect(judged({ nodes: withFourth(70), memory: { filling: [9] } }).memory.filling).toEqual([])
  })
})

describe('disk skew begins a tenth beyond the band and ends at its edge', () => {
  // Node 4 is the furthest off, by `off` percent of its fair share.
  const rows: [number, boolean, string[]][] = [
    [9, false, []],
    [10.9, false, []],
    [11.1, false, ['disk_skew cluster']],
    [9.9, true, []],
    [10.1, true, ['disk_skew cluster closing']],
    [11.1, true, ['disk_skew cluster']],
  ]
  test.each(rows)('%d %% off, begun: %s', (off, begun, expected) => {
    for (const used of [100 + off, 100 - off]) {
      const given = {
        nodes: withFourth(used),
        settings: { diskBalance: 0.1 },
        memory: { skewedDomains: begun ? [''] : [] },
      }
      expect(kinds(given)).toEqual(expected)
      expect(judged(given).memory.skewedDomains).toEqual(expected.length > 0 ? [''] : [])
    }
  })

  const skewed = { nodes: withFourth(120) }
  test.each<[string, Partial<BalanceSettings>, number]>([
    ['without a band', {}, 0],
    ['in mode node_add', { diskBalance: 0.1, mode: 'node_add' }, 0],
    ['in mode off, to be shown', { diskBalance: 0.1, mode: 'off' }, 1],
    ['in mode continuous', { diskBalance: 0.1 }, 1],
  ])('%s', (_, more, count) => {
    expect(judged({ ...skewed, settings: more }).violations).toHaveLength(count)
  })

  test('its size is what lies outside the band, and the sentence names the worst node', () => {
    const [violation] = judged({ ...skewed, settings: { diskBalance: 0.1 } }).violations
    expect(violation!.size).toBeCloseTo(10 * GB, 0)
    expect(violation!.text).toBe('node 4 holds 120% of its fair share of 93.1 GiB, the band is ±10%')
  })

  test('every domain is judged by its own mean', () => {
    const inDomain =
      (domain: string) =>
      (line: NodeLine): NodeLine => ({ ...line, id: `${domain}${line.id}`, domain })
    const nodes = [...withFourth(120).map(inDomain('a')), ...withFourth(100).map(inDomain('b'))]
    // The topic of the fixture belongs to no domain, which makes one more.
    const { violations, goals } = judged({ nodes, settings: { diskBalance: 0.1 } })
    expect(violations.map((violation) => violation.subject)).toEqual(['domain a'])
    expect(goals.skewedDomains).toEqual([1])
  })
})

describe('leader skew begins beyond 10 % over the mean and ends within 5 %', () => {
  // The mean is 100.
  const rows: [number, boolean, string[]][] = [
    [105, false, []],
    [110, false, []],
    [111, false, ['leader_skew cluster']],
    [105, true, []],
    [106, true, ['leader_skew cluster closing']],
    [111, true, ['leader_skew cluster']],
  ]
  test.each(rows)('%d leaders, begun: %s', (leaders, begun, expected) => {
    const given = {
      nodes: withFourth(100).slice(0, 2),
      leaders: [leaders, 200 - leaders],
      memory: { leaderSkew: begun },
    }
    expect(kinds(given)).toEqual(expected)
    expect(judged(given).goals.balanceLeaders).toBe(expected.length > 0)
  })

  test.each<[string, Case, number]>([
    ['switched off', { nodes: withFourth(100), leaders: [9, 0, 0, 0], settings: { leadershipEnabled: false } }, 0],
    ['as even as whole numbers allow', { nodes: withFourth(100), leaders: [2, 1, 1, 1] }, 0],
    ['one more than that', { nodes: withFourth(100), leaders: [3, 1, 1, 0] }, 1],
    ['one node alone', { nodes: [node(1)], leaders: [9] }, 0],
    ['who takes no part does not count', { nodes: withFourth(100, { excluded: true }), leaders: [3, 3, 3, 90] }, 0],
  ])('%s', (_, given, count) => {
    expect(judged(given).violations).toHaveLength(count)
  })

  test('the sentence has the numbers that decide', () => {
    const [violation] = judged({ nodes: withFourth(100), leaders: [12, 4, 4, 0] }).violations
    expect(violation).toMatchObject({ text: 'node 1 leads 12 partitions, the mean is 5.0', size: 7, unit: 'leaders' })
  })
})

test('a violation keeps the time it was first seen for as long as it is open', () => {
  const since = { 'node_underused/node 4': takenAtMs - 5000, 'disk_skew/cluster': 7 }
  const { violations, memory } = judged({ nodes: withFourth(0), memory: { since } })
  expect(violations[0]!.sinceMs).toBe(takenAtMs - 5000)
  expect(memory.since).toEqual({ 'node_underused/node 4': takenAtMs - 5000 })
})
