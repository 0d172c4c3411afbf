/** What keeps a class from acting: every gate, which classes it holds, and which is named where several do. */
import { describe, expect, test } from 'vitest'
import { type Circumstances, type Gate, gateFor, gateForAll, grownSince, noStrangers } from '../../src/assess/gates.ts'
import type { RunningMove } from '../../src/cluster/move.ts'
import type { Order } from '../../src/cluster/orders.ts'
import { isUrgent, type VerdictCode, type ViolationKind, violationKinds } from '../../src/cluster/reasons.ts'
import type { Health } from '../../src/cluster/sample.ts'
import type { BalanceSettings } from '../../src/cluster/settings.ts'
import { allWell, node, takenAtMs, topic } from '../cluster/support.ts'
import { ago, judged, type Situation, settings } from './support.ts'

interface Case {
  settings?: Partial<BalanceSettings>
  now?: Partial<Circumstances>
  massFailure?: string
  baseline?: { offline: number; underMinIsr: number }
}

const health = (more: Partial<Health>): Health => ({ ...allWell.health, ...more })
const lagging = (other: number) => health({ underReplicated: { own_move: 3, node: 5, other } })
const running: RunningMove = { topic: 't', partition: 3, target: [1, 2], adding: [2], removing: [1] }
const pause = { by: 'operator', reason: 'upgrade', sinceMs: takenAtMs - 300_000 } as const
const closed = (...classes: ViolationKind[]) => ({ days: [], fromMinute: 0, toMinute: 60, timezone: 'UTC', classes })
const calm = { offline: 0, underMinIsr: 0 }

const well = (now: Partial<Circumstances> = {}): Circumstances => ({
  agreed: true,
  strangers: noStrangers,
  health: allWell.health,
  ...now,
})

function gateOf(kind: ViolationKind, given: Case): Gate | undefined {
  const balance = settings(given.settings)
  const now = well(given.now)
  return (
    gateForAll(balance, now, given.massFailure, takenAtMs) ??
    gateFor({ kind, subject: 'node 1' }, balance, now, given.baseline, takenAtMs)
  )
}

const all = violationKinds
const lower = violationKinds.filter((kind) => !isUrgent(kind))

/** In the order in which they are named. */
const gates: [VerdictCode, readonly ViolationKind[], string, Case][] = [
  ['sample_incomplete', all, 'the first two complete samples must agree', { now: { agreed: false } }],
  ['mode_off', all, 'the mode is off', { settings: { mode: 'off' } }],
  ['state_unavailable', all, 'the disk is full', { now: { stateProblem: 'the disk is full' } }],
  ['paused', all, 'paused for 5m: upgrade', { now: { pause } }],
  [
    'circuit_breaker',
    all,
    'evenkeel paused itself for 5m and needs resume: upgrade',
    { now: { pause: { ...pause, by: 'circuit_breaker' } } },
  ],
  ['mass_failure', all, '3 of 5 nodes are gone', { massFailure: '3 of 5 nodes are gone' }],
  ['dry_run', all, 'dry_run is set', { settings: { dryRun: true } }],
  ['permission_denied', all, 'ALTER is missing', { now: { denied: 'ALTER is missing' } }],
  [
    'mode_node_add',
    ['disk_critical', 'node_unavailable', 'disk_over_limit', 'rack_violation', 'disk_skew'],
    'the mode node_add leaves',
    { settings: { mode: 'node_add' } },
  ],
  [
    'window_closed',
    ['disk_critical', 'disk_skew'],
    'is open',
    { settings: { windows: [closed('disk_critical'), closed('disk_skew')] } },
  ],
  [
    'unhealthy',
    all,
    '2 partitions without a leader, 1 when the moves began',
    {
      baseline: { offline: 1, underMinIsr: 0 },
      now: { health: health({ unexplained: { offline: 2, underMinIsr: 0 } }) },
    },
  ],
  [
    'unhealthy',
    all,
    '1 partitions below min.insync.replicas, 0 when the moves began',
    { baseline: calm, now: { health: health({ unexplained: { offline: 0, underMinIsr: 1 } }) } },
  ],
  [
    'under_replicated',
    lower,
    '2 partitions under-replicated without a move or a lost node behind it',
    { now: { health: lagging(2) } },
  ],
  [
    'foreign_moves',
    lower,
    '1 partition being moved by somebody else (t-3 to 1, 2)',
    { now: { strangers: { ...noStrangers, moving: [running] } } },
  ],
]

describe.each(gates)('%s', (code, held, text, given) => {
  test.each(violationKinds.map((kind) => [kind, held.includes(kind)] as const))(`holds %s: %s`, (kind, holds) => {
    const gate = gateOf(kind, given)
    expect(gate?.code).toBe(holds ? code : undefined)
    if (gate) expect(gate.text).toContain(text)
  })
})

