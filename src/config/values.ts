/**
 * The kinds of value a config key may have. Each says in one sentence what it expects, and never repeats what it was
 * given: that may be a secret in the wrong place.
 */
import { z } from 'zod'
import { formatDuration, parseBytes, parseDuration, parseRate } from '../lib/units.ts'
import { didYouMean } from './suggest.ts'

/**
 * A mapping that accepts these keys and no others; one line of message per unknown key.
 * @param refused keys that one might expect, and why they are none
 */
export function block<Shape extends z.core.$ZodLooseShape>(shape: Shape, refused: Record<string, string> = {}) {
  const known = Object.keys(shape)
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code === 'unrecognized_keys') {
        return issue.keys.map((key) => refused[key] ?? `unknown key${didYouMean(key, known)}`).join('\n')
      }
      if (issue.input === null) return 'is empty: give it keys or remove it'
      return expected('keys and values')(issue)
    },
  })
}

/** Rules over several keys of a block. They also run when single keys are wrong, hence the untyped value. */
export function rules<Block extends z.ZodType>(
  schema: Block,
  check: (value: Record<string, unknown>, problem: (message: string, ...path: PropertyKey[]) => void) => void,
): Block {
  return schema.superRefine(
    (value, context) =>
      check(value as Record<string, unknown>, (message, ...path) =>
        context.addIssue({ code: 'custom', message, path }),
      ),
    { when: ({ value }) => isRecord(value) },
  )
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function list<Item extends z.ZodType>(item: Item, what: string) {
  return z.array(item, { error: expected(`a list of ${what}`) })
}

export function text(what: string) {
  return z.string({ error: expected(what) }).min(1, { error: `expected ${what}, not an empty text` })
}

export function flag() {
  return z.boolean({ error: expected('true or false') })
}

export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, { error: ({ input }) => wordError(words, input) })
}

/** Message for what is none of the words. */
export function wordError(words: readonly string[], input: unknown): string {
  if (input === undefined) return `is missing: one of ${words.join(', ')}`
  return `expected one of ${words.join(', ')}${didYouMean(typeof input === 'string' ? input : '', words)}`
}

export function count(min: number, max: number) {
  const error = expected(`a whole number from ${min} to ${max}`)
  return z.int({ error }).min(min, { error }).max(max, { error })
}

export function percent(min: number, max: number) {
  const error = expected(`a number from ${min} to ${max} (percent, without a unit)`)
  return z.number({ error }).min(min, { error }).max(max, { error })
}

/** → milliseconds. */
export function duration(minMs: number, maxMs: number) {
  const range = `from ${formatDuration(minMs)} to ${formatDuration(maxMs)}`
  return quantity(`a duration ${range} with its unit, such as 30s or 5m`, (input) =>
    within(parseDuration(input), minMs, maxMs),
  )
}

/** → bytes. */
export function bytes() {
  return quantity('a size above 0 with its unit, such as 10GiB', (input) => within(parseBytes(input), 1, 2 ** 53))
}

/** → bytes per second. */
export function rate() {
  return quantity('a rate above 0 with its unit, such as 50MiB/s', (input) => within(parseRate(input), 1, 2 ** 53))
}

/** A text that `parse` turns into a value; undefined means that it is not what was expected. */
export function quantity<Value>(what: string, parse: (input: string) => Value | undefined) {
  const error = expected(what)
  return z.string({ error }).transform((input, context) => {
    const value = parse(input)
    if (value !== undefined) return value
    context.addIssue({ code: 'custom', message: `expected ${what}` })
    return z.NEVER
  })
}

/** Message of a schema for anything that is not `what`. */
export function expected(what: string): (issue: { input?: unknown }) => string {
  return ({ input }) => (input === undefined ? `is missing: ${what}` : `expected ${what}`)
}

function within(value: number | undefined, min: number, max: number): number | undefined {
  return value !== undefined && value >= min && value <= max ? value : undefined
}
