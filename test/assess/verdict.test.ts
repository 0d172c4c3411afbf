import { expect, test } from 'vitest'
import type { Assessment } from '../../src/assess/assess.ts'
import { type Findings, startable, statusOf, verdictOf } from '../../src/assess/verdict.ts'
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

type Given = Partial<Omit<Findings, 'assessment'>> &
  Partial<Pick<Assessment, 'violations' | 'holding' | 'gate' | 'byHand'>>

function findings({ violations = [], holding = [], gate, byHand = { orders: [] }, ...more }: Given): Findings {
  return {
    settings: settings(),
    assessment: {
      violations,
      goals: noGoals,
      ...(gate && { gate }),
      holding,
      byHand,
      notes: [],
      rackFaults: 0,
      waiting: [],
      memory: emptyMemory,
    },
    plan: plan([]),
    problems: [],
    tableJobs: false,
    foreignJobs: [],
    running: 0,
    runningByHand: [],
    participants: 3,
    ...more,
  }
}

/** Held by a gate of its own. */
const gated = (code: VerdictCode, text: string, more: Partial<Violation> = {}): Violation =>
  violation({ ...more, gate: { code, text } })

const skew = { violations: [violation()] }
const off = { settings: settings({ mode: 'off' }), gate: { code: 'mode_off' as const, text: 'the mode is off' } }
const dry = { gate: { code: 'dry_run' as const, text: 'dry_run is set' } }

const asked: Move = { ...replica, reason: 'manual' }
const ledByHand: Move = { ...transfer, reason: 'manual' }
const paused = { code: 'paused' as const, text: 'paused for 1m' }
const waits = { byHand: { orders: [], gate: paused } }

const rows: [VerdictCode, string, string, Given][] = [
  ['acting', 'in_progress', '1 replica move of 3.00 GiB as a person asked (t-0 from 1 to 2)', { plan: plan([asked]) }],
  [
    'acting',
    'in_progress',
    '1 leadership transfer as a person asked (leadership of t-0 to 2); besides that: 1 replica move of 3.00 GiB: node 4',
    { ...skew, plan: plan([ledByHand, replica]) },
  ],
  [
    'acting',
    'in_progress',
    '1 move running as a person asked (t-0 from 1 to 2)',
    { running: 1, runningByHand: [asked] },
  ],
  [
    'acting',
    'off',
    'as a person asked (t-0 from 1 to 2); besides that: the mode is off; node 4 holds 120%; would make 1 replica move',
    { ...skew, ...off, plan: plan([asked, replica]) },
  ],
  ['acting', 'off', 'as a person asked', { ...off, running: 1, runningByHand: [asked] }],
  [
    'paused',
    'paused',
    'paused for 1m; no violation is open; would make 1 replica move of 3.00 GiB',
    { gate: paused, ...waits, plan: plan([asked]), running: 1, runningByHand: [asked] },
  ],
  [
    'dry_run',
    'ready',
    'dry_run is set; no violation is open; would make 1',
    { ...dry, byHand: { orders: [], ...dry }, plan: plan([asked]) },
  ],
  ['paused', 'ready', 'paused for 1m; what a person asked for waits', waits],
  ['plan_rejected', 'ready', 'nobody asked for it', { plan: plan([asked]), problems: ['nobody asked for it'] }],
  [
    'rate_too_low',
    'stalled',
    'too much is written; 1 replica move',
    { plan: plan([asked]), tooLow: 'too much is written' },
  ],
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
  ['mode_off', 'off', 'the mode is off; no violation is open', off],
  [
    'mode_off',
    'off',
    'node 4 holds 120%; would make 1 replica move of 3.00 GiB',
    { ...skew, ...off, plan: plan([replica]) },
  ],
  [
    'dry_run',
    'ready',
    'node 4 holds 120%; would make 1 leadership transfer',
    { ...skew, ...dry, plan: plan([transfer]) },
  ],
  [
    'foreign_moves',
    'ready',
    'somebody else is rebalancing t, which is left alone (job j1): it is dead: node 4 holds 120%',
    {
      ...skew,
      tableJobs: true,
      foreignJobs: [{ id: 'j1', topic: 't', startedAtMs: 0, parameters: {}, broken: 'it is dead' }],
    },
  ],
  ['holding', 'ready', 'node 5 counts as added in 2m', { holding: ['node 5 counts as added in 2m'] }],
  [
    'sample_incomplete',
    'starting',
    'must agree',
    { ...skew, gate: { code: 'sample_incomplete', text: 'two samples must agree' }, plan: plan([replica]) },
  ],
  [
    'under_replicated',
    'ready',
    '4 partitions lag; node 4 holds 120%',
    { violations: [gated('under_replicated', '4 partitions lag')], plan: plan([replica]) },
  ],
  [
    'paused',
    'paused',
    'paused for 5m: upgrade; node 4 holds 120%; would make 1 replica move',
    { ...skew, gate: { code: 'paused', text: 'paused for 5m: upgrade' }, plan: plan([replica]) },
  ],
  [
    'circuit_breaker',
    'paused',
    'no violation is open',
    { gate: { code: 'circuit_breaker', text: 'evenkeel paused itself' } },
  ],
  [
    'mode_node_add',
    'ready',
    'leaves disk_skew alone',
    { violations: [gated('mode_node_add', 'the mode node_add leaves disk_skew alone')] },
  ],
  [
    'acting',
    'in_progress',
    '1 replica move of 3.00 GiB: node 3 is gone; disk_skew waits: no window for disk_skew is open',
    {
      violations: [
        violation({ kind: 'node_unavailable', text: 'node 3 is gone' }),
        gated('window_closed', 'no window for disk_skew is open'),
      ],
      plan: plan([replica]),
    },
  ],
  [
    'acting',
    'in_progress',
    'the last moves are running',
    { violations: [gated('foreign_moves', 'somebody moves')], running: 1, plan: plan([replica]) },
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
  ['plan_rejected', 'ready', 'move 0: the racks get worse', { ...skew, problems: ['move 0: the racks get worse'] }],
  ['too_few_nodes', 'stalled', 'only 1 node can take part', { ...skew, participants: 1 }],
]

test.each(rows)('%s, %s: %s', (code, status, text, given) => {
  const found = findings(given)
  const verdict = verdictOf(found)
  expect(verdict).toEqual({ act: code === 'acting', code, text: expect.stringContaining(text) })
  expect(statusOf(found, verdict)).toBe(status)
})

test('what people asked for may be started where nothing else may, and the other way round', () => {
  const both = { plan: plan([asked, replica]) }
  const reasons = (given: Given) => startable(findings({ ...both, ...given })).map(({ reason }) => reason)
  expect(reasons({ ...skew, ...off })).toEqual(['manual'])
  expect(reasons({})).toEqual(['manual'])
  expect(reasons({ ...skew, ...waits })).toEqual(['disk_skew'])
  expect(reasons(skew)).toEqual(['manual', 'disk_skew'])
  expect(reasons({ ...skew, problems: ['bad'] })).toEqual([])
})

test.each<[boolean, string, Given]>([
  [true, 'an open violation', skew],
  [true, 'one of two is open', { violations: [violation(), gated('window_closed', 'closed')] }],
  [false, 'none is open', { violations: [gated('window_closed', 'closed')] }],
  [false, 'there is none', {}],
  [false, 'everything is held', { ...skew, ...dry }],
  [false, 'the plan is bad', { ...skew, problems: ['bad'] }],
])('moves may be started: %s when %s', (may, _, given) => {
  expect(startable(findings({ plan: plan([replica]), ...given })).length > 0).toBe(may)
})
