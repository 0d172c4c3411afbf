import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { generate } from '../../bench/generate.ts'
import { readSnapshot, writeSnapshot } from '../../src/cli/snapshot-file.ts'
import { emptyMemory } from '../../src/cluster/memory.ts'
import { allWell } from '../cluster/support.ts'
import { file, inDirectory } from './support.ts'

const state = generate({ name: 'x', nodes: 6, added: 0, racks: 3, topics: 10, partitions: 2000, bytes: 1e12 })
const snapshot = { state, running: [], memory: emptyMemory, ...allWell }
const nowhere = process.stdout

test.each(['plain.ndjson', 'zipped.ndjson.gz'])('%s is read as it was written', async (name) => {
  await writeSnapshot(snapshot, inDirectory(name), nowhere)
  expect(await readSnapshot(inDirectory(name))).toEqual(snapshot)
})

test('a zipped one is smaller', async () => {
  await writeSnapshot(snapshot, inDirectory('a.ndjson'), nowhere)
  await writeSnapshot(snapshot, inDirectory('a.ndjson.gz'), nowhere)
  expect(readFileSync(inDirectory('a.ndjson.gz')).length).toBeLessThan(readFileSync(inDirectory('a.ndjson')).length / 3)
})

test('lines that end as on Windows are read', async () => {
  await writeSnapshot(snapshot, inDirectory('b.ndjson'), nowhere)
  const text = readFileSync(inDirectory('b.ndjson'), 'utf8').replaceAll('\n', '\r\n')
  expect(await readSnapshot(file('crlf.ndjson', text))).toEqual(snapshot)
})

const zipped = async () => {
  await writeSnapshot(snapshot, inDirectory('c.ndjson.gz'), nowhere)
  return readFileSync(inDirectory('c.ndjson.gz'))
}
test.each<[string, () => Promise<Uint8Array>, RegExp]>([
  ['cut.ndjson.gz', async () => (await zipped()).subarray(0, 5000), /unexpected end of file/],
  ['text.ndjson.gz', async () => Buffer.from('{"type":"cluster"}\n'), /incorrect header check/],
  ['bad.ndjson.gz', async () => gzipSync('{"type":"cluster","version":1}\n'), /snapshot line 1: name is missing/],
  ['empty.ndjson', async () => new Uint8Array(), /the snapshot has no cluster line/],
])('%s is one error with the name of the file', async (name, content, problem) => {
  const path = file(name, await content())
  const error = await readSnapshot(path).catch((e: unknown) => e)
  expect(error).toMatchObject({ code: 'bad_input', message: expect.stringMatching(problem) })
  expect((error as Error).message.startsWith(`${path}: `)).toBe(true)
})

test('a file that is not there is one error with its name', async () => {
  await expect(readSnapshot(inDirectory('none.ndjson'))).rejects.toMatchObject({
    code: 'bad_input',
    message: expect.stringContaining('none.ndjson'),
  })
})

test('a directory that is not there is an error, not a silence', async () => {
  await expect(writeSnapshot(snapshot, inDirectory('no/such/dir.ndjson'), nowhere)).rejects.toThrow('ENOENT')
})
