import { gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { codeOf, messageOf } from '../../../src/lib/errors.ts'
import { type PackedPlacement, parsePlacement, segmentNames } from '../../../src/systems/pinot/read/placement-parser.ts'
import { segmentStates } from '../../../src/systems/pinot/reading.ts'

type MapFields = Record<string, Record<string, string>>

/** What came out, as a record has it. */
function mapFieldsOf(packed: PackedPlacement): MapFields {
  return Object.fromEntries(
    segmentNames(packed).map((name, segment) => [
      name,
      Object.fromEntries(
        Array.from({ length: packed.start[segment + 1]! - packed.start[segment]! }, (_, slot) => {
          const at = packed.start[segment]! + slot
          return [packed.servers[packed.server[at]!]!, segmentStates[packed.state[at]!]!]
        }),
      ),
    ]),
  )
}

const isOrdered = (names: string[]) => names.every((name, at) => at === 0 || names[at - 1]! < name)

const name = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1 }).filter((text) => !text.includes('\n') && text !== '__proto__'),
  fc.stringMatching(/^[a-z]{1,3}_\d{1,3}$/),
)
const replicas = fc.dictionary(name, fc.constantFrom(...segmentStates), { maxKeys: 5 })
const record = fc.record({
  id: fc.string(),
  simpleFields: fc.dictionary(name, fc.string(), { maxKeys: 4 }),
  mapFields: fc.dictionary(name, replicas, { maxKeys: 30 }),
  listFields: fc.dictionary(name, fc.array(fc.string()), { maxKeys: 3 }),
  further: fc.jsonValue(),
})

test('reads what JSON reads, packed or not, and in order', () => {
  fc.assert(
    fc.property(record, fc.boolean(), fc.constantFrom(undefined, 2, '\t\r\n '), (value, packs, spaces) => {
      const text = JSON.stringify(value, null, spaces)
      const expected = JSON.parse(text) as typeof value
      const packed = parsePlacement('/p', packs ? gzipSync(text) : Buffer.from(text))
      expect(mapFieldsOf(packed)).toEqual(expected.mapFields)
      expect(packed.simpleFields).toEqual(expected.simpleFields)
      expect(isOrdered(segmentNames(packed)) && isOrdered(packed.servers)).toBe(true)
      for (let segment = 0; segment < packed.segmentCount; segment += 1) {
        const servers = [...packed.server.subarray(packed.start[segment], packed.start[segment + 1])]
        expect(servers).toEqual([...new Set(servers)].toSorted((a, b) => a - b))
      }
    }),
    { numRuns: 120 },
  )
})

const sample = JSON.stringify({
  id: 't_OFFLINE',
  simpleFields: { REPLICAS: '2' },
  mapFields: { t_0: { a: 'ONLINE', b: 'OFFLINE' }, t_1: { a: 'ERROR' }, 't_2"': { 'a"b': 'CONSUMING' } },
  listFields: {},
})

describe('is refused, naming the path, and never read as less', () => {
  test('cut anywhere, packed or not', () => {
    fc.assert(
      fc.property(fc.nat(sample.length - 1), fc.boolean(), (length, packs) => {
        const whole = packs ? gzipSync(sample) : Buffer.from(sample)
        const cut = whole.subarray(0, Math.min(length, whole.length - 1))
        expect(() => parsePlacement('/c/IDEALSTATES/t', cut)).toThrow('/c/IDEALSTATES/t is not a record of Helix')
      }),
    )
  })

  test('with any byte changed it is as JSON has it, or refused', () => {
    fc.assert(
      fc.property(fc.nat(sample.length - 1), fc.nat(255), (at, byte) => {
        const bytes = Buffer.from(sample)
        bytes[at] = byte
        let packed: PackedPlacement
        try {
          packed = parsePlacement('/p', bytes)
        } catch (error) {
          expect([codeOf(error), messageOf(error)]).toEqual(['protocol', expect.stringContaining('/p ')])
          return
        }
        expect(mapFieldsOf(packed)).toEqual((JSON.parse(bytes.toString()) as { mapFields: MapFields }).mapFields)
      }),
      { numRuns: 600 },
    )
  })

  test.each([
    ['nothing', ''],
    ['no record', '[]'],
    ['no placement', '{"id":"t","simpleFields":{}}'],
    ['null for a placement', '{"mapFields":null}'],
    ['two placements', '{"mapFields":{},"mapFields":{}}'],
    ['something after it', '{"mapFields":{}}x'],
    ['a state that is not known', '{"mapFields":{"s":{"a":"GONE"}}}'],
    ['a segment twice', '{"mapFields":{"s":{},"s":{}}}'],
    ['a server twice', '{"mapFields":{"s":{"a":"ONLINE","a":"ERROR"}}}'],
    ['a state that is no text', '{"mapFields":{"s":{"a":null}}}'],
    ['a comma too many', '{"mapFields":{"s":{"a":"ONLINE",}}}'],
    ['a line end in a name', '{"mapFields":{"s\\n":{}}}'],
  ])('%s', (_, text) => {
    expect(() => parsePlacement('/p', Buffer.from(text))).toThrow(/^\/p is not a record of Helix: /)
  })
})
