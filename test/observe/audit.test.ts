/** What is written down of events. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { LoopEvent, MoveResult } from '../../src/cluster/events.ts'
import type { ProcessEvent } from '../../src/cluster/process-events.ts'
import { auditAnswer } from '../../src/http/answers.ts'
import { auditEvents, auditProcess } from '../../src/observe/audit/audit.ts'
import { MemoryTrail } from '../../src/observe/audit/memory-trail.ts'
import { RecordIds } from '../../src/observe/audit/record.ts'
import { event, forecast, GiB, leader, noon, progress, replica, report } from './support.ts'

let trail: MemoryTrail
let loop: (event: LoopEvent) => void
let process: (event: ProcessEvent) => void
beforeEach(() => {
  trail = new MemoryTrail()
  loop = auditEvents(trail)
  process = auditProcess(trail)
})

/** Oldest first, as the API answers them. */
async function written() {
  const page = await trail.page({ last: 500 })
  expect(auditAnswer.parse(JSON.parse(JSON.stringify(page)))).toEqual(page)
  return page.records.toReversed()
}

const nodes = [forecast(1, [5, 5]), forecast(3, [0, 5])]
const moves = [replica(1, 1, 3, 2 * GiB), replica(2, 1, 3, GiB)]
const planned = report(nodes, { plan: { ...report(nodes).plan, moves, bytes: 3 * GiB } })
const quiet = report(nodes, { verdict: { act: false, code: 'balanced', text: 'no violation is open' } })
const ended = (move: (typeof moves)[number], result: MoveResult, atMs: number, text?: string) =>
  event(
    {
      type: 'move_ended',
      progress: progress(move, { bytesDone: move.bytes, ...(text !== undefined && { text }) }),
      result,
      durationMs: 60_000,
    },
    atMs,
  )

describe('a plan', () => {
  it('is one from its first move to the tick that finds none, however often it was made anew', async () => {
    loop(event({ type: 'tick', report: planned }))
    loop(event({ type: 'move_started', progress: progress(moves[0]!) }, noon + 1000))
    loop(event({ type: 'tick', report: planned }, noon + 30_000))
    loop(ended(moves[0]!, 'done', noon + 61_000))
    // Between two moves nothing runs, which is no end.
    loop(event({ type: 'tick', report: planned }, noon + 62_000))
    loop(event({ type: 'move_started', progress: progress(moves[1]!) }, noon + 63_000))
    loop(event({ type: 'tick', report: quiet }, noon + 64_000))
    loop(ended(moves[1]!, 'failed', noon + 123_000, 'its target is gone'))
    loop(event({ type: 'tick', report: quiet }, noon + 124_000))
    loop(event({ type: 'tick', report: quiet }, noon + 154_000))
    const why = 'node 3 has 4% of its fair share and is being filled'
    const common = { actor: 'evenkeel', source: 'evenkeel', cluster: 'demo', plan: '20260101T120001' }
    const of = { before: [1, 9], after: [3, 9], reason: 'node_underused' }
    expect(await written()).toMatchObject([
      { ...common, action: 'plan_begun', time: '2026-01-01T12:00:01.000Z', count: 2, bytes: 3 * GiB, why },
      { ...common, action: 'move_started', object: 'orders-1', ...of, bytes: 2 * GiB, why, move: moves[0]!.id },
      {
        ...common,
        action: 'move_ended',
        object: 'orders-1',
        ...of,
        bytes: 2 * GiB,
        duration_seconds: 60,
        result: 'done',
      },
      { ...common, action: 'move_started', object: 'orders-2', ...of },
      { ...common, action: 'move_ended', object: 'orders-2', result: 'failed', why: 'its target is gone' },
      {
        ...common,
        action: 'plan_finished',
        time: '2026-01-01T12:02:04.000Z',
        why: 'no violation is open',
        count: 2,
        bytes: 3 * GiB,
        duration_seconds: 123,
        details: ['done 1', 'failed 1'],
      },
    ])
  })

  it('that a pause ends says so; one of an earlier process begins with what is taken up', async () => {
    loop(event({ type: 'move_started', progress: progress(leader(4, 1, 3)), adopted: true }))
    loop(event({ type: 'move_ended', progress: progress(leader(4, 1, 3)), result: 'done', durationMs: 20 }))
    const paused = { act: false, code: 'paused', text: 'paused for 1s: look' } as const
    loop(event({ type: 'tick', report: report(nodes, { verdict: paused }) }))
    expect(await written()).toMatchObject([
      { action: 'plan_begun', count: 1, bytes: 0, why: 'leader_skew, begun before the restart' },
      { action: 'move_started', before: [1, 3], after: [3, 1], why: 'taken up again, begun before the restart' },
      { action: 'move_ended', bytes: 0, result: 'done' },
      { action: 'plan_finished', why: 'paused for 1s: look' },
    ])
  })
})

