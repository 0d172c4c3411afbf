import { describe, expect, test } from 'vitest'
import type { RunningMove } from '../../src/cluster/move.ts'
import { type Copy, judgeStalls } from '../../src/execute/stalls.ts'
import { FakeSettings } from './fake-settings.ts'
import { listed, replica, scripted } from './support.ts'

const MINUTE = 60_000

describe('who is to blame', () => {
  const copy = (to: number, leader: number, still: boolean, late = false): Copy => ({
    move: replica(0, { to, leader }),
    still,
    late,
  })
  const rows: [string, Copy[], unknown][] = [
    ['nobody while all get on', [copy(3, 1, false), copy(4, 1, false)], undefined],
    ['the target that the still ones share', [copy(3, 1, true), copy(3, 2, true), copy(4, 1, false)], 3],
    ['the source that they share', [copy(3, 1, true), copy(4, 1, true), copy(5, 2, false)], 1],
    ['no node at which others get on', [copy(3, 1, true), copy(3, 2, false)], 1],
    ['none where the still ones share none', [copy(3, 1, true), copy(4, 2, true), copy(5, 6, false)], 'nobody'],
    ['nobody when everything stands still', [copy(3, 1, true), copy(4, 2, true)], 'wait'],
    ['nobody when one copy alone stands still', [copy(3, 1, true)], 'wait'],
    ['its target when one copy alone is late as well', [copy(3, 1, true, true)], 3],
  ]
  test.each(rows)('%s', (_, copies, expected) => {
    const judgement = judgeStalls(copies, true)
    if (judgement === undefined || judgement.kind === 'wait') {
      expect(judgement?.kind).toBe(expected)
      return
    }
    expect(judgement.blame ?? 'nobody').toBe(expected)
    expect(judgement.copies).toEqual(copies.flatMap(({ still }, index) => (still ? [index] : [])))
  })
})

test('nobody is to blame while the others have only just begun to get on', () => {
  const copies = [true, false].map((still): Copy => ({ move: replica(0), still, late: false }))
  expect(judgeStalls(copies, false)?.kind).toBe('wait')
})

/** Two copies to node 3 and one to node 2 are in flight. */
async function threeCopies(settings?: FakeSettings) {
  const moves = [replica(0), replica(1), replica(2, { from: 3, to: 2, replicas: [3, 4], leader: 4 })]
  const one = scripted({ throttle: { rate: 1000, maxRate: 2000, headroom: 0.2 } }, settings ? { settings } : {})
  one.cluster.alive = [1, 2, 3, 4]
  one.executor.offer(moves)
  await one.work()
  const bytes = [10, 10, 10]
  const show = (more: Partial<RunningMove>[] = []) => {
    one.cluster.running = moves.map((move, index) =>
      listed(move, { bytesDone: bytes[index]!, bytesTotal: 1000, ...more[index] }),
    )
  }
  show()
  await one.work(1000)
  return { ...one, moves, bytes, show }
}

test('copies that stand still while others get on are taken back, and their node rests', async () => {
  const { work, bytes, show, asked, executor, cluster, told } = await threeCopies()
  for (let pulse = 0; pulse < 22; pulse += 1) {
    bytes[2]! += 10
    show()
    await work(3000)
  }
  expect(asked.filter((act) => act.startsWith('cancel'))).toEqual(['cancel t-0', 'cancel t-1'])
  expect(executor.holds.nodes).toMatchObject([{ node: 3 }])
  cluster.running = cluster.running.slice(2)
  cluster.outcome = () => ({ outcome: 'reverted' })
  await work(3000)
  expect(told.filter((line) => line.includes('cancelled'))).toEqual([
    't-0 cancelled: no byte came for 1m3s',
    't-1 cancelled: no byte came for 1m3s',
  ])
  expect(executor.holds.partitions).toMatchObject([
    { partition: 0, exhausted: false },
    { partition: 1, exhausted: false },
  ])
})

test('when everything stands still nothing is taken back, and it says why', async () => {
  const { work, asked, executor } = await threeCopies()
  await work(61_000)
  await work(10 * MINUTE)
  expect(asked.filter((act) => act.startsWith('cancel'))).toEqual([])
  expect(executor.holds.nodes).toEqual([])
  expect(executor.progress().map(({ state }) => state)).toEqual(['stalled', 'stalled', 'stalled'])
  expect(executor.progress()[0]!.text).toContain('not a node, is to blame')
})

