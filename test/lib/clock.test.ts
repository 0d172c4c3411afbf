import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { realClock, stopwatch, VirtualClock, withDeadline } from '../../src/lib/clock.ts'

const never = () => new Promise<never>(() => undefined)

test('timers of a virtual clock fire in order of time, then of creation, each at its own time', async () => {
  const clock = new VirtualClock(1000)
  const fired: [string, number][] = []
  const start = (name: string, ms: number) => clock.sleep(ms).then(() => fired.push([name, clock.now()]))
  void start('late', 50)
  void start('first', 10)
  void start('second', 10)
  void start('beyond', 100)
  await clock.advance(60)
  expect(fired).toEqual([
    ['first', 1010],
    ['second', 1010],
    ['late', 1050],
  ])
  expect(clock.now()).toBe(1060)
})

test('a timer set by what a timer woke fires within the same advance', async () => {
  const clock = new VirtualClock(0)
  const seen: number[] = []
  void (async () => {
    for (let i = 0; i < 3; i += 1) {
      await clock.sleep(10)
      seen.push(clock.now())
    }
  })()
  await clock.advance(25)
  expect(seen).toEqual([10, 20])
})

test.each([
  ['virtual', new VirtualClock()],
  ['real', realClock],
])('an aborted sleep on the %s clock ends at once and leaves no listener', async (_, clock) => {
  const controller = new AbortController()
  const sleep = clock.sleep(60_000, controller.signal)
  controller.abort()
  await sleep
  await clock.sleep(60_000, controller.signal)
  expect(getEventListeners(controller.signal, 'abort')).toEqual([])
})

test('a sleep that ran out leaves no listener on either clock', async () => {
  const { signal } = new AbortController()
  await realClock.sleep(1, signal)
  const clock = new VirtualClock()
  void clock.sleep(5, signal)
  await clock.advance(5)
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

test('work within its deadline gives its result, leaves no listener, and its signal ends with it', async () => {
  const { signal } = new AbortController()
  let inner: AbortSignal | undefined
  const result = await withDeadline('it', 10_000, signal, async (s) => {
    inner = s
    expect(s.aborted).toBe(false)
    return 42
  })
  expect([result, inner!.aborted]).toEqual([42, true])
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

test('work that never settles ends in a timeout that aborts it', async () => {
  let inner: AbortSignal | undefined
  const work = withDeadline('the sample', 20, undefined, (s) => {
    inner = s
    return never()
  })
  await expect(work).rejects.toMatchObject({ code: 'timeout', message: 'the sample did not answer within 20 ms' })
  expect(inner!.aborted).toBe(true)
})

test('an abort of the caller reaches the work', async () => {
  const controller = new AbortController()
  let inner: AbortSignal | undefined
  const work = withDeadline('it', 10_000, controller.signal, (s) => {
    inner = s
    return never()
  })
  controller.abort()
  await expect(work).rejects.toMatchObject({ code: 'aborted' })
  expect(inner!.aborted).toBe(true)
})

test('work is not begun for a caller who has given up already', async () => {
  let begun = false
  const work = withDeadline('it', 10_000, AbortSignal.abort(), async () => {
    begun = true
  })
  await expect(work).rejects.toMatchObject({ code: 'aborted' })
  expect(begun).toBe(false)
})

test.each([
  ['rejects', async () => Promise.reject(new Error('no'))],
  [
    'throws at once',
    () => {
      throw new Error('no')
    },
  ],
])('work that %s gives its own error and leaves neither timer nor listener', async (_, work) => {
  const { signal } = new AbortController()
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const before = timers()
  await expect(withDeadline('it', 10_000, signal, work)).rejects.toThrow('no')
  expect(timers()).toBe(before)
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

test('a stopwatch shows the milliseconds since its start', async () => {
  const watch = stopwatch()
  const first = watch()
  await realClock.sleep(20)
  expect(watch() - first).toBeGreaterThan(15)
})
