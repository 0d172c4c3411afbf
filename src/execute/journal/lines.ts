/**
 * A journal as lines of JSON: a header, then one line a write, which is a record or a list of records. A line is whole or never
 * was, so a write is as well.
 *
 * Version 2 is ours. Version 3 is read as far as it is known, and the rest of it is kept as it is, in the header as in the
 * records: so one can go back one version, and forward again.
 */
import { EvenkeelError, messageOf } from '../../lib/errors.ts'
import { formatTime } from '../../lib/iso-time.ts'
import { type Codec, isObject } from './codec.ts'
import type { Change } from './journal.ts'
import { recordCodecs } from './record-codecs.ts'
import type { RecordKind } from './records.ts'

const VERSION = 2
const NEWEST_READ = 3

/** As it was read: with whatever a later version put into it. */
export type Header = Record<string, unknown> & { cluster_id?: string }

export interface JournalRecord {
  kind: string
  key: string
  /** The whole record as JSON. */
  json: string
  /** It drops the record of this key. */
  drops: boolean
  /** Of the kinds that are known. */
  value: unknown
}

export interface ReadJournal {
  /** Absent in an empty file. */
  header?: Header
  records: JournalRecord[]
  /** The file ends in what never became a line. */
  torn: boolean
}

export function newHeader(cluster: string): Header {
  return { type: 'journal', version: VERSION, cluster }
}

/** @throws EvenkeelError `internal` for a value that could not be read again. */
export function recordOf({ kind, key, value }: Change, nowMs: number): JournalRecord {
  const codec = recordCodecs[kind] as Codec<unknown>
  const drops = value === undefined
  try {
    const encoded = drops ? {} : { value: codec.encode(value) }
    const json = JSON.stringify({ kind, key, at: formatTime(nowMs), ...encoded })
    return readRecord(JSON.parse(json))
  } catch (error) {
    throw new EvenkeelError('internal', `a record that cannot be kept: ${messageOf(error)}`, { cause: error })
  }
}

/** The line of one write. */
export function lineOf(records: readonly JournalRecord[]): string {
  const json = records.map((record) => record.json)
  return json.length === 1 ? `${json[0]}\n` : `[${json.join()}]\n`
}

/** @throws EvenkeelError `state_unavailable` naming the line that is wrong. */
export function readJournal(content: string, cluster: string, path: string): ReadJournal {
  const { lines, torn } = linesOf(content)
  const [first, ...rest] = lines
  if (first === undefined) return { records: [], torn }
  const header = wrapped(path, 1, () => readHeader(first(), cluster))
  const records = rest.flatMap((line, index) => wrapped(path, index + 2, () => readLine(line())))
  return { header, records, torn }
}

/**
 * The lines of a file, each still to be parsed. What follows the last line end is nothing, or what a crash left of a line, at best
 * all but its end; a line with zeros in it is what a power cut left, and only the last one can be.
 */
export function linesOf(content: string): { lines: (() => unknown)[]; torn: boolean } {
  const texts = content.split('\n')
  const tail = texts.pop()!
  if (isJson(tail)) texts.push(tail)
  const zeros = tail === '' && texts.at(-1)?.includes('\0') === true
  if (zeros) texts.pop()
  return { lines: texts.map((text) => () => parse(text)), torn: tail !== '' || zeros }
}

/** Adds the place to what is wrong in a line. */
export function wrapped<Result>(path: string, line: number, read: () => Result): Result {
  try {
    return read()
  } catch (error) {
    const what = `${path}:${line}: ${messageOf(error)}`
    throw new EvenkeelError(
      'state_unavailable',
      `${what}; mend the file or move it away: until then nothing is started`,
    )
  }
}

function readHeader(json: unknown, cluster: string): Header {
  if (!isObject(json) || json['type'] !== 'journal') throw wrong('the line is not the header of a journal')
  const { version, cluster: of, cluster_id: id } = json
  if (typeof version !== 'number' || version < VERSION || version > NEWEST_READ) {
    const ours = `this evenkeel reads versions ${VERSION} and ${NEWEST_READ}`
    throw wrong(`the line has version ${JSON.stringify(version)}, ${ours}`)
  }
  if (of !== cluster) throw wrong(`the line belongs to the cluster ${JSON.stringify(of)}`)
  if (id !== undefined && typeof id !== 'string') throw wrong('the cluster_id is not a text')
  return json
}

function readLine(json: unknown): JournalRecord[] {
  return Array.isArray(json) ? json.map(readRecord) : [readRecord(json)]
}

function readRecord(json: unknown): JournalRecord {
  if (!isObject(json)) throw wrong('the line is not a record')
  const { kind, key, value } = json
  if (typeof kind !== 'string' || typeof key !== 'string') throw wrong('the line is not a record')
  const drops = value === undefined
  const known = isKind(kind) && !drops
  return {
    kind,
    key,
    json: JSON.stringify(json),
    drops,
    value: known ? recordCodecs[kind].decode(value, kind) : undefined,
  }
}

export function isKind(kind: string): kind is RecordKind {
  return Object.hasOwn(recordCodecs, kind)
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw wrong('the line is not JSON')
  }
}

const wrong = (what: string) => new EvenkeelError('bad_input', what)
