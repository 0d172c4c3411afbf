/** Values as a config file writes them. */
import { stringify } from 'yaml'
import { formatDuration, parseDuration } from '../lib/units.ts'
import type { Address } from './address.ts'

/** On one line, quoted so that neither version of YAML takes it for something else: `"off"`, `"22:00"`. */
export function yamlText(words: unknown): string {
  const options = { version: '1.1', collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: false } as const
  return stringify(words, { ...options, blockQuote: false, defaultStringType: 'PLAIN' }).trimEnd()
}

export function durationText(ms: number): string {
  const text = formatDuration(ms)
  return parseDuration(text) === ms ? text : `${ms}ms`
}

const byteUnits = ['PiB', 'TiB', 'GiB', 'MiB', 'KiB'] as const

export function bytesText(bytes: number): string {
  const at = byteUnits.findIndex((_, index) => bytes % 1024 ** (byteUnits.length - index) === 0)
  return at === -1 ? `${bytes}B` : `${bytes / 1024 ** (byteUnits.length - at)}${byteUnits[at]}`
}

export function rateText(bytesPerSecond: number): string {
  return `${bytesText(bytesPerSecond)}/s`
}

export function percentOf(ratio: number): number {
  return Number((ratio * 100).toPrecision(12))
}

export function addressText({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
