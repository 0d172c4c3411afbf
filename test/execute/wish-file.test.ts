import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Wishes, WishStore } from '../../src/cluster/wishes.ts'
import { openWishFile } from '../../src/execute/wish-file.ts'
import { VirtualClock } from '../../src/lib/clock.ts'

let root: string
let directory: string
let file: string
let clock: VirtualClock
const stores: WishStore[] = []

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'evenkeel-wishes-'))
  directory = join(root, 'lib', 'evenkeel')
  file = join(directory, 'orders.wishes.jsonl')
  clock = new VirtualClock()
})
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close()
  rmSync(root, { recursive: true, force: true })
})

async function open(cluster = 'orders'): Promise<WishStore> {
  const store = await openWishFile({ directory, cluster, clock })
  stores.push(store)
  return store
}

const noon = Date.UTC(2026, 0, 1, 12)
const wanted: Wishes = {
  drains: [4, 'Server_5'],
  pause: { by: 'operator', reason: 'disks are "swapped"\n', sinceMs: noon, untilMs: noon + 1_800_000 },
}
const record = (more: object = {}) =>
  JSON.stringify({
    type: 'wishes',
    version: 1,
    cluster: 'orders',
    at: '2026-01-01T12:00:00.000Z',
    drains: [7],
    ...more,
  })

/** What the file holds, after a place for it was made. */
function given(content: string): void {
  mkdirSync(directory, { recursive: true })
  writeFileSync(file, content)
}

describe('wishes', () => {
  it('begin with none, in a directory made for us alone', async () => {
    const store = await open()
    expect([store.read(), store.problem()]).toEqual([{ drains: [] }, undefined])
    expect([statSync(directory).mode & 0o777, statSync(file).mode & 0o777]).toEqual([0o700, 0o600])
  })

  it('are there again after they were written, each with its ids, times and words', async () => {
    const before = await open()
    await before.write(wanted)
    expect(before.read()).toEqual(wanted)
    await before.close()
    const after = await open()
    expect(after.read()).toEqual(wanted)
    await after.write({ drains: [], pause: { by: 'circuit_breaker', reason: 'x', sinceMs: noon } })
    expect((await open()).read()).toEqual({
      drains: [],
      pause: { by: 'circuit_breaker', reason: 'x', sinceMs: noon },
    })
  })

  it('are kept as one readable record a change', async () => {
    const store = await open()
    await store.write({ drains: [4] })
    await clock.advance(1000)
    await store.write(wanted)
    expect(readFileSync(file, 'utf8')).toBe(
      `{"type":"wishes","version":1,"cluster":"orders","at":"2026-01-01T00:00:00.000Z","drains":[4]}
{"type":"wishes","version":1,"cluster":"orders","at":"2026-01-01T00:00:01.000Z","drains":[4,"Server_5"],"pause":{"by":"operator","reason":"disks are \\"swapped\\"\\n","since":"2026-01-01T12:00:00.000Z","until":"2026-01-01T12:30:00.000Z"}}
`,
    )
  })

  it('of several clusters share a directory', async () => {
    const [orders, clicks] = [await open(), await open('clicks')]
    await Promise.all([orders.write({ drains: [1] }), clicks.write({ drains: [2] })])
    expect([(await open()).read().drains, (await open('clicks')).read().drains]).toEqual([[1], [2]])
  })

  it('written at once come one after the other, the last one holds', async () => {
    const store = await open()
    await Promise.all([1, 2, 3, 4, 5].map((node) => store.write({ drains: [node] })))
    expect(readFileSync(file, 'utf8').match(/"drains":\[\d\]/g)).toEqual(
      [1, 2, 3, 4, 5].map((node) => `"drains":[${node}]`),
    )
    expect((await open()).read()).toEqual({ drains: [5] })
  })

  it('are made anew in one record when the file has grown', async () => {
    const store = await open()
    const reason = 'x'.repeat(10_000)
    for (let round = 0; round < 15; round++) {
      await store.write({ drains: [round], pause: { by: 'operator', reason, sinceMs: noon } })
      expect(statSync(file).size).toBeLessThanOrEqual(64 * 1024)
    }
    expect(readdirSync(directory)).toEqual(['orders.wishes.jsonl'])
    expect((await open()).read().drains).toEqual([14])
  })

  it('take fields that a later version added', async () => {
    given(`${record({ by: 'somebody' })}\n`)
    expect((await open()).read()).toEqual({ drains: [7] })
  })

  it('go on in a file and a directory that somebody took away', async () => {
    const store = await open()
    await store.write({ drains: [1] })
    unlinkSync(file)
    await store.write({ drains: [2] })
    expect((await open()).read()).toEqual({ drains: [2] })
    rmSync(directory, { recursive: true })
    await store.write({ drains: [3] })
    expect((await open()).read()).toEqual({ drains: [3] })
  })
})

describe('a torn last line', () => {
  const whole = record()
  it.each([1, 5, whole.length - 1].map((length) => [length, whole.slice(0, length)] as const))(
    'of %i characters never held',
    async (_, torn) => {
      given(`${whole}\n${torn}`)
      const store = await open()
      expect([store.read(), store.problem()]).toEqual([{ drains: [7] }, undefined])
      expect(readFileSync(file, 'utf8')).toBe(`${whole}\n${torn}`)
      await store.write({ drains: [8] })
      expect(readFileSync(file, 'utf8')).toMatch(/^\{.*"drains":\[8\]\}\n$/)
    },
  )

  it('that lacks no more than its end holds', async () => {
    given(`${record()}\n${record({ drains: [9] })}`)
    const store = await open()
    expect(store.read()).toEqual({ drains: [9] })
    await store.write({ drains: [10] })
    expect((await open()).read()).toEqual({ drains: [10] })
  })

  it('of zeros, as a power cut leaves it, never held', async () => {
    given(`${record()}\n\0\0\0\0\0\0`)
    expect((await open()).read()).toEqual({ drains: [7] })
  })
})

