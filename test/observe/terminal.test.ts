import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { LoopEvent } from '../../src/cluster/events.ts'
import { VirtualClock } from '../../src/lib/clock.ts'
import { createTerminalView, wantsColor } from '../../src/observe/terminal.ts'
import { foldEvent, type Picture } from '../../src/observe/terminal-model.ts'
import { renderView } from '../../src/observe/terminal-render.ts'
import { event, forecast, GiB, leader, noon, progress, replica, report } from './support.ts'

const nodes = [
  forecast(1, [12, 9], [100, 80], [40, 36]),
  forecast(2, [13, 10]),
  { ...forecast(3, [0.5, 6.5], [3, 33], [0, 9]), rack: 'r2' },
]
const big = replica(3, 1, 3, 1.2 * GiB)
const small = replica(11, 2, 3, 0.8 * GiB)
const figures = { pending: 12, pendingBytes: 4.5 * GiB, movedBytes: 1.5 * GiB }

/** A node was added, two copies and a handover run, one of the copies stands still. */
const story: LoopEvent[] = [
  event({ type: 'node_appeared', node: 3 }),
  event({ type: 'tick', report: report(nodes) }),
  event({ type: 'move_started', progress: progress(big) }, noon + 1_000),
  event({ type: 'candidates_rejected', counts: { min_gain: 1 } }, noon + 1_000),
  event(
    { type: 'progress', moves: [progress(big, { bytesDone: 0.1 * GiB }), progress(small)], ...figures },
    noon + 3_000,
  ),
  event(
    {
      type: 'progress',
      moves: [
        progress(big, { bytesDone: 0.4 * GiB }),
        progress(small, { state: 'stalled' }),
        progress(leader(7, 1, 2), { state: 'submitting' }),
      ],
      ...figures,
    },
    noon + 6_000,
  ),
]

function pictures(events: LoopEvent[]): Picture[] {
  const known = new Map<string, Picture>()
  for (const event of events) foldEvent(known, event)
  return [...known.values()]
}

function rendered(events: LoopEvent[], columns = 110, rows = 40, color = false): string[] {
  return renderView(pictures(events), { columns, rows, color })
}

describe('the picture', () => {
  test('shows nodes, moves and what happened lately', () => {
    expect(rendered(story)).toEqual([
      'evenkeel  demo   mode node_add   status in_progress',
      'node 3 has 4% of its fair share and is being filled',
      '',
      'NODE  RACK  STATE  DISK                                     USED / CAPACITY      %  REPLICAS  LEADERS  IN  OUT',
      '   1  r1    alive  ████████████████│████░░░░░░░░░░░░░░  12.0 GiB / 20.0 GiB  60.0%  100 → 80  40 → 36        1',
      '   2  r0    alive  ██████████████████│████░░░░░░░░░░░░  13.0 GiB / 20.0 GiB  65.0%        10        5        1',
      '   3  r2    alive  █░░░░░░░░░░│░░░░░░░░░░░░░░░░░░░░░░░   512 MiB / 20.0 GiB   2.5%    3 → 33    0 → 9   2',
      '█ used now  │ once the plan is done',
      '',
      'MOVES  3 running, 12 waiting (4.50 GiB), 1.50 GiB moved so far',
      'orders-3   1 → 3  █████████████░░░░░░░░░░░░░░░░░░░░░░░░░░░  33.3%  410 MiB of 1.20 GiB  102 MiB/s  8s left',
      'orders-11  2 → 3  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░   0.0%       0 B of 819 MiB  stalled',
      'orders-7   1 → 2  leadership                                                            submitting',
      '',
      'LATELY (UTC)',
      '12:00:00  node 3 appeared',
      '12:00:01  moving orders-3 (1.20 GiB) from node 1 to node 3: node_underused',
    ])
  })

  test('leaves out columns, then old events, moves and nodes, where the terminal is small', () => {
    expect(rendered(story, 72, 15)).toEqual([
      'evenkeel  demo   mode node_add   status in_progress',
      'node 3 has 4% of its fair share and is being filled',
      '',
      'NODE  STATE  DISK              USED / CAPACITY      %  REPLICAS  IN  OUT',
      '   1  alive  █████│█░░░░░  12.0 GiB / 20.0 GiB  60.0%  100 → 80        1',
      '… and 2 more nodes',
      '█ used now  │ once the plan is done',
      '',
      'MOVES  3 running, 12 waiting (4.50 GiB), 1.50 GiB moved so far',
      'orders-3   1 → 3  █████████░░░░░░░░░░░░░░░░░░  33.3%  102 MiB/s  8s left',
      '… and 2 more moves',
      '',
      'LATELY (UTC)',
      '12:00:00  node 3 appeared',
      '12:00:01  moving orders-3 (1.20 GiB) from node 1 to node 3: node_underus',
    ])
  })

  test('never exceeds the terminal', () => {
    for (let columns = 1; columns <= 140; columns += 7) {
      for (let rows = 1; rows <= 30; rows += 1) {
        const lines = rendered([...story, ...inCluster('other')], columns, rows, true)
        expect(lines.length).toBeLessThanOrEqual(rows)
        for (const line of lines) expect(stripVTControlCharacters(line).length).toBeLessThanOrEqual(columns)
      }
    }
  })

  test('colors add nothing but colors', () => {
    const colored = rendered(story, 110, 40, true)
    expect(colored).not.toEqual(rendered(story))
    expect(colored.map((line) => stripVTControlCharacters(line).trimEnd())).toEqual(
      rendered(story).map((line) => line.trimEnd()),
    )
  })

  test('says that the first sample is awaited, and wraps what is long', () => {
    expect(rendered([event({ type: 'status_changed', from: 'off', to: 'starting' })], 40)).toEqual([
      'evenkeel  demo   status starting',
      'the cluster is being sampled for the',
      'first time',
      '',
      'MOVES  0 running, none waiting, 0 B move',
      '',
      'LATELY (UTC)',
      '12:00:00  status is now starting, was of',
    ])
  })

  test('shows why the cluster cannot be read until it can again', () => {
    const failed = event({ type: 'sample_failed', code: 'unreachable', text: 'nobody answers', durationMs: 3_000 })
    const why = 'the cluster could not be sampled (unreachable after 3s): nobody answers'
    expect(rendered([...story, failed])[1]).toBe(why)
    expect(rendered([...story, failed, event({ type: 'tick', report: report(nodes) })])[1]).not.toBe(why)
  })

  test('shows what would be done where nothing is started', () => {
    const plan = { ...report(nodes).plan, moves: [big, small], bytes: 2 * GiB }
    const lines = rendered([event({ type: 'tick', report: report(nodes, { mode: 'continuous', dryRun: true, plan }) })])
    expect(lines[0]).toBe('evenkeel  demo   mode continuous (dry run)   status in_progress')
    expect(lines).toContain('MOVES  2 planned (2.00 GiB), none started')
  })

  test('a move that ended is gone, and its end is told', () => {
    const done = progress(big, { state: 'done', bytesDone: 1.2 * GiB })
    const lines = rendered([
      ...story,
      event({ type: 'move_ended', progress: done, result: 'done', durationMs: 12_000 }),
    ])
    expect(lines).toContain('MOVES  2 running, 12 waiting (4.50 GiB), 1.50 GiB moved so far')
    expect(lines.at(-1)).toBe('12:00:00  orders-3 is now on node 3 (1.20 GiB in 12s)')
  })

  test('every cluster has its part', () => {
    const lines = rendered([...story, ...inCluster('other')], 110, 60)
    expect(lines.filter((line) => line.startsWith('evenkeel  '))).toEqual([
      'evenkeel  demo   mode node_add   status in_progress',
      'evenkeel  other   mode node_add   status in_progress',
    ])
  })
})

