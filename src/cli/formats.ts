/** The forms in which commands show data: `-o table|wide|json|yaml`, each the same in all of them. */
import { Option } from 'commander'
import { stringify } from 'yaml'

/** `wide` is `table` with nothing left out; of what has no more to show both are the same. */
export const formats = ['table', 'wide', 'json', 'yaml'] as const
export type Format = (typeof formats)[number]

/** @param more forms of this one command; the first of all is the default. */
export function formatOption(more: readonly string[] = []): Option {
  return new Option('-o, --output <format>', 'form of the output').choices([...formats, ...more]).default(formats[0])
}

export function isForPeople(format: Format): format is 'table' | 'wide' {
  return format === 'table' || format === 'wide'
}

/** For programs: all of it, as it came. Words such as `off`, which YAML 1.1 takes for something else than text, are quoted. */
export function rawText(data: unknown, format: 'json' | 'yaml'): string {
  return format === 'json' ? `${JSON.stringify(data, null, 2)}\n` : stringify(data, { compat: 'yaml-1.1' })
}

/** @param text for people. */
export function shownAs(format: Format, data: unknown, text: () => string): string {
  return isForPeople(format) ? text() : rawText(data, format)
}
