/** A loop whose journal is a real file that cannot be used, or holds what somebody wrote before. */

import { statfsSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PartitionMove } from '../../src/cluster/move.ts'
import type { Journal } from '../../src/execute/journal/journal.ts'
import { openJournal } from '../../src/execute/journal/journal-file.ts'
import { takeLock } from '../../src/execute/journal/lock.ts'
import { drainsOf } from '../../src/execute/journal/wishes.ts'
import { VirtualClock } from '../../src/lib/clock.ts'
import { freshDir, mountTmpfs, remount, sweep } from '../clusters/sandbox.ts'
import { drained, header, lines } from '../execute/journal/support.ts'
import { fillable, SECOND, startLoop } from './support.ts'

let directory: string
let unmount: () => Promise<void>
const ends: (() => Promise<void>)[] = []

beforeEach(async () => {
  directory = join(await freshDir('loop'), 'disk')
  unmount = await mountTmpfs(directory, 1)
})
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
  await unmount()
})
afterAll(sweep)

const put = (content: string, name = 'x.journal.jsonl') => writeFileSync(join(directory, name), content)
const mine = (more: object = {}) => header({ cluster: 'x', ...more })

async function start() {
  const clock = new VirtualClock()
  const journal: Journal = await openJournal({ directory, cluster: 'x', clock })
  const loop = startLoop({
    simulator: fillable,
    balance: { nodeAddHoldMs: 0 },
    clock,
    journal,
    between: (simulator) => ({
      ...simulator,
      sample: async (signal) => {
        const sample = await simulator.sample(signal)
        sample.state.cluster.clusterId = 'A'
        return sample
      },
    }),
  })
  ends.push(async () => {
    await loop.stop()
    await journal.close()
  })
  return {
    ...loop,
    journal,
    verdict: () => loop.loop.view().report?.verdict,
    started: () => loop.of('move_started').map(({ progress }) => progress.move),
    /** What the disk does takes turns of its own. */
    until: async (what: () => boolean, ms = 180 * SECOND) => {
      for (let left = ms; left > 0 && !what(); left -= SECOND) {
        await clock.advance(SECOND)
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
    },
  }
}

const mends = { lock: () => undefined as void }
const filler = () => join(directory, 'filler')
function fill(): void {
  const { bavail, bsize } = statfsSync(directory)
  writeFileSync(filler(), Buffer.alloc(bavail * bsize))
}

describe('nothing is started, samples go on, and all goes on by itself when it can be used again:', () => {
  it.each<[what: string, breaks: () => unknown, problem: RegExp, mends: () => unknown]>([
    ['a full disk', fill, /no space is left/, () => unlinkSync(filler())],
    [
      'a read-only disk',
      () => remount(directory, 'ro'),
      /the file system is read-only/,
      () => remount(directory, 'rw'),
    ],
    [
      'another process that has it',
      async () => {
        const lock = await takeLock(directory, 'x', 0)
        ends.push(async () => lock.release())
        mends.lock = () => lock.release()
      },
      /another evenkeel has the state of x/,
      () => mends.lock(),
    ],
    [
      'a journal of another cluster',
      () => put(lines(mine({ cluster_id: 'B' }), drained(2))),
      /the cluster with the id B, the one that is seen has the id A/,
      () => unlinkSync(join(directory, 'x.journal.jsonl')),
    ],
    [
      'a line that is wrong',
      () => put(lines(mine(), 'x', drained(2))),
      /x\.journal\.jsonl:2: the line is not JSON/,
      () => put(lines(mine())),
    ],
    [
      'a version too new',
      () => put(lines(mine({ version: 4 }))),
      /:1: the line has version 4, this evenkeel reads versions 2 and 3/,
      () => unlinkSync(join(directory, 'x.journal.jsonl')),
    ],
  ])('%s', async (_, breaks, problem, mend) => {
    await breaks()
    const loop = await start()
    await loop.until(() => loop.of('tick').length > 5)
    expect(loop.verdict()).toMatchObject({ code: 'state_unavailable', text: expect.stringMatching(problem) })
    expect([loop.started(), loop.of('tick_failed'), loop.of('sample_failed')]).toEqual([[], [], []])
    expect(loop.loop.view().drains).toEqual([])
    await mend()
    await loop.until(() => loop.started().length > 0)
    expect([loop.journal.problem(), loop.started().length > 0]).toEqual([undefined, true])
  })
})

it('a disk that fills up while moves run stops what would start, and the ticks go on', async () => {
  const loop = await start()
  await loop.until(() => loop.started().length > 0)
  fill()
  // More than the rest of a page.
  const value = { by: 'operator' as const, reason: 'x'.repeat(10_000), sinceMs: 0 }
  await expect(loop.loop.wish(() => [{ kind: 'pause', key: 'cluster', value }])).rejects.toThrow('no space is left')
  await loop.until(() => loop.verdict()?.code === 'state_unavailable')
  const before = loop.started().length
  const ticks = loop.of('tick').length
  await loop.until(() => loop.of('tick').length > ticks + 4)
  expect([loop.started().length, loop.of('tick_failed')]).toEqual([before, []])
})

describe('what was written before holds:', () => {
  it.each<[string, () => void]>([
    [
      'the wishes of one version down',
      () => put(`${JSON.stringify({ type: 'wishes', version: 1, cluster: 'x', drains: [5] })}\n`, 'x.wishes.jsonl'),
    ],
    ['a journal of one version up', () => put(lines(mine({ version: 3, odd: 1 }), drained(5, { odd: 1 })))],
  ])('%s', async (_, given) => {
    given()
    const loop = await start()
    await loop.until(() => loop.verdict()?.code === 'acting' || loop.verdict()?.code === 'balanced')
    await loop.until(() => false, 60 * SECOND)
    expect([loop.journal.problem(), drainsOf(loop.journal)]).toEqual([undefined, [5]])
    expect(loop.started().filter((move) => (move as PartitionMove).to === 5)).toEqual([])
  })
})
