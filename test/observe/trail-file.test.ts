/** The audit trail on disks that are there, full, read-only, or taken away. */
import { execFileSync, spawn } from 'node:child_process'
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { settle, VirtualClock } from '../../src/lib/clock.ts'
import type { AuditPage, AuditRecord } from '../../src/observe/audit/record.ts'
import { TrailFile, type TrailOptions } from '../../src/observe/audit/trail-file.ts'
import { readPage } from '../../src/observe/audit/trail-reader.ts'
import { freshDir, mountTmpfs, pin, remount, sweep } from '../clusters/sandbox.ts'
import { noon } from './support.ts'

const DAY = 86_400_000
let directory: string
let file: string
let clock: VirtualClock
let failed: number
let troubles: (string | undefined)[]
const open: TrailFile[] = []

beforeEach(async () => {
  directory = await freshDir('audit')
  file = join(directory, 'audit.jsonl')
  clock = new VirtualClock(noon)
  failed = 0
  troubles = []
})
afterEach(async () => {
  for (const trail of open.splice(0)) await trail.close(5000)
  rmSync(directory, { recursive: true, force: true })
})
afterAll(sweep)

function trailOf(more: Partial<TrailOptions> = {}): TrailFile {
  const trail = new TrailFile({
    file,
    keepMs: 90 * DAY,
    clock,
    onFailed: (count) => {
      failed += count
    },
    onTrouble: (text) => troubles.push(text),
    ...more,
  })
  open.push(trail)
  return trail
}

/** What the disk does takes turns of its own. */
async function until(what: () => boolean): Promise<void> {
  while (!what()) await settle()
}

/** The same where it also waits for the next try; little by little, since a slow disk must not see another day. */
async function timePasses(what: () => boolean): Promise<void> {
  while (!what()) await clock.advance(20)
}

const put = (trail: TrailFile, why: string, cluster = 'a') =>
  trail.append({
    atMs: clock.now(),
    actor: 'evenkeel',
    source: 'evenkeel',
    cluster,
    action: 'paused',
    object: 'cluster',
    why,
  })
/** None where it is not there, which it need not be between two looks. */
function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').slice(0, -1)
  } catch {
    return []
  }
}
const parsed = (path: string) => linesOf(path).map((line) => JSON.parse(line) as AuditRecord)
const files = () => readdirSync(directory).sort()
const whys = ({ records }: AuditPage) => records.map(({ why }) => why)

/** From the newest record to the oldest, page by page. */
async function all(last: number, query: { cluster?: string; before?: string } = {}, lookBytes?: number) {
  const found: (string | undefined)[] = []
  for (let before = query.before, pages = 1; ; pages += 1) {
    const page = await readPage(file, { ...query, last, ...(before !== undefined && { before }) }, lookBytes)
    found.push(...whys(page))
    if (page.next === undefined) return { found, pages }
    before = page.next
  }
}

it('is lines that others cannot read, in their order', async () => {
  const trail = trailOf()
  put(trail, 'one')
  put(trail, 'two\nlines')
  await trail.close(5000)
  expect(parsed(file).map(({ id, time, why }) => [id, time, why])).toEqual([
    ['20260101T120000000-000000', '2026-01-01T12:00:00.000Z', 'one'],
    ['20260101T120000000-000001', '2026-01-01T12:00:00.000Z', 'two\nlines'],
  ])
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect([failed, troubles]).toEqual([0, []])
})

it('ten thousand records are rotated by size, and read page by page without a gap', async () => {
  const trail = trailOf({ fileBytes: 100_000 })
  for (let count = 0; count < 10_000; count += 1) {
    put(trail, String(count), count % 100 === 7 ? 'rare' : 'a')
    if (count % 500 === 499) await clock.advance(1)
  }
  await trail.close(60_000)
  expect(failed).toBe(0)
  expect(files().length).toBeGreaterThanOrEqual(10)
  for (const name of files()) {
    const path = join(directory, name)
    expect(statSync(path).size).toBeLessThan(200_000)
    // The name says the last record in it.
    if (name !== 'audit.jsonl') expect(name).toBe(`audit.jsonl.${parsed(path).at(-1)!.id}`)
  }
  const expected = Array.from({ length: 10_000 }, (_, index) => String(9999 - index))
  expect((await all(500)).found).toEqual(expected)
  expect((await all(333)).found).toEqual(expected)
  const rare = expected.filter((why) => Number(why) % 100 === 7)
  expect((await all(30, { cluster: 'rare' })).found).toEqual(rare)
  // One look goes only so far; the next goes on.
  const short = await all(500, { cluster: 'rare' }, 150_000)
  expect(short.found).toEqual(rare)
  expect(short.pages).toBeGreaterThan(5)
}, 60_000)

