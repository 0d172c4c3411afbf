import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ChangeLedger, type LedgerEvent } from '../../src/execute/change-ledger.ts'
import { forgetfulJournal } from '../../src/execute/journal/journal.ts'
import { VirtualClock } from '../../src/lib/clock.ts'
import type { Throttle } from '../../src/systems/port.ts'
import { FakeSettings } from './fake-settings.ts'

const nothing: Throttle = { rates: [], copies: [] }
/** Partition p of topic t is copied from 1 and 2 to 3. */
const copying = (partitions: number[], rate = 100): Throttle => ({
  rates: [
    { node: 1, out: rate },
    { node: 2, out: rate },
    { node: 3, in: rate },
  ],
  copies: partitions.map((partition) => ({ topic: 't', partition, sources: [1, 2], targets: [3] })),
})

function ledgerOn(settings = new FakeSettings(), journal = forgetfulJournal(), nowMs = 0) {
  const events: LedgerEvent[] = []
  const clock = new VirtualClock(nowMs)
  const ledger = new ChangeLedger(settings, journal, clock, (event) => void events.push(event))
  const { signal } = new AbortController()
  return {
    settings,
    journal,
    clock,
    ledger,
    events,
    align: (throttle: Throttle, whole = false, keepRates = false) =>
      ledger.align(throttle, { whole, keepRates }, signal),
    stands: () => Object.fromEntries([...settings.own].toSorted(([a], [b]) => a.localeCompare(b))),
  }
}

test('what a copy needs is set, follows the partitions, and is gone when they are done', async () => {
  const { align, stands, journal, settings } = ledgerOn()
  expect(await align(copying([0, 1]))).toEqual([])
  expect(stands()).toEqual({
    'node/1/out': '100',
    'node/2/out': '100',
    'node/3/in': '100',
    'topic/t/followers': '0:3,1:3',
    'topic/t/leaders': '0:1,0:2,1:1,1:2',
  })
  const before = settings.log.length
  await align(copying([0, 1]))
  expect(settings.log.length).toBe(before)
  await align(copying([1]))
  expect(stands()).toMatchObject({ 'topic/t/followers': '1:3', 'topic/t/leaders': '1:1,1:2', 'node/3/in': '100' })
  await align(nothing)
  expect([stands(), journal.read('setting').size]).toEqual([{}, 0])
})

test('while more is to come rates stay and lists do not', async () => {
  const { align, stands } = ledgerOn()
  await align(copying([0]))
  await align(nothing, true, true)
  expect(stands()).toEqual({ 'node/1/out': '100', 'node/2/out': '100', 'node/3/in': '100' })
  await align(nothing)
  expect(stands()).toEqual({})
})

test('everything is written down before it is set', async () => {
  const { align, settings, journal } = ledgerOn()
  settings.before = (key) => expect([...journal.read('setting').keys()]).toContain(key)
  await align(copying([0]))
  expect(settings.log).toHaveLength(5)
})

test('a list that was left empty by one who died over deleting it is gone in the end', async () => {
  const first = ledgerOn()
  await first.align(copying([0]))
  for (const name of ['followers', 'leaders']) first.settings.own.set(`topic/t/${name}`, '')
  const next = ledgerOn(first.settings, first.journal)
  await next.align(nothing)
  expect(next.stands()).toEqual({})
  await next.clock.advance(90_000)
  await next.align(nothing, true)
  expect(next.journal.read('setting').size).toBe(0)
})

test('a rate that comes late is known for ours although another was wanted meanwhile', async () => {
  const { align, settings, stands, clock, journal } = ledgerOn()
  settings.answers = [{ outcome: 'unknown', text: 'no answer' }]
  await align({ rates: [{ node: 3, in: 100 }], copies: [] })
  settings.answers = [{ outcome: 'unknown', text: 'no answer' }]
  await align({ rates: [{ node: 3, in: 300 }], copies: [] })
  settings.own.set('node/3/in', '100')
  await align(nothing, true)
  await clock.advance(90_000)
  await align(nothing, true)
  expect([stands(), journal.read('setting').size]).toEqual([{}, 0])
})

test('nor is it taken for somebody else’s when a third rate was wanted meanwhile, which waits until it cannot come', async () => {
  const { align, settings, stands, clock } = ledgerOn()
  const unanswered = () => Array.from({ length: 5 }, () => ({ outcome: 'unknown' as const, text: 'no answer' }))
  settings.answers = unanswered()
  await align(copying([0], 100))
  settings.answers = unanswered()
  await align(copying([0], 200))
  await align(copying([0], 300))
  expect(stands()).toMatchObject({ 'node/3/in': '200' })
  settings.happensLate()
  await align(copying([0], 300), true)
  await clock.advance(90_000)
  await align(copying([0], 300))
  expect(stands()).toMatchObject({ 'node/3/in': '300' })
  await align(nothing)
  expect(stands()).toEqual({})
})

