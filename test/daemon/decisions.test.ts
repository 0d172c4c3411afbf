/** What is kept of the last decisions, in memory and on disk. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Decision } from '../../src/cluster/decision.ts'
import type { MoveProgress, TickReport } from '../../src/cluster/events.ts'
import { type DecisionLimits, Decisions } from '../../src/daemon/decisions.ts'
import { DecisionFile } from '../../src/execute/journal/decision-file.ts'
import { noon, progress, replica, report } from '../observe/support.ts'

const MINUTE = 60_000
const acting = { act: true, code: 'acting', text: 'moving' } as const

/** A round in which so many moves were planned. */
function round(planned: number, more: Partial<TickReport> = {}): TickReport {
  const { plan, ...rest } = report([], { mode: 'continuous', verdict: acting })
  const moves = Array.from({ length: planned }, (_, index) => replica(index, 1, 2, 100))
  return { ...rest, plan: { ...plan, moves, bytes: 100 * planned }, ...more }
}
const begun = (partition: number, more: Partial<MoveProgress> = {}) =>
  progress(replica(partition, 1, 2, 100), { startedAtMs: noon, ...more })
const ids = (decisions: Decisions) => decisions.list().map(({ id }) => id)

describe('which rounds are decisions', () => {
  it('a round that comes to the same only makes the last decision last longer', () => {
    const decisions = new Decisions()
    for (let minute = 0; minute < 10; minute += 1) decisions.round(round(3), noon + minute * MINUTE)
    expect(decisions.list()).toMatchObject([
      { id: '20260101T120000', fromMs: noon, untilMs: noon + 9 * MINUTE, rounds: 10, plannedCount: 3 },
    ])
  })

  const violation = {
    kind: 'disk_skew',
    subject: 'cluster',
    sinceMs: noon,
    size: 5,
    unit: 'bytes',
    closing: false,
    text: 'uneven',
  } as const
  it.each<[string, Partial<TickReport>, boolean]>([
    ['another verdict', { verdict: { act: true, code: 'holding', text: 'x' } }, true],
    ['another mode', { mode: 'node_add' }, true],
    ['another violation', { violations: [{ ...violation, subject: 'domain x' }] }, true],
    ['the same violation, grown', { violations: [{ ...violation, size: 6, text: 'more uneven' }] }, false],
    ['the same violation, held', { violations: [{ ...violation, gate: { code: 'window_closed', text: 'x' } }] }, true],
    ['another sentence', { verdict: { ...acting, text: 'moving more' } }, false],
    ['notes', { notes: ['x'] }, false],
  ])('%s', (_, more, another) => {
    const decisions = new Decisions()
    decisions.round(round(1, { violations: [violation] }), noon)
    decisions.round(round(1, { violations: [violation], ...more }), noon + MINUTE)
    expect(decisions.list()).toHaveLength(another ? 2 : 1)
  })

  it('another plan is another decision where it is acted upon, and not where it is only shown', () => {
    const decisions = new Decisions()
    decisions.round(round(1), noon)
    decisions.round(round(2), noon + 1)
    const shown = { verdict: { act: false, code: 'dry_run', text: 'x' } } as const
    decisions.round(round(2, shown), noon + 2)
    decisions.round(round(3, shown), noon + 3)
    expect(decisions.list().map(({ plannedCount }) => plannedCount)).toEqual([2, 2, 1])
  })

  it('a move that began or ended makes the next round another; it belongs to the round before it', () => {
    const decisions = new Decisions()
    decisions.round(round(1), noon)
    decisions.began(begun(0), false)
    decisions.round(round(1), noon + 1000)
    decisions.ended(begun(0, { state: 'done', bytesDone: 90, bytesTotal: 100 }), 'done', 5000, noon + 5000)
    decisions.round(round(1), noon + 6000)
    decisions.round(round(1), noon + 7000)
    const [third, second, first] = decisions.list()
    expect([third, second].map((decision) => [decision!.begun, decision!.rounds])).toEqual([
      [[], 2],
      [[], 1],
    ])
    expect(first!.begun).toMatchObject([
      { id: 'replica:orders-0:1>2', end: { result: 'done', bytes: 100, durationMs: 5000, atMs: noon + 5000 } },
    ])
  })

  it('rounds of one second are told apart', () => {
    const decisions = new Decisions()
    for (let index = 0; index < 3; index += 1) decisions.round(round(index), noon + index)
    expect(ids(decisions)).toEqual(['20260101T120000-3', '20260101T120000-2', '20260101T120000'])
  })

  it('lists and texts are cut and counted', () => {
    const decisions = new Decisions()
    const long = 'x'.repeat(5000)
    decisions.round(
      round(10_000, { verdict: { ...acting, text: long }, notes: Array.from({ length: 100 }, () => long) }),
      noon,
    )
    for (let partition = 0; partition < 1000; partition += 1) decisions.began(begun(partition), false)
    const [decision] = decisions.list()
    expect(decision).toMatchObject({ plannedCount: 10_000, plannedBytes: 1_000_000, begunCount: 1000 })
    expect(decision!.planned.length).toBe(20)
    expect(decision!.begun.length).toBe(200)
    expect(JSON.stringify(decision).length).toBeLessThan(60_000)
  })
})

