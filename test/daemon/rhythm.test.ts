import { afterEach, describe, expect, test } from 'vitest'
import type { Pulse } from '../../src/cluster/sample.ts'
import { Rhythm } from '../../src/daemon/rhythm.ts'
import { VirtualClock } from '../../src/lib/clock.ts'

const pulse = {} as Pulse
const running: { stop: AbortController; ended: Promise<void> }[] = []

interface Durations {
  tick: number
  look?: number
  /** What comes before it is asked whether anything may begin. */
  before?: number
  /** What comes after. */
  act?: (nth: number) => number
  /** Whether ticks find something to begin. */
  waiting?: boolean
}

/** Ticks each second, pulses each quarter of one. `said`: what happened, each with its millisecond. */
function beating({ tick, look = 0, before = 0, act = () => 0, waiting = true }: Durations) {
  const clock = new VirtualClock(0)
  const stop = new AbortController()
  const said: string[] = []
  const say = (what: string) => void said.push(`${clock.now()} ${what}`)
  let works = 0
  let blind = false
  const rhythm = new Rhythm(clock, {
    tick: async () => {
      say('tick')
      await clock.sleep(tick, stop.signal)
    },
    look: async () => {
      await clock.sleep(look, stop.signal)
      return blind ? undefined : pulse
    },
    work: async (_, mayStart) => {
      const nth = ++works
      await clock.sleep(before, stop.signal)
      if (mayStart()) say('begins')
      await clock.sleep(act(nth), stop.signal)
    },
    isWaiting: () => waiting,
    intervals: () => ({ tickMs: 1000, pulseMs: 250 }),
  })
  const ended = rhythm.run(stop.signal)
  running.push({ stop, ended })
  return {
    clock,
    rhythm,
    said,
    times: (what: string) => said.filter((line) => line.endsWith(` ${what}`)).map((line) => Number.parseInt(line, 10)),
    goBlind: () => {
      blind = true
    },
  }
}

afterEach(async () => {
  for (const { stop, ended } of running.splice(0)) {
    stop.abort()
    await ended
  }
})

test('ticks come at their interval, what one found is begun at once and while it is at work nothing is', async () => {
  const { clock, times } = beating({ tick: 600 })
  await clock.advance(3_700)
  expect(times('tick')).toEqual([0, 1000, 2000, 3000])
  const begun = times('begins')
  expect(begun).toEqual(expect.arrayContaining([600, 1600, 2600, 3600]))
  expect(begun.filter((ms) => ms % 1000 < 600)).toEqual([])
})

describe('ticks that take longer than their interval', () => {
  test('are each followed by work that may begin something', async () => {
    const { clock, said } = beating({ tick: 1500, look: 300, before: 200 })
    await clock.advance(9_000)
    const ticks = said.flatMap((line, index) => (line.endsWith('tick') ? [index] : []))
    expect(ticks.length).toBeGreaterThan(3)
    for (const index of ticks.slice(0, -1)) expect(said[index + 1]).toMatch(/begins$/)
  })

  test('wait also for work that was at it before, then for that which may begin', async () => {
    const { clock, said } = beating({ tick: 1500, look: 300, act: () => 1_500 })
    await clock.advance(30_000)
    const counts = [
      said.filter((line) => line.endsWith('tick')).length,
      said.filter((l) => l.endsWith('begins')).length,
    ]
    expect(counts[1]).toBeGreaterThanOrEqual(counts[0]! - 1)
  })

  test('go on when nothing can be seen', async () => {
    const { clock, times, goBlind } = beating({ tick: 1500, look: 300 })
    goBlind()
    await clock.advance(10_000)
    expect(times('tick').length).toBeGreaterThanOrEqual(5)
  })
})

test('a tick that found nothing to begin gives no turn', async () => {
  const { clock, times } = beating({ tick: 100, act: () => 60_000, waiting: false })
  await clock.advance(5_500)
  expect(times('tick')).toEqual([0, 1000, 2000, 3000, 4000, 5000])
})

test('an act that does not end holds ticks up for a while only', async () => {
  const { clock, times } = beating({ tick: 100, act: (nth) => (nth === 1 ? 10 * 60_000 : 0) })
  await clock.advance(120_000)
  const gaps = times('tick').map((ms, index, all) => ms - (all[index - 1] ?? 0))
  expect(Math.max(...gaps)).toBeLessThanOrEqual(3_000)
})

test('a tick that is brought forward waits for nothing', async () => {
  const { clock, rhythm, times } = beating({ tick: 100, act: () => 60_000 })
  await clock.advance(2_500)
  const before = times('tick').length
  rhythm.tickSoon()
  await clock.advance(0)
  expect(times('tick').length).toBe(before + 1)
})
