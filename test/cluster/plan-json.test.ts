import { expect, test } from 'vitest'
import { moveId, type ReplicaMove, replicasAfter } from '../../src/cluster/move.ts'
import type { Plan, Violation } from '../../src/cluster/plan.ts'
import { planJson } from '../../src/cluster/plan-json.ts'
import { takenAtMs } from './support.ts'

const common = { topic: 't', partition: 0, replicas: [1, 2], leader: 1 }
const full: ReplicaMove = {
  kind: 'replica',
  id: moveId('replica', 't', 0, 1, 3),
  group: 'swap-1',
  ...common,
  from: 1,
  to: 3,
  fromDir: '/a',
  toDir: '/b',
  bytes: 40,
  reason: 'disk_skew',
}
const violation: Violation = {
  kind: 'disk_skew',
  subject: 'cluster',
  sinceMs: takenAtMs,
  size: 12,
  unit: 'bytes',
  closing: false,
  text: 'not part of the form',
}
const plan: Plan = {
  moves: [full, { kind: 'leader', id: 'leader:t-0:1>2', ...common, from: 1, to: 2, reason: 'leader_skew' }],
  bytes: 40,
  lowerBoundBytes: 30,
  nodes: [
    {
      id: 1,
      rack: 'a',
      state: 'alive',
      diskBytes: { now: 1, peak: 2, final: 3 },
      capacityBytes: 9,
      dirs: [{ path: '/a', usedBytes: 1, capacityBytes: 9 }],
      replicas: { now: 4, final: 3 },
      leaders: { now: 2, final: 1 },
    },
  ],
  blocked: [{ reason: 'min_gain', count: 5, examples: ['t-0 from 1 to 2'] }],
  planningMs: 1500,
}

test('a plan has exactly the fields that are promised, absent ones left out', () => {
  const verdict = { act: true, code: 'acting' as const, text: 'why' }
  const json = planJson({ status: 'in_progress', verdict, plan, violations: [violation] })
  expect(JSON.parse(JSON.stringify(json))).toStrictEqual({
    status: 'in_progress',
    verdict: { act: true, code: 'acting', text: 'why' },
    moves: [
      {
        id: 'replica:t-0:1>3',
        kind: 'replica',
        group: 'swap-1',
        topic: 't',
        partition: 0,
        from: 1,
        to: 3,
        from_dir: '/a',
        to_dir: '/b',
        bytes: 40,
        reason: 'disk_skew',
      },
      { id: 'leader:t-0:1>2', kind: 'leader', topic: 't', partition: 0, from: 1, to: 2, reason: 'leader_skew' },
    ],
    bytes: 40,
    lower_bound_bytes: 30,
    nodes: [
      {
        id: 1,
        disk_bytes: { now: 1, peak: 2, final: 3 },
        capacity_bytes: 9,
        dirs: [{ path: '/a', used_bytes: 1, capacity_bytes: 9 }],
        replicas: { now: 4, final: 3 },
        leaders: { now: 2, final: 1 },
      },
    ],
    violations: [{ kind: 'disk_skew', subject: 'cluster', since: '2026-01-01T00:00:00.000Z', size: 12, unit: 'bytes' }],
    blocked: [{ reason: 'min_gain', count: 5, examples: ['t-0 from 1 to 2'] }],
    planning_seconds: 1.5,
  })
})

test('a replica takes the place of the one it replaces, a new leader goes first', () => {
  expect(replicasAfter({ ...full, replicas: [2, 1, 5] })).toEqual([2, 3, 5])
  expect(
    replicasAfter({ kind: 'leader', id: 'l', ...common, replicas: [1, 5, 2], from: 1, to: 2, reason: 'leader_skew' }),
  ).toEqual([2, 1, 5])
})
