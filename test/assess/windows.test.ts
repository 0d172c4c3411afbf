/** When classes may act. Weekdays are those of the wall clock in the window's own time zone. */
import { describe, expect, test } from 'vitest'
import { anyWindowOpen, windowAllows } from '../../src/assess/windows.ts'
import { violationKinds } from '../../src/cluster/reasons.ts'
import type { Window } from '../../src/cluster/settings.ts'

const everyDay = [0, 1, 2, 3, 4, 5, 6]

/** `22:00` → minutes since midnight. */
const minutes = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3))

const window = (from: string, to: string, more: Partial<Window> = {}): Window => ({
  days: everyDay,
  fromMinute: minutes(from),
  toMinute: minutes(to),
  timezone: 'UTC',
  classes: ['disk_skew'],
  ...more,
})

const open = (at: string, ...windows: Window[]) => windowAllows('disk_skew', windows, Date.parse(at))

describe('a time of day', () => {
  const rows: [string, Window, string, boolean][] = [
    ['before it', window('09:00', '17:00'), '2026-01-01T08:59:59.999Z', false],
    ['at its begin', window('09:00', '17:00'), '2026-01-01T09:00:00Z', true],
    ['in its last minute', window('09:00', '17:00'), '2026-01-01T16:59:59.999Z', true],
    ['at its end', window('09:00', '17:00'), '2026-01-01T17:00:00Z', false],
    ['over midnight, before', window('22:00', '06:00'), '2026-01-01T21:59:00Z', false],
    ['over midnight, in the evening', window('22:00', '06:00'), '2026-01-01T22:00:00Z', true],
    ['over midnight, at midnight', window('22:00', '06:00'), '2026-01-02T00:00:00Z', true],
    ['over midnight, in the morning', window('22:00', '06:00'), '2026-01-02T05:59:00Z', true],
    ['over midnight, after', window('22:00', '06:00'), '2026-01-02T06:00:00Z', false],
    ['to the end of the day', window('20:00', '24:00'), '2026-01-01T23:59:59Z', true],
    ['and no longer', window('20:00', '24:00'), '2026-01-02T00:00:00Z', false],
    ['all day', window('00:00', '24:00'), '2026-01-01T00:00:00Z', true],
    ['from midnight', window('00:00', '01:00'), '2026-01-01T00:30:00Z', true],
    ['round the clock', window('12:00', '12:00'), '2026-01-01T11:59:00Z', true],
  ]
  test.each(rows)('%s', (_, one, at, expected) => {
    expect(open(at, one)).toBe(expected)
  })
})

describe('days are those on which it begins', () => {
  // The first of January 2026 is a Thursday.
  const thursday = { days: [4] }
  const rows: [string, Window, string, boolean][] = [
    ['on the day', window('09:00', '17:00', thursday), '2026-01-01T12:00:00Z', true],
    ['the day before', window('09:00', '17:00', thursday), '2025-12-31T12:00:00Z', false],
    ['the day after', window('09:00', '17:00', thursday), '2026-01-02T12:00:00Z', false],
    ['over midnight, on the evening of the day', window('22:00', '06:00', thursday), '2026-01-01T23:00:00Z', true],
    ['on the morning of the next', window('22:00', '06:00', thursday), '2026-01-02T05:00:00Z', true],
    ['not on the morning of the day itself', window('22:00', '06:00', thursday), '2026-01-01T05:00:00Z', false],
    ['from Saturday into Sunday', window('22:00', '06:00', { days: [6] }), '2026-01-04T01:00:00Z', true],
    ['not from Sunday', window('22:00', '06:00', { days: [6] }), '2026-01-05T01:00:00Z', false],
    ['weekends', window('00:00', '24:00', { days: [0, 6] }), '2026-01-04T23:59:00Z', true],
    ['no day at all', window('00:00', '24:00', { days: [] }), '2026-01-04T12:00:00Z', false],
  ]
  test.each(rows)('%s', (_, one, at, expected) => {
    expect(open(at, one)).toBe(expected)
  })
})

