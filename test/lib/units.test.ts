import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  formatBytes,
  formatDuration,
  formatPercent,
  parseBytes,
  parseDuration,
  parseRate,
} from '../../src/lib/units.ts'

test.each([
  ['0B', 0],
  ['1KiB', 1024],
  ['1KB', 1000],
  ['1.5 MiB', 1_572_864],
  [' 10GiB ', 10 * 2 ** 30],
  ['2TB', 2e12],
  ['1PiB', 2 ** 50],
  ['0.3B', 0],
  ['10', undefined],
  ['GiB', undefined],
  ['-1KiB', undefined],
  ['1e3B', undefined],
  ['1 kib', undefined],
  ['1GiB/s', undefined],
  ['', undefined],
])('parseBytes(%j) is %j', (text, bytes) => {
  expect(parseBytes(text)).toBe(bytes)
})

test.each([
  ['50MiB/s', 52_428_800],
  ['0.5KB/s', 500],
  ['50MiB', undefined],
  ['50MiB/s/s', undefined],
  ['50MiB/m', undefined],
])('parseRate(%j) is %j', (text, rate) => {
  expect(parseRate(text)).toBe(rate)
})

test.each([
  ['500ms', 500],
  ['30s', 30_000],
  ['1h30m', 5_400_000],
  ['1.5h', 5_400_000],
  ['2d', 172_800_000],
  ['0s', 0],
  ['30', undefined],
  ['1h 30m', undefined],
  ['-5s', undefined],
  ['1.2.3s', undefined],
  ['5w', undefined],
  ['', undefined],
])('parseDuration(%j) is %j', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.00 KiB'],
  [1536, '1.50 KiB'],
  [12.34 * 2 ** 30, '12.3 GiB'],
  [123.4 * 2 ** 20, '123 MiB'],
  [1023.7 * 2 ** 20, '1.00 GiB'],
  [9.996 * 2 ** 20, '10.0 MiB'],
  [99.96 * 2 ** 20, '100 MiB'],
  [5000 * 2 ** 50, '5000 PiB'],
  [-2048, '-2.00 KiB'],
])('formatBytes(%d) is %j', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text)
})

test.each([
  [0, '0ms'],
  [850, '850ms'],
  [999.7, '1s'],
  [42_000, '42s'],
  [90_000, '1m30s'],
  [3_600_000, '1h'],
  [3_605_000, '1h'],
  [187_200_000, '2d4h'],
  [59_999, '1m'],
])('formatDuration(%d) is %j', (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
})

test.each([
  [0, '0%'],
  [0.123, '12.3%'],
  [0.07, '7%'],
  [0.5, '50%'],
  [12.345, '1235%'],
  [-0.05, '-5%'],
])('formatPercent(%d) is %j', (ratio, text) => {
  expect(formatPercent(ratio)).toBe(text)
})

test('bytes survive being written and read, within the three figures shown', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), (bytes) => {
      expect(Math.abs(parseBytes(formatBytes(bytes))! - bytes)).toBeLessThanOrEqual(bytes * 0.0051)
    }),
  )
})

test('durations survive being written and read, within the smaller unit shown', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10 ** 10 }), (ms) => {
      expect(Math.abs(parseDuration(formatDuration(ms))! - ms)).toBeLessThanOrEqual(Math.max(500, ms / 24))
    }),
  )
})