describe('what is somebody else’s', () => {
  test('a rate that stands is kept and not taken away', async () => {
    const { align, settings, stands, ledger } = ledgerOn()
    settings.own.set('node/3/in', '7')
    settings.defaults.set('node/1/out', '9')
    await align(copying([0]))
    expect(stands()).toMatchObject({ 'node/3/in': '7', 'node/2/out': '100' })
    expect(stands()).not.toHaveProperty('node/1/out')
    expect([ledger.limits(3).in, ledger.limits(1).out]).toEqual([7, 9])
    expect([...ledger.foreign]).toEqual(['node/1/out', 'node/3/in'])
    await align(nothing, true)
    expect(stands()).toEqual({ 'node/3/in': '7' })
  })

  test.each(['*', '9:9', '0:3', ''])('a list that is %j is that again in the end', async (value) => {
    const { align, settings, stands } = ledgerOn()
    settings.own.set('topic/t/followers', value)
    await align(copying([0, 1]))
    await align(copying([1]), true)
    await align(nothing)
    expect(stands()).toEqual({ 'topic/t/followers': value })
  })

  test('members that he adds meanwhile stay', async () => {
    const { align, settings, stands } = ledgerOn()
    await align(copying([0]))
    settings.own.set('topic/t/followers', '0:3,5:1')
    await align(copying([0, 2]))
    await align(nothing)
    expect(stands()).toEqual({ 'topic/t/followers': '5:1' })
  })

  test('a value that he puts in the place of ours stays as he set it', async () => {
    const { align, settings, stands, events } = ledgerOn()
    await align(copying([0]))
    settings.own.set('node/3/in', '55')
    await align(copying([0]), true)
    expect(events.at(-1)).toMatchObject({ left: ['node/3/in'] })
    await align(nothing, true)
    expect(stands()).toEqual({ 'node/3/in': '55' })
  })

  test('also when he did it just before ours is given back', async () => {
    const { align, settings, stands } = ledgerOn()
    await align(copying([0]))
    settings.own.set('node/3/in', '55')
    settings.own.set('topic/t/leaders', '*')
    await align(nothing)
    expect(stands()).toEqual({ 'node/3/in': '55', 'topic/t/leaders': '*' })
  })
})

test('what somebody sweeps away is set again while it is needed', async () => {
  const { align, settings, stands } = ledgerOn()
  await align(copying([0]))
  const before = stands()
  settings.own.clear()
  await align(copying([0]), true)
  expect(stands()).toEqual(before)
  settings.own.clear()
  await align(nothing)
  expect(stands()).toEqual({})
})

test('a rate is raised and lowered, and what was ours before it is known as ours', async () => {
  const { align, settings, stands } = ledgerOn()
  await align(copying([0], 100))
  await align(copying([0], 300))
  expect(stands()).toMatchObject({ 'node/1/out': '300', 'node/3/in': '300' })
  // We died after writing down the new rate and before setting it.
  settings.own.set('node/3/in', '100')
  await align(nothing)
  expect(stands()).toEqual({})
})

describe('a node that cannot be reached', () => {
  test('is told, holds up nothing else, and gets its setting back later', async () => {
    const { align, settings, stands, journal } = ledgerOn()
    settings.unreachable.add(2)
    const unset = await align(copying([0]))
    expect(unset.map(({ ref, text }) => [ref.of, text])).toEqual([[2, 'no answer']])
    // It is not asked again at every pulse, and still said to be missing.
    settings.unreachable.clear()
    expect(await align(copying([0]))).toEqual(unset)
    settings.unreachable.add(2)
    expect(stands()).toMatchObject({ 'node/1/out': '100', 'node/3/in': '100' })
    settings.unreachable.add(3)
    await align(nothing)
    expect(stands()).toEqual({ 'node/3/in': '100' })
    expect([...journal.read('setting').keys()]).toEqual(['node/3/in'])
    settings.unreachable.clear()
    await align(nothing, true)
    expect([stands(), journal.read('setting').size]).toEqual([{}, 0])
  })
})

