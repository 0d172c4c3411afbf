import { expect, test } from 'vitest'
import { forgetfulJournal } from '../../src/execute/journal/journal.ts'
import { VirtualClock } from '../../src/lib/clock.ts'
import { EvenkeelError } from '../../src/lib/errors.ts'
import { listed, replica, scripted, transfer } from './support.ts'

/** The process dies after it began two moves; what the cluster made of them only the placement tells. */
async function died() {
  const journal = forgetfulJournal()
  const clock = new VirtualClock(1_000_000)
  const before = scripted({}, { journal, clock })
  before.executor.offer([replica(0), replica(1)])
  await before.work()
  expect(before.told).toEqual(['t-0 started', 't-1 started'])
  return scripted({}, { journal, clock })
}

test('an intent is written before the act, and dropped once its end is known', async () => {
  const journal = forgetfulJournal()
  const { executor, cluster, work } = scripted({}, { journal })
  cluster.answer = () => {
    expect([...journal.read('intent').keys()]).toEqual(['t-0'])
    return { outcome: 'accepted' }
  }
  executor.offer([replica()])
  await work()
  cluster.outcome = () => ({ outcome: 'landed' })
  await work(3000)
  expect([journal.read('intent').size, executor.inFlight]).toEqual([0, []])
  // Written with its end, not with the next sample: who dies in between must not take it back.
  expect([...journal.read('left').values()]).toEqual([{ topic: 't', partition: 0, node: 1, atMs: 3000 }])
})

test('what an earlier process began is taken up: what runs goes on, what has landed is done', async () => {
  const { executor, cluster, work, asked, told } = await died()
  cluster.running = [listed(replica(0), { bytesDone: 7, bytesTotal: 100 })]
  cluster.outcome = () => ({ outcome: 'landed' })
  executor.offer([replica(0), replica(2, { to: 2, replicas: [1, 3] })])
  await work(3000)
  // What is ours is not asked for again.
  expect(asked).toEqual(['set t-2'])
  expect(told).toEqual([
    't-0 started: begun before the restart',
    't-1 started: begun before the restart',
    't-1 done',
    't-2 started',
  ])
  expect(executor.progress()).toMatchObject([{ state: 'running', bytesDone: 7 }, { state: 'running' }])
})

test('what was perhaps never applied is left alone until the hold is over, counted from when it was sent at the latest', async () => {
  const { executor, cluster, work, asked, told, journal } = await died()
  cluster.outcome = () => ({ outcome: 'reverted' })
  // Sent within 65 s of its intent.
  await work(80_000)
  executor.offer([replica(0)])
  await work(3000)
  expect([executor.inFlight.length, asked]).toEqual([2, []])
  executor.offer([])
  await work(70_000)
  expect(executor.inFlight).toHaveLength(2)
  await work(2000)
  expect(told.slice(-2)).toEqual(['t-0 failed: it was never applied', 't-1 failed: it was never applied'])
  expect([executor.holds.partitions, journal.read('tries').size]).toEqual([[], 0])
  executor.offer([replica(0)])
  await work(3000)
  expect(asked).toEqual(['set t-0'])
})

test('a stranger who moved it elsewhere has it', async () => {
  const { cluster, work, told } = await died()
  cluster.running = [listed(replica(0, { to: 4 }))]
  cluster.outcome = () => ({ outcome: 'superseded', text: 'it is on 5, 6, 7 now', factor: 3 })
  await work(3000)
  expect(told.slice(2)).toEqual([
    't-0 superseded: somebody else is moving it to 4, 2',
    't-1 superseded: it is on 5, 6, 7 now',
    't-1 has 3 replicas, it had 2 when our move of it began',
  ])
})

test('what was being taken back goes on being taken back', async () => {
  const journal = forgetfulJournal()
  const clock = new VirtualClock(0)
  const before = scripted({}, { journal, clock })
  before.executor.offer([replica()])
  await before.work()
  before.cluster.running = [listed(replica())]
  before.executor.unwanted = [3]
  await before.work(3000)
  expect(before.asked).toEqual(['set t-0', 'cancel t-0'])
  const { asked, work, cluster } = scripted({}, { journal, clock })
  cluster.running = [listed(replica())]
  await work(3000)
  expect(asked).toEqual(['cancel t-0'])
})

