/** Helix's record: what nearly every znode of Pinot holds. An empty or broken one is an error, never "not there". */
import { gunzipSync } from 'node:zlib'
import { EvenkeelError, messageOf } from '../../../lib/errors.ts'

/** All leaf values are texts. */
export interface ZnRecord {
  id: string
  simpleFields: Record<string, string>
  mapFields: Record<string, Record<string, string>>
  listFields: Record<string, string[]>
}

/** Of an unpacked record: more is no record that a controller could have written. */
const MAX_BYTES = 2 ** 30

/**
 * The JSON of a record, unpacked if its first bytes say so.
 * @throws EvenkeelError `protocol` naming the path.
 */
export function unpacked(path: string, data: Uint8Array): Uint8Array {
  if (data.length === 0) throw broken(path, 'it is empty')
  if (data[0] !== 0x1f || data[1] !== 0x8b) return data
  try {
    return gunzipSync(data, { maxOutputLength: MAX_BYTES })
  } catch (error) {
    throw broken(path, `it cannot be unpacked: ${messageOf(error)}`)
  }
}

/**
 * For all but the largest: those with a placement have a parser of their own.
 * @throws EvenkeelError `protocol` naming the path.
 */
export function parseRecord(path: string, data: Uint8Array): ZnRecord {
  const bytes = unpacked(path, data)
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString())
  } catch (error) {
    throw broken(path, messageOf(error))
  }
  if (!isTable(value)) throw broken(path, 'it is no object')
  const { id = '', simpleFields = {}, mapFields = {}, listFields = {} } = value
  if (typeof id !== 'string') throw broken(path, 'its id is no text')
  if (!isTable(simpleFields) || !Object.values(simpleFields).every(isText))
    throw broken(path, 'simpleFields are no texts')
  if (
    !isTable(mapFields) ||
    !Object.values(mapFields).every((map) => isTable(map) && Object.values(map).every(isText))
  ) {
    throw broken(path, 'mapFields are no maps of texts')
  }
  if (!isTable(listFields) || !Object.values(listFields).every((list) => Array.isArray(list) && list.every(isText))) {
    throw broken(path, 'listFields are no lists of texts')
  }
  return { id, simpleFields, mapFields, listFields } as ZnRecord
}

export function broken(path: string, why: string): EvenkeelError {
  return new EvenkeelError('protocol', `${path} is not a record of Helix: ${why}`)
}

export function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Helix leaves fields without a value as null. */
function isText(value: unknown): boolean {
  return typeof value === 'string' || value === null
}