test('what is refused is told, and what cannot be put back is counted and tried again', async () => {
  const { align, settings, ledger, journal, stands, events } = ledgerOn()
  settings.answers = [{ outcome: 'refused', code: 'not_permitted', text: 'CLUSTER ALTER_CONFIGS is missing' }]
  expect(await align(copying([0]))).toMatchObject([{ ref: { of: 1, name: 'out' }, denied: true }])
  // It has not been made, and is no debt.
  expect([...journal.read('setting').keys()]).not.toContain('node/1/out')
  await align(copying([0]))
  settings.answers = [{ outcome: 'unknown', text: 'no answer' }]
  await align(nothing)
  expect(ledger.report().cleanupFailures).toBe(1)
  expect(events.at(-1)!.failed).toMatchObject([{ text: 'no answer' }])
  expect(Object.keys(stands())).toHaveLength(1)
  await align(nothing)
  expect(Object.keys(stands())).toHaveLength(1)
  await align(nothing, true)
  expect(stands()).toEqual({})
})

describe('a change without an answer that happens later', () => {
  const unknown = { outcome: 'unknown' as const, text: 'no answer' }

  test('is given back as well', async () => {
    const { align, settings, stands, clock, journal } = ledgerOn()
    settings.answers = [unknown, unknown, unknown, unknown, unknown]
    expect(await align(copying([0]))).toHaveLength(5)
    await align(nothing)
    await clock.advance(60_000)
    settings.happensLate()
    expect(Object.keys(stands())).toHaveLength(5)
    await align(nothing)
    expect(stands()).toEqual({})
    await clock.advance(90_000)
    await align(nothing)
    expect(journal.read('setting').size).toBe(0)
  })

  test('also when another try of it was given back meanwhile', async () => {
    const { align, settings, stands, clock, journal } = ledgerOn()
    settings.answers = [unknown, unknown, unknown, unknown, unknown]
    await align(copying([0]))
    await align(copying([0]), true)
    await align(nothing)
    expect(stands()).toEqual({})
    settings.happensLate()
    await align(nothing)
    expect(stands()).toEqual({})
    await clock.advance(90_000)
    await align(nothing)
    expect(journal.read('setting').size).toBe(0)
  })

  test('also when it was under way as the process died', async () => {
    const settings = new FakeSettings()
    const journal = forgetfulJournal()
    settings.answers = [unknown]
    settings.before = () => {
      if (settings.answers.length === 0) throw new Error('killed')
    }
    await expect(ledgerOn(settings, journal).align(copying([0]))).rejects.toThrow('killed')
    settings.before = () => undefined
    await ledgerOn(settings, journal, 5_000).align(nothing, true)
    settings.happensLate()
    await ledgerOn(settings, journal, 60_000).align(nothing, true)
    expect(Object.fromEntries(settings.own)).toEqual({})
    await ledgerOn(settings, journal, 95_000).align(nothing, true)
    expect(journal.read('setting').size).toBe(0)
  })
})

/** The process may die before any change; a new one takes up the journal. Strangers do what they like in between. */
test('whatever happens, in the end only what strangers set stands', async () => {
  const keys = ['node/1/out', 'node/3/in', 'topic/t/leaders', 'topic/t/followers'] as const
  const act = fc.oneof(
    fc.record({
      copies: fc.uniqueArray(fc.integer({ min: 0, max: 3 })),
      rate: fc.constantFrom(100, 300),
      whole: fc.boolean(),
      diesAt: fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined }),
    }),
    fc.record({ sweeps: fc.constantFrom(...keys) }),
  )
  const start = fc.dictionary(fc.constantFrom(...keys), fc.constantFrom('7', '*', '9:9'))
  await fc.assert(
    fc.asyncProperty(start, fc.array(act, { maxLength: 8 }), async (stood, acts) => {
      const settings = new FakeSettings()
      const journal = forgetfulJournal()
      for (const [key, value] of Object.entries(stood)) if (isFor(key, value)) settings.own.set(key, value)
      const expected = new Map(settings.own)
      for (const one of acts) {
        const { align } = ledgerOn(settings, journal)
        if ('sweeps' in one) {
          settings.own.delete(one.sweeps)
          expected.delete(one.sweeps)
          continue
        }
        let left = one.diesAt
        settings.before = () => {
          if (left !== undefined && left-- === 0) throw new Error('killed')
        }
        await align(one.copies.length === 0 ? nothing : copying(one.copies, one.rate), one.whole).catch(() => undefined)
      }
      settings.before = () => undefined
      await ledgerOn(settings, journal, 90_000).align(nothing, true)
      await ledgerOn(settings, journal, 90_000).align(nothing, true)
      expect(Object.fromEntries(settings.own)).toEqual(Object.fromEntries(expected))
      expect(journal.read('setting').size).toBe(0)
    }),
  )
})

function isFor(key: string, value: string): boolean {
  return key.startsWith('topic/') ? value !== '7' : value === '7'
}
