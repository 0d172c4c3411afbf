import { describe, expect, it } from 'vitest'
import type { Conflict } from '../../src/cluster/conflicts.ts'
import type { LoopEvent } from '../../src/cluster/events.ts'
import { verdictCodes, violationKinds } from '../../src/cluster/reasons.ts'
import { families } from '../../src/observe/families.ts'
import { createMetrics, type Metrics } from '../../src/observe/metrics.ts'
import { promtoolFindings } from '../support/promtool.ts'
import {
  event,
  forecast,
  GiB,
  leader,
  noon,
  progress,
  replica,
  report,
  settingsInForce as settings,
} from './support.ts'
import { tableMove, target, topic } from './tables.ts'

function registered(...events: LoopEvent[]): Metrics {
  const metrics = createMetrics({ version: '0.1.0', revision: 'abc', nodeVersion: 'v20' })
  metrics.registerCluster({ name: 'demo', settings })
  for (const event of events) metrics.onEvent(event)
  return metrics
}

/** Samples by series, those of what was dropped left out, without the prefix and the label of the cluster: `mode{mode="off"}` → 0. */
async function series(metrics: Metrics): Promise<Record<string, number>> {
  const { body } = await metrics.render()
  const samples = [...body.matchAll(/^evenkeel_(\w+)(?:\{(.*)\})? (\S+)$/gm)].map(([, name, labels = '', value]) => {
    const rest = labels.replace(/managed_cluster="demo",?/, '')
    return [rest === '' ? name! : `${name}{${rest}}`, Number(value)] as const
  })
  return Object.fromEntries(samples.filter(([name]) => !name.startsWith('dropped_series')))
}

function only(all: Record<string, number>, pattern: RegExp): Record<string, number> {
  return Object.fromEntries(Object.entries(all).filter(([name]) => pattern.test(name)))
}

const move = replica(3, 1, 4, 2 * GiB)
const busy = report([forecast(1, [10, 8]), forecast(4, [0, 2], [0, 1], [0, 0])], {
  cluster: { name: 'demo', system: 'kafka', clusterId: 'xyz', version: '4.0' },
  mode: 'continuous',
  plan: {
    moves: [move, leader(5, 1, 4)],
    bytes: 2 * GiB,
    lowerBoundBytes: GiB,
    nodes: [forecast(1, [10, 8]), forecast(4, [0, 2], [0, 1], [0, 0])],
    blocked: [],
    planningMs: 40,
  },
  violations: [
    {
      kind: 'node_underused',
      subject: 'node 4',
      sinceMs: noon - 5000,
      size: 1,
      unit: 'bytes',
      text: '',
      closing: false,
    },
    {
      kind: 'node_underused',
      subject: 'node 5',
      sinceMs: noon - 9000,
      size: 1,
      unit: 'bytes',
      text: '',
      closing: false,
    },
  ],
  health: {
    underReplicated: { own_move: 1, node: 2, other: 3 },
    offline: 4,
    underMinIsr: 5,
    unexplained: { offline: 0, underMinIsr: 0 },
  },
  rackViolations: 6,
  imbalance: { disk: 1, replicas: 0.5, leaders: 0.25, ingress: 0.1 },
  missingNodes: [7],
  foreignMoves: 8,
  throttle: {
    bytesPerSecond: 5e7,
    self: { nodes: [1, 2], topics: ['t'] },
    foreign: { nodes: [3], topics: [] },
    cleanupFailures: 0,
  },
  nodesAvailable: { alive: 2, unavailable: 1, unreachable: 0, draining: 0 },
})