it('settings that cannot be put back are told when that begins, and again after they could', async () => {
  const changed = (more: object) =>
    loop(event({ type: 'settings_changed', set: [], restored: [], left: [], failed: [], ...more }))
  const failed = [{ key: 'node/1/rate', text: 'timeout' }]
  changed({ set: ['node/1/rate', 'node/2/rate'] })
  changed({ failed })
  changed({ failed })
  changed({ restored: ['node/1/rate'], left: ['node/2/rate'] })
  changed({ failed })
  expect((await written()).map(({ action, object, details }) => [action, object, details])).toEqual([
    ['settings_set', '2 settings', ['node/1/rate', 'node/2/rate']],
    ['settings_stuck', 'node/1/rate', ['node/1/rate: timeout']],
    ['settings_restored', 'node/1/rate', ['node/1/rate']],
    ['settings_left', 'node/2/rate', ['node/2/rate']],
    ['settings_stuck', 'node/1/rate', ['node/1/rate: timeout']],
  ])
})

it('of the status only what is no plan', async () => {
  const became = (from: 'ready' | 'in_progress' | 'stalled', to: 'ready' | 'in_progress' | 'stalled') =>
    loop(event({ type: 'status_changed', from, to }))
  became('ready', 'in_progress')
  became('in_progress', 'stalled')
  became('stalled', 'ready')
  expect((await written()).map(({ before, after }) => [before, after])).toEqual([
    ['in_progress', 'stalled'],
    ['stalled', 'ready'],
  ])
})

it('who asked, from where, and what for', async () => {
  const asked = { type: 'operator_action', atMs: noon, by: 'ops', role: 'operator' } as const
  process({ ...asked, source: 'ui', action: 'pause', cluster: 'demo', reason: 'disks', forMs: 1_800_000 })
  process({ ...asked, source: 'cli', action: 'drain', cluster: 'demo', node: 4 })
  process({ ...asked, source: 'api', action: 'cancel', cluster: 'demo', subjects: ['t-1', 't-2'], reason: 'no' })
  process({ type: 'operator_action', atMs: noon, by: 'local', source: 'signal', action: 'reload' })
  const who = { actor: 'ops', role: 'operator', cluster: 'demo' }
  expect(await written()).toMatchObject([
    { ...who, source: 'ui', action: 'pause', object: 'cluster', reason: 'disks', details: ['for 30m'] },
    { ...who, source: 'cli', action: 'drain', object: 'node 4' },
    { ...who, source: 'api', action: 'cancel', object: 't-1, t-2', reason: 'no' },
    { actor: 'local', source: 'signal', action: 'reload', object: 'config' },
  ])
})

it('which keys of the config changed, and why one was refused', async () => {
  const change = { key: 'balancing.mode', before: 'off', after: 'continuous', effect: 'live' } as const
  process({ type: 'config_applied', atMs: noon, changes: [{ cluster: 'demo', ...change }] })
  process({ type: 'config_refused', atMs: noon, problems: ['c.yaml:1:1: clusters: is missing'] })
  expect(await written()).toMatchObject([
    {
      source: 'file',
      cluster: 'demo',
      action: 'config_applied',
      object: 'balancing.mode',
      before: 'off',
      result: 'live',
    },
    { source: 'file', action: 'config_refused', count: 1, details: ['c.yaml:1:1: clusters: is missing'] },
  ])
})

it('pages by id, newest first, of one cluster where one is named', async () => {
  for (const cluster of ['a', 'b', 'a', 'b', 'a'])
    loop(event({ type: 'paused', by: 'circuit_breaker', reason: cluster }, noon, cluster))
  const { records, next } = await trail.page({ last: 2, cluster: 'a' })
  expect(records.map(({ why }) => why)).toEqual(['a', 'a'])
  const rest = await trail.page({ last: 2, cluster: 'a', before: next! })
  expect(rest.records).toHaveLength(1)
  expect(rest.next).toBeUndefined()
})

it('ids grow also where the clock goes back', () => {
  const ids = new RecordIds()
  const all = [noon, noon, noon - 5000, noon - 4000, noon + 1].map((atMs) => ids.next(atMs))
  expect(all).toEqual(all.toSorted())
  expect(new Set(all).size).toBe(5)
  expect(all[0]).toBe('20260101T120000000-000000')
})
