import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { takeLock } from '../../../src/execute/journal/lock.ts'
import { drainsOf } from '../../../src/execute/journal/wishes.ts'
import { drain, drained, header, lines, stateDirectory } from './support.ts'

const at = stateDirectory()
const script = fileURLToPath(new URL('holder.ts', import.meta.url))
const register = new URL('../../support/register-tsx.mjs', import.meta.url).href
const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

function start(...args: string[]) {
  mkdirSync(at.directory, { recursive: true })
  const child = spawn(process.execPath, ['--import', register, script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  return { child, said: once(child.stdout, 'data').then(([data]) => String(data)) }
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

const locks = () => readdirSync(at.directory).filter((name) => name.includes('lock'))

describe('a lock', () => {
  it('is held by one, who is named, until he lets it go', async () => {
    mkdirSync(at.directory, { recursive: true })
    const lock = await takeLock(at.directory, 'orders', Date.UTC(2026, 0, 1))
    await expect(takeLock(at.directory, 'orders', 0)).rejects.toMatchObject({
      code: 'state_unavailable',
      message: expect.stringMatching(
        /^another evenkeel has the state of orders in \/.* \(process \d+ on .+, since 2026-01-01T00:00:00.000Z\): a daemon takes it over when that one ends, anything else needs it stopped first$/,
      ),
    })
    ;(await takeLock(at.directory, 'clicks', 0)).release()
    expect(await lock.isLost()).toBe(false)
    lock.release()
    const next = await takeLock(at.directory, 'orders', 0)
    expect(await lock.isLost()).toBe(false)
    next.release()
  })

  it('leaves no more than two files behind, however often it is taken, and sweeps what tries have left', async () => {
    mkdirSync(at.directory, { recursive: true })
    writeFileSync(join(at.directory, 'orders.lock.new-12345678'), '')
    for (let round = 0; round < 12; round++) (await takeLock(at.directory, 'orders', 0)).release()
    expect(locks()).toEqual(['orders.lock.11', 'orders.lock.12'])
  })

  it('is taken in a directory of any length', async () => {
    const deep = join(at.directory, 'x'.repeat(200))
    mkdirSync(deep, { recursive: true })
    const name = 'n'.repeat(63)
    const lock = await takeLock(deep, name, 0)
    await expect(takeLock(deep, name, 0)).rejects.toMatchObject({ code: 'state_unavailable' })
    lock.release()
  })

  it('is lost when its file is deleted or another one is in its place', async () => {
    mkdirSync(at.directory, { recursive: true })
    const lock = await takeLock(at.directory, 'orders', 0)
    unlinkSync(lock.path)
    expect(await lock.isLost()).toBe(true)
    const other = await takeLock(at.directory, 'orders', 0)
    expect([other.path, await lock.isLost(), await other.isLost()]).toEqual([lock.path, true, false])
    lock.release()
    // Who has lost it takes nothing away from the other.
    await expect(takeLock(at.directory, 'orders', 0)).rejects.toMatchObject({ code: 'state_unavailable' })
    other.release()
  })

  it('takes a file that is no socket for a dead one', async () => {
    at.given('', 'orders.lock.1')
    const lock = await takeLock(at.directory, 'orders', 0)
    expect(lock.path).toBe(join(at.directory, 'orders.lock.2'))
    lock.release()
  })

  it('of another process holds, and ends when that is killed', async () => {
    const { child, said } = start('hold', at.directory)
    expect(await said).toBe('held\n')
    await expect(takeLock(at.directory, 'orders', 0)).rejects.toThrow(`(process ${child.pid} on `)
    child.kill('SIGSTOP')
    await expect(takeLock(at.directory, 'orders', 0)).rejects.toThrow('(it does not answer)')
    await kill(child)
    ;(await takeLock(at.directory, 'orders', 0)).release()
  })

  it('is never held by two in one process either, where each step of one may wait for all others', async () => {
    mkdirSync(at.directory, { recursive: true })
    let holders = 0
    let most = 0
    let held = 0
    const compete = async () => {
      for (let round = 0; round < 60; round++) {
        const lock = await takeLock(at.directory, 'orders', 0).catch(() => undefined)
        if (!lock) continue
        holders += 1
        held += 1
        most = Math.max(most, holders)
        await lock.isLost()
        holders -= 1
        lock.release()
      }
    }
    await Promise.all(Array.from({ length: 16 }, compete))
    expect([most, held > 20]).toEqual([1, true])
  })

  it('is never held by two, however many are after it at the same moment', async () => {
    const said = await Promise.all([1, 2, 3, 4].map(() => start('compete', at.directory, '2000').said))
    const counts = said.map((text) => JSON.parse(text) as { held: number; both: number; broken: string[] })
    expect(counts.map(({ both, broken }) => ({ both, broken }))).toEqual(counts.map(() => ({ both: 0, broken: [] })))
    // How many it are is a matter of how busy the machine is.
    expect(counts.reduce((sum, { held }) => sum + held, 0)).toBeGreaterThan(10)
    expect(counts.filter(({ held }) => held > 0).length).toBeGreaterThan(1)
  }, 60_000)
})

describe('a journal', () => {
  it('that another process has cannot be used, and is taken over with what is in it when that one is killed', async () => {
    const { child, said } = start('hold', at.directory)
    await said
    const journal = await at.open()
    expect(journal.problem()).toContain('another evenkeel has the state of orders')
    await expect(journal.write([drain(1)])).rejects.toMatchObject({ code: 'state_unavailable' })
    at.given(lines(header(), drained(7)))
    await at.clock.advance(60_000)
    expect([journal.problem() === undefined, drainsOf(journal)]).toEqual([false, []])
    await kill(child)
    await at.heal(journal)
    expect(drainsOf(journal)).toEqual([7])
    await journal.write([drain(8)])
    expect(await at.drainsLater()).toEqual([7, 8])
  })

  it('two at once: one has it, the other takes over and sees all', async () => {
    const both = await Promise.all([at.open(), at.open()])
    const has = both.find((journal) => journal.problem() === undefined)!
    const waits = both.find((journal) => journal !== has)!
    expect(waits.problem()).toContain('another evenkeel')
    await has.write([drain(1)])
    await has.close()
    await at.heal(waits)
    expect(drainsOf(waits)).toEqual([1])
  })

  it('notices at the next write that its lock was deleted; it goes on unless another has it by then', async () => {
    const journal = await at.open()
    await journal.write([drain(1)])
    unlinkSync(join(at.directory, 'orders.lock.1'))
    await expect(journal.write([drain(2)])).rejects.toThrow(/orders\.lock\.1 was deleted or replaced/)
    expect([journal.problem() === undefined, drainsOf(journal)]).toEqual([false, [1]])
    const other = await at.open()
    await other.write([drain(3)])
    await expect(journal.write([drain(2)])).rejects.toThrow('another evenkeel has the state of orders')
    await other.close()
    await at.heal(journal)
    expect(drainsOf(journal)).toEqual([1, 3])
    rmSync(at.directory, { recursive: true })
    await expect(journal.write([drain(2)])).rejects.toThrow('deleted')
    await at.heal(journal)
    expect(await at.drainsLater()).toEqual([1, 3])
  })
})
