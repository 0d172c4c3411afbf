/** How values are written as JSON and read back, each checked when read. Times are milliseconds in memory and ISO 8601 on disk. */
import { EvenkeelError } from '../../lib/errors.ts'
import { formatTime, parseTime } from '../../lib/iso-time.ts'

export interface Codec<Value> {
  encode(value: Value): unknown
  /**
   * @param at names the value in what is thrown.
   * @throws EvenkeelError `bad_input`
   */
  decode(json: unknown, at: string): Value
}

/** Of a field that may be absent. */
interface Maybe<Value> extends Codec<Value> {
  maybe: true
}

type Fields<Value> = {
  [Field in keyof Value]-?: undefined extends Value[Field]
    ? Maybe<Exclude<Value[Field], undefined>>
    : Codec<Value[Field]>
}

export const text = plain('a text', (json): json is string => typeof json === 'string')
export const flag = plain('true or false', (json): json is boolean => typeof json === 'boolean')
export const id = plain(
  'an id',
  (json): json is number | string => typeof json === 'string' || Number.isSafeInteger(json),
)
export const amount = plain(
  'an amount',
  (json): json is number => typeof json === 'number' && Number.isFinite(json) && json >= 0,
)

export const time: Codec<number> = {
  encode: formatTime,
  decode: (json, at) => {
    const ms = typeof json === 'string' ? parseTime(json) : Number.NaN
    return Number.isNaN(ms) ? fail(json, at, 'a time') : ms
  },
}

export function oneOf<Word extends string>(words: readonly Word[]): Codec<Word> {
  return plain(`one of ${words.join(', ')}`, (json): json is Word => words.includes(json as Word))
}

export function maybe<Value>(codec: Codec<Value>): Maybe<Value> {
  return { ...codec, maybe: true }
}

export function orNull<Value>(codec: Codec<Value>): Codec<Value | null> {
  return {
    encode: (value) => (value === null ? null : codec.encode(value)),
    decode: (json, at) => (json === null ? null : codec.decode(json, at)),
  }
}

export function list<Value>(codec: Codec<Value>): Codec<Value[]> {
  return {
    encode: (values) => values.map((value) => codec.encode(value)),
    decode: (json, at) =>
      Array.isArray(json)
        ? json.map((value, index) => codec.decode(value, `${at}[${index}]`))
        : fail(json, at, 'a list'),
  }
}

/** Fields that are not known pass and are left out. */
export function object<Value extends object>(fields: Fields<Value>): Codec<Value> {
  const known = Object.entries<Codec<unknown>>(fields).map(([field, codec]) => ({ field, codec, name: nameOf(field) }))
  return {
    encode: (value) =>
      Object.fromEntries(
        known.flatMap(({ field, codec, name }) => {
          const one = (value as Record<string, unknown>)[field]
          return one === undefined ? [] : [[name, codec.encode(one)]]
        }),
      ),
    decode: (json, at) => {
      if (!isObject(json)) return fail(json, at, 'an object')
      const read = known.flatMap(({ field, codec, name }) =>
        json[name] === undefined && 'maybe' in codec ? [] : [[field, codec.decode(json[name], `${at}.${name}`)]],
      )
      return Object.fromEntries(read) as Value
    },
  }
}

/** Either of two, told apart by what they are. */
export function either<One, Other>(
  one: Codec<One>,
  other: Codec<Other>,
  isOne: (value: object) => boolean,
): Codec<One | Other> {
  return {
    encode: (value) => (isOne(value as object) ? one.encode(value as One) : other.encode(value as Other)),
    decode: (json, at) => (isObject(json) && isOne(json) ? one : other).decode(json, at),
  }
}

/** One of several, told apart by its `kind`. */
export function byKind<Value extends { kind: string }>(
  codecs: {
    [Kind in Value['kind']]: Codec<Extract<Value, { kind: Kind }>>
  },
): Codec<Value> {
  const known = codecs as unknown as Record<string, Codec<Value>>
  return {
    encode: (value) => known[value.kind]!.encode(value),
    decode: (json, at) => {
      const kind = isObject(json) ? json['kind'] : undefined
      const codec = typeof kind === 'string' && Object.hasOwn(known, kind) ? known[kind] : undefined
      return codec ? codec.decode(json, at) : fail(kind, `${at}.kind`, `one of ${Object.keys(known).join(', ')}`)
    },
  }
}

/** Texts by name. */
export const texts = plain(
  'names with texts',
  (json): json is Record<string, string> =>
    isObject(json) && Object.values(json).every((value) => typeof value === 'string'),
)

/** `untilMs` → `until`, `fromDir` → `from_dir`. */
function nameOf(field: string): string {
  return field.replace(/Ms$/, '').replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

export function isObject(json: unknown): json is Record<string, unknown> {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}

function plain<Value>(what: string, is: (json: unknown) => json is Value): Codec<Value> {
  return { encode: (value) => value, decode: (json, at) => (is(json) ? json : fail(json, at, what)) }
}

function fail(json: unknown, at: string, what: string): never {
  throw new EvenkeelError('bad_input', json === undefined ? `${at} is missing` : `${at} is not ${what}`)
}