describe('how many are kept', () => {
  const fill = (limits: DecisionLimits, rounds: number) => {
    const decisions = new Decisions(undefined, undefined, limits)
    for (let index = 0; index < rounds; index += 1) decisions.round(round(index), noon + index * MINUTE)
    return decisions.list()
  }
  it('the last ones, by their number', () => {
    expect(fill({ decisions: 5, bytes: 1e9 }, 12).map(({ plannedCount }) => plannedCount)).toEqual([11, 10, 9, 8, 7])
  })
  it('and by what they take, but always the newest', () => {
    const kept = fill({ decisions: 500, bytes: 10_000 }, 100)
    expect(JSON.stringify(kept).length).toBeLessThan(11_000)
    expect(kept[0]!.plannedCount).toBe(99)
    expect(fill({ decisions: 500, bytes: 1 }, 3).map(({ plannedCount }) => plannedCount)).toEqual([2])
  })
})

describe('on disk', () => {
  let directory: string
  let path: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'evenkeel-decisions-'))
    path = join(directory, 'orders.decisions.jsonl')
  })
  afterEach(() => rmSync(directory, { recursive: true, force: true }))

  const open = async (barred = () => false, limits?: DecisionLimits) => {
    const decisions = new Decisions(new DecisionFile(directory, 'orders'), barred, limits)
    decisions.load()
    await decisions.settled()
    return decisions
  }
  /** What a next process finds. */
  const later = async (): Promise<Decision[]> => (await open()).list()
  const content = () => readFileSync(path, 'utf8')

  it('decisions, moves and their ends are there after a kill, and how long the last one held after a stop', async () => {
    const decisions = await open()
    const held = {
      kind: 'disk_skew',
      subject: 'cluster',
      sinceMs: noon,
      size: 5,
      unit: 'bytes',
      closing: false,
      text: 'x',
      gate: { code: 'paused', text: 'y' },
    } as const
    const blocked = [{ reason: 'rack_constraint' as const, count: 7, examples: ['t-1 from 1 to 2'] }]
    const { plan } = round(2)
    decisions.round(round(2, { violations: [held], notes: ['a note'], plan: { ...plan, blocked } }), noon)
    decisions.began(begun(0), false)
    decisions.began(begun(1), false)
    decisions.ended(begun(0, { text: 'node 2 is gone', bytesDone: 40 }), 'failed', 5000, noon + 5000)
    decisions.round(round(0), noon + MINUTE)
    await decisions.settled()
    decisions.round(round(0), noon + 2 * MINUTE)
    const before = decisions.list()
    expect(await later()).toEqual([{ ...before[0], rounds: 1, untilMs: noon + MINUTE }, before[1]])
    await decisions.close()
    expect(await later()).toEqual(before)
  })

  it('a quiet cluster writes nothing', async () => {
    const decisions = await open()
    decisions.round(round(1), noon)
    await decisions.settled()
    const before = content()
    for (let minute = 1; minute < 100; minute += 1) decisions.round(round(1), noon + minute * MINUTE)
    await decisions.settled()
    expect(content()).toBe(before)
  })

  it('the file does not grow beyond a few times what it is to keep', async () => {
    const decisions = await open(undefined, { decisions: 20, bytes: 100_000 })
    for (let index = 0; index < 150; index += 1) {
      decisions.round(round(20 + index), noon + index * MINUTE)
      await decisions.settled()
    }
    expect(content().length).toBeLessThan(400_000)
    expect((await later())[0]!.plannedCount).toBe(169)
  })

  it('a move that an earlier process began is one move', async () => {
    const decisions = await open()
    decisions.round(round(1), noon)
    decisions.began(begun(0), false)
    await decisions.settled()
    const next = await open()
    next.began(begun(0), true)
    next.ended(begun(0), 'done', 9000, noon + 9000)
    await next.settled()
    expect((await later()).map((decision) => decision.begun.map(({ end }) => end?.result))).toEqual([['done']])
  })

  it('a line that was not finished is left out', async () => {
    const decisions = await open()
    decisions.round(round(1), noon)
    decisions.round(round(2), noon + MINUTE)
    await decisions.close()
    writeFileSync(path, content().slice(0, -40))
    const next = await open()
    expect([next.list().map(({ plannedCount }) => plannedCount), next.notes]).toEqual([[1], []])
    next.round(round(3), noon + 2 * MINUTE)
    await next.close()
    expect((await later()).map(({ plannedCount }) => plannedCount)).toEqual([3, 1])
    expect(readdirSync(directory)).toEqual(['orders.decisions.jsonl'])
  })

  it.each([
    ['a line that is no JSON', (text: string) => text.replace('\n', '\nnonsense\n'), [2, 1]],
    ['a line that is no decision', (text: string) => text.replace('\n', '\n{"id":5}\n'), [2, 1]],
    ['no header', (text: string) => text.slice(text.indexOf('\n') + 1), []],
    ['the decisions of another cluster', (text: string) => text.replace('"orders"', '"payments"'), []],
    ['a version of the far future', (text: string) => text.replace('"version":1', '"version":3'), []],
    ['binary rubbish', () => '\u0000\u0001\u0002\n\u0003', []],
  ])('%s is set aside, told and stops nothing', async (_, damage, left) => {
    const decisions = await open()
    decisions.round(round(1), noon)
    decisions.round(round(2), noon + MINUTE)
    await decisions.close()
    const damaged = damage(content())
    writeFileSync(path, damaged)
    const next = await open()
    expect(next.list().map(({ plannedCount }) => plannedCount)).toEqual(left)
    expect(next.notes).toEqual([expect.stringContaining(`the file is now ${path}.unreadable`)])
    expect(readFileSync(`${path}.unreadable`, 'utf8')).toBe(damaged)
    next.round(round(3), noon + 2 * MINUTE)
    await next.close()
    expect((await later()).map(({ plannedCount }) => plannedCount)).toEqual([3, ...left])
  })

  it('the next version is read as far as it is known', async () => {
    const decisions = await open()
    decisions.round(round(1), noon)
    await decisions.close()
    const newer = content()
      .replace('"version":1', '"version":2,"more":true')
      .replaceAll('"status":', '"mood":"good","status":')
      .replaceAll('"acting"', '"a_new_code"')
    writeFileSync(path, newer)
    const next = await open()
    expect([next.list()[0]!.verdict.code, next.notes]).toEqual(['a_new_code', []])
  })

  it('what belongs to another cluster of the same name is set aside', async () => {
    const decisions = await open()
    decisions.bind('one')
    decisions.round(round(1), noon)
    await decisions.close()
    const next = await open()
    next.bind('one')
    next.round(round(2), noon + MINUTE)
    await next.settled()
    expect(next.list().map(({ plannedCount }) => plannedCount)).toEqual([2, 1])
    const other = await open()
    other.bind('two')
    other.round(round(3), noon + 2 * MINUTE)
    await other.close()
    expect(other.list().map(({ plannedCount }) => plannedCount)).toEqual([3])
    expect((await later()).map(({ plannedCount }) => plannedCount)).toEqual([3])
    expect(readdirSync(directory).toSorted()).toEqual([
      'orders.decisions.jsonl',
      'orders.decisions.jsonl.other-cluster',
    ])
  })

  it('what cannot be written is counted and told, holds up nothing, and is written later', async () => {
    const decisions = await open()
    decisions.round(round(1), noon)
    await decisions.settled()
    // A directory in its place: nobody, not even root, can write that.
    rmSync(path)
    mkdirSync(join(path, 'x'), { recursive: true })
    decisions.round(round(2), noon + MINUTE)
    decisions.round(round(3), noon + 2 * MINUTE)
    await decisions.settled()
    decisions.round(round(4), noon + 3 * MINUTE)
    await decisions.settled()
    expect(decisions.notes).toEqual([
      expect.stringMatching(/^decisions are kept in memory only, 2 writes failed: .*cannot be used/),
    ])
    expect(decisions.list()).toHaveLength(4)
    rmSync(path, { recursive: true })
    // Nothing new is decided.
    decisions.round(round(4), noon + 4 * MINUTE)
    await decisions.settled()
    expect(decisions.notes).toEqual([])
    expect((await later()).map(({ plannedCount }) => plannedCount)).toEqual([4, 3, 2, 1])
  })

  it('while somebody else has the state nothing is written', async () => {
    let barred = true
    const decisions = await open(() => barred)
    decisions.round(round(1), noon)
    await decisions.settled()
    expect(readdirSync(directory)).toEqual([])
    barred = false
    decisions.round(round(2), noon + MINUTE)
    await decisions.settled()
    expect(await later()).toHaveLength(2)
  })
})
