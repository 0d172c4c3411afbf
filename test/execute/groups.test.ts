/** Moves that are carried out as one. */
import { describe, expect, test } from 'vitest'
import { FakeSettings } from './fake-settings.ts'
import { accepted, listed, refused, replica, scripted, unknown } from './support.ts'

const group = 'g1'
/** What node 1 gives node 3 and what comes back for it. */
const there = replica(0, { group })
const back = replica(1, { group, from: 3, to: 1, replicas: [3, 2], leader: 3 })
const landed = { outcome: 'landed' } as const

describe('they start together or not at all', () => {
  test('together', async () => {
    const { executor, work, asked } = scripted()
    executor.offer([there, back])
    await work()
    expect(asked).toEqual(['set t-0', 'set t-1'])
  })

  test.each([
    ['the cluster has room for one only', { concurrentMoves: 2 }],
    ['a node has room for one only', { concurrentMovesPerNode: 1 }],
    ['a node has room for the bytes of one only', { bytesInFlightPerNode: 120 }],
  ])('not while %s', async (_, limits) => {
    const all = scripted(limits)
    const before = replica(9, { from: 7, to: 3, leader: 7, replicas: [7, 8] })
    all.executor.offer([before, there, back])
    await all.work()
    expect([all.asked, all.executor.pending]).toEqual([['set t-9'], [there, back]])
    all.cluster.outcome = () => landed
    await all.work(3000)
    expect(all.asked).toEqual(['set t-9', 'set t-0', 'set t-1'])
  })

  test('not while one of their partitions is moving', async () => {
    const { executor, cluster, work, asked } = scripted()
    const earlier = replica(1, { from: 2, to: 4, leader: 3, replicas: [3, 2] })
    executor.offer([earlier, there, back])
    await work()
    expect(asked).toEqual(['set t-1'])
    cluster.outcome = () => landed
    await work(3000)
    expect(asked).toEqual(['set t-1', 'set t-0', 'set t-1'])
  })

  test('and take nothing from the budget while they wait', async () => {
    const { executor, work, asked } = scripted({ concurrentMovesPerNode: 1 })
    // Both of the group would go to node 3.
    const second = replica(1, { group, from: 4, leader: 4, replicas: [4, 2] })
    const later = replica(2, { from: 5, leader: 5, replicas: [5, 2] })
    executor.offer([there, second, later])
    await work()
    expect([asked, executor.pending]).toEqual([['set t-2'], [there, second]])
  })

  test('not while the throttle of one of them cannot be set', async () => {
    const settings = new FakeSettings()
    settings.unreachable.add(6)
    const throttle = { rate: 100, maxRate: 100, headroom: 0.2 }
    const { executor, work, asked } = scripted({ throttle }, { settings })
    executor.offer([there, replica(1, { group, from: 4, to: 6, leader: 4, replicas: [4, 5] })])
    await work()
    expect([asked, executor.inFlight]).toEqual([[], []])
  })

  test('others of another group do not wait for them', async () => {
    const { executor, work, asked } = scripted({ concurrentMovesPerNode: 2 })
    const other = (partition: number, node: number) =>
      replica(partition, { group: 'g2', from: node, leader: node, to: node + 10, replicas: [node] })
    executor.offer([there, replica(1, { group }), replica(2, { group }), other(3, 20), other(4, 21)])
    await work()
    expect(asked).toEqual(['set t-3', 'set t-4'])
  })
})

describe('when one of them ends otherwise than done', () => {
  test('refused at once: the other is taken back as soon as it runs', async () => {
    const { executor, cluster, work, asked, told } = scripted()
    cluster.answer = (step) => (step.partition === 0 ? refused : accepted)
    executor.offer([there, back])
    await work()
    cluster.running = [listed(back)]
    await work(3000)
    expect(asked).toEqual(['set t-0', 'set t-1', 'cancel t-1'])
    expect(executor.progress()).toMatchObject([
      { state: 'cancelling', text: 'it belongs to replica:t-0:1>3, which was failed' },
    ])
    cluster.running = []
    cluster.outcome = () => ({ outcome: 'reverted' })
    await work(3000)
    expect(told.at(-1)).toBe('t-1 cancelled: it belongs to replica:t-0:1>3, which was failed')
    expect(executor.inFlight).toEqual([])
  })

  test('the second is refused: the first is taken back', async () => {
    const { executor, cluster, work, asked } = scripted()
    cluster.answer = (step) => (step.partition === 1 ? refused : accepted)
    executor.offer([there, back])
    await work()
    cluster.running = [listed(there)]
    await work(3000)
    expect(asked).toEqual(['set t-0', 'set t-1', 'cancel t-0'])
  })

  test('both are refused: nothing is left', async () => {
    const { executor, cluster, work, asked } = scripted()
    cluster.answer = () => refused
    executor.offer([there, back])
    await work()
    await work(3000)
    expect([asked, executor.inFlight]).toEqual([['set t-0', 'set t-1'], []])
  })

  test('taken over by somebody else on the way', async () => {
    const { executor, cluster, work, asked } = scripted()
    executor.offer([there, back])
    await work()
    cluster.running = [listed(there, { target: [7, 2], adding: [7] }), listed(back)]
    await work(3000)
    expect(asked.slice(2)).toEqual(['cancel t-1'])
  })

  test('what is done already stays done', async () => {
    const { executor, cluster, work, asked, told } = scripted()
    executor.offer([there, back])
    await work()
    cluster.outcome = (move) => (move.partition === 0 ? landed : { outcome: 'superseded', text: 'gone' })
    await work(3000)
    expect(asked).toEqual(['set t-0', 'set t-1'])
    expect(told.slice(2)).toEqual(['t-0 done', 't-1 superseded: gone'])
  })

  test('one whose answer never came is taken back once it is seen to run', async () => {
    const { executor, cluster, work, asked } = scripted()
    cluster.answer = (step) => (step.partition === 0 ? refused : unknown)
    executor.offer([there, back])
    await work()
    await work(3000)
    expect(asked).toEqual(['set t-0', 'set t-1'])
    cluster.running = [listed(back)]
    await work(3000)
    expect(asked).toEqual(['set t-0', 'set t-1', 'cancel t-1'])
  })

  test('others are not touched', async () => {
    const { executor, cluster, work, asked } = scripted()
    cluster.answer = (step) => (step.partition === 0 ? refused : accepted)
    const others = [replica(2), replica(3, { group: 'g2' })]
    executor.offer([there, back, ...others])
    await work()
    cluster.running = [back, ...others].map((move) => listed(move))
    await work(3000)
    expect(asked.slice(4)).toEqual(['cancel t-1'])
  })
})