describe('metrics', () => {
  it('exist with their settings and at zero before anything happened', async () => {
    const all = await series(registered())
    expect(all).toMatchObject({
      'build_info{version="0.1.0",revision="abc",node_version="v20"}': 1,
      'mode{mode="continuous"}': 1,
      'mode{mode="off"}': 0,
      dry_run: 0,
      'status{status="starting"}': 1,
      sample_interval_seconds: 30,
      max_disk_usage_ratio: 0.8,
      node_availability_timeout_seconds: 900,
      paused: 0,
      max_concurrent_moves: 50,
      'imbalance_limit_ratio{resource="disk"}': 0.09,
      samples_total: 0,
      'sample_failures_total{stage="disk"}': 0,
      'evaluations_total{outcome="planned"}': 0,
      'rejected_candidates_total{reason="min_gain"}': 0,
      'moves{kind="replica",state="running"}': 0,
      'moves_finished_total{kind="leader",result="failed"}': 0,
      moved_bytes_total: 0,
    })
    expect(Object.keys(only(all, /^blocked/))).toHaveLength(verdictCodes.length - 1)
    expect(Object.keys(only(all, /^violations/))).toHaveLength(violationKinds.length)
    expect(Object.keys(only(all, /^(up|violation_since|plan_start|oldest|node_unavailable_since)/))).toEqual([])
  })

  it('follow the settings', async () => {
    const metrics = registered()
    const { diskBalance: _, ...rest } = settings
    metrics.settingsApplied('demo', {
      ...rest,
      mode: 'off',
      dryRun: true,
      tickIntervalMs: 60_000,
      maxDiskUsage: 0.7,
      nodeAvailabilityTimeoutMs: 60_000,
      concurrentMoves: 5,
    })
    metrics.settingsApplied('unheard-of', settings)
    const all = await series(metrics)
    expect(all).toMatchObject({
      'mode{mode="continuous"}': 0,
      'mode{mode="off"}': 1,
      dry_run: 1,
      sample_interval_seconds: 60,
      max_disk_usage_ratio: 0.7,
      node_availability_timeout_seconds: 60,
      max_concurrent_moves: 5,
    })
    expect(all).not.toHaveProperty('imbalance_limit_ratio{resource="disk"}')
  })

  it('tell how the config was read', async () => {
    const metrics = registered()
    metrics.configRead('applied', noon)
    metrics.configInForce(2 ** 48 - 1)
    const config = async () => only(await series(metrics), /^config_/)
    expect(await config()).toEqual({
      config_hash: 281_474_976_710_655,
      config_last_reload_successful: 1,
      config_last_reload_success_timestamp_seconds: noon / 1000,
      config_reloads_total: 1,
      config_reload_failures_total: 0,
    })
    metrics.configRead('refused', noon + 1000)
    expect(await config()).toEqual({
      config_hash: 281_474_976_710_655,
      config_last_reload_successful: 0,
      config_last_reload_success_timestamp_seconds: noon / 1000,
      config_reloads_total: 2,
      config_reload_failures_total: 1,
    })
  })

  it('tell who is down since when, and of a pause, while it is so', async () => {
    const nodes = [forecast(1, [10, 10]), { ...forecast(2, [10, 10]), id: 'x' }]
    const pause = { by: 'operator', reason: 'disks', sinceMs: noon } as const
    const unavailableSince = [
      { node: 1, sinceMs: noon - 60_000 },
      { node: 'x', sinceMs: noon },
    ]
    const told = async (...reports: Partial<Parameters<typeof report>[1]>[]) =>
      only(
        await series(registered(...reports.map((more) => event({ type: 'tick', report: report(nodes, more) })))),
        /^(paused|node_unavailable_since)/,
      )
    expect(await told({ pause, unavailableSince })).toEqual({
      paused: 1,
      'node_unavailable_since_timestamp_seconds{node_id="1"}': noon / 1000 - 60,
      'node_unavailable_since_timestamp_seconds{node_id="x"}': noon / 1000,
    })
    expect(await told({ pause, unavailableSince }, { unavailableSince: [{ node: 'x', sinceMs: noon }] })).toEqual({
      paused: 0,
      'node_unavailable_since_timestamp_seconds{node_id="x"}': noon / 1000,
    })
    expect(await told({ pause, unavailableSince }, {})).toEqual({ paused: 0 })
  })

  it('show what a tick came to', async () => {
    const all = await series(registered(event({ type: 'tick', report: busy })))
    expect(all).toMatchObject({
      'managed_cluster_info{system="kafka",cluster_id="xyz",cluster_version="4.0"}': 1,
      up: 1,
      samples_total: 1,
      sample_duration_seconds_count: 1,
      sample_last_success_timestamp_seconds: noon / 1000,
      sample_missing_nodes: 1,
      'nodes{state="unavailable"}': 1,
      'node_info{node_id="4",host="",rack="r0",tenant=""}': 1,
      'node_up{node_id="4"}': 1,
      'node_disk_used_bytes{node_id="1"}': 10 * GiB,
      'node_disk_peak_bytes{node_id="4"}': 2 * GiB,
      'node_disk_final_bytes{node_id="1"}': 8 * GiB,
      'node_disk_capacity_bytes{node_id="1"}': 20 * GiB,
      'node_replicas{node_id="4"}': 0,
      'node_leaders{node_id="1"}': 5,
      'node_moves{node_id="1",direction="out"}': 0,
      partitions: 12,
      'under_replicated_partitions{cause="other"}': 3,
      offline_partitions: 4,
      under_min_isr_partitions: 5,
      rack_violations: 6,
      window_open: 1,
      foreign_moves: 8,
      'imbalance_ratio{resource="replicas"}': 0.5,
      'imbalance_ratio{resource="ingress"}': 0.1,
      'evaluations_total{outcome="planned"}': 1,
      evaluation_duration_seconds_sum: 0.04,
      last_evaluation_timestamp_seconds: noon / 1000,
      'violations{violation="node_underused"}': 2,
      'violation_since_timestamp_seconds{violation="node_underused"}': (noon - 9000) / 1000,
      'plans_total{trigger="node_underused"}': 1,
      'status{status="in_progress"}': 1,
      'status{status="starting"}': 0,
      'moves{kind="replica",state="pending"}': 1,
      'moves{kind="leader",state="pending"}': 1,
      planned_bytes: 2 * GiB,
      remaining_bytes: 2 * GiB,
      plan_start_timestamp_seconds: noon / 1000,
    })
    expect(Object.keys(only(all, /violation_since/))).toHaveLength(1)
  })

  it.each([
    ['acting', true, 'planned', undefined],
    ['balanced', false, 'no_action', 'balanced'],
    ['no_capacity', false, 'blocked', 'no_capacity'],
  ] as const)('tell by the verdict %s why nothing is done', async (code, act, outcome, blocked) => {
    const metrics = registered(event({ type: 'tick', report: { ...busy, verdict: { act, code, text: '' } } }))
    const all = await series(metrics)
    const ones = Object.entries(only(all, /^(blocked|evaluations_total)/)).filter(([, value]) => value === 1)
    expect(ones.map(([name]) => name).sort()).toEqual([
      ...(blocked ? [`blocked{reason="${blocked}"}`] : []),
      `evaluations_total{outcome="${outcome}"}`,
    ])
    expect(all['plans_total{trigger="node_underused"}']).toBe(Number(act))
  })

  it('drop the series of nodes that are gone and of violations that are mended', async () => {
    const nodes = [forecast(1, [5, 5])]
    const later = { ...busy, violations: [], plan: { ...busy.plan, moves: [], nodes } }
    const metrics = registered(event({ type: 'tick', report: busy }), event({ type: 'tick', report: later }))
    const all = await series(metrics)
    expect(Object.keys(only(all, /node_id="4"|violation_since|plan_start/))).toEqual([])
    expect(Object.keys(only(all, /node_id="1"/))).toHaveLength(10)
  })

  it('follow a node that changes its rack or leaves for a while', async () => {
    const moved = [{ ...forecast(1, [10, 8]), rack: 'new' }, forecast(4, [0, 2])]
    const metrics = registered(
      event({ type: 'tick', report: busy }),
      event({ type: 'tick', report: { ...busy, plan: { ...busy.plan, nodes: moved } } }),
      event({ type: 'node_lost', node: 1 }),
      event({ type: 'node_lost', node: 99 }),
    )
    const all = await series(metrics)
    expect(only(all, /^node_(info|up)/)).toEqual({
      'node_info{node_id="1",host="",rack="new",tenant=""}': 1,
      'node_info{node_id="4",host="",rack="r0",tenant=""}': 1,
      'node_up{node_id="1"}': 0,
      'node_up{node_id="4"}': 1,
    })
    metrics.onEvent(event({ type: 'node_returned', node: 1 }))
    expect(await series(metrics)).toMatchObject({ 'node_up{node_id="1"}': 1 })
  })

  it('follow a move from start to end', async () => {
    const metrics = registered(event({ type: 'tick', report: busy }))
    metrics.onEvent(
      event({ type: 'move_started', progress: progress(move, { startedAtMs: noon + 1000 }) }, noon + 1000),
    )
    const half = progress(move, { startedAtMs: noon + 1000, bytesDone: GiB })
    metrics.onEvent(
      event({ type: 'progress', moves: [half], pending: 1, pendingBytes: 0, movedBytes: GiB }, noon + 2000),
    )
    expect(await series(metrics)).toMatchObject({
      'moves{kind="replica",state="pending"}': 0,
      'moves{kind="replica",state="running"}': 1,
      'moves{kind="leader",state="pending"}': 1,
      'node_moves{node_id="4",direction="in"}': 1,
      'node_moves{node_id="1",direction="out"}': 1,
      'node_moves{node_id="1",direction="in"}': 0,
      oldest_running_move_start_timestamp_seconds: noon / 1000 + 1,
      planned_bytes: 2 * GiB,
      remaining_bytes: GiB,
      moved_bytes_total: GiB,
      plan_start_timestamp_seconds: noon / 1000,
    })
    const done = progress(move, { state: 'done', bytesDone: 2 * GiB })
    metrics.onEvent(event({ type: 'move_ended', progress: done, result: 'done', durationMs: 4000 }, noon + 5000))
    metrics.onEvent(
      event({ type: 'progress', moves: [], pending: 1, pendingBytes: 0, movedBytes: 2 * GiB }, noon + 5000),
    )
    const all = await series(metrics)
    expect(all).toMatchObject({
      'moves{kind="replica",state="running"}': 0,
      'moves_finished_total{kind="replica",result="done"}': 1,
      'move_duration_seconds_sum{kind="replica"}': 4,
      'node_moves{node_id="4",direction="in"}': 0,
      planned_bytes: 2 * GiB,
      remaining_bytes: 0,
      moved_bytes_total: 2 * GiB,
    })
    expect(Object.keys(only(all, /^oldest/))).toEqual([])
  })

  it('estimate the end of the plan once a speed is known: that of the slowest move, and of all bytes at the speed of all', async () => {
    const metrics = registered(event({ type: 'tick', report: busy }))
    const ends = async () => (await series(metrics))['plan_estimated_completion_timestamp_seconds']
    expect(await ends()).toBeUndefined()
    const runs = (more: object) =>
      metrics.onEvent(
        event({ type: 'progress', moves: [progress(move, more)], pending: 1, pendingBytes: 0, movedBytes: 0 }),
      )
    runs({ bytesDone: GiB, bytesPerSecond: GiB / 100 })
    expect(await ends()).toBe(noon / 1000 + 100)
    runs({ bytesDone: GiB, bytesPerSecond: GiB / 100, remainingMs: 300_000 })
    expect(await ends()).toBe(noon / 1000 + 300)
    metrics.onEvent(event({ type: 'progress', moves: [], pending: 0, pendingBytes: 0, movedBytes: 0 }))
    expect(await ends()).toBeUndefined()
  })

  it('tell what others do, and who else balances', async () => {
    const metrics = registered()
    const others = (changes: number, undone: number, ...kinds: Conflict['with'][]) => ({
      others: { changes, undone, conflicts: kinds.map((kind) => ({ with: kind, text: '' })) },
    })
    const told = async (more: object) => {
      metrics.onEvent(event({ type: 'tick', report: report([], more) }))
      return only(await series(metrics), /^(foreign_changes|reverted_moves|conflict)/)
    }
    expect(await told({})).toEqual({
      foreign_changes_total: 0,
      reverted_moves_total: 0,
      'conflict{with="cruise_control"}': 0,
      'conflict{with="unknown"}': 0,
    })
    await told(others(3, 1, 'cruise_control'))
    expect(await told(others(5, 1, 'cruise_control'))).toEqual({
      foreign_changes_total: 5,
      reverted_moves_total: 1,
      'conflict{with="cruise_control"}': 1,
      'conflict{with="unknown"}': 0,
    })
    expect(await told(others(5, 1))).toMatchObject({ 'conflict{with="cruise_control"}': 0 })
  })

  it('tell of tables of Pinot how far their jobs are, and of segments that are not where they should be', async () => {
    const seen = { online: 50, consuming: 4, offline: 2, error: 1 }
    const topics = [topic('a', { notConverged: 3, seen }), topic('b', { notConverged: 4, seen })]
    const metrics = registered(event({ type: 'tick', report: { ...busy, topics } }))
    const job = (more: object) => ({ ...progress(move), move: tableMove(target('a')), bytesTotal: 8 * GiB, ...more })
    metrics.onEvent(
      event({ type: 'progress', moves: [job({ bytesDone: 2 * GiB })], pending: 0, pendingBytes: 0, movedBytes: 0 }),
    )
    const shown = async () => only(await series(metrics), /^(segments|table_rebalance)/)
    expect(await shown()).toEqual({
      segments_diverged: 7,
      'segments{state="online"}': 100,
      'segments{state="consuming"}': 8,
      'segments{state="offline"}': 4,
      'segments{state="error"}': 2,
      'table_rebalance_progress_ratio{table="a"}': 0.25,
    })
    metrics.onEvent(event({ type: 'progress', moves: [], pending: 0, pendingBytes: 0, movedBytes: 0 }))
    metrics.onEvent(event({ type: 'tick', report: busy }))
    expect(await shown()).toEqual({})
  })

  it('count submitted moves as pending until they are accepted', async () => {
    const metrics = registered(event({ type: 'move_started', progress: progress(move, { state: 'submitting' }) }))
    const states = { 'moves{kind="replica",state="pending"}': 1, 'moves{kind="replica",state="running"}': 0 }
    expect(await series(metrics)).toMatchObject(states)
  })

  it('count what failed', async () => {
    const metrics = registered(
      event({ type: 'tick', report: busy }),
      event({ type: 'sample_failed', code: 'timeout', text: '', durationMs: 2000 }),
      event({ type: 'sample_failed', code: 'timeout', text: '', durationMs: 2000, stage: 'disk' }),
      event({ type: 'status_changed', from: 'in_progress', to: 'unreachable' }),
      event({ type: 'tick_failed', text: '' }),
      event({ type: 'plan_rejected', text: '' }),
      event({ type: 'candidates_rejected', counts: { min_gain: 3, excluded: 1 } }),
    )
    expect(await series(metrics)).toMatchObject({
      up: 0,
      samples_total: 3,
      'sample_failures_total{stage="unknown"}': 1,
      'sample_failures_total{stage="disk"}': 1,
      'status{status="unreachable"}': 1,
      'status{status="in_progress"}': 0,
      'evaluations_total{outcome="failed"}': 2,
      rejected_plans_total: 1,
      'rejected_candidates_total{reason="min_gain"}': 3,
      'moves{kind="replica",state="pending"}': 0,
    })
  })

  it('count requests in both directions and log lines', async () => {
    const metrics = registered()
    const call = { cluster: 'demo', upstream: 'kafka', operation: 'Metadata', durationMs: 20 } as const
    for (const outcome of ['ok', 'timeout', 'aborted'] as const) metrics.observeUpstream({ ...call, outcome })
    metrics.httpRequest({ handler: '/metrics', method: 'GET', code: 200 })
    metrics.logMessage('warn')
    const all = await series(metrics)
    expect(all).toMatchObject({
      'upstream_requests_total{upstream="kafka",operation="Metadata"}': 3,
      'upstream_request_duration_seconds_count{upstream="kafka",operation="Metadata"}': 3,
      'http_requests_total{handler="/metrics",method="GET",code="200"}': 1,
      'log_messages_total{level="warn"}': 1,
      'log_messages_total{level="info"}': 0,
    })
    expect(only(all, /upstream_request_failures_total/)).toEqual({
      'upstream_request_failures_total{upstream="kafka",operation="Metadata",reason="timeout"}': 1,
    })
  })

  it('pass over clusters that are not registered, and share nothing between registries', async () => {
    const metrics = registered(event({ type: 'tick', report: busy }, noon, 'other'))
    expect((await metrics.render()).body).not.toContain('other"')
    expect(await series(registered())).toMatchObject({ samples_total: 0 })
  })

  it('leave out figures that are not known', async () => {
    const node = { ...forecast(1, [1, 1]), diskBytes: { now: Number.NaN, peak: 1, final: 1 } }
    const metrics = registered(event({ type: 'tick', report: { ...busy, plan: { ...busy.plan, nodes: [node] } } }))
    expect(Object.keys(only(await series(metrics), /^node_disk_used/))).toEqual([])
  })

  it('count what people asked for and who was told, from zero on', async () => {
    const metrics = registered()
    const values = async () => only(await series(metrics), /^(operator|notification|audit)/)
    const zeros = await values()
    expect(Object.keys(zeros).filter((name) => name.startsWith('operator_actions_total'))).toHaveLength(40)
    expect(new Set(Object.values(zeros))).toEqual(new Set([0]))
    metrics.registerReceiver('ops')
    metrics.registerReceiver('chat')
    metrics.onProcessEvent({ type: 'operator_action', atMs: noon, action: 'pause', by: 'x', source: 'ui' })
    metrics.onProcessEvent({ type: 'config_refused', atMs: noon, problems: [] })
    metrics.notified('ops', 'sent')
    metrics.notified('ops', 'failed', 3)
    metrics.auditFailed(2)
    const counted = Object.entries(await values()).filter(([name, value]) => zeros[name] !== value)
    expect(Object.fromEntries(counted)).toEqual({
      'operator_actions_total{action="pause",source="ui"}': 1,
      'notifications_total{receiver="ops"}': 1,
      'notifications_total{receiver="chat"}': 0,
      'notification_failures_total{receiver="ops"}': 3,
      'notification_failures_total{receiver="chat"}': 0,
      audit_write_failures_total: 2,
    })
    metrics.keepReceivers(new Set(['chat']))
    expect(Object.keys(only(await values(), /receiver=/))).toEqual([
      'notifications_total{receiver="chat"}',
      'notification_failures_total{receiver="chat"}',
    ])
  })

  it('are clean to promtool, every family having appeared', async () => {
    const metrics = registered(
      event({
        type: 'tick',
        report: { ...busy, topics: [topic('a')], unavailableSince: [{ node: 1, sinceMs: noon }] },
      }),
      event({ type: 'move_started', progress: progress(move, { bytesPerSecond: GiB }) }),
      event({ type: 'move_started', progress: { ...progress(move), move: tableMove(target('a')) } }),
      event({ type: 'move_ended', progress: progress(leader(5, 1, 4)), result: 'done', durationMs: 1 }),
    )
    metrics.observeUpstream({
      cluster: 'demo',
      upstream: 'kafka',
      operation: 'Metadata',
      durationMs: 1,
      outcome: 'auth',
    })
    metrics.httpRequest({ handler: '/metrics', method: 'GET', code: 200 })
    metrics.registerReceiver('ops')
    const { body, contentType } = await metrics.render()
    expect(contentType).toMatch(/^text\/plain; version=0\.0\.4/)
    const missing = families.filter(({ name }) => !new RegExp(`^evenkeel_${name}(_count)?(\\{.*\\})? `, 'm').test(body))
    expect(missing.map(({ name }) => name)).toEqual([])

    expect(promtoolFindings(body)).toBe('')
  })
})
