/** The days as a table, and whether the memory that is left at the end of each grows. */
import type { DayFigures } from './figures.ts'

const columns: { [Name in keyof DayFigures]: string } = {
  day: 'day',
  moves: 'moves',
  gigabytes: 'GB',
  transfers: 'transfers',
  notDone: 'not done',
  tickFailures: 'ticks failed',
  happenings: 'happenings',
  lives: 'starts',
  kills: 'kills',
  pausedItself: 'paused',
  partitions: 'partitions',
  violations: 'open',
  heapMB: 'heap MB',
}

export function daysTable(days: readonly DayFigures[]): string {
  const names = Object.keys(columns) as (keyof DayFigures)[]
  const rows = [names.map((name) => columns[name]), ...days.map((day) => names.map((name) => cell(name, day[name])))]
  const widths = names.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) => row.map((text, column) => text.padStart(widths[column]!)).join('  ')).join('\n')
}

function cell(name: keyof DayFigures, value: number | string): string {
  if (name === 'gigabytes' && typeof value === 'number') return value.toFixed(0)
  return name === 'heapMB' && typeof value === 'number' ? value.toFixed(2) : String(value)
}

/** By least squares: what it is at the beginning, and by how much it grows from one to the next. */
export function fit(values: readonly number[]): { at: number; slope: number } {
  const mean = (list: readonly number[]) => list.reduce((sum, value) => sum + value, 0) / list.length
  const x = values.map((_, index) => index)
  const [meanX, meanY] = [mean(x), mean(values)]
  const spread = x.reduce((sum, one) => sum + (one - meanX) ** 2, 0)
  const slope = x.reduce((sum, one) => sum + (one - meanX) * (values[one]! - meanY), 0) / spread
  return { at: meanY - slope * meanX, slope }
}
