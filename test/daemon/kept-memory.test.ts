/** What a loop remembers over a restart, by its journal. */

import { afterEach, describe, expect, test } from 'vitest'
import type { PartitionMove } from '../../src/cluster/move.ts'
import { RETURN_WINDOW_MS } from '../../src/cluster/settings.ts'
import { type Change, forgetfulJournal, type Journal } from '../../src/execute/journal/journal.ts'
import { VirtualClock } from '../../src/lib/clock.ts'
import { EvenkeelError } from '../../src/lib/errors.ts'
import { fillable, type LoopCase, MINUTE, SECOND, startLoop } from './support.ts'

const running: ReturnType<typeof startLoop>[] = []
const start = (options: Partial<LoopCase> = {}) => {
  const loop = startLoop({ simulator: fillable, ...options })
  running.push(loop)
  return loop
}
/** The next process on the same cluster. */
const restart = async (loop: ReturnType<typeof startLoop>, options: Partial<LoopCase>) => {
  await loop.stop()
  return start({ clock: loop.clock, between: () => loop.simulator, ...options })
}
afterEach(async () => {
  for (const loop of running.splice(0)) await loop.stop()
})

/** Remembers what was written. */
function watched() {
  const journal = forgetfulJournal()
  const writes: (readonly Change[])[] = []
  const write = async (changes: readonly Change[]) => {
    writes.push(changes)
    await journal.write(changes)
  }
  return { journal: { ...journal, write } satisfies Journal, writes }
}

/** When virtual time begins. */
const startMs = new VirtualClock().now()
const nodeOf = (journal: Journal, node: number) => journal.read('node').get(String(node))
const bytesTo = (loop: ReturnType<typeof startLoop>, node: number) =>
  loop.of('move_started').filter(({ progress }) => (progress.move as PartitionMove).to === node).length

describe('how long nodes have been alive or gone', () => {
  const hold = { nodeAddHoldMs: 10 * MINUTE, nodeAvailabilityTimeoutMs: 15 * MINUTE }

  test('goes on over a restart, but for the time that nobody saw', async () => {
    const { journal } = watched()
    const first = start({ journal, balance: hold })
    await first.advance(6 * MINUTE)
    await first.stop()
    await first.clock.advance(60 * MINUTE)
    const again = await restart(first, { journal, balance: hold })
    await again.advance(3 * MINUTE)
    expect(bytesTo(again, 5)).toBe(0)
    await again.advance(2.5 * MINUTE)
    expect(bytesTo(again, 5)).toBeGreaterThan(0)
  })

  test('is written each minute while something waits for it, and no more afterwards', async () => {
    const { journal, writes } = watched()
    const loop = start({ journal, balance: { ...hold, mode: 'off' } })
    await loop.advance(30 * SECOND)
    const begun = nodeOf(journal, 5)
    expect(begun).toMatchObject({ node: 5, state: 'alive', sinceMs: begun!.sinceMs })
    await loop.advance(15 * MINUTE)
    const held = nodeOf(journal, 5)!
    expect(held.seenAtMs - held.sinceMs).toBeGreaterThanOrEqual(10 * MINUTE)
    expect(held.seenAtMs - held.sinceMs).toBeLessThan(11 * MINUTE)
    const before = writes.length
    expect(before).toBeLessThan(14)
    await loop.advance(30 * MINUTE)
    expect(writes).toHaveLength(before)
    loop.world.happen({ stopNode: 5 })
    await loop.advance(30 * MINUTE)
    expect(nodeOf(journal, 5)).toMatchObject({ state: 'gone' })
    expect(loop.clock.now() - nodeOf(journal, 5)!.seenAtMs).toBeLessThan(90 * SECOND)
    expect(writes.length - before).toBeLessThan(35)
  })

  test('is forgotten of nodes that are not of the cluster any more', async () => {
    const journal = forgetfulJournal()
    await journal.write([{ kind: 'node', key: '77', value: { node: 77, state: 'gone', sinceMs: 0, seenAtMs: 5 } }])
    const loop = start({ journal })
    await loop.advance(MINUTE)
    expect([...journal.read('node').keys()]).toEqual(['1', '2', '3', '4', '5'])
  })
})

test('where partitions have left is kept for as long as it counts', async () => {
  const { journal } = watched()
  const options = { journal, balance: { nodeAddHoldMs: 0 } }
  const loop = start(options)
  await loop.advance(10 * MINUTE)
  const done = loop
    .of('move_ended')
    .flatMap(({ progress: { move }, result }) =>
      result === 'done' && move.kind === 'replica' ? [`${move.topic}-${move.partition}@${move.from}`] : [],
    )
  expect(done.length).toBeGreaterThan(0)
  expect([...journal.read('left').keys()].toSorted()).toEqual(done.toSorted())
  const again = await restart(loop, options)
  await again.advance(MINUTE)
  expect(journal.read('left').size).toBe(done.length)
  await again.advance(RETURN_WINDOW_MS)
  expect(journal.read('left').size).toBe(0)
})