it('two who write to one file and fill it at once take nothing from each other', async () => {
  const trails = [trailOf({ fileBytes: 5000 }), trailOf({ fileBytes: 5000 })]
  for (let count = 0; count < 200; count += 1) {
    for (const [index, trail] of trails.entries()) put(trail, `${index} ${count}`)
    const written = () => files().flatMap((name) => linesOf(join(directory, name))).length
    await until(() => written() === 2 * (count + 1) || troubles.length > 0)
  }
  expect([failed, troubles]).toEqual([0, []])
  expect(files().length).toBeGreaterThan(5)
  const whys = files().flatMap((name) => parsed(join(directory, name)).map(({ why }) => why))
  expect(new Set(whys).size).toBe(400)
})

it('a time is as good as an id', async () => {
  const trail = trailOf()
  for (const why of ['one', 'two', 'three']) {
    put(trail, why)
    await until(() => linesOf(file).at(-1)?.includes(why) ?? false)
    await clock.advance(60_000)
  }
  expect((await all(9, { before: '20260101T1201' })).found).toEqual(['one'])
  expect((await all(9, { before: '20260101T1202' })).found).toEqual(['two', 'one'])
  expect((await all(9, { before: '20260102' })).found).toEqual(['three', 'two', 'one'])
})

it('a new day begins a new file, and what is older than is kept is removed', async () => {
  const trail = trailOf({ keepMs: 2 * DAY })
  writeFileSync(join(directory, 'audit.jsonl.1'), 'of somebody else')
  for (let day = 0; day < 5; day += 1) {
    put(trail, `day ${day}`)
    await until(() => linesOf(file).at(-1)?.includes(`day ${day}`) ?? false)
    await clock.advance(DAY)
  }
  expect((await all(1)).found).toEqual(['day 4', 'day 3', 'day 2'])
  expect(files()).toContain('audit.jsonl.1')
  trail.keep(DAY)
  put(trail, 'day 5')
  await until(() => linesOf(file).at(-1)?.includes('day 5') ?? false)
  expect((await all(9)).found).toEqual(['day 5', 'day 4'])
})

it('goes on after a restart, also where a line was torn and the clock went back', async () => {
  const before = trailOf()
  put(before, 'one')
  await before.close(5000)
  appendFileSync(file, '{"id":"2026')
  clock = new VirtualClock(noon - 3_600_000)
  const after = trailOf()
  put(after, 'two')
  await after.close(5000)
  expect(linesOf(file)).toHaveLength(3)
  expect((await all(1)).found).toEqual(['two', 'one'])
})

describe('a file that others touch', () => {
  it.each<[string, () => void]>([
    ['moved away', () => renameSync(file, `${file}.old`)],
    ['removed', () => unlinkSync(file)],
    ['removed with its directory', () => rmSync(directory, { recursive: true })],
    [
      'replaced',
      () => {
        writeFileSync(`${file}.new`, '')
        renameSync(`${file}.new`, file)
      },
    ],
  ])('that was %s is begun anew', async (_, touch) => {
    const trail = trailOf()
    put(trail, 'one')
    await until(() => linesOf(file).length === 1)
    touch()
    put(trail, 'two')
    await until(() => linesOf(file).length === 1)
    expect(parsed(file).map(({ why }) => why)).toEqual(['two'])
    expect([failed, troubles]).toEqual([0, []])
  })

  it('that was cut short is gone on with', async () => {
    const trail = trailOf()
    put(trail, 'one')
    await until(() => linesOf(file).length === 1)
    writeFileSync(file, '')
    put(trail, 'two')
    await trail.close(5000)
    expect(parsed(file).map(({ why }) => why)).toEqual(['two'])
  })
})

describe('what is none of ours', () => {
  it('a pipe in place of the file is no record, and nobody waits for who writes into it', async () => {
    execFileSync('mkfifo', [file])
    expect(await readPage(file, { last: 9 })).toEqual({ records: [] })
  })

  it('a line longer than any of ours hides nothing that stands before it', async () => {
    const trail = trailOf()
    put(trail, 'one')
    await trail.close(5000)
    appendFileSync(file, `${'x'.repeat(3 * 2 ** 20)}\n`)
    const after = trailOf()
    put(after, 'two')
    await after.close(5000)
    expect((await all(9)).found).toEqual(['two', 'one'])
  })

  it('an id that is greater than all of ours does not become the begin of ours', async () => {
    appendFileSync(file, '{"id":"zzz","time":"","action":"paused","object":"cluster"}\n')
    const trail = trailOf()
    put(trail, 'one')
    await trail.close(5000)
    expect((await all(9)).found).toEqual(['one'])
    expect(parsed(file).map(({ id }) => id)).toEqual(['zzz', '20260101T120000000-000000'])
  })

  it('a directory with the name of a filled file is passed over', async () => {
    mkdirSync(`${file}.20200101T000000000-000000`)
    const trail = trailOf({ keepMs: DAY })
    put(trail, 'one')
    await trail.close(5000)
    expect([(await all(9)).found, failed, troubles]).toEqual([['one'], 0, []])
  })
})

