/** Bytes, rates and durations as people write and read them. */

const byteUnits: Record<string, number> = {
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  PiB: 2 ** 50,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  PB: 1e15,
}
const durationUnits: Record<string, number> = { ms: 1, s: 1e3, m: 60e3, h: 3_600e3, d: 86_400e3 }

/** `10GiB`, `1.5 TB` → bytes; undefined when it is not such a text. A unit is required. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([KMGTP]i?B|B)$/.exec(text.trim())
  return match ? Math.round(Number(match[1]) * byteUnits[match[2]!]!) : undefined
}

/** `50MiB/s` → bytes per second; undefined when it is not such a text. */
export function parseRate(text: string): number | undefined {
  const match = /^(.*)\/s$/.exec(text.trim())
  return match ? parseBytes(match[1]!) : undefined
}

/** `30s`, `1h30m`, `500ms` → milliseconds; undefined when it is not such a text. */
export function parseDuration(text: string): number | undefined {
  const parts = text.trim().match(/\d+(?:\.\d+)?(?:ms|[smhd])/g)
  if (!parts || parts.join('') !== text.trim()) return undefined
  let ms = 0
  for (const part of parts) {
    const [, value, unit] = /^([\d.]+)([a-z]+)$/.exec(part)!
    ms += Number(value) * durationUnits[unit!]!
  }
  return Math.round(ms)
}

/** Bytes in IEC units with three significant figures: `0 B`, `1.50 MiB`, `12.3 GiB`. */
export function formatBytes(bytes: number): string {
  const sign = bytes < 0 ? '-' : ''
  let value = Math.abs(bytes)
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
  let unit = 0
  while (value >= 1023.5 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
  return `${sign}${value.toFixed(digits)} ${units[unit]}`
}

/** `50.0 MiB/s` */
export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`
}

/** Milliseconds in the two largest fitting units: `850ms`, `42s`, `1m30s`, `3h`, `2d4h`. */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)}ms`
  const seconds = Math.round(ms / 1000)
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ]
  const first = parts.findIndex(([value]) => value > 0)
  return parts
    .slice(first, first + 2)
    .filter(([value], index) => index === 0 || value > 0)
    .map(([value, unit]) => `${value}${unit}`)
    .join('')
}

/** A ratio as a percentage with at most one decimal: `0.123` → `12.3%`. */
export function formatPercent(ratio: number): string {
  const percent = Number((ratio * 100).toPrecision(12))
  return `${Number.isInteger(percent) || Math.abs(percent) >= 100 ? percent.toFixed(0) : percent.toFixed(1)}%`
}

/** `1 move`, `2 moves`. */
export function formatCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** Minutes since midnight as `HH:MM`; the end of a day is `24:00`. */
export function formatTimeOfDay(minute: number): string {
  return [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, '0')).join(':')
}