test('what was being taken back and is gone from the list was cancelled, and counts as a try', async () => {
  const journal = forgetfulJournal()
  const why = 'node 3 is gone for 5m'
  await journal.write([
    { kind: 'intent', key: 't-0', value: { move: replica(), atMs: 0, unwanted: { why, failed: true } } },
  ])
  const { executor, cluster, work, told } = scripted({}, { journal })
  cluster.outcome = () => ({ outcome: 'reverted' })
  await work()
  await work(90_000)
  expect(told.at(-1)).toBe(`t-0 cancelled: ${why}`)
  expect(executor.holds.partitions).toHaveLength(1)
})

test('a journal that cannot be written lets nothing begin, and what ends meanwhile is written later', async () => {
  const journal = forgetfulJournal()
  const { executor, cluster, work, asked, told } = scripted({}, { journal })
  executor.offer([replica(0)])
  await work()
  let problem: string | undefined = 'the disk is full'
  const write = journal.write.bind(journal)
  journal.problem = () => problem
  journal.write = async (changes) => {
    if (problem !== undefined) throw new EvenkeelError('state_unavailable', problem)
    await write(changes)
  }
  cluster.outcome = () => ({ outcome: 'landed' })
  executor.offer([replica(1)])
  await work(3000)
  await work(3000)
  expect(asked).toEqual(['set t-0'])
  expect(told).toEqual(['t-0 started', 't-0 done'])
  problem = undefined
  await work(3000)
  expect(told).toEqual(['t-0 started', 't-0 done', 't-1 started'])
  expect([...journal.read('intent').keys()]).toEqual(['t-1'])
})

test('a write that fails at the last moment ends in nothing begun', async () => {
  const journal = forgetfulJournal()
  const { executor, work, asked } = scripted({}, { journal })
  journal.write = () => Promise.reject(new EvenkeelError('state_unavailable', 'no space is left'))
  executor.offer([replica(0)])
  await expect(work()).rejects.toThrow('no space is left')
  expect([asked, executor.inFlight]).toEqual([[], []])
})

test('three failures a day are enough, and a restart does not start the count anew', async () => {
  const journal = forgetfulJournal()
  const clock = new VirtualClock(0)
  for (let tried = 1; tried <= 3; tried += 1) {
    const { executor, cluster, work } = scripted({}, { journal, clock })
    cluster.answer = () => ({ outcome: 'refused', code: 'rejected', text: 'UNKNOWN_SERVER_ERROR' })
    executor.offer([replica(0)])
    await work()
    const [hold] = executor.holds.partitions
    expect(hold).toMatchObject({ partition: 0, exhausted: tried === 3 })
    if (tried < 3) expect(hold!.untilMs - clock.now()).toBe(60_000 * 2 ** (tried - 1))
    else expect(hold!.untilMs).toBe(24 * 3_600_000)
    await clock.advance(200_000)
  }
})

test('so many bytes a day begin and no more, but for what cannot wait', async () => {
  const journal = forgetfulJournal()
  const clock = new VirtualClock(0)
  const limits = { maxBytesPerDay: 250 }
  const { executor, work, asked } = scripted(limits, { journal, clock })
  executor.offer([0, 1, 2].map((partition) => replica(partition)))
  await work()
  expect(asked).toEqual(['set t-0', 'set t-1'])
  expect(executor.dayFull).toContain('max_bytes_per_day is 250 B')
  executor.offer([replica(3, { reason: 'node_unavailable' })])
  await work(3000)
  expect(asked.at(-1)).toBe('set t-3')
  const next = scripted(limits, { journal, clock })
  expect(next.executor.dayFull).toBeDefined()
  await clock.advance(24 * 3_600_000)
  expect(next.executor.dayFull).toBeUndefined()
})

test('leadership that an earlier process began is judged the same way', async () => {
  const journal = forgetfulJournal()
  const clock = new VirtualClock(0)
  const before = scripted({}, { journal, clock })
  before.executor.offer([transfer()])
  await before.work()
  const { cluster, work, told } = scripted({}, { journal, clock })
  cluster.outcome = () => ({ outcome: 'landed' })
  await work(3000)
  expect(told).toEqual(['t-0 started: begun before the restart', 't-0 done'])
})
