/** The sentences, and the figures in them. */
import { describe, expect, it } from 'vitest'
import type { Decision } from '../../../src/cluster/decision.ts'
import type { ClusterView } from '../../../src/daemon/view.ts'
import { type Lines, node, takenAtMs, topic } from '../../cluster/support.ts'
import { explained, linesOf, questionOf, type Situation, said } from './support.ts'

const MB = 1e6
const MINUTE = 60_000
/** Three racks of two; `t-0` and `t-1` on 1 and 3. */
function lines(
  more: { used?: Record<number, number>; nodes?: Record<number, object>; topic?: object; partitions?: object[] } = {},
): Lines {
  const used: Record<number, number> = { 1: 500, 2: 500, 3: 500, 4: 500, 5: 500, 6: 500, ...more.used }
  return {
    nodes: [1, 2, 3, 4, 5, 6].map((id) =>
      node(id, { rack: `r${Math.ceil(id / 2)}`, used: used[id]! * MB, capacity: 1000 * MB, ...more.nodes?.[id] }),
    ),
    topics: [
      topic(
        more.partitions ?? [
          { replicas: [1, 3], bytes: 100 * MB },
          { replicas: [3, 1], bytes: 100 * MB },
        ],
        more.topic,
      ),
    ],
  }
}
const t0 = { kind: 'partition', partition: 't-0' } as const
const candidates = async (of: Lines, situation?: Situation) => said(await explained(of, t0, situation), 'candidates')

