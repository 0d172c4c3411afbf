/** Targets of the system's own become moves: which, in which order, how much at once, and what keeps one. */
import { describe, expect, test } from 'vitest'
import type { TableMove } from '../../src/cluster/move.ts'
import { type Goals, noGoals } from '../../src/cluster/plan.ts'
import type { NodeShare, Target } from '../../src/cluster/target.ts'
import { planTables, type TablesRequest } from '../../src/plan/tables.ts'
import { build, node } from '../cluster/support.ts'

const state = build({ nodes: ['a', 'b', 'c'].map((id) => node(id, { capacity: 1000, used: 500 })), topics: [] })
const even = { nodes: [{ node: 'a', replicas: 4, bytes: 40 }], replicas: 0, bytes: 0 }

const share = (id: string, adds: number, removes = 0): NodeShare => ({
  node: id,
  adds,
  addBytes: adds * 10,
  removes,
  removeBytes: removes * 10,
})

function target(topic: string, more: Partial<Target> = {}): Target {
  const shares = more.shares ?? [share('a', 0, 4), share('b', 4)]
  const adds = shares.reduce((sum, one) => sum + one.adds, 0)
  return {
    topic,
    causes: [{ cause: 'replication', text: 'too few' }],
    shares,
    adds,
    bytes: adds * 10,
    largestBytes: 10,
    unitAdds: 1,
    unitBytes: 10,
    evenness: { before: even, after: even },
    parameters: { minAvailableReplicas: '-1' },
    checks: [],
    priority: 0,
    turn: 0,
    fingerprint: `of ${topic}`,
    ...more,
  }
}

function planned(targets: Target[], goals: Partial<Goals>, more: Partial<TablesRequest> = {}) {
  return planTables(state, {
    goals: { ...noGoals, ...goals },
    targets,
    brokers: [],
    held: [],
    batch: { adds: 80, bytes: Number.POSITIVE_INFINITY },
    hardDiskUsage: 0.9,
    maxDiskUsage: 0.8,
    ...more,
  })
}
const names = ({ moves }: ReturnType<typeof planned>) => moves.map(({ topic, reason }) => `${topic} ${reason}`)

describe('which', () => {
  test('drifted ones, those that empty a node, those that fill one, and no others', () => {
    const targets = ['drifted', 'emptying', 'filling', 'other'].map((topic) => target(topic))
    targets[1]!.shares = [share('c', 0, 4), share('b', 4)]
    targets[2]!.shares = [share('b', 0, 4), share('a', 4)]
    const goals = { driftedTopics: ['drifted'], drainNodes: [2], fillNodes: [0] }
    expect(names(planned(targets, goals))).toEqual([
      'emptying node_draining',
      'drifted target_drift',
      'filling node_underused',
    ])
  })

  test('not what is held, nor what failed lately', () => {
    const targets = [
      target('held', { held: { code: 'target_costly', text: 'it costs 5 GiB' } }),
      target('tried'),
      target('exhausted'),
      target('free'),
    ]
    const held = [
      { topic: 'tried', untilMs: 1, exhausted: false, why: 'no progress' },
      { topic: 'exhausted', untilMs: 1, exhausted: true, why: 'no progress' },
    ]
    const plan = planned(targets, { driftedTopics: targets.map(({ topic }) => topic) }, { held })
    expect(names(plan)).toEqual(['free target_drift'])
    expect(plan.blocked).toEqual([
      { reason: 'retry_exhausted', count: 1, examples: ['exhausted: no progress'] },
      { reason: 'target_held', count: 1, examples: ['held: it costs 5 GiB'] },
      { reason: 'retry_wait', count: 1, examples: ['tried: no progress'] },
    ])
  })

  test('lists of brokers first', () => {
    const brokers = [{ topic: 't', before: ['x'], after: ['x', 'y'], text: 'y has the tag' }]
    const { moves } = planned([target('t')], { driftedTopics: ['t'], staleBrokers: ['t'] }, { brokers })
    expect(moves.map(({ id }) => id)).toEqual(['brokers:t:x,y', 'table:t:of t'])
    expect(planned([], {}, { brokers }).moves).toEqual([])
  })
})

test('order: turn, then priority, then evenness gained per byte, then name', () => {
  const gains = { before: { ...even, bytes: 0.5 }, after: even }
  const targets = [
    target('last', { turn: 1, priority: 9 }),
    target('z'),
    target('a'),
    target('gains', { evenness: gains }),
    target('preferred', { priority: 5 }),
    target('first', { turn: -1 }),
  ]
  const goals = { driftedTopics: targets.map(({ topic }) => topic) }
  expect(planned(targets, goals).moves.map(({ topic }) => topic)).toEqual([
    'first',
    'preferred',
    'gains',
    'a',
    'z',
    'last',
  ])
})

describe('how much is on its way to one node at once', () => {
  const rows: [string, Partial<Target>, TablesRequest['batch'], TableMove['batch']][] = [
    ['as much as the budget', {}, { adds: 80, bytes: 1e9 }, { adds: 80, bytes: 800 }],
    ['no more than the policy', { maxBatch: 20 }, { adds: 80, bytes: 1e9 }, { adds: 20, bytes: 200 }],
    ['no more bytes than the budget', {}, { adds: 80, bytes: 35 }, { adds: 3, bytes: 30 }],
    ['one at least, however large', { largestBytes: 90 }, { adds: 80, bytes: 35 }, { adds: 1, bytes: 90 }],
    ['a unit as a whole', { unitAdds: 100, unitBytes: 900 }, { adds: 80, bytes: 1e9 }, { adds: 100, bytes: 900 }],
  ]
  test.each(rows)('%s', (_, more, batch, expected) => {
    const { moves, notes } = planned([target('t', more)], { driftedTopics: ['t'] }, { batch })
    expect(moves).toMatchObject([{ batch: expected }])
    // What is larger than the budget is listed.
    expect(notes).toHaveLength(expected.adds > batch.adds || expected.bytes > batch.bytes ? 1 : 0)
  })
})

describe('room on the disks', () => {
  // 500 of 1000 are used: up to 900 for what has drifted, up to 800 for what only evens out.
  const large = (topic: string, adds: number) => target(topic, { shares: [share('a', 0, adds), share('b', adds)] })

  test('all tables together at their peak', () => {
    const plan = planned([large('x', 30), large('y', 20)], { driftedTopics: ['x', 'y'] })
    expect(names(plan)).toEqual(['x target_drift'])
    expect(plan.blocked).toEqual([
      {
        reason: 'would_exceed_limit',
        count: 1,
        examples: ['y: b would be 100% full at the peak (1000 B of 1000 B), the limit is 90%'],
      },
    ])
  })

  test('less of it for evening out', () => {
    expect(names(planned([large('x', 35)], { driftedTopics: ['x'] }))).toHaveLength(1)
    expect(names(planned([large('x', 35)], { fillNodes: [1] }))).toHaveLength(0)
    expect(names(planned([large('x', 30)], { fillNodes: [1] }))).toHaveLength(1)
  })
})
