import { describe, expect, test } from 'vitest'
import { type Circumstances, statusOf, verdictOf } from '../../src/assess/verdict.ts'
import { emptyMemory } from '../../src/cluster/memory.ts'
import type { Move } from '../../src/cluster/move.ts'
import { noGoals, type Plan, type Violation } from '../../src/cluster/plan.ts'
import type { VerdictCode } from '../../src/cluster/reasons.ts'
import { settings } from './support.ts'

const common = { topic: 't', partition: 0, from: 1, to: 2, replicas: [1], leader: 1 }
const replica: Move = { kind: 'replica', id: 'r', ...common, bytes: 3 * 2 ** 30, reason: 'disk_skew' }
const transfer: Move = { kind: 'leader', id: 'l', ...common, reason: 'leader_skew' }
const plan = (moves: Move[], blocked: Plan['blocked'] = []): Plan => ({
  moves,
  bytes: 0,
  lowerBoundBytes: 0,
  nodes: [],
  blocked,
  planningMs: 0,
})

const violation = (more: Partial<Violation> = {}): Violation => ({
  kind: 'disk_skew',
  subject: 'cluster',
  sinceMs: 0,
  size: 1,
  unit: 'bytes',
  closing: false,
  text: 'node 4 holds 120%',
  ...more,
})

/** So many partitions that somebody else moves. */
const strangers = (count: number) =>
  Array.from({ length: count }, (_, partition) => ({
    topic: 't',
    partition,
    target: [3, 4],
    adding: [4],
    removing: [1],
  }))

type Given = Partial<Omit<Circumstances, 'assessment'>> & { violations?: Violation[]; holding?: string[] }

function circumstances({ violations = [], holding = [], ...more }: Given): Circumstances {
  const goals = noGoals
  return {
    settings: settings(),
    assessment: { violations, goals, holding, waiting: [], memory: emptyMemory },
    plan: plan([]),
    problems: [],
    health: {
      underReplicated: { own_move: 0, node: 0, other: 0 },
      offline: 0,
      underMinIsr: 0,
      unexplained: { offline: 0, underMinIsr: 0 },
    },
    foreign: [],
    running: 0,
    agreed: true,
    participants: 3,
    ...more,
  }
}

const skew = { violations: [violation()] }
const sick = (other: number) => ({
  underReplicated: { own_move: 7, node: 8, other },
  offline: 0,
  underMinIsr: 0,
  unexplained: { offline: 0, underMinIsr: 0 },
})
const off = settings({ mode: 'off' })
const dry = settings({ dryRun: true })

const rows: [VerdictCode, string, string, Given][] = [
  ['acting', 'in_progress', '1 replica move of 3.00 GiB: node 4 holds 120%', { ...skew, plan: plan([replica]) }],
  [
    'acting',
    'in_progress',
    '1 replica move of 3.00 GiB and 2 leadership transfers: node 4',
    { ...skew, plan: plan([replica, transfer, transfer]) },
  ],
  ['acting', 'in_progress', 'the last moves are running; node 4 holds 120%', { ...skew, running: 2 }],
  ['acting', 'in_progress', 'the last 2 moves running', { running: 2 }],
  ['balanced', 'ready', 'no violation is open', {}],
  [
    'balanced',
    'ready',
    'as even as the constraints allow: node 4 holds 120%',
    { violations: [violation({ closing: true })] },
  ],
  ['balanced', 'ready', 'as even as the constraints allow', { violations: [violation({ kind: 'leader_skew' })] }],
  ['mode_off', 'off', 'the mode is off; no violation is open', { settings: off }],
  [
    'mode_off',
    'off',
    'node 4 holds 120%; would make 1 replica move of 3.00 GiB',
    { ...skew, settings: off, plan: plan([replica]) },
  ],
  [
    'dry_run',
    'ready',
    'node 4 holds 120%; would make 1 leadership transfer',
    { ...skew, settings: dry, plan: plan([transfer]) },
  ],
  ['holding', 'ready', 'node 5 counts as added in 2m', { holding: ['node 5 counts as added in 2m'] }],
  [
    'sample_incomplete',
    'starting',
    'the first two complete samples must agree',
    { ...skew, agreed: false, plan: plan([replica]) },
  ],
  [
    'under_replicated',
    'ready',
    '4 partitions are under-replicated',
    { ...skew, health: sick(4), plan: plan([replica]) },
  ],
  [
    'foreign_moves',
    'ready',
    '6 partitions being moved by somebody else (t-0 to 3, 4; t-1 to 3, 4; t-2 to 3, 4, …)',
    { ...skew, foreign: strangers(6), plan: plan([replica]) },
  ],
  [
    'no_capacity',
    'stalled',
    'node 4 holds 120%; most candidates were rejected by rack_constraint (9)',
    {
      ...skew,
      plan: plan(
        [],
        [
          { reason: 'min_gain', count: 2, examples: [] },
          { reason: 'rack_constraint', count: 9, examples: [] },
        ],
      ),
    },
  ],
  [
    'permission_denied',
    'ready',
    'the permission CLUSTER ALTER is missing; node 4 holds 120%',
    { ...skew, denied: 'the permission CLUSTER ALTER is missing', plan: plan([replica]) },
  ],
  ['unhealthy', 'ready', 'move 0: the racks get worse', { ...skew, problems: ['move 0: the racks get worse'] }],
  ['too_few_nodes', 'stalled', 'only 1 node can take part', { ...skew, participants: 1 }],
]

test.each(rows)('%s, %s: %s', (code, status, text, given) => {
  const now = circumstances(given)
  const verdict = verdictOf(now)
  expect(verdict).toEqual({ act: code === 'acting', code, text: expect.stringContaining(text) })
  expect(statusOf(now, verdict)).toBe(status)
})

describe('what comes first', () => {
  const everything = { ...skew, health: sick(1), foreign: strangers(1), plan: plan([replica]) }
  test.each<[VerdictCode, Given]>([
    ['sample_incomplete', { ...everything, agreed: false, settings: off }],
    ['mode_off', { ...everything, settings: settings({ mode: 'off', dryRun: true }) }],
    ['dry_run', { ...everything, settings: dry }],
    ['under_replicated', everything],
    ['foreign_moves', { ...everything, health: sick(0) }],
    ['acting', { ...everything, health: sick(0), foreign: strangers(0) }],
  ])('%s', (code, given) => {
    expect(verdictOf(circumstances(given)).code).toBe(code)
  })
})

test('moves that still run are progress, whatever holds new ones', () => {
  const now = circumstances({ ...skew, foreign: strangers(1), running: 1 })
  expect(statusOf(now, verdictOf(now))).toBe('in_progress')
})

test('what our own moves and lost nodes explain is no reason to stop', () => {
  expect(verdictOf(circumstances({ ...skew, health: sick(0), plan: plan([replica]) })).act).toBe(true)
})
