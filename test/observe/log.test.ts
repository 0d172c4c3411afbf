import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { LoopEvent } from '../../src/cluster/events.ts'
import { VirtualClock } from '../../src/lib/clock.ts'
import { EvenkeelError } from '../../src/lib/errors.ts'
import { Secret } from '../../src/lib/secret.ts'
import { createLogger, type LoggerOptions, type RootLogger } from '../../src/observe/log.ts'
import { logEvents } from '../../src/observe/log-events.ts'
import { event, forecast, GiB, noon, progress, replica, report } from './support.ts'

function capture(more: Partial<LoggerOptions> = {}): { logger: RootLogger; lines: string[]; levels: string[] } {
  const lines: string[] = []
  const levels: string[] = []
  const logger = createLogger({
    level: 'info',
    format: 'json',
    clock: new VirtualClock(noon),
    out: { write: (text) => lines.push(text) },
    onLine: (level) => levels.push(level),
    ...more,
  })
  return { logger, lines, levels }
}

describe('the logger', () => {
  it('writes a line of JSON with the time of the clock it is given', () => {
    const { logger, lines } = capture()
    logger.info({ cluster: 'demo', code: 'balanced' }, 'no violation is open')
    expect(lines).toEqual([
      '{"level":"info","time":"2026-01-01T12:00:00.000Z","cluster":"demo","code":"balanced","msg":"no violation is open"}\n',
    ])
  })

  it('changes its level while it runs', () => {
    const { logger, lines, levels } = capture()
    logger.setLevel('debug')
    logger.debug({}, 'a')
    logger.setLevel('error')
    logger.warn({}, 'b')
    expect([lines.length, levels]).toEqual([1, ['debug']])
  })

  it('writes lines for people', () => {
    const { logger, lines } = capture({ format: 'text' })
    logger.info({ cluster: 'demo', code: 'x' }, 'no violation is open')
    logger.error({ err: new EvenkeelError('internal', 'broken', { cause: new Error('why') }) }, 'a listener failed')
    expect(lines).toEqual([
      '12:00:00 demo  no violation is open\n',
      '12:00:00 evenkeel  a listener failed: broken: why\n',
    ])
  })

  it('keeps quiet below its level, and tells the level of what it wrote', () => {
    const { logger, lines, levels } = capture({ level: 'warn' })
    for (const level of ['debug', 'info', 'warn', 'error'] as const) logger[level]({}, level)
    expect(lines).toHaveLength(2)
    expect(levels).toEqual(['warn', 'error'])
  })

  it('never shows a secret or a stack', () => {
    const { logger, lines } = capture()
    const secret = new Secret('hunter2')
    logger.info(
      { secret, deep: { list: [{ secret }] }, sasl: { password: 'hunter2' }, shown: inspect(secret) },
      secret.toString(),
    )
    logger.error({ err: new Error('broken') }, 'failed')
    expect(lines.join('')).not.toMatch(/hunter2|\.ts/)
    expect(lines[1]).toContain('"err":{"code":"internal","message":"broken"}')
  })
})

/** Sentences of the lines that the events leave, with their level. */
function sentences(...events: LoopEvent[]): string[] {
  const { logger, lines } = capture()
  const listen = logEvents(logger)
  for (const event of events) listen(event)
  return lines.map((line) => {
    const { level, msg } = JSON.parse(line) as { level: string; msg: string }
    return `${level}: ${msg}`
  })
}

const nodes = [forecast(1, [1, 1])]
const tick = (text: string, code: 'balanced' | 'holding' = 'balanced', atMs = noon) =>
  event({ type: 'tick', report: report(nodes, { verdict: { act: false, code, text } }) }, atMs)

const tickFailed = (text: string) => event({ type: 'tick_failed', text })

/** One every 30 seconds. */
function sampleFailures(count: number): LoopEvent[] {
  const failure = { type: 'sample_failed', code: 'unreachable', text: 'nobody there', durationMs: 1000 } as const
  return Array.from({ length: count }, (_, index) => event(failure, noon + 1000 + index * 30_000))
}

