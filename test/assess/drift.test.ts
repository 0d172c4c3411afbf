/** Tables that are not where their own rules put them: what is told of them, and what of it may be mended. */
import { describe, expect, test } from 'vitest'
import { assess } from '../../src/assess/assess.ts'
import { type Circumstances, noStrangers } from '../../src/assess/gates.ts'
import { emptyMemory } from '../../src/cluster/memory.ts'
import type { DriftCause } from '../../src/cluster/reasons.ts'
import type { BrokersTarget, Target } from '../../src/cluster/target.ts'
import { allWell, build, node, takenAtMs } from '../cluster/support.ts'
import { settings } from './support.ts'

const MiB = 2 ** 20
const even = { nodes: [], replicas: 0, bytes: 0 }

function target(topic: string, causes: DriftCause[], more: Partial<Target> = {}): Target {
  return {
    topic,
    causes: causes.map((cause) => ({ cause, text: `because ${cause}` })),
    shares: [
      { node: 'a', adds: 0, addBytes: 0, removes: 2, removeBytes: 2 * MiB },
      { node: 'b', adds: 2, addBytes: 2 * MiB, removes: 0, removeBytes: 0 },
    ],
    adds: 2,
    bytes: 2 * MiB,
    largestBytes: MiB,
    unitAdds: 1,
    unitBytes: MiB,
    evenness: { before: even, after: even },
    parameters: {},
    checks: [],
    priority: 0,
    turn: 0,
    fingerprint: topic,
    ...more,
  }
}

interface Given {
  targets?: Target[]
  brokers?: BrokersTarget[]
  now?: Partial<Circumstances>
  mode?: 'node_add' | 'continuous'
  /** Whether `a` is to be emptied. */
  draining?: boolean
  /** Whether `a` is dead for good. */
  gone?: boolean
}

function judged({ targets = [], brokers = [], now, mode = 'continuous', draining = false, gone = false }: Given) {
  const lines = ['a', 'b', ...(gone ? ['c', 'd'] : [])].map((id) => node(id, { capacity: 100 * MiB, used: 40 * MiB }))
  if (draining) Object.assign(lines[0]!, { state: 'draining', draining: true })
  if (gone) lines[0]!.state = 'unavailable'
  const state = build({
    nodes: lines,
    topics: [{ type: 'topic', name: 't', partitions: [{ id: 's', leader: null, replicas: ['a'], bytes: MiB }] }],
  })
  return assess(
    state,
    settings({ mode, leadershipEnabled: false, rackAwareness: 'ignore' }),
    emptyMemory,
    { agreed: true, strangers: noStrangers, health: allWell.health, ...now },
    takenAtMs,
    { targets, brokers },
  )
}

const told = (given: Given) => judged(given).violations.map(({ kind, subject, text }) => `${kind} ${subject}: ${text}`)

describe('what is told', () => {
  test.each<DriftCause>(['replication', 'assignment', 'tenant', 'tier', 'unfinished', 'asked', 'server_removed'])(
    '%s is a rule of the table that is broken, in every mode but off',
    (cause) => {
      for (const mode of ['node_add', 'continuous'] as const) {
        const found = judged({ targets: [target('t', [cause])], mode })
        expect(found.violations).toMatchObject([
          { kind: 'target_drift', subject: 'table t', size: 2 * MiB, unit: 'bytes' },
        ])
        expect(found.violations[0]!.gate).toBeUndefined()
        expect(found.goals.driftedTopics).toEqual(['t'])
      }
    },
  )

  test('in a sentence with what it takes and why', () => {
    expect(told({ targets: [target('t', ['replication', 'server_added'])] })).toEqual([
      'target_drift table t: t: 2 replicas of 2.00 MiB to be made: because replication; because server_added',
    ])
  })

  test('a newcomer is no drift: whether it holds too little others judge', () => {
    expect(told({ targets: [target('t', ['server_added'])] })).toEqual([])
  })

  test('what only empties a node that is to be emptied is told by that node', () => {
    const targets = [target('t', ['retagged'])]
    expect(told({ targets, draining: true })).toEqual([
      'node_draining node a: node a is to be emptied and holds 1 replica (1.00 MiB)',
    ])
    expect(told({ targets })).toEqual(['target_drift table t: t: 2 replicas of 2.00 MiB to be made: because retagged'])
  })

  test('a list of brokers', () => {
    const brokers = [{ topic: 't', before: ['x'], after: ['x', 'y'], text: 'y has the tag and does not serve it' }]
    const found = judged({ brokers })
    expect(found.violations.map(({ subject }) => subject)).toEqual(['brokers of t'])
    expect(found.goals.staleBrokers).toEqual(['t'])
  })
})

describe('what keeps it', () => {
  test('one held table holds no other', () => {
    const held = { code: 'precheck_error' as const, text: 'the disk of b would be too full' }
    const found = judged({ targets: [target('t', ['replication'], { held }), target('u', ['replication'])] })
    expect(found.goals.driftedTopics).toEqual(['u'])
    expect(found.violations.map(({ gate }) => gate)).toEqual([
      { code: 'target_held', text: 't: the disk of b would be too full' },
      undefined,
    ])
  })

  test('a node that cannot be taken out of use', () => {
    const unsafe = new Map([['a', 't would be left with 1 server']])
    const [violation] = judged({ draining: true, now: { unsafe } }).violations
    expect(violation!.gate).toEqual({
      code: 'target_held',
      text: 'node a cannot be emptied: t would be left with 1 server',
    })
  })

  test('a node that is gone and cannot be taken out of use', () => {
    const unsafe = new Map([['a', 't would be left with 1 server']])
    const [violation] = judged({ gone: true, now: { unsafe } }).violations
    expect(violation).toMatchObject({
      kind: 'node_unavailable',
      gate: { code: 'target_held', text: 'node a is not given up: t would be left with 1 server' },
    })
  })
})
