import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Reader } from '../../../../src/systems/kafka/wire/reader.ts'
import { WireError } from '../../../../src/systems/kafka/wire/wire-error.ts'
import { Writer } from '../../../../src/systems/kafka/wire/writer.ts'
import { bytes } from './codec.ts'

const classic = (notation: string) => new Reader(bytes(notation), 'Test', 1, false)
const flexible = (notation: string) => new Reader(bytes(notation), 'Test', 1, true)

describe('Reader', () => {
  it('names api, version and place of what it could not read', () => {
    const reader = classic('00000001 0005 6162')
    reader.int32()
    const error = catching(() => reader.string())
    expect(error).toMatchObject({ code: 'protocol', api: 'Test', version: 1, offset: 6 })
    expect(error).toHaveProperty('message', 'Test v1: 5 bytes wanted, 2 left at byte 6')
  })

  it('reads the ends of every integer', () => {
    expect(classic('80').int8()).toBe(-128)
    expect(classic('7fff').int16()).toBe(32_767)
    expect(classic('80000000').int32()).toBe(-2_147_483_648)
    expect(classic('001fffffffffffff').int64()).toBe(Number.MAX_SAFE_INTEGER)
    expect(classic('ffe0000000000001').int64()).toBe(Number.MIN_SAFE_INTEGER)
    expect(classic('ffffffffffffffff').int64()).toBe(-1)
  })

  it('refuses an int64 that a number can not hold, but lets bytes end there', () => {
    expect(() => classic('0020000000000000').int64()).toThrow('int64 beyond 2^53 at byte 0')
    expect(() => classic('ffdfffffffffffff').int64()).toThrow(WireError)
    expect(classic('7fffffffffffffff').byteCount()).toBe(Number.MAX_SAFE_INTEGER)
    expect(classic('ffffffffffffffff').byteCount()).toBe(-1)
  })

  it('reads varints of one to five bytes and refuses longer ones', () => {
    expect(flexible('00').uvarint()).toBe(0)
    expect(flexible('7f').uvarint()).toBe(127)
    expect(flexible('8001').uvarint()).toBe(128)
    expect(flexible('ffffffff0f').uvarint()).toBe(4_294_967_295)
    expect(() => flexible('ffffffff10').uvarint()).toThrow('varint beyond 32 bits at byte 0')
    expect(() => flexible('808080808001').uvarint()).toThrow(WireError)
    expect(() => flexible('80').uvarint()).toThrow(WireError)
  })

  it('tells null from empty', () => {
    expect(classic('ffff').nullableString()).toBeNull()
    expect(classic('0000').nullableString()).toBe('')
    expect(flexible('00').nullableString()).toBeNull()
    expect(flexible('01').nullableString()).toBe('')
    expect(classic('ffffffff').nullableArray(() => 0)).toBeNull()
    expect(flexible('00').nullableArray(() => 0)).toBeNull()
    expect(flexible('01').nullableArray(() => 0)).toEqual([])
  })

  it('refuses null where there must be something', () => {
    expect(() => flexible('00').string()).toThrow('null where a string must be at byte 0')
    expect(() => flexible('00').array(() => 0)).toThrow('null where an array must be at byte 0')
    expect(() => flexible('00').int32s()).toThrow('null where an array must be at byte 0')
  })

  it('refuses lengths below -1', () => {
    expect(() => classic('fffe').nullableString()).toThrow('string of -2 bytes at byte 0')
    expect(() => classic('fffffffe').nullableArray(() => 0)).toThrow('array of -2 elements')
  })

  it('refuses an array that can not fit before reading any of it', () => {
    let read = 0
    expect(() => classic('7fffffff 00').array(() => read++)).toThrow(
      'array of 2147483647 elements in 1 bytes at byte 0',
    )
    expect(() => flexible('ffffffff0f 00').array(() => read++)).toThrow(WireError)
    expect(() => classic('00000002 00000001 000000').int32s()).toThrow('array of 2 elements in 7 bytes at byte 0')
    expect(read).toBe(0)
  })

  it('skips tagged fields by their plain size', () => {
    const reader = flexible('02 00 03 aabbcc 8101 00 2a')
    reader.tags()
    expect(reader.int8()).toBe(42)
    reader.end()
    expect(() => flexible('01 00 03 aabb').tags()).toThrow(WireError)
  })

  it('has no tagged fields in classic versions', () => {
    const reader = classic('')
    reader.tags()
    reader.end()
  })

  it('reads back whatever Writer wrote', () => {
    const text = fc.option(fc.string({ unit: 'grapheme', maxLength: 300 }))
    const anything = fc.record({
      int32: fc.integer(),
      int64: fc.maxSafeInteger(),
      uvarint: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
      text,
      texts: fc.option(fc.array(text, { maxLength: 200 })),
      numbers: fc.array(fc.integer(), { maxLength: 200 }),
      id: fc.option(fc.uint8Array({ minLength: 16, maxLength: 16 })),
      flexible: fc.boolean(),
    })
    fc.assert(
      fc.property(anything, ({ int32, int64, uvarint, text, texts, numbers, id, flexible }) => {
        const uuid = id?.some((byte) => byte > 0) ? Buffer.from(id).toString('base64url') : null
        const writer = new Writer(flexible)
        writer.int32(int32)
        writer.int64(int64)
        writer.uvarint(uvarint)
        writer.nullableString(text)
        writer.nullableArray(texts, (item) => writer.nullableString(item))
        writer.int32s(numbers)
        writer.uuid(uuid)
        writer.tags()
        const reader = new Reader(writer.bytes(), 'Test', 1, flexible)
        expect(reader.int32()).toBe(int32)
        expect(reader.int64()).toBe(int64)
        expect(reader.uvarint()).toBe(uvarint)
        expect(reader.nullableString()).toBe(text)
        expect(reader.nullableArray(() => reader.nullableString())).toEqual(texts)
        expect(reader.int32s()).toEqual(numbers)
        expect(reader.uuid()).toBe(uuid)
        reader.tags()
        reader.end()
      }),
    )
  })
})

function catching(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  return undefined
}
