/** What is taken back: copies whose target does not come back, and what goes to a node that is to be emptied. */
import { describe, expect, test } from 'vitest'
import { accepted, listed, refused, relocation, replica, scripted, transfer, unknown } from './support.ts'

const MINUTE = 60_000
const reverted = { outcome: 'reverted' } as const
const landed = { outcome: 'landed' } as const

/** A move under way. */
async function running(move = replica(), limits = {}) {
  const all = scripted(limits)
  all.executor.offer([move])
  await all.work()
  all.cluster.running = [listed(move)]
  await all.work(3000)
  return all
}

describe('a copy whose target is gone', () => {
  test('is taken back when the grace is over, and ends as cancelled', async () => {
    const { executor, cluster, work, asked, told } = await running()
    cluster.alive = [1, 2]
    await work(3000)
    await work(5 * MINUTE - 1)
    expect(asked).toEqual(['set t-0'])
    await work(1)
    expect(asked).toEqual(['set t-0', 'cancel t-0'])
    expect(executor.progress()).toMatchObject([{ state: 'cancelling', text: 'node 3 is gone for 5m' }])
    cluster.running = []
    cluster.outcome = () => reverted
    await work(3000)
    expect(told.at(-1)).toBe('t-0 cancelled: node 3 is gone for 5m')
    expect(executor.inFlight).toEqual([])
  })

  test('that is back in time goes on, and has its whole grace again', async () => {
    const { cluster, work, asked } = await running()
    for (let round = 0; round < 3; round += 1) {
      cluster.alive = [1, 2]
      await work(3000)
      await work(4 * MINUTE)
      cluster.alive = [1, 2, 3]
      await work(3000)
    }
    expect(asked).toEqual(['set t-0'])
  })

  test('has as much grace as is set', async () => {
    const { cluster, work, asked } = await running(replica(), { targetGraceMs: 0 })
    cluster.alive = [1, 2]
    await work(3000)
    expect(asked).toEqual(['set t-0', 'cancel t-0'])
  })
})

describe('what is being taken back', () => {
  const cancelling = async () => {
    const all = await running()
    all.executor.unwanted = [3]
    await all.work(3000)
    expect(all.executor.progress()).toMatchObject([{ state: 'cancelling' }])
    all.asked.length = 0
    return all
  }

  test('is asked for again as long as it is listed, every half minute', async () => {
    const { work, asked } = await cancelling()
    await work(29_999)
    expect(asked).toEqual([])
    await work(1)
    expect(asked).toEqual(['cancel t-0'])
    await work(3000)
    expect(asked).toEqual(['cancel t-0'])
    await work(27_000)
    expect(asked).toEqual(['cancel t-0', 'cancel t-0'])
  })

  test.each([
    ['refused', refused],
    ['unknown', unknown],
    ['accepted', accepted],
  ])('whatever the answer was: %s', async (_, answer) => {
    const { executor, cluster, work, asked } = await cancelling()
    cluster.cancel = () => answer
    await work(30_000)
    await work(30_000)
    expect([asked, executor.progress()[0]!.state]).toEqual([['cancel t-0', 'cancel t-0'], 'cancelling'])
  })

  test('is asked for again also when nobody could be asked, and keeps nothing else waiting', async () => {
    const { executor, cluster, work, asked } = await cancelling()
    cluster.failCancel = new Error('connection reset')
    executor.offer([replica(5, { to: 4 })])
    await work(30_000)
    expect(asked).toEqual(['cancel t-0', 'set t-5'])
    await work(30_000)
    expect(asked.at(-1)).toBe('cancel t-0')
  })

  test('does not run on when its target is back or it is wanted again', async () => {
    const { executor, cluster, work } = await cancelling()
    executor.unwanted = []
    cluster.alive = [1, 2, 3]
    await work(3000)
    expect(executor.progress()).toMatchObject([{ state: 'cancelling' }])
  })

  test('may have landed all the same', async () => {
    const { cluster, work, told } = await cancelling()
    cluster.running = []
    cluster.outcome = () => landed
    await work(3000)
    expect(told.at(-1)).toBe('t-0 done')
  })

  test('may be somebody else’s by now', async () => {
    const { cluster, work, told } = await cancelling()
    cluster.running = [listed(replica(), { target: [7, 2], adding: [7] })]
    await work(3000)
    expect(told.at(-1)).toBe('t-0 superseded: somebody else is moving it to 7, 2')
  })

  test('is waited for while nobody can tell', async () => {
    const { executor, cluster, work } = await cancelling()
    cluster.running = []
    cluster.outcome = () => ({ outcome: 'unknown', text: 'no metadata' })
    await work(3000)
    expect(executor.progress()).toMatchObject([{ state: 'cancelling' }])
    cluster.outcome = () => ({ outcome: 'partial', text: 'node 1 is not in sync' })
    await work(3000)
    expect(executor.progress()).toMatchObject([{ state: 'cancelling', text: 'node 1 is not in sync' }])
  })

  test('keeps its budget and its partition until it is over', async () => {
    const { executor, cluster, work, asked } = await cancelling()
    executor.options = {
      concurrentMoves: 1,
      concurrentMovesPerNode: 5,
      maxTransfersPerTick: 5,
      unknownHoldMs: 90_000,
      targetGraceMs: 1,
    }
    executor.offer([replica(5)])
    await work(3000)
    expect(asked).toEqual([])
    cluster.running = []
    cluster.outcome = () => reverted
    await work(3000)
    expect(asked).toEqual(['set t-5'])
  })
})

describe('a node that is to be emptied', () => {
  test('gets nothing more: what goes there is taken back, what goes elsewhere stays', async () => {
    const { executor, cluster, work, asked } = scripted()
    const moves = [replica(0, { to: 3 }), replica(1, { to: 4 }), replica(2, { from: 3, to: 4, replicas: [3, 2] })]
    executor.offer(moves)
    await work()
    cluster.running = moves.map((move) => listed(move))
    cluster.alive = [1, 2, 3, 4]
    executor.unwanted = [3]
    await work(3000)
    expect(asked.slice(3)).toEqual(['cancel t-0'])
    expect(executor.progress()[0]).toMatchObject({ state: 'cancelling', text: 'node 3 is to be emptied' })
  })

  test('takes back what is stalled as well', async () => {
    const { executor, cluster, work, asked } = await running()
    cluster.alive = [1, 2]
    await work(3000)
    executor.unwanted = [3]
    await work(3000)
    expect(asked).toEqual(['set t-0', 'cancel t-0'])
  })

  test('goes on with copies between its own dirs', async () => {
    const { executor, cluster, work, asked } = await running(relocation())
    executor.unwanted = [1]
    await work(3000)
    expect([asked, executor.progress()[0]!.state]).toEqual([['set t-0'], 'running'])
    cluster.running = []
    cluster.outcome = () => landed
    await work(3000)
    expect(executor.inFlight).toEqual([])
  })

  test('leadership that is on its way there is left to itself', async () => {
    const { executor, work, asked } = scripted()
    executor.offer([transfer(0, { to: 2 })])
    executor.unwanted = [2]
    await work()
    await work(3000)
    expect(asked).toEqual(['order t-0', 'elect t-0'])
  })
})

test('a copy between dirs whose node is gone is taken back in time like any other', async () => {
  const { cluster, work, asked } = await running(relocation())
  cluster.alive = [2, 3]
  await work(3000)
  await work(5 * MINUTE)
  expect(asked).toEqual(['set t-0', 'cancel t-0'])
})