describe('why a replica does not move', () => {
  it('says what each filter says, with the numbers that decide, nodes of one answer together', async () => {
    expect(await candidates(lines({ used: { 5: 790, 6: 780 } }))).toEqual([
      'the replica on 1 (95.4 MiB): no violation asks for it to move',
      '1 → 2: allowed, but it would improve nothing that is open: it holds 100% of the fair share, 1 100%',
      '1 → 5 and 6: would be 88.6% to 89.6% full, the limit is 80%',
      '1 → 4: rack r2 already holds one of its other replicas, 0 at most may be where it goes (rack now: r1)',
      'the replica on 3 (95.4 MiB): no violation asks for it to move',
      '3 → 4: allowed, but it would improve nothing that is open: it holds 100% of the fair share, 3 100%',
      '3 → 5 and 6: would be 88.6% to 89.6% full, the limit is 80%',
      '3 → 2: rack r1 already holds one of its other replicas, 0 at most may be where it goes (rack now: r2)',
    ])
  })

  it.each<[string, object, string]>([
    ['gone', { state: 'unavailable', unavailable_since: '2025-12-31T23:59:00.000Z' }, 'is gone'],
    ['unreachable', { state: 'unreachable' }, 'does not answer'],
    ['excluded', { excluded: true }, 'is excluded by the config'],
    ['without log dirs', { dirs: [] }, 'has no log dir that is known'],
    [
      'with a failed dir',
      { dirs: [{ path: '/d0', capacity_bytes: 1e9, used_bytes: 0, state: 'offline' }] },
      'its log dirs are offline',
    ],
    [
      'cordoned',
      { dirs: [{ path: '/d0', capacity_bytes: 1e9, used_bytes: 0, cordoned: true }] },
      'takes nothing new: its log dirs are cordoned, or moves stood still there and it rests',
    ],
    ['as full of replicas as it may be', { max_replicas: 0 }, 'holds 0 replicas, 0 is all it may hold'],
  ])('a node that is %s', async (_, more, why) => {
    expect(await candidates(lines({ nodes: { 2: more } }))).toContain(`1 → 2: ${why}`)
  })

  it('a partition that left a node lately', async () => {
    const left = [{ topic: 't', partition: 0, node: 2, atMs: takenAtMs - 10 * MINUTE }]
    expect(await candidates(lines(), { memory: { left } })).toContain(
      '1 → 2: it left there 10m ago (2025-12-31T23:50:00Z) and is not moved back within the hour',
    )
  })

  it.each<[string, object[], Situation, string]>([
    [
      'is not in sync',
      [{ replicas: [1, 3], isr: [1], bytes: 1 }],
      {},
      'its 1 replica on 3 not in sync: only repair moves it',
    ],
    ['has no leader', [{ replicas: [1, 3], leader: null, bytes: 1 }], {}, 'the partition has no leader to copy from'],
    [
      'has a size that nobody knows',
      [{ replicas: [1, 3], bytes: [null, null] }],
      {},
      'the size of the replica is not known',
    ],
    [
      'is being moved',
      [{ replicas: [1, 3, 5], adding: [5], removing: [1], bytes: 1 }],
      {},
      'the partition is being moved already',
    ],
    [
      'is of an excluded topic',
      [{ replicas: [1, 3], bytes: 1 }],
      { settings: { excludeTopics: [/^t$/] } },
      'its topic is excluded by the config',
    ],
    [
      'failed',
      [{ replicas: [1, 3], bytes: 1 }],
      {
        memory: {
          hold: {
            partitions: [{ topic: 't', partition: 0, untilMs: takenAtMs + MINUTE, exhausted: false }],
            topics: [],
            nodes: [],
          },
        },
        around: {
          tries: new Map([
            [
              't-0',
              {
                topic: 't',
                partition: 0,
                failedAtMs: [takenAtMs],
                untilMs: takenAtMs + MINUTE,
                why: 'node 5 was gone',
              },
            ],
          ]),
        },
      },
      'a move of the partition failed or was taken back: it is left alone for a while, 1m more (node 5 was gone)',
    ],
  ])('a partition that %s', async (_, partitions, situation, why) => {
    const explanation = await explained(lines({ partitions }), t0, situation)
    expect(said(explanation, 'candidates')).toContain(why)
    expect(linesOf(explanation, 'candidates').find(({ text }) => text === why)!.facts).toMatchObject({
      replicas_stay: true,
    })
  })

  it('a replica that must go says where the plan takes it, and where else it might', async () => {
    const told = await candidates(lines(), { question: { drains: [1] } })
    expect(told[0]).toMatch(
      /^the replica on 1 \(95.4 MiB\): node_draining is open: node 1 is to be emptied and holds 2 replicas/,
    )
    expect(told[1]).toMatch(/^1 → 2, 5 and 6: allowed, it goes to \d$/)
  })

  it('what would help and is not planned names what is', async () => {
    const empty = lines({
      used: { 1: 700, 2: 0, 3: 700 },
      partitions: Array.from({ length: 60 }, (_, id) => ({ id, replicas: [1, 3], bytes: (id === 0 ? 1 : 10) * MB })),
    })
    const told = await candidates(empty, { settings: { nodeAddHoldMs: 0, topicAware: false } })
    expect(told).toContainEqual(
      expect.stringMatching(
        /^1 → 2: allowed and it would help: it holds 0% of the fair share, 1 150%, but the plan mends node 2 with \d+ other moves$/,
      ),
    )
  })

  it('what waits says what for', async () => {
    const situation: Situation = {
      question: { drains: [1] },
      circumstances: { pause: { by: 'operator', reason: 'a release', sinceMs: takenAtMs - MINUTE } },
    }
    const explanation = await explained(lines(), t0, situation)
    expect(said(explanation, 'candidates')[0]).toContain('it waits (paused): paused for 1m: a release')
    expect(said(explanation, 'candidates')[1]).toBe('1 → 2, 5 and 6: allowed, but it waits (paused)')
    expect(linesOf(explanation, 'candidates')[0]!.facts).toMatchObject({ violation: 'node_draining', gate: 'paused' })
  })

  it('single replicas of what a system places by itself do not move', async () => {
    const situation: Situation = { question: { capabilities: { replicaMoves: false, dirMoves: false } } }
    expect(await candidates(lines(), situation)).toEqual([
      expect.stringContaining('the system itself places the table as a whole'),
    ])
  })

  it('five hundred nodes are a handful of lines', async () => {
    const many: Lines = {
      nodes: Array.from({ length: 500 }, (_, id) =>
        node(id, { rack: `r${id % 5}`, used: (id % 2 === 0 ? 500 : 780 + (id % 10)) * MB, capacity: 1000 * MB }),
      ),
      topics: [topic([{ replicas: [0, 1, 2], bytes: 50 * MB }])],
    }
    const explanation = await explained(many, t0)
    const told = said(explanation, 'candidates')
    expect(told.length).toBeLessThan(15)
    expect(Math.max(...told.map((text) => text.length))).toBeLessThan(400)
    const counted = linesOf(explanation, 'candidates').reduce(
      (sum, { facts }) => sum + Number(facts['to_count'] ?? 0),
      0,
    )
    expect(counted).toBe(3 * 497)
  })
})