test('nothing is held where all is well', () => {
  expect(all.filter((kind) => gateOf(kind, {}) !== undefined)).toEqual([])
})

test.each(gates.slice(1).map((later, index) => [gates[index]![0], later[0], index] as const))(
  '%s is named before %s',
  (earlier, later, index) => {
    const [first, second] = [gates[index]![3], gates[index + 1]![3]]
    // Only one pause, only one mode and one health at a time.
    if (earlier === 'paused' || earlier === later) return
    const together: Case = {
      ...second,
      ...first,
      settings: { ...second.settings, ...first.settings },
      now: { ...second.now, ...first.now },
    }
    const kinds = gates[index]![1].filter((kind) => gates[index + 1]![1].includes(kind))
    for (const kind of kinds) expect(gateOf(kind, together)?.code).toBe(earlier)
  },
)

describe('a pause', () => {
  test.each([
    [undefined, 'paused for 5m: upgrade'],
    [takenAtMs + 600_000, 'paused for 5m, ends in 10m: upgrade'],
  ])('until %s', (untilMs, text) => {
    expect(gateOf('disk_skew', { now: { pause: { ...pause, ...(untilMs && { untilMs }) } } })?.text).toBe(text)
  })
})

describe('under-replication that is explained', () => {
  test.each([
    ['by our own moves or by a lost node holds nothing', lagging(0), []],
    ['and one more that is not holds what can wait', lagging(1), lower],
  ])('%s', (_, found, held) => {
    expect(all.filter((kind) => gateOf(kind, { now: { health: found } }))).toEqual(held)
  })
})

test('the first few of somebody else’s moves are named', () => {
  const foreign = [1, 2, 3, 4].map((partition) => ({ ...running, partition }))
  expect(gateOf('disk_skew', { now: { strangers: { ...noStrangers, moving: foreign } } })!.text).toBe(
    '4 partitions being moved by somebody else (t-1 to 1, 2; t-2 to 1, 2; t-3 to 1, 2, …)',
  )
})

describe('health grown worse', () => {
  const found = (offline: number, underMinIsr: number) => health({ unexplained: { offline, underMinIsr } })
  test.each<[string, { offline: number; underMinIsr: number } | undefined, Health, boolean]>([
    ['while nothing is in flight', undefined, found(9, 9), false],
    ['as it was', { offline: 2, underMinIsr: 3 }, found(2, 3), false],
    ['better', { offline: 2, underMinIsr: 3 }, found(0, 0), false],
    ['one more without a leader', { offline: 2, underMinIsr: 3 }, found(3, 0), true],
    ['one more below its minimum', { offline: 2, underMinIsr: 3 }, found(0, 4), true],
    ['what a lost node explains does not count', calm, health({ offline: 9, underMinIsr: 9 }), false],
  ])('%s', (_, baseline, now, grown) => {
    expect(grownSince(baseline, now) !== undefined).toBe(grown)
  })
})

describe('what may be done is planned, and nothing that builds on what may not', () => {
  // Node 1 is full and to be emptied, node 3 gone, node 2 has replicas of everything.
  const lines = {
    nodes: [
      node(1, { capacity: 1000, used: 950, state: 'draining' }),
      node(2, { used: 820 }),
      node(3, { state: 'unavailable', unavailable_since: ago(3_600_000) }),
      node(4),
      node(5),
    ],
    topics: [
      topic([
        { replicas: [1, 2], bytes: 100 },
        { replicas: [3, 2], leader: 2, isr: [2], bytes: 100 },
      ]),
    ],
  }
  const everything = {
    criticalDirs: [0],
    lostNodes: [2],
    drainNodes: [0],
    overDirs: [0, 1],
  }

  test('all of it where nothing holds', () => {
    expect(judged(lines).goals).toMatchObject(everything)
  })

  test('what can wait does while somebody else moves', () => {
    const { goals, gate } = judged(lines, { now: { strangers: { ...noStrangers, moving: [running] } } })
    expect(goals).toMatchObject({ ...everything, overDirs: [] })
    expect(gate).toBeUndefined()
  })

  test('drain and nothing else in mode node_add', () => {
    expect(judged(lines, { settings: { mode: 'node_add' } }).goals).toMatchObject({
      criticalDirs: [],
      lostNodes: [],
      drainNodes: [0],
      overDirs: [],
    })
  })

  test('only what a window does not close', () => {
    const windows = [closed('disk_critical', 'disk_over_limit', 'node_unavailable')]
    expect(judged(lines, { settings: { windows } }).goals).toMatchObject({
      criticalDirs: [],
      lostNodes: [],
      drainNodes: [0],
      overDirs: [],
    })
  })

  test('all of it, to be shown, where everything is held', () => {
    for (const more of [{ settings: { mode: 'off' } }, { settings: { dryRun: true } }, { now: { pause } }] as const) {
      const { goals, gate, violations } = judged(lines, more)
      expect(goals).toMatchObject(everything)
      expect(violations.every((violation) => violation.gate === gate)).toBe(true)
    }
  })
})