test('when what held all of them is over none is taken back for going on a little later than another', async () => {
  const { work, bytes, show, asked, executor } = await threeCopies()
  const goOn = async (pulses: number, ...which: number[]) => {
    for (let pulse = 0; pulse < pulses; pulse += 1) {
      for (const index of which) bytes[index]! += 10
      show()
      await work(3000)
    }
  }
  const cancels = () => asked.filter((act) => act.startsWith('cancel'))
  await goOn(5, 0, 1, 2)
  await goOn(30)
  expect(executor.progress()[0]!.text).toContain('not a node, is to blame')
  await goOn(10, 2)
  expect([cancels(), executor.progress()[0]!.text]).toEqual([[], expect.stringContaining('no other copy has got on')])
  await goOn(1, 0, 2)
  expect(executor.progress().map(({ state }) => state)).toEqual(['running', 'stalled', 'running'])
  // Long enough: what still does not get on is at fault.
  await goOn(10, 0, 2)
  expect(cancels()).toEqual(['cancel t-1'])
})

test('a rate of 0 that somebody set is recognised, and the time it lasts counts for nothing', async () => {
  const settings = new FakeSettings()
  settings.own.set('node/3/in', '0')
  const { work, bytes, show, asked, executor } = await threeCopies(settings)
  executor.tick(() => Number.NaN)
  await work(3000)
  for (let pulse = 0; pulse < 100; pulse += 1) {
    bytes[2]! += 1
    show()
    await work(3000)
  }
  expect(executor.progress().map(({ state, text }) => [state, text?.slice(0, 11)])).toEqual([
    ['stalled', 'a rate of 0'],
    ['stalled', 'a rate of 0'],
    ['running', undefined],
  ])
  settings.own.set('node/3/in', '500')
  executor.tick(() => Number.NaN)
  await work(3000)
  await work(3000)
  expect(executor.progress()[0]!.state).toBe('running')
  expect(asked.filter((act) => act.startsWith('cancel'))).toEqual([])
  expect(settings.own.get('node/3/in')).toBe('500')
})

test('a target that is broken for a while is given up at once, and gets nothing new', async () => {
  const { work, show, asked, executor } = await threeCopies()
  show([{ broken: 'a dir of node 3 is offline' }])
  await work(3000)
  expect(executor.progress()[0]).toMatchObject({ state: 'stalled', text: 'a dir of node 3 is offline' })
  await work(3000)
  expect(asked.filter((act) => act.startsWith('cancel'))).toEqual([])
  await work(10_000)
  expect(asked.filter((act) => act.startsWith('cancel'))).toEqual(['cancel t-0'])
  expect(executor.holds.nodes).toMatchObject([{ node: 3 }])
})

test('a copy may be stalled for one reason after the other', async () => {
  const { work, show, executor, cluster } = await threeCopies()
  const text = () => executor.progress()[0]!.text
  cluster.alive = [1, 2, 4]
  await work(3000)
  expect(text()).toContain('node 3 is gone')
  cluster.alive = [1, 2, 3, 4]
  show([{ broken: 'a dir of node 3 is offline' }])
  await work(3000)
  expect(text()).toBe('a dir of node 3 is offline')
  cluster.alive = [1, 2, 4]
  await work(3000)
  expect(text()).toContain('node 3 is gone')
})

test('without anybody to read from a copy waits and is not judged', async () => {
  const { work, asked, executor, cluster, bytes, show } = await threeCopies()
  cluster.alive = [3, 4]
  for (let pulse = 0; pulse < 40; pulse += 1) {
    bytes[2]! += 1
    show()
    await work(3000)
  }
  expect(asked.filter((act) => act.startsWith('cancel t-0'))).toEqual([])
  expect(executor.progress()[0]!.state).toBe('running')
})

test('speed and time left are told once they are known', async () => {
  const { work, bytes, show, executor } = await threeCopies()
  expect(executor.progress()[0]).not.toHaveProperty('bytesPerSecond')
  for (let pulse = 0; pulse < 10; pulse += 1) {
    bytes[0]! += 30
    show()
    await work(3000)
  }
  expect(executor.progress()[0]!.bytesPerSecond).toBeCloseTo(10)
  expect(executor.progress()[0]!.remainingMs).toBeCloseTo((1000 - 310) * 100)
})

test('a copy that gets on but takes too long is told and left alone', async () => {
  const { work, bytes, show, asked, executor } = await threeCopies()
  for (let minute = 0; minute < 11; minute += 1) {
    bytes[0]! += 1
    bytes[1]! += 1
    bytes[2]! += 1
    show()
    await work(50_000)
  }
  expect(executor.progress()[0]).toMatchObject({ state: 'running' })
  expect(executor.progress()[0]).not.toHaveProperty('text')
  bytes[0]! += 1
  show()
  await work(50_000)
  expect(executor.progress()[0]).toMatchObject({ state: 'running', text: expect.stringContaining('takes longer') })
  expect(asked.filter((act) => act.startsWith('cancel'))).toEqual([])
})
