import { expect, test } from 'vitest'
import { Pace } from '../../src/execute/pace.ts'

test('trouble halves, good ticks give back one by one, and 1 is the least', () => {
  const pace = new Pace()
  expect(pace.limit(8)).toBe(8)
  const limits: number[] = []
  for (let at = 1; at <= 5; at += 1) {
    pace.trouble(8, at * 60_000)
    limits.push(pace.limit(8))
  }
  expect(limits).toEqual([4, 2, 1, 1, 1])
  const back: number[] = []
  for (let tick = 0; tick < 9; tick += 1) {
    pace.ended()
    pace.tick(8)
    back.push(pace.limit(8))
  }
  expect(back).toEqual([2, 3, 4, 5, 6, 7, 8, 8, 8])
})

test('many troubles of one moment count once, and a tick without an end gives nothing back', () => {
  const pace = new Pace()
  pace.trouble(8, 100_000)
  pace.trouble(8, 101_000)
  pace.tick(8)
  expect(pace.limit(8)).toBe(4)
  // What ended well before the trouble says nothing against it.
  pace.ended()
  pace.trouble(8, 200_000)
  pace.tick(8)
  expect(pace.limit(8)).toBe(2)
})

test('a lower limit of the config holds at once', () => {
  expect(new Pace().limit(3)).toBe(3)
  const pace = new Pace()
  pace.trouble(20, 100_000)
  expect([pace.limit(20), pace.limit(4)]).toEqual([10, 4])
})