describe('who else empties a node', () => {
  const at = (kind: ViolationKind, subject: string, emptying: number[]) =>
    gateFor(
      { kind, subject },
      settings({}),
      well({ strangers: { ...noStrangers, moving: [running], emptying } }),
      undefined,
      takenAtMs,
    )

  test.each(['node_unavailable', 'node_draining'] as const)('is let do it: %s', (kind) => {
    expect(at(kind, 'node 2', [2])).toMatchObject({
      code: 'foreign_moves',
      text: expect.stringContaining('off node 2'),
    })
    expect(at(kind, 'node 3', [2])).toBeUndefined()
    expect(at(kind, 'node 2', [])).toBeUndefined()
  })

  test('balance also waits a while for what he does next, and for the next day when the bytes of this one are used up', () => {
    const gate = (now: Partial<Circumstances>, kind: ViolationKind = 'disk_skew') => gateOf(kind, { now })
    expect(gate({ strangers: { ...noStrangers, restLeftMs: 30_000 } })).toMatchObject({ code: 'foreign_moves' })
    expect(gate({ dayFull: 'used up' })).toEqual({ code: 'budget_full', text: 'used up' })
    expect(gate({ dayFull: 'used up' }, 'leader_skew')).toBeUndefined()
    expect(gate({ dayFull: 'used up' }, 'node_unavailable')).toBeUndefined()
  })
})

describe('what a person asked for', () => {
  const asked = { kind: 'replica', topic: 't', partition: 0, from: 0, to: 1, reason: 'x', atMs: 0 } as const
  const gateOf = (situation: Situation, more: Partial<Order> = {}) => {
    const orders = [{ ...asked, ...more } as Order]
    const { byHand } = judged(
      { nodes: [node(0), node(1)], topics: [] },
      { ...situation, memory: { ...situation.memory, orders } },
    )
    return byHand.gate?.code
  }

  test.each<[string, VerdictCode | undefined, Situation, Partial<Order>]>([
    ['nothing is the matter', undefined, {}, {}],
    ['a mode that leaves much alone', undefined, { settings: { mode: 'node_add' } }, {}],
    ['the mode is off', 'mode_off', { settings: { mode: 'off' } }, {}],
    ['the mode is off and that was overridden', undefined, { settings: { mode: 'off' } }, { override: true }],
    [
      'a dry run, although the mode was overridden',
      'dry_run',
      { settings: { mode: 'off', dryRun: true } },
      { override: true },
    ],
    ['a pause', 'paused', { now: { pause: { by: 'operator', reason: 'x', sinceMs: 0 } } }, { override: true }],
    ['no two samples that agree', 'sample_incomplete', { now: { agreed: false } }, { override: true }],
    ['no state directory', 'state_unavailable', { now: { stateProblem: 'x' } }, { override: true }],
    ['bytes of the day used up', 'budget_full', { now: { dayFull: 'x' } }, {}],
    ['bytes of the day used up, for leadership', undefined, { now: { dayFull: 'x' } }, { kind: 'leader' }],
    ['somebody else at work', undefined, { now: { strangers: { ...noStrangers, restLeftMs: 5 } } }, {}],
    [
      'closed windows',
      undefined,
      {
        settings: {
          windows: [{ days: [], fromMinute: 0, toMinute: 1, timezone: 'UTC', classes: [...violationKinds] }],
        },
      },
      {},
    ],
    ['health that got worse', 'unhealthy', { memory: { baseline: { offline: -1, underMinIsr: 0 } } }, {}],
  ])('%s: %s', (_, code, situation, more) => {
    expect(gateOf(situation, more)).toBe(code)
  })

  test('is planned as far as it may be carried out; else shown, unless something else is at work', () => {
    const orders = [asked, { ...asked, partition: 1, override: true }] as Order[]
    const calm = { nodes: [node(0), node(1)], topics: [] }
    expect(judged(calm, { settings: { mode: 'off' }, memory: { orders } }).byHand).toEqual({ orders: [orders[1]] })
    expect(judged(calm, { settings: { dryRun: true }, memory: { orders } }).byHand.orders).toEqual(orders)
    const full = { nodes: [node(0, { used: 950 }), node(1)], topics: [topic([{ replicas: [0], bytes: 950 }])] }
    expect(judged(full, { now: { dayFull: 'x' }, memory: { orders } }).byHand.orders).toEqual([])
  })
})