describe('events in the log', () => {
  it('say a verdict when it changes, not when its numbers do', () => {
    expect(
      sentences(
        tick('the 3 nodes are even to 1.5%'),
        tick('the 3 nodes are even to 1.7%'),
        tick('node 4 must live 5s more', 'holding'),
        tick('node 4 must live 3s more', 'holding'),
        tick('the 3 nodes are even to 1.7%'),
      ),
    ).toEqual([
      'info: the 3 nodes are even to 1.5%',
      'info: node 4 must live 5s more',
      'info: the 3 nodes are even to 1.7%',
    ])
  })

  it('keep clusters apart', () => {
    const other = { ...tick('even'), cluster: 'other' }
    expect(sentences(tick('even'), other, tick('even'), other)).toHaveLength(2)
  })

  it('say that sampling fails less and less often, and that it works again', () => {
    const lines = sentences(...sampleFailures(10), tick('even', 'balanced', noon + 300_000), ...sampleFailures(1))
    expect(lines).toEqual([
      ...Array.from({ length: 4 }, () => 'warn: the cluster could not be sampled (unreachable after 1s): nobody there'),
      'info: the cluster is sampled again, after failing 10 times in 5m',
      'info: even',
      'warn: the cluster could not be sampled (unreachable after 1s): nobody there',
    ])
  })

  it('say what fails the same way at every tick once', () => {
    expect(
      sentences(tickFailed('bug 1'), tickFailed('bug 2'), tickFailed('other'), tick('even'), tickFailed('bug 1')),
    ).toEqual([
      'error: the tick failed: bug 1',
      'error: the tick failed: other',
      'info: even',
      'error: the tick failed: bug 1',
    ])
  })

  it('say that a setting cannot be put back when that begins, for another reason, and when it is over', () => {
    const none = { set: [], restored: [], left: [], failed: [] }
    const changed = (what: Partial<typeof none | { failed: { key: string; text: string }[] }>) =>
      event({ type: 'settings_changed', ...none, ...what })
    const failed = (...texts: string[]) => changed({ failed: texts.map((text, n) => ({ key: `node/${n + 1}`, text })) })
    const over = changed({ restored: ['node/1'] } as object)
    expect(
      sentences(
        failed('no answer in 10s'),
        failed('no answer in 11s'),
        failed('no answer in 10s', 'no answer in 10s'),
        failed('denied', 'no answer in 10s'),
        over,
        failed('denied', 'no answer in 10s'),
      ),
    ).toEqual([
      'warn: 1 setting could not be put back yet: node/1 (no answer in 10s)',
      'warn: 1 setting could not be put back yet: node/2 (no answer in 10s)',
      'warn: 1 setting could not be put back yet: node/1 (denied)',
      'info: 1 setting put back: node/1',
      'warn: 1 setting could not be put back yet: node/1 (denied)',
    ])
  })

  it('carry the facts of a move as fields', () => {
    const { logger, lines } = capture()
    const listen = logEvents(logger)
    const move = replica(3, 1, 4, GiB)
    listen(event({ type: 'move_started', progress: progress(move) }))
    const failed = progress(move, { state: 'failed', bytesDone: 5, text: 'node 4 is gone' })
    listen(event({ type: 'move_ended', progress: failed, result: 'failed', durationMs: 1500 }))
    const facts = { cluster: 'demo', id: move.id, kind: 'replica', topic: 'orders', partition: 3, from: 1, to: 4 }
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { ...facts, level: 'info', event: 'move_started', reason: 'node_underused', bytes: GiB },
      { ...facts, level: 'warn', event: 'move_ended', result: 'failed', seconds: 1.5 },
    ])
  })

  it('say what happens to nodes and the status, and nothing of mere figures', () => {
    expect(
      sentences(
        event({ type: 'status_changed', from: 'ready', to: 'in_progress' }),
        event({ type: 'node_appeared', node: 4 }),
        event({ type: 'node_lost', node: 4 }),
        event({ type: 'node_returned', node: 4 }),
        event({ type: 'plan_rejected', text: 'a replica would be lost' }),
        event({ type: 'progress', moves: [], pending: 0, pendingBytes: 0, movedBytes: 0 }),
        event({ type: 'candidates_rejected', counts: { min_gain: 1 } }),
      ),
    ).toEqual([
      'info: status is now in_progress, was ready',
      'info: node 4 appeared',
      'warn: node 4 is gone',
      'info: node 4 is back',
      'error: the plan was dropped: a replica would be lost',
    ])
  })
})
