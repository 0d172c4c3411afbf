/**
 * What requests may say: the parameters of an address (GET) or the fields of a body (POST), each with what it expects in
 * words. What was given is never repeated: it may be a secret in the wrong place.
 */
import { z } from 'zod'
import { parsePartition } from '../cluster/orders.ts'
import { parseDuration } from '../lib/units.ts'
import { Problem } from './problem.ts'

/** Moves by where they are in their life. */
export const moveGroups = ['pending', 'running', 'ended'] as const

const YEAR_MS = 366 * 86_400_000

/** A field with what it expects, which is also its description. */
function field<Type extends z.ZodType>(what: string, make: (error: { error: string }) => Type): Type {
  return make({ error: what }).describe(what)
}

/** Nothing that a terminal or a log would take for anything else than a letter. */
const line = (most: number, error: { error: string }) =>
  z.string(error).regex(new RegExp(`^[^\\p{Cc}\\p{Cs}\\u2028\\u2029]{1,${most}}$`, 'u'), error)

const name = (what: string) => field(what, (error) => line(255, error))

export const cluster = field('the name of a cluster', (error) => z.string(error)).exactOptional()
export const node = field('a node id', (error) => z.union([z.int(error), line(255, error)], error))
export const table = name('the name of a table')
export const tenant = name('the name of a tenant')
export const subject = name('a partition such as t-3, or a table')
/** → topic and partition. */
export const orderedPartition = field('a partition such as t-3', (error) =>
  z
    .string(error)
    .max(300, error)
    .transform((text, context) => {
      const found = parsePartition(text)
      if (found) return found
      context.addIssue({ code: 'custom', message: error.error })
      return z.NEVER
    }),
)
export const dir = field('the path of a log dir', (error) => line(1000, error))
export const partition = name('a partition such as t-3')
export const decision = name('the id of a decision, such as 20260131T123000')
export const last = field('a number from 1 to 500', (error) =>
  z
    .string(error)
    .regex(/^([1-9]\d?|[1-4]\d\d|500)$/, error)
    .transform(Number),
)
export const before = field('the id of a record, or the begin of one, such as 20260131T1230', (error) =>
  z.string(error).regex(/^\d{8}(T\d{0,9}(-\d{0,9})?)?$/, error),
)
export const override = field('true or false', (error) => z.boolean(error))
export const reason = field('one line of text of at most 500 characters', (error) =>
  line(500, error).refine((text) => text.trim() !== '', error),
)
/** → milliseconds. */
export const duration = field('a duration from 1s to 366d with its unit, such as 30m', (error) =>
  z.string(error).transform((text, context) => {
    const ms = parseDuration(text)
    if (ms !== undefined && ms >= 1000 && ms <= YEAR_MS) return ms
    context.addIssue({ code: 'custom', message: error.error })
    return z.NEVER
  }),
)
export const state = field(`one of ${moveGroups.join(', ')}`, (error) => z.enum(moveGroups, error))

type From = 'query' | 'body'
const words = {
  query: { code: 'bad_query', unit: 'parameter' },
  body: { code: 'bad_body', unit: 'field' },
} as const

/** @throws Problem that names the first field that is wrong, or missing, and what is expected of it. */
export function readFields<Fields extends z.ZodObject>(from: From, fields: Fields, given: unknown): z.output<Fields> {
  const { code, unit } = words[from]
  const known = Object.keys(fields.shape)
  if (!isRecord(given)) {
    const isEmptyEnough = fields.safeParse({}).success
    throw new Problem(code, `expected a JSON object${isEmptyEnough ? ', {} at least,' : ''} with ${known.join(', ')}`)
  }
  for (const key of Object.keys(given)) {
    if (known.includes(key)) continue
    const are = known.length === 0 ? 'there is none here' : `known here: ${known.join(', ')}`
    throw new Problem(code, `unknown ${unit}; ${are}`)
  }
  if (from === 'query') {
    for (const [key, value] of Object.entries(given)) {
      if (Array.isArray(value)) throw new Problem(code, `${key} is given more than once`)
    }
  }
  const result = fields.safeParse(given)
  if (result.success) return result.data
  const { path, message } = result.error.issues[0]!
  if (path.length === 0) throw new Problem(code, message)
  const key = String(path[0])
  throw new Problem(code, given[key] === undefined ? `${key} is missing: ${message}` : `${key}: expected ${message}`)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