describe('a leader', () => {
  const led = (...leaders: number[]) =>
    lines({ partitions: leaders.map((leader, id) => ({ id, replicas: [leader, leader === 1 ? 3 : 1], bytes: 1 })) })
  const on = { settings: { leadershipEnabled: true } }
  const leadership = async (of: Lines, situation?: Situation) => said(await explained(of, t0, situation), 'leadership')

  it('is left alone where leadership is off', async () => {
    expect(await leadership(lines())).toEqual([
      'led by 1, its preferred leader',
      'leadership.enabled is off: leaders are left alone',
    ])
  })
  it('stays where its node is within its limit', async () => {
    expect((await leadership(led(1, 3), on))[1]).toBe(
      '1 leads 1 partition, within its limit of 1 partition: it gives nothing away',
    )
  })
  it('goes where the plan says', async () => {
    const told = await leadership(led(...Array.from({ length: 12 }, () => 1)), on)
    expect(told[1]).toMatch(
      /^(the plan has 3 lead it, for leader_skew|1 leads 12 partitions, its limit is 2 partitions, but the plan hands over others)$/,
    )
  })
  it('is left alone for a while after a transfer of it failed', async () => {
    const muted = [{ topic: 't', partition: 0, untilMs: takenAtMs + 2 * MINUTE }]
    expect((await leadership(led(1, 3), { ...on, memory: { muted } }))[1]).toBe(
      'a transfer of it failed: its leader is left alone for 2m',
    )
  })
  it('may have nobody to hand over to', async () => {
    const out = lines({
      partitions: Array.from({ length: 4 }, (_, id) => ({ id, replicas: [1, 3], isr: [1], bytes: 1 })),
    })
    expect((await leadership(out, on)).at(-1)).toBe('of its other replicas: 3 (not in sync)')
  })
  it('may not be there', async () => {
    expect(await leadership(lines({ partitions: [{ replicas: [1, 3], leader: null }] }))).toEqual([
      expect.stringContaining('it has no leader'),
    ])
  })
})

