import { afterEach, describe, expect, test } from 'vitest'
import { codeOf, messageOf } from '../../../src/lib/errors.ts'
import { Decoder } from '../../../src/systems/pinot/read/decoder.ts'
import { parsePlacement } from '../../../src/systems/pinot/read/placement-parser.ts'
import { parseSizes } from '../../../src/systems/pinot/read/size-parser.ts'

const { signal } = new AbortController()
let decoder = new Decoder()
afterEach(async () => {
  await decoder.close()
  decoder = new Decoder()
})

/** Too large to be decoded on the spot. */
const placement = JSON.stringify({
  simpleFields: { REPLICAS: '2' },
  mapFields: Object.fromEntries(
    Array.from({ length: 1000 }, (_, n) => [
      `segment_${String(n).padStart(5, '0')}`,
      { [`s${n % 7}`]: 'ONLINE', [`s${7 + (n % 3)}`]: 'ERROR' },
    ]),
  ),
})
const sizes = JSON.stringify({
  segments: Array.from({ length: 1000 }, (_, n) => ({ segmentName: `s${999 - n}`, diskSizeInBytes: n - 1 })),
})

test('what comes from the thread is what would come without it', async () => {
  const bytes = Buffer.from(placement)
  const [plain, ofSizes] = await Promise.all([
    decoder.placement('/p', bytes, signal),
    decoder.sizes('http://s', Buffer.from(sizes), signal),
  ])
  expect(plain).toEqual(parsePlacement('/p', Buffer.from(placement)))
  expect(ofSizes).toEqual(parseSizes('http://s', Buffer.from(sizes)))
  // One size of -1 is none.
  expect([plain.segmentCount, ofSizes.bytes.length]).toEqual([1000, 999])
})

describe('errors of the thread', () => {
  test('have their code, and the next question is answered', async () => {
    const torn = decoder.placement('/c/IDEALSTATES/t', Buffer.from(placement.slice(0, -1)), signal)
    const good = decoder.placement('/p', Buffer.from(placement), signal)
    const error = await torn.catch((thrown: unknown) => thrown)
    expect([codeOf(error), messageOf(error)]).toEqual([
      'protocol',
      `/c/IDEALSTATES/t is not a record of Helix: it ends after ${placement.length - 1} bytes`,
    ])
    expect((await good).segmentCount).toBe(1000)
  })

  test('one that was given up leaves no answer behind for the next', async () => {
    const caller = new AbortController()
    const given = decoder.placement('/p', Buffer.from(placement), caller.signal)
    const next = decoder.sizes('http://s', Buffer.from(sizes), signal)
    caller.abort()
    expect(codeOf(await given.catch((thrown: unknown) => thrown))).toBe('aborted')
    expect((await next).bytes.length).toBe(999)
  })
})

test('bytes of a larger buffer stay whole', async () => {
  const whole = Buffer.from(`xx${placement}xx`)
  const part = whole.subarray(2, -2)
  await decoder.placement('/p', part, signal)
  expect(part.toString()).toBe(placement)
})
