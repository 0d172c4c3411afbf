/** Windows: a class that is named by any of them may act only while one that names it is open. */
import type { ViolationKind } from '../cluster/reasons.ts'
import type { Window } from '../cluster/settings.ts'

const DAY = 24 * 60
const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

/** Whether the class may act now, as far as windows go. */
export function windowAllows(kind: ViolationKind, windows: readonly Window[], nowMs: number): boolean {
  const binding = windows.filter(({ classes }) => classes.includes(kind))
  return binding.length === 0 || binding.some((window) => isOpen(window, nowMs))
}

/** Whether no class is bound by windows at all, or one that is may act now. */
export function anyWindowOpen(windows: readonly Window[], nowMs: number): boolean {
  return windows.length === 0 || windows.some((window) => isOpen(window, nowMs))
}

/** Days are those on which it begins; one that ends before it begins ends on the next day, by the clock on the wall there. */
function isOpen({ days, fromMinute, toMinute, timezone }: Window, nowMs: number): boolean {
  const { day, minute } = wallClock(timezone, nowMs)
  if (fromMinute < toMinute) return days.includes(day) && minute >= fromMinute && minute < toMinute
  const yesterday = (day + 6) % 7
  return (days.includes(day) && minute >= fromMinute) || (days.includes(yesterday) && minute < toMinute)
}

const clocks = new Map<string, Intl.DateTimeFormat>()

function wallClock(timeZone: string, nowMs: number): { day: number; minute: number } {
  let clock = clocks.get(timeZone)
  if (!clock) {
    clock = new Intl.DateTimeFormat('en-US', {
      timeZone,
      weekday: 'short',
      hour: 'numeric',
      minute: 'numeric',
      hourCycle: 'h23',
    })
    clocks.set(timeZone, clock)
  }
  const parts = new Map(clock.formatToParts(nowMs).map(({ type, value }) => [type, value]))
  const minute = Number(parts.get('hour')) * 60 + Number(parts.get('minute'))
  return { day: weekdays.indexOf(parts.get('weekday')!), minute: minute % DAY }
}