test('a node that is more than half filled is filled on by the next process', async () => {
  const options = { balance: { nodeAddHoldMs: 0 }, execution: { concurrentMovesPerNode: 1 } }
  const whole = start(options)
  await whole.advance(30 * MINUTE)
  const count = bytesTo(whole, 5)

  const { journal } = watched()
  const first = start({ journal, ...options })
  while (bytesTo(first, 5) < 0.7 * count) await first.advance(SECOND)
  expect(journal.read('begun').get('cluster')?.filling).toEqual([5])
  const again = await restart(first, { journal, ...options })
  await again.advance(30 * MINUTE)
  const adopted = again.of('move_started').filter(({ adopted }) => adopted).length
  expect(bytesTo(first, 5) + bytesTo(again, 5) - adopted).toBe(count)
  expect(journal.read('begun').size).toBe(0)
})

test('leadership that is left alone is so over a restart', async () => {
  const journal = forgetfulJournal()
  const untilMs = startMs + 10 * MINUTE
  await journal.write([{ kind: 'muted', key: 't-3', value: { topic: 't', partition: 3, untilMs } }])
  const loop = start({ journal })
  await loop.advance(9 * MINUTE)
  expect([...journal.read('muted').keys()]).toEqual(['t-3'])
  await loop.advance(2 * MINUTE)
  expect(journal.read('muted').size).toBe(0)
})

test('a replication factor that changed pauses the next process when this one dies over the end of the move', async () => {
  const journal = forgetfulJournal()
  let dead = false
  const mortal: Journal = {
    ...journal,
    write: async (changes) => {
      if (dead) throw new EvenkeelError('state_unavailable', 'it is dead')
      await journal.write(changes)
      dead = changes.some(({ kind, value }) => kind === 'intent' && value === undefined)
    },
    problem: () => (dead ? 'it is dead' : undefined),
  }
  const first = start({
    journal: mortal,
    balance: { nodeAddHoldMs: 0 },
    execution: { concurrentMoves: 1 },
    between: (simulator) => ({
      ...simulator,
      pulse: async (signal) => ({ ...(await simulator.pulse(signal)), running: [] }),
      judge: async (moves) => moves.map(() => ({ outcome: 'superseded', text: 'it is on 1, 2, 3, 4 now', factor: 4 })),
    }),
  })
  await first.advance(2 * MINUTE)
  expect([journal.read('intent').size, journal.read('pause').size]).toEqual([0, 0])
  const again = await restart(first, { journal, balance: { nodeAddHoldMs: 0 } })
  await again.advance(5 * MINUTE)
  expect(again.of('paused')).toMatchObject([{ reason: expect.stringContaining('has 4 replicas, it had 2') }])
  expect(again.of('move_started')).toEqual([])
  await again.loop.resume()
  await again.advance(5 * MINUTE)
  expect([again.of('paused').length, again.of('move_started').length > 0]).toEqual([1, true])
})

test('failures of moves count over a restart; who resumes has them forgotten', async () => {
  const { journal } = watched()
  const options = { journal, balance: { nodeAddHoldMs: 0 }, execution: { concurrentMovesPerNode: 1 } }
  const loop = start(options)
  loop.world.faults.order(3, undefined, { refused: 'rejected' })
  await loop.advance(35 * SECOND)
  expect(journal.read('failures').get('cluster')?.failures).toHaveLength(3)
  const again = await restart(loop, options)
  loop.world.faults.order(3, undefined, { refused: 'rejected' })
  await again.advance(3 * MINUTE)
  expect(again.of('paused').map(({ reason }) => reason)).toEqual([
    expect.stringMatching(/^[56] moves failed or were reverted within an hour/),
  ])
  await again.loop.resume()
  expect(journal.read('failures').size).toBe(0)
  const third = await restart(again, options)
  await third.advance(3 * MINUTE)
  expect(third.of('paused')).toEqual([])
})

test('a journal that fails does not fail the loop, and gets what it missed', async () => {
  const journal = forgetfulJournal()
  const trouble = { is: true }
  const broken: Journal = {
    ...journal,
    write: async (changes) => {
      if (trouble.is) throw new EvenkeelError('state_unavailable', 'no space is left')
      await journal.write(changes)
    },
    problem: () => (trouble.is ? 'no space is left' : undefined),
  }
  const loop = start({ journal: broken })
  await loop.advance(3 * MINUTE)
  expect([loop.of('tick_failed'), loop.loop.view().report!.verdict.code]).toEqual([[], 'state_unavailable'])
  trouble.is = false
  await loop.advance(MINUTE)
  const { sinceMs, seenAtMs } = nodeOf(journal, 5)!
  expect(seenAtMs - sinceMs).toBeGreaterThanOrEqual(3 * MINUTE)
})

test('a journal that is read late is taken over then', async () => {
  const known = forgetfulJournal()
  await known.write([
    { kind: 'node', key: '5', value: { node: 5, state: 'alive', sinceMs: startMs - 60 * MINUTE, seenAtMs: startMs } },
  ])
  const late = { yet: false }
  const unread = forgetfulJournal()
  const journal: Journal = {
    ...known,
    read: (kind) => (late.yet ? known : unread).read(kind),
    write: async (changes) => {
      if (!late.yet) throw new EvenkeelError('state_unavailable', 'another evenkeel has it')
      await known.write(changes)
    },
    problem: () => (late.yet ? undefined : 'another evenkeel has it'),
  }
  const loop = start({ journal, balance: { nodeAddHoldMs: 30 * MINUTE } })
  await loop.advance(2 * MINUTE)
  expect(loop.of('move_started')).toEqual([])
  late.yet = true
  await loop.advance(2 * MINUTE)
  expect(bytesTo(loop, 5)).toBeGreaterThan(0)
})