describe('a file that is wrong', () => {
  it.each<[what: string, content: string, problem: string]>([
    ['garbage in the middle', `${record()}\nx\n${record()}\n`, ':2: the line is not JSON'],
    ['an empty line', `${record()}\n\n${record()}\n`, ':2: the line is not JSON'],
    ['a later version', `${record()}\n${record({ version: 2 })}\n`, ':2: the line has version 2, this evenkeel knows'],
    ['a later version without its end', record({ version: 2 }), ':1: the line has version 2'],
    ['another file', '{"type":"node"}\n', ':1: the line is not a record of wishes'],
    ['another cluster', `${record({ cluster: 'clicks' })}\n`, ':1: the line belongs to the cluster "clicks"'],
    ['drains that are none', `${record({ drains: [1.5] })}\n`, ':1: the line drains is not a list of node ids'],
    ['a pause by nobody', `${record({ pause: { reason: 'x' } })}\n`, ':1: the line pause is not one'],
    [
      'a pause until never',
      `${record({ pause: { by: 'operator', reason: 'x', since: '2026-01-01T12:00:00Z', until: 'never' } })}\n`,
      ':1: the line pause is not one',
    ],
  ])('%s: says where, holds nothing, and is left as it is', async (_, content, problem) => {
    given(content)
    const store = await open()
    expect(store.problem()).toContain(`${file}${problem}`)
    expect(store.read()).toEqual({ drains: [] })
    await expect(store.write(wanted)).rejects.toMatchObject({
      code: 'state_unavailable',
      message: expect.stringContaining(`${file}${problem}`),
    })
    expect(readFileSync(file, 'utf8')).toBe(content)
  })

  it('is read again by itself once somebody mended it', async () => {
    given('x\n')
    const store = await open()
    given(`${record()}\n`)
    await heal(store)
    expect(store.read()).toEqual({ drains: [7] })
    await store.write({ drains: [8] })
    expect((await open()).read()).toEqual({ drains: [8] })
  })
})

/** Time passes until it has tried again and nothing is wrong any more; real input and output takes turns of its own. */
async function heal(store: WishStore): Promise<void> {
  while (store.problem() !== undefined) await clock.advance(30_000)
}

describe('a directory that cannot be used', () => {
  it('is one sentence, and is tried again at each write', async () => {
    // Root may write anywhere; nobody may write into what is not a directory.
    writeFileSync(join(root, 'lib'), '')
    const store = await open()
    const problem = `the state directory ${directory} cannot be used: a part of its path is not a directory (state.directory says where it is)`
    expect([store.problem(), store.read()]).toEqual([problem, { drains: [] }])
    await expect(store.write(wanted)).rejects.toMatchObject({ code: 'state_unavailable', message: problem })
    expect(store.read()).toEqual({ drains: [] })
    unlinkSync(join(root, 'lib'))
    await store.write(wanted)
    expect([store.problem(), store.read()]).toEqual([undefined, wanted])
    expect((await open()).read()).toEqual(wanted)
  })

  it('is taken up by itself when it comes', async () => {
    writeFileSync(join(root, 'lib'), '')
    const store = await open()
    unlinkSync(join(root, 'lib'))
    given(`${record()}\n`)
    await heal(store)
    expect(store.read()).toEqual({ drains: [7] })
  })

  it('that comes late with wishes in it does not have them replaced unseen', async () => {
    writeFileSync(join(root, 'lib'), '')
    const store = await open()
    unlinkSync(join(root, 'lib'))
    given(`${record()}\n`)
    await expect(store.write(wanted)).rejects.toThrow('was read only now: see what holds and ask again')
    expect([store.problem(), store.read()]).toEqual([undefined, { drains: [7] }])
    await store.write(wanted)
    expect(store.read()).toEqual(wanted)
  })

  it('that is lost while in use changes nothing, and is written when it is back', async () => {
    const store = await open()
    await store.write({ drains: [1] })
    rmSync(join(root, 'lib'), { recursive: true })
    writeFileSync(join(root, 'lib'), '')
    await expect(store.write({ drains: [2] })).rejects.toMatchObject({ code: 'state_unavailable' })
    expect(store.read()).toEqual({ drains: [1] })
    unlinkSync(join(root, 'lib'))
    await heal(store)
    expect((await open()).read()).toEqual({ drains: [1] })
  })

  it('has a directory where the file should be: one sentence as well', async () => {
    mkdirSync(file, { recursive: true })
    expect((await open()).problem()).toContain('a file in it is a directory')
  })

  it('does not keep the process: closing ends the tries', async () => {
    writeFileSync(join(root, 'lib'), '')
    const store = await open()
    await store.close()
    unlinkSync(join(root, 'lib'))
    await clock.advance(120_000)
    expect(store.problem()).toBeDefined()
  })
})

it('leaves what others append whole', async () => {
  const store = await open()
  await store.write({ drains: [1] })
  appendFileSync(file, `${record()}\n`)
  expect((await open()).read()).toEqual({ drains: [7] })
})