describe('time zones', () => {
  const rows: [string, Window, string, boolean][] = [
    [
      'east of Greenwich it is later',
      window('09:00', '10:00', { timezone: 'Asia/Tokyo' }),
      '2026-01-01T00:30:00Z',
      true,
    ],
    ['by half an hour too', window('09:00', '09:30', { timezone: 'Asia/Kolkata' }), '2026-01-01T03:45:00Z', true],
    ['west of it earlier', window('09:00', '10:00', { timezone: 'America/New_York' }), '2026-01-01T14:30:00Z', true],
    [
      'it is another day there',
      window('09:00', '10:00', { days: [5], timezone: 'Asia/Tokyo' }),
      '2026-01-02T00:30:00Z',
      true,
    ],
    [
      'Thursday evening there is Friday here',
      window('20:00', '24:00', { days: [4], timezone: 'America/New_York' }),
      '2026-01-02T03:00:00Z',
      true,
    ],
    ['in summer', window('22:00', '23:00', { timezone: 'Europe/Berlin' }), '2026-07-01T20:30:00Z', true],
    ['in winter', window('22:00', '23:00', { timezone: 'Europe/Berlin' }), '2026-01-01T21:30:00Z', true],
    ['summer is not winter', window('22:00', '23:00', { timezone: 'Europe/Berlin' }), '2026-07-01T21:30:00Z', false],
  ]
  test.each(rows)('%s', (_, one, at, expected) => {
    expect(open(at, one)).toBe(expected)
  })
})

describe('when clocks are changed the one on the wall counts', () => {
  const berlin = { timezone: 'Europe/Berlin' }
  // On 29 March 2026 it is three o'clock after two less a second, at 01:00 UTC; on 25 October it is two o'clock twice.
  const rows: [string, Window, string, boolean][] = [
    ['a night that is an hour short: before the gap', window('01:00', '04:00', berlin), '2026-03-29T00:59:00Z', true],
    ['after it', window('01:00', '04:00', berlin), '2026-03-29T01:59:00Z', true],
    ['and over an hour early', window('01:00', '04:00', berlin), '2026-03-29T02:00:00Z', false],
    [
      'one that falls into the gap does not open: just before',
      window('02:00', '03:00', berlin),
      '2026-03-29T00:59:59Z',
      false,
    ],
    ['just after', window('02:00', '03:00', berlin), '2026-03-29T01:00:00Z', false],
    ['over midnight, after the gap', window('22:00', '06:00', berlin), '2026-03-29T03:59:00Z', true],
    ['and over', window('22:00', '06:00', berlin), '2026-03-29T04:00:00Z', false],
    ['an hour that comes twice: the first time', window('02:00', '03:00', berlin), '2026-10-25T00:30:00Z', true],
    ['the second time', window('02:00', '03:00', berlin), '2026-10-25T01:30:00Z', true],
    ['and over', window('02:00', '03:00', berlin), '2026-10-25T02:00:00Z', false],
    ['by its day: the night before', window('22:00', '06:00', { ...berlin, days: [6] }), '2026-10-25T04:59:00Z', true],
  ]
  test.each(rows)('%s', (_, one, at, expected) => {
    expect(open(at, one)).toBe(expected)
  })

  test('every hour of a short and of a long day has its place in one of two windows that share the day', () => {
    const halves = [window('00:00', '12:00', berlin), window('12:00', '24:00', berlin)]
    for (const midnight of ['2026-03-28T23:00:00Z', '2026-10-24T22:00:00Z']) {
      for (let minute = 0; minute < 26 * 60; minute += 10) {
        const at = new Date(Date.parse(midnight) + minute * 60_000).toISOString()
        expect(halves.map((half) => open(at, half)).filter(Boolean), at).toHaveLength(1)
      }
    }
  })
})

describe('several windows', () => {
  const night = window('22:00', '06:00')
  const noon = window('12:00', '13:00', { classes: ['disk_skew', 'leader_skew'] })
  const lost = window('12:00', '13:00', { classes: ['node_unavailable'] })

  test('a class may act while one that names it is open', () => {
    const open12 = Date.parse('2026-01-01T12:30:00Z')
    const open23 = Date.parse('2026-01-01T23:00:00Z')
    const allowed = (now: number) => violationKinds.filter((kind) => windowAllows(kind, [night, noon], now))
    expect(allowed(open12)).toEqual(violationKinds)
    expect(allowed(open23)).toEqual(violationKinds.filter((kind) => kind !== 'leader_skew'))
    expect(allowed(Date.parse('2026-01-01T15:00:00Z'))).toEqual(
      violationKinds.filter((kind) => kind !== 'leader_skew' && kind !== 'disk_skew'),
    )
  })

  test('what none names may act at any time, repair too, and is bound when it is named', () => {
    const now = Date.parse('2026-01-01T15:00:00Z')
    expect(windowAllows('node_unavailable', [night, noon], now)).toBe(true)
    expect(windowAllows('node_unavailable', [night, noon, lost], now)).toBe(false)
    expect(windowAllows('disk_skew', [], now)).toBe(true)
  })

  test.each<[Window[], string, boolean]>([
    [[], '2026-01-01T15:00:00Z', true],
    [[night, noon], '2026-01-01T15:00:00Z', false],
    [[night, noon], '2026-01-01T12:00:00Z', true],
  ])('whether any is open: %#', (windows, at, expected) => {
    expect(anyWindowOpen(windows, Date.parse(at))).toBe(expected)
  })
})