describe('what moved', () => {
  const decision = (more: Partial<Decision>): Decision => ({
    id: '20251231T235000',
    fromMs: takenAtMs - 10 * MINUTE,
    untilMs: takenAtMs,
    rounds: 1,
    mode: 'continuous',
    dryRun: false,
    status: 'in_progress',
    verdict: { act: true, code: 'acting', text: 'x' },
    violations: [
      { kind: 'node_underused', subject: 'node 9', sinceMs: 0, size: 1, unit: 'bytes', text: 'node 9 is empty' },
      { kind: 'node_underused', subject: 'node 1', sinceMs: 0, size: 1, unit: 'bytes', text: 'node 1 is empty' },
    ],
    violationCount: 2,
    planned: [],
    plannedCount: 0,
    plannedBytes: 0,
    begun: [],
    begunCount: 1,
    rejected: [],
    notes: [],
    ...more,
  })
  const begun = {
    id: 'replica:t-0:4>1',
    kind: 'replica',
    topic: 't',
    partition: 0,
    from: 4,
    to: 1,
    bytes: 5e6,
    reason: 'node_underused',
    startedAtMs: takenAtMs - 9 * MINUTE,
  } as const
  const moved = async (...decisions: Decision[]) =>
    said(await explained(lines(), t0, { around: { decisions } }), 'moves')

  it('when, from where to where, for what and how it ended', async () => {
    const end = { atMs: takenAtMs - 8 * MINUTE, result: 'done', bytes: 5e6, durationMs: MINUTE } as const
    expect(await moved(decision({ begun: [{ ...begun, end }] }))).toEqual([
      '9m ago (2025-12-31T23:51:00Z) t-0 from 4 to 1, done after 1m, 4.77 MiB copied; node_underused: node 1 is empty',
    ])
  })
  it('how it failed', async () => {
    const end = {
      atMs: takenAtMs,
      result: 'reverted',
      bytes: 0,
      durationMs: 1000,
      text: 'somebody took it back',
    } as const
    expect((await moved(decision({ begun: [{ ...begun, end }] })))[0]).toContain(
      'reverted after 1s (somebody took it back);',
    )
  })
  it('one whose end nobody saw, and moves of others are not told', async () => {
    const told = await moved(decision({ begun: [begun, { ...begun, id: 'x', partition: 1 }] }))
    expect(told).toEqual([expect.stringContaining('its end was not seen')])
  })
  it('nothing, as far as is known', async () => {
    expect(await moved(decision({}))).toEqual([
      'no move of ours is known, decisions go back to 10m ago (2025-12-31T23:50:00Z)',
    ])
  })
})

