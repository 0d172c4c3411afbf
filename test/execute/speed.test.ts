import { expect, test } from 'vitest'
import { Speed } from '../../src/execute/speed.ts'

const seen = (looks: [seconds: number, bytes: number][]) => {
  const speed = new Speed()
  for (const [seconds, bytes] of looks) speed.see(bytes, seconds * 1000)
  return speed
}

test.each<[string, [number, number][], number | undefined]>([
  [
    'nothing before two looks that are far enough apart',
    [
      [0, 0],
      [3, 300],
    ],
    undefined,
  ],
  [
    'from the first look on while that is not long ago',
    [
      [0, 0],
      [10, 1000],
      [20, 2000],
    ],
    100,
  ],
  [
    'over the last minute only',
    [
      [0, 0],
      [60, 60_000],
      [120, 60_600],
    ],
    10,
  ],
  [
    'bursts are evened out',
    [
      [0, 0],
      [1, 4000],
      [11, 4000],
      [12, 8000],
      [40, 16_000],
    ],
    400,
  ],
  [
    'anew when the copy began anew',
    [
      [0, 0],
      [10, 5000],
      [20, 0],
      [30, 100],
    ],
    10,
  ],
])('%s', (_, looks, expected) => expect(seen(looks).perSecond()).toBe(expected))

test('a copy advances when it is larger than ever before', () => {
  expect(
    seen([
      [0, 0],
      [10, 50],
      [20, 50],
      [30, 40],
      [40, 50],
    ]).advancedAtMs,
  ).toBe(10_000)
  const speed = seen([
    [0, 0],
    [10, 50],
  ])
  speed.rest(99_000)
  expect(speed.advancedAtMs).toBe(99_000)
})
