/** A simulated cluster in the words of a config file. */
import { bytesText, durationText, percentOf, rateText } from './value-texts.ts'
import { isRecord } from './values.ts'

/** Compiled name → the file's. The others differ only in how their parts are joined. */
const names: Record<string, string> = {
  noise: 'noise_percent',
  ms: 'for',
  path: 'dir',
  otherBytes: 'other_data',
}

const shows: Record<string, (value: number) => unknown> = {
  noise: percentOf,
  copyRate: rateText,
  growth: rateText,
  rate: rateText,
  size: bytesText,
  disks: bytesText,
  otherBytes: bytesText,
  ms: durationText,
}

/** Keys and values of a block, also within lists. */
export function simulatorWords(block: object): Record<string, unknown> {
  const pairs = Object.entries(block).flatMap(([key, value]): [string, unknown][] => {
    // What an event says of a dir stands beside what else it says.
    if (key === 'dir' && isRecord(value)) return Object.entries(simulatorWords(value))
    return [[nameOf(key), wordsOf(key, value)]]
  })
  return Object.fromEntries(pairs)
}

function wordsOf(key: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => wordsOf(key, item))
  if (isRecord(value)) return simulatorWords(value)
  if (typeof value !== 'number') return value
  const show = shows[key] ?? (key.endsWith('Ms') ? durationText : undefined)
  return show ? show(value) : value
}

function nameOf(key: string): string {
  return names[key] ?? key.replace(/Ms$/, '').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
