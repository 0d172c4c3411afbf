/** Disks that are really full or really read-only. */
import { readdirSync, rmSync, statfsSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest'
import type { Journal } from '../../../src/execute/journal/journal.ts'
import { openJournal } from '../../../src/execute/journal/journal-file.ts'
import { drainsOf } from '../../../src/execute/journal/wishes.ts'
import { VirtualClock } from '../../../src/lib/clock.ts'
import { freshDir, mountTmpfs, remount, sweep } from '../../clusters/sandbox.ts'
import { drain } from './support.ts'

let directory: string
let clock: VirtualClock
let unmount: () => Promise<void>
const journals: Journal[] = []

beforeEach(async () => {
  directory = await freshDir('journal')
  unmount = await mountTmpfs(directory, 1)
  clock = new VirtualClock()
})
afterEach(async () => {
  for (const journal of journals.splice(0)) await journal.close()
  await unmount()
})
afterAll(sweep)

async function open(): Promise<Journal> {
  for (const journal of journals.splice(0)) await journal.close()
  const journal = await openJournal({ directory, cluster: 'orders', clock })
  journals.push(journal)
  return journal
}
const heal = async (journal: Journal) => {
  while (journal.problem() !== undefined) await clock.advance(30_000)
}

const filler = () => join(directory, 'filler')
/** @param spare bytes that stay free. */
function fill(spare = 0): void {
  const { bavail, bsize } = statfsSync(directory)
  writeFileSync(filler(), Buffer.alloc(bavail * bsize - spare))
}
const noSpace = () =>
  `the state directory ${directory} cannot be used: no space is left (state.directory says where it is)`
const pauseOf = (bytes: number) =>
  ({ kind: 'pause', key: 'cluster', value: { by: 'operator', reason: 'x'.repeat(bytes), sinceMs: 0 } }) as const

it('a disk that is full changes nothing, and is written when there is room again', async () => {
  const journal = await open()
  await journal.write([drain(1)])
  fill()
  await expect(journal.write([drain(2), pauseOf(10_000)])).rejects.toMatchObject({
    code: 'state_unavailable',
    message: noSpace(),
  })
  expect([journal.problem(), drainsOf(journal)]).toEqual([noSpace(), [1]])
  await expect(journal.write([])).rejects.toThrow(noSpace())
  // Nothing of the tries takes the space that is missing.
  expect(readdirSync(directory).filter((name) => name.endsWith('.new'))).toEqual([])
  unlinkSync(filler())
  await heal(journal)
  expect(drainsOf(await open())).toEqual([1])
})

it('a write that is cut off half-way leaves nothing of it', async () => {
  const journal = await open()
  await journal.write([drain(1)])
  fill(8192)
  await expect(journal.write([drain(2), pauseOf(100_000)])).rejects.toMatchObject({ code: 'state_unavailable' })
  const { size } = statSync(join(directory, 'orders.journal.jsonl'))
  expect(size).toBeLessThan(1000)
  // A smaller one fits, all that holds written anew.
  await journal.write([drain(3)])
  expect(journal.problem()).toBeUndefined()
  expect(drainsOf(await open())).toEqual([1, 3])
})

it('a disk that is full from the start is taken up when there is room', async () => {
  fill()
  const journal = await open()
  expect(journal.problem()).toBe(noSpace())
  await expect(journal.write([drain(1)])).rejects.toMatchObject({ code: 'state_unavailable' })
  rmSync(filler())
  await journal.write([drain(1)])
  expect(drainsOf(await open())).toEqual([1])
})

it('a disk that becomes read-only, and one that is so from the start', async () => {
  const first = await open()
  await first.write([drain(1)])
  await remount(directory, 'ro')
  const problem = `the state directory ${directory} cannot be used: the file system is read-only (state.directory says where it is)`
  await expect(first.write([drain(2)])).rejects.toMatchObject({ code: 'state_unavailable', message: problem })
  expect([first.problem(), drainsOf(first)]).toEqual([problem, [1]])
  const journal = await open()
  expect(journal.problem()).toBe(problem)
  await remount(directory, 'rw')
  await heal(journal)
  expect(drainsOf(journal)).toEqual([1])
})