describe('the terminal', () => {
  test('the first event draws at once, hides the cursor and clears what is below', () => {
    const { written, view } = open()
    view.onEvent(story[0]!)
    expect(written).toEqual([
      [
        '\u001b[?25l\revenkeel  demo   status starting\u001b[K',
        'the cluster is being sampled for the first time\u001b[K',
        '\u001b[K',
        'MOVES  0 running, none waiting, 0 B moved so far\u001b[K',
        '\u001b[K',
        'LATELY (UTC)\u001b[K',
        '12:00:00  node 3 appeared\u001b[K',
        '\u001b[J',
      ].join('\n'),
    ])
  })

  test('the next drawing starts where the one before did', async () => {
    const { written, clock, view } = open()
    view.onEvent(story[0]!)
    await clock.advance(1_000)
    view.onEvent(story[0]!)
    expect(written[1]!.startsWith('\u001b[7A\revenkeel')).toBe(true)
  })

  test('a hundred events a second are five drawings, and the last one is not missed', async () => {
    const { written, clock, view } = open()
    for (let i = 0; i < 100; i += 1) {
      view.onEvent(event({ type: 'node_appeared', node: i }))
      await clock.advance(10)
    }
    expect(written.length).toBeLessThanOrEqual(6)
    await clock.advance(200)
    expect(written.at(-1)).toContain('node 99 appeared')
    const count = written.length
    await clock.advance(60_000)
    expect(written).toHaveLength(count)
  })

  test('stopping draws what is last, once, and gives the cursor back', async () => {
    const { written, clock, view } = open()
    view.onEvent(event({ type: 'node_appeared', node: 1 }))
    view.onEvent(event({ type: 'node_appeared', node: 2 }))
    view.stop()
    view.stop()
    view.onEvent(event({ type: 'node_appeared', node: 3 }))
    await clock.advance(1_000)
    expect(written).toHaveLength(3)
    expect(written[1]).toContain('node 2 appeared')
    expect(written[2]).toBe('\u001b[?25h')
  })

  test('colors are for terminals without NO_COLOR', () => {
    expect(wantsColor({ write: String, isTTY: true }, {})).toBe(true)
    expect(wantsColor({ write: String, isTTY: true }, { NO_COLOR: '' })).toBe(true)
    expect(wantsColor({ write: String, isTTY: true }, { NO_COLOR: '1' })).toBe(false)
    expect(wantsColor({ write: String }, {})).toBe(false)
  })

  test('nothing is written where nothing was drawn, nor are 80 × 24 exceeded without a size', () => {
    const silent = open()
    silent.view.stop()
    expect(silent.written).toEqual([])
    const { written, view } = open({})
    for (const event of story) view.onEvent(event)
    view.stop()
    expect(written[0]!.split('\n').length).toBeLessThanOrEqual(24)
  })
})

function open(size: { columns?: number; rows?: number } = { columns: 110, rows: 40 }) {
  const written: string[] = []
  const clock = new VirtualClock(noon)
  const view = createTerminalView({ out: { ...size, write: (text) => written.push(text) }, clock, color: false })
  return { written, clock, view }
}

function inCluster(cluster: string): LoopEvent[] {
  return story.map((event) => ({ ...event, cluster }))
}