describe('a node', () => {
  const nodeOf = (id: number, of: Lines, situation?: Situation) => explained(of, { kind: 'node', node: id }, situation)

  it('its disks, its share, and why it neither gives nor takes', async () => {
    const explanation = await nodeOf(2, lines({ used: { 2: 400 } }))
    expect(explanation.summary).toBe('node 2 is alive, 40% full: no violation is about it')
    expect(said(explanation, 'placement')).toEqual([
      '/d0: 381 MiB of 954 MiB (40%), limit 80%, for repair and relief 90%',
      'by the plan: now 381 MiB (40%), at the peak 381 MiB (40%), in the end 381 MiB (40%)',
      '381 MiB of its fair share of 445 MiB (85.7%)',
      '0 replicas, 0.7 would be the mean; it leads 0 partitions',
    ])
    expect(said(explanation, 'source')).toEqual(['nothing asks it to give: it holds 85.7% of its fair share'])
    expect(said(explanation, 'target')).toEqual([
      '381 MiB more fit below 80%, for repair and relief 477 MiB below 90%',
      'nothing asks for it to receive: it holds 85.7% of its fair share',
    ])
  })
  it('one that is drained', async () => {
    const view = (explanation: ClusterView) => ({
      ...explanation,
      drains: [{ node: 1, replicas: 2, bytes: 200 * MB, safeToStop: false }],
    })
    const draining = { question: { drains: [1] } }
    const explanation = await nodeOf(1, lines(), draining)
    expect(said(explanation, 'violations')).toEqual([
      expect.stringMatching(/^node 1 is to be emptied and holds 2 replicas .*; node_draining for 0ms/),
    ])
    expect(said(explanation, 'source')[0]).toMatch(/^it must give: node 1 is to be emptied/)
    expect(said(explanation, 'target')).toEqual(['it receives nothing: it is to be emptied'])
    const base = {
      name: 'orders',
      drains: [],
      status: 'ready',
      statusSinceMs: 0,
      running: [],
      pending: [],
      ended: [],
    } as const
    const told = await nodeOf(1, lines(), {
      ...draining,
      around: { view: view({ ...base, drains: [], running: [], pending: [], ended: [] }) },
    })
    expect(said(told, 'state')).toContain('it is to be emptied, 2 replicas of 191 MiB left')
  })
  it('one that rests', async () => {
    const coolDowns = new Map([['2', { node: 2, untilMs: takenAtMs + 5 * MINUTE, why: 'copies stood still' }]])
    expect(said(await nodeOf(2, lines(), { around: { coolDowns } }), 'state')).toContain(
      'nothing new is sent to it for 5m: copies stood still',
    )
  })
  it('one that is over its limit and one whose name begins like it', async () => {
    const full = lines({ used: { 1: 850 } })
    expect(said(await nodeOf(1, full), 'violations')[0]).toMatch(/is 85% full .* the limit is 80%; disk_over_limit/)
    expect((await nodeOf(2, full)).summary).toContain('no violation is about it')
  })
  it('one whose number begins like that of one that is full', async () => {
    const of: Lines = {
      nodes: [1, 12].map((id) => node(id, { used: (id === 12 ? 850 : 100) * MB, capacity: 1000 * MB })),
      topics: [topic([{ replicas: [12], bytes: 1 }])],
    }
    expect(said(await nodeOf(12, of), 'violations')[0]).toMatch(/disk_over_limit/)
    expect(said(await nodeOf(1, of), 'violations')).toEqual(['no violation is about it'])
  })
  it('one that is gone says since when', async () => {
    const gone = lines({ nodes: { 2: { state: 'unavailable', unavailable_since: '2025-12-31T23:59:00.000Z' } } })
    expect(said(await nodeOf(2, gone), 'state')).toEqual(['unavailable for 1m (since 2025-12-31T23:59:00Z), rack r1'])
  })
  it('one that is not given up yet says until when it is waited for, and no other node does', async () => {
    const unavailable = { state: 'unavailable', unavailable_since: '2025-12-31T23:59:00.000Z' }
    const gone = lines({ nodes: { 1: unavailable } })
    expect(said(await nodeOf(1, gone), 'violations')).toEqual([
      'node 1 is gone for 1m and has 2 replicas: they are made anew elsewhere in 14m',
    ])
    expect(said(await nodeOf(3, gone), 'violations')).toEqual(['no violation is about it'])
  })
  it('a node by the text of its number, and none that there is not', async () => {
    expect((await explained(lines(), { kind: 'node', node: '2' })).subject).toEqual({ kind: 'node', node: 2 })
    await expect(explained(lines(), { kind: 'node', node: 9 })).rejects.toMatchObject({
      code: 'usage',
      message: 'the cluster has no node 9; it has 1, 2, 3, 4, 5, 6',
    })
  })
})

describe('a table', () => {
  const table = { kind: 'table', table: 't' } as const
  it('where it is and what keeps it', async () => {
    const explanation = await explained(lines({ used: { 5: 790, 6: 780 } }), table)
    expect(said(explanation, 'placement')).toEqual([
      '2 partitions, 4 replicas of 381 MiB on 2 nodes',
      '1: 2 replicas, 191 MiB (50%), leads 1',
      '3: 2 replicas, 191 MiB (50%), leads 1',
    ])
    expect(said(explanation, 'candidates').map((text) => text.split(' (')[0])).toEqual([
      '8 candidates: the target would exceed its disk limit',
      '4 candidates: allowed, but it would improve nothing that is open',
      '4 candidates: the replicas would share a rack more than they do now',
    ])
  })
  it('a large one is looked at in part, and says so', async () => {
    const many: Lines = {
      nodes: Array.from({ length: 100 }, (_, id) => node(id, { used: 1, capacity: 1000 * MB })),
      topics: [
        topic(Array.from({ length: 1000 }, (_, id) => ({ id, replicas: [id % 100, (id + 1) % 100], bytes: 1 }))),
      ],
    }
    expect(said(await explained(many, table), 'candidates').at(-1)).toMatch(/^\d+ of 1000 partitions were looked at/)
  })
  it('one without partitions', async () => {
    expect((await explained(lines({ topic: { partitions: [] } }), table)).summary).toBe(
      't: it stays where it is: no move of it is planned',
    )
  })
  it('none that there is not', async () => {
    await expect(explained(lines(), { kind: 'table', table: 'u' })).rejects.toMatchObject({ code: 'usage' })
  })
})

