import { gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { codeOf, messageOf } from '../../../src/lib/errors.ts'
import { parseRecord, type ZnRecord } from '../../../src/systems/pinot/wire/znrecord.ts'

const name = fc.string().filter((text) => text !== '__proto__')
const record: fc.Arbitrary<ZnRecord> = fc.record({
  id: fc.string(),
  simpleFields: fc.dictionary(name, fc.string()),
  mapFields: fc.dictionary(name, fc.dictionary(name, fc.string())),
  listFields: fc.dictionary(name, fc.array(fc.string())),
})

test('plain or packed, and whatever else is in it', () => {
  fc.assert(
    fc.property(record, fc.boolean(), fc.jsonValue(), (value, packs, further) => {
      const text = JSON.stringify({ ...value, further })
      expect(parseRecord('/p', packs ? gzipSync(text) : Buffer.from(text))).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})

describe('what cannot be read is an error that names the path', () => {
  const text = '{"id":"t","simpleFields":{"a":"b"}}'
  test.each([
    ['empty', Buffer.alloc(0)],
    ['torn', Buffer.from(text.slice(0, -2))],
    ['torn and packed', gzipSync(text).subarray(0, 30)],
    ['only the mark of a packed one', Buffer.from([0x1f, 0x8b])],
    ['packed, with a byte changed', changed(gzipSync(text.repeat(20)), 25)],
    ['packed garbage', gzipSync('garbage')],
    ['a list', Buffer.from('[]')],
    ['null', Buffer.from('null')],
    ['numbers for texts', Buffer.from('{"simpleFields":{"a":1}}')],
    ['texts for maps', Buffer.from('{"mapFields":{"a":"b"}}')],
    ['texts for lists', Buffer.from('{"listFields":{"a":"b"}}')],
  ])('%s', (_, data) => {
    let error: unknown
    try {
      parseRecord('/c/IDEALSTATES/t', data)
    } catch (thrown) {
      error = thrown
    }
    expect([codeOf(error), messageOf(error)]).toEqual([
      'protocol',
      expect.stringMatching(/^\/c\/IDEALSTATES\/t is not a record of Helix: /),
    ])
  })
})

function changed(bytes: Buffer, at: number): Buffer {
  bytes[at]! ^= 0xff
  return bytes
}
