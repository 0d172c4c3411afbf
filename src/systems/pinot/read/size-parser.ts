/** What a server tells of the segments of one table on its disk. */
import { EvenkeelError, messageOf } from '../../../lib/errors.ts'
import { isTable } from '../wire/znrecord.ts'

/** Segments in order, with line ends between their names. */
export interface PackedSizes {
  names: string
  bytes: Float64Array<ArrayBuffer>
}

/**
 * Sizes below 0 mean that the server does not know: they are left out.
 * @throws EvenkeelError `protocol` naming the URL.
 */
export function parseSizes(url: string, body: Uint8Array): PackedSizes {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString())
  } catch (error) {
    throw new EvenkeelError('protocol', `the answer of ${url} is not JSON: ${messageOf(error)}`)
  }
  const list = isTable(value) ? value['segments'] : undefined
  if (!Array.isArray(list)) throw new EvenkeelError('protocol', `the answer of ${url} has no segments`)
  const known = new Map<string, number>()
  for (const entry of list as unknown[]) {
    if (!isTable(entry)) continue
    const { segmentName, diskSizeInBytes } = entry
    if (typeof segmentName !== 'string' || segmentName.includes('\n')) continue
    if (typeof diskSizeInBytes === 'number' && diskSizeInBytes >= 0) known.set(segmentName, diskSizeInBytes)
  }
  const names = [...known.keys()].sort()
  return { names: names.join('\n'), bytes: Float64Array.from(names, (name) => known.get(name)!) }
}