describe('the cluster', () => {
  const cluster = { kind: 'cluster' } as const
  it('what is free to act and what is not, by class', async () => {
    const health = {
      underReplicated: { own_move: 0, node: 0, other: 3 },
      offline: 0,
      underMinIsr: 0,
      unexplained: { offline: 0, underMinIsr: 0 },
    }
    const of = lines()
    const { sample } = questionOf(of)
    const explanation = await explained(of, cluster, { question: { sample: { ...sample, health } } })
    expect(said(explanation, 'gates')).toEqual([
      'free to act: disk_critical, node_unavailable, node_draining',
      'disk_over_limit, rack_violation, target_drift, node_underused: 3 partitions under-replicated without a move or a lost node behind it',
      'never looked for: disk_skew (disk_balance_percent is not set), leader_skew (leadership.enabled is off)',
    ])
  })
  it('what holds everything', async () => {
    const pause = {
      by: 'operator' as const,
      reason: 'a release',
      sinceMs: takenAtMs - MINUTE,
      untilMs: takenAtMs + MINUTE,
    }
    const explanation = await explained(lines(), cluster, { circumstances: { pause } })
    expect(said(explanation, 'gates')).toEqual(['nothing at all (paused): paused for 1m, ends in 1m: a release'])
    expect(explanation.summary).toBe(
      'orders is paused (paused): paused for 1m, ends in 1m: a release; no violation is open',
    )
  })
  it('windows, budgets and what was rejected', async () => {
    const windows = [{ days: [1, 2], fromMinute: 60, toMinute: 330, timezone: 'UTC', classes: ['disk_skew' as const] }]
    const explanation = await explained(lines({ used: { 2: 850, 4: 850, 5: 850, 6: 850 } }), cluster, {
      settings: { windows },
      around: { tooLow: 'too much is written', movesPerNode: 2 },
      question: { drains: [1] },
      circumstances: { dayFull: 'the day is full' },
    })
    expect(said(explanation, 'state')).toContain('disk_skew only on Mon, Tue from 01:00 to 05:30 UTC')
    expect(said(explanation, 'budgets')).toEqual(
      expect.arrayContaining([
        'at most 50 at once, 2 a node now (5 at best)',
        'too much is written',
        'the day is full',
      ]),
    )
    expect(said(explanation, 'rejected')[0]).toMatch(
      /^\d+ candidates? \(would_exceed_limit\): the target would exceed its disk limit \(t-\d from 1 to \d/,
    )
  })
})

describe('a partition by its name', () => {
  it.each([
    ['my-topic-3', 'my-topic', 3],
    ['my-topic-3-x', 'my-topic', '3-x'],
    ['orders_OFFLINE-seg-1', 'orders_OFFLINE', 'seg-1'],
  ])('%s', async (partition, name, id) => {
    const of = lines({ topic: { name, partitions: [{ id, leader: 1, replicas: [1, 3], bytes: 1 }] } })
    const { subject, summary } = await explained(of, { kind: 'partition', partition })
    expect(subject).toEqual({ kind: 'partition', topic: name, partition: id })
    expect(summary).toContain(partition)
  })
  it.each([
    ['t-9', ''],
    ['u-0', ''],
    ['t', ': t is a topic, its partitions are named as in t-0'],
    ['-', ''],
    ['', ''],
  ])('%s is none', async (partition, hint) => {
    await expect(explained(lines(), { kind: 'partition', partition })).rejects.toMatchObject({
      code: 'usage',
      message: `the cluster has no partition ${partition}${hint}`,
    })
  })
})