describe('what cannot be written', () => {
  it.each<[string, () => void, string]>([
    ['a directory', () => mkdirSync(file), 'it is a directory'],
    ['a pipe', () => execFileSync('mkfifo', [file]), 'it is no regular file'],
    [
      'below a file',
      () => {
        rmSync(directory, { recursive: true })
        writeFileSync(directory, '')
      },
      'its directory is a file',
    ],
  ])('because it is %s is told once, counted once, and written when it can be', async (_, spoil, why) => {
    spoil()
    const trail = trailOf()
    put(trail, 'one')
    await until(() => troubles.length > 0)
    expect(troubles).toEqual([`the audit trail ${file} cannot be written: ${why} (audit.file says where it is)`])
    put(trail, 'two')
    await timePasses(() => failed === 2)
    expect([failed, troubles.length]).toEqual([2, 1])
    rmSync(why === 'its directory is a file' ? directory : file, { recursive: true })
    await timePasses(() => troubles.length === 2)
    expect(troubles.at(-1)).toBeUndefined()
    await trail.close(5000)
    expect([parsed(file).map((record) => record.why), failed]).toEqual([['one', 'two'], 2])
  })

  it('is kept as far as there is room, and the gap is told', async () => {
    mkdirSync(file)
    const trail = trailOf({ waiting: 3 })
    for (const why of ['one', 'two', 'three', 'four', 'five']) put(trail, why)
    await until(() => troubles.length > 0)
    rmSync(file, { recursive: true })
    await timePasses(() => troubles.length === 2)
    await trail.close(5000)
    expect(parsed(file).map(({ why, action, count }) => why ?? `${action} ${count}`)).toEqual([
      'one',
      'two',
      'three',
      'records_lost 2',
    ])
    expect(failed).toBe(5)
  })

  it('holds up nobody who ends', async () => {
    mkdirSync(file)
    const trail = trailOf()
    put(trail, 'one')
    await until(() => troubles.length > 0)
    await trail.close(60_000)
    expect(failed).toBe(1)
  })

  it('on a disk that is full, or read-only, is written whole when there is room again', async () => {
    const unmount = await mountTmpfs(directory, 1)
    try {
      const trail = trailOf()
      put(trail, 'one')
      await until(() => linesOf(file).length === 1)
      const filler = join(directory, 'filler')
      const { bavail, bsize } = statfsSync(directory)
      writeFileSync(filler, Buffer.alloc(bavail * bsize))
      put(trail, 'x'.repeat(100_000))
      await until(() => troubles.length === 1)
      expect(troubles[0]).toContain('no space is left')
      // Nothing of the try stays behind.
      expect(linesOf(file)).toHaveLength(1)
      unlinkSync(filler)
      await timePasses(() => troubles.length === 2)
      await trail.close(5000)
      await remount(directory, 'ro')
      const next = trailOf()
      put(next, 'three')
      await until(() => troubles.length === 3)
      expect(troubles[2]).toContain('read-only')
      await remount(directory, 'rw')
      await timePasses(() => troubles.length === 4)
      await next.close(5000)
      expect(parsed(file).map(({ why }) => why?.length)).toEqual([3, 100_000, 5])
      expect(failed).toBe(2)
    } finally {
      await unmount()
    }
  })
})

it('a file that is too old and cannot be removed keeps nothing from being written', async () => {
  const old = `${file}.20200101T000000000-000000`
  writeFileSync(old, '')
  const unpin = await pin(old)
  try {
    const trail = trailOf({ keepMs: DAY })
    put(trail, 'one')
    await trail.close(5000)
    expect(parsed(file).map(({ why }) => why)).toEqual(['one'])
    expect(troubles).toEqual([expect.stringContaining(`${old}, older than audit.keep, cannot be removed: EBUSY`)])
    expect(failed).toBe(0)
  } finally {
    await unpin()
  }
})

it('of a process that is killed whole lines are left, and at most one that is torn; the next one goes on', async () => {
  const hook = fileURLToPath(new URL('../support/register-tsx.mjs', import.meta.url))
  const script = fileURLToPath(new URL('audit-appender.ts', import.meta.url))
  for (let round = 0; round < 3; round += 1) {
    const child = spawn(process.execPath, ['--import', hook, script, file], { stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    await new Promise<void>((resolve) => {
      child.stdout.on('data', (chunk: Buffer) => {
        said += chunk.toString()
        if (said.split('\n').length > 40 * (round + 1)) resolve()
      })
    })
    const ended = new Promise((resolve) => child.on('close', resolve))
    child.kill('SIGKILL')
    await ended
  }
  const texts = files().map((name) => readFileSync(join(directory, name), 'utf8'))
  const lines = texts.flatMap((text) => text.split('\n')).filter((line) => line !== '')
  const broken = lines.filter((line) => {
    try {
      JSON.parse(line)
      return false
    } catch {
      return true
    }
  })
  expect(lines.length).toBeGreaterThan(1000)
  expect(broken.length).toBeLessThanOrEqual(3)
  const ids = lines.filter((line) => !broken.includes(line)).map((line) => (JSON.parse(line) as AuditRecord).id)
  expect(new Set(ids).size).toBe(ids.length)
  expect((await all(500)).found).toHaveLength(ids.length)
}, 60_000)
