import { describe, expect, test } from 'vitest'
import type { PartitionMove } from '../../src/cluster/move.ts'
import { forgetfulJournal } from '../../src/execute/journal/journal.ts'
import type { Settings } from '../../src/systems/port.ts'
import { FakeSettings } from './fake-settings.ts'
import { accepted, listed, refused, replica, scripted, transfer, unknown } from './support.ts'

test('a move is started, followed by its bytes and ends when it has landed', async () => {
  const { executor, cluster, work, told } = scripted()
  executor.offer([replica()])
  await work()
  expect(executor.progress()).toMatchObject([{ state: 'running', bytesDone: 0, bytesTotal: 100 }])
  cluster.running = [listed(replica(), { bytesDone: 40, bytesTotal: 120 })]
  await work(3000)
  expect(executor.progress()).toMatchObject([{ state: 'running', bytesDone: 40, bytesTotal: 120 }])
  expect(executor.movedBytes).toBe(40)
  cluster.running = []
  cluster.outcome = () => ({ outcome: 'landed' })
  await work(3000)
  expect([executor.inFlight, executor.movedBytes]).toEqual([[], 120])
  expect(told).toEqual(['t-0 started', 't-0 done'])
})

test('a refused move ends at once and is not asked for again', async () => {
  const { executor, cluster, work, told, asked } = scripted()
  cluster.answer = () => refused
  executor.offer([replica()])
  await work()
  await work(3000)
  expect(told).toEqual(['t-0 started', 't-0 failed: replicas_changed: it is elsewhere'])
  expect(asked).toEqual(['set t-0'])
})

test('a copy whose target is gone is stalled, says so, and goes on when it is back', async () => {
  const { executor, cluster, work, told } = scripted()
  executor.offer([replica()])
  await work()
  cluster.running = [listed(replica(), { bytesDone: 40, bytesTotal: 100 })]
  cluster.alive = [1, 2]
  await work(3000)
  expect(executor.progress()).toMatchObject([{ state: 'stalled', text: expect.stringContaining('node 3 is gone') }])
  cluster.alive = [1, 2, 3]
  await work(3000)
  expect(executor.progress()).toMatchObject([{ state: 'running', bytesDone: 40 }])
  cluster.running = []
  cluster.outcome = () => ({ outcome: 'landed' })
  await work(3000)
  expect(told).toEqual(['t-0 started', 't-0 done'])
})

test('a missing permission ends what waits as well, and is remembered for a while', async () => {
  const { executor, cluster, work, asked } = scripted({ concurrentMoves: 1 })
  cluster.answer = () => ({
    outcome: 'refused',
    code: 'not_permitted',
    text: 'the permission CLUSTER ALTER is missing',
  })
  executor.offer([replica(0), replica(1)])
  await work()
  expect([executor.denied, executor.pending]).toEqual(['the permission CLUSTER ALTER is missing', []])
  await work(299_000)
  expect(executor.denied).toBe('the permission CLUSTER ALTER is missing')
  await work(1_000)
  expect([executor.denied, asked]).toEqual([undefined, ['set t-0']])
})

test('one refusal does not touch the others of the call', async () => {
  const { executor, cluster, work } = scripted()
  cluster.answer = (step) => (step.partition === 0 ? refused : accepted)
  executor.offer([replica(0), replica(1)])
  await work()
  expect(executor.inFlight.map((move) => (move as PartitionMove).partition)).toEqual([1])
})

describe('a move whose answer never came', () => {
  const lost = async () => {
    const all = scripted()
    all.cluster.answer = () => unknown
    all.executor.offer([replica()])
    await all.work()
    expect(all.executor.progress()).toMatchObject([{ state: 'unknown', text: 'no answer' }])
    all.cluster.answer = () => refused
    return all
  }

  test('has landed', async () => {
    const { cluster, work, told } = await lost()
    cluster.outcome = () => ({ outcome: 'landed' })
    await work(3000)
    expect(told.at(-1)).toBe('t-0 done')
  })

  test('is under way, and is not asked for a second time', async () => {
    const { executor, cluster, work, asked } = await lost()
    cluster.running = [listed(replica(), { bytesDone: 1, bytesTotal: 100 })]
    await work(3000)
    await work(3000)
    expect(executor.progress()).toMatchObject([{ state: 'running' }])
    expect(asked).toEqual(['set t-0'])
  })

  test('may still be applied for as long as the hold lasts, then never was', async () => {
    const { executor, cluster, work, told } = await lost()
    cluster.outcome = () => ({ outcome: 'reverted' })
    await work(89_999)
    expect(executor.inFlight).toHaveLength(1)
    await work(1)
    expect(told.at(-1)).toBe('t-0 failed: it was never applied')
  })
})

test('an adapter that throws leaves every move of the call unknown', async () => {
  const { executor, cluster, work } = scripted()
  cluster.fail = new Error('connection reset')
  executor.offer([replica(0), replica(1)])
  await work()
  expect(executor.progress()).toMatchObject([
    { state: 'unknown', text: 'connection reset' },
    { state: 'unknown', text: 'connection reset' },
  ])
})

test('a placement as before counts as undone only when it has lasted', async () => {
  const { executor, cluster, work, told } = scripted()
  executor.offer([replica()])
  await work()
  cluster.outcome = () => ({ outcome: 'reverted' })
  await work(3000)
  // Listed again: it was only late metadata.
  cluster.running = [listed(replica())]
  await work(3000)
  cluster.running = []
  await work(3000)
  await work(9_999)
  expect(executor.inFlight).toHaveLength(1)
  await work(1)
  expect(told.at(-1)).toBe('t-0 reverted: the placement is as before')
})

test('what has just failed is held also for a plan that is made while the next act is awaited', async () => {
  const { executor, cluster, system, work } = scripted()
  executor.offer([replica()])
  await work()
  cluster.outcome = () => ({ outcome: 'reverted' })
  await work(3000)
  executor.offer([replica(1)])
  const seen: unknown[] = []
  system.perform = async (steps) => {
    seen.push(...executor.holds.partitions.map(({ topic, partition }) => `${topic}-${partition}`))
    return steps.map(() => accepted)
  }
  await work(10_000)
  expect(seen).toEqual(['t-0'])
})

describe('a move ends as superseded', () => {
  const rows: [string, (all: ReturnType<typeof scripted>) => void, string][] = [
    [
      'when somebody else moves the partition elsewhere',
      ({ cluster }) => (cluster.running = [listed(replica(), { target: [7, 2], adding: [7] })]),
      't-0 superseded: somebody else is moving it to 7, 2',
    ],
    [
      'when somebody else takes our target and more',
      ({ cluster }) => (cluster.running = [listed(replica(), { target: [3, 2, 7], adding: [3, 7] })]),
      't-0 superseded: somebody else is moving it to 3, 2, 7',
    ],
    [
      'when its topic is deleted',
      ({ cluster }) => (cluster.outcome = () => ({ outcome: 'superseded', text: 'there is no t-0 any more' })),
      't-0 superseded: there is no t-0 any more',
    ],
  ]
  test.each(rows)('%s', async (_, happen, ending) => {
    const all = scripted()
    all.executor.offer([replica()])
    await all.work()
    happen(all)
    await all.work(3000)
    expect(all.told.at(-1)).toBe(ending)
  })
})

test('a copy that has landed and is not in sync again is waited for, though not for ever', async () => {
  const { executor, cluster, told, work } = scripted()
  executor.offer([replica()])
  await work()
  cluster.outcome = () => ({ outcome: 'partial', text: 'node 3 is not in sync' })
  await work(3_600_000)
  await work(299_999)
  expect(executor.progress()).toMatchObject([{ state: 'running', text: 'node 3 is not in sync' }])
  await work(1)
  expect(told.at(-1)).toBe('t-0 superseded: node 3 is not in sync, after 5m it is not waited for any longer')
})

describe('leadership', () => {
  test('goes by order and election within one pulse', async () => {
    const { executor, cluster, work, asked, told } = scripted()
    executor.offer([transfer()])
    await work()
    expect(asked).toEqual(['order t-0', 'elect t-0'])
    cluster.outcome = () => ({ outcome: 'landed' })
    await work(3000)
    expect(told).toEqual(['t-0 started', 't-0 done'])
  })

  test('is not elected when the order was refused', async () => {
    const { executor, cluster, work, asked, told } = scripted()
    cluster.answer = () => refused
    executor.offer([transfer()])
    await work()
    expect(asked).toEqual(['order t-0'])
    expect(told.at(-1)).toContain('failed')
  })

  test('fails when the election is refused', async () => {
    const { executor, cluster, work, told } = scripted()
    cluster.answer = (step) => (step.kind === 'elect' ? refused : accepted)
    executor.offer([transfer()])
    await work()
    expect(told).toEqual(['t-0 started', 't-0 failed: replicas_changed: it is elsewhere'])
  })

  test.each([
    ['reverted' as const, 't-0 reverted: the placement is as before'],
    ['partial' as const, 't-0 failed: its leader is 1'],
  ])('that does not come is given up when the hold is over: %s', async (outcome, ending) => {
    const { executor, cluster, work, told } = scripted()
    cluster.outcome = () => ({ outcome, text: 'its leader is 1' })
    executor.offer([transfer()])
    await work()
    await work(3000)
    await work(86_000)
    expect(executor.inFlight).toHaveLength(1)
    await work(4001)
    expect(told.at(-1)).toBe(ending)
  })

  test('whose election was never answered does not stay for ever', async () => {
    const { executor, cluster, work, told } = scripted()
    cluster.answer = (step) => (step.kind === 'elect' ? unknown : accepted)
    cluster.outcome = () => ({ outcome: 'partial', text: 'its leader is 1' })
    executor.offer([transfer()])
    await work()
    await work(90_000)
    expect(told.at(-1)).toBe('t-0 failed: its leader is 1')
  })

  test('waits until nothing copies and nothing that copies waits', async () => {
    const { executor, cluster, work, asked } = scripted({ concurrentMoves: 1 })
    executor.offer([replica(0), replica(1), transfer(2)])
    await work()
    cluster.outcome = (move) => (move.partition !== 2 ? { outcome: 'landed' } : { outcome: 'running' })
    await work(3000)
    expect(asked).toEqual(['set t-0', 'set t-1'])
    await work(3000)
    expect(asked.slice(2)).toEqual(['order t-2', 'elect t-2'])
  })

  test('is transferred so often for one plan and no more', async () => {
    const { executor, work, asked } = scripted({ maxTransfersPerTick: 2 })
    const plan = [0, 1, 2, 3, 4].map((partition) => transfer(partition))
    executor.offer(plan)
    await work()
    await work(3000)
    expect(asked.filter((step) => step.startsWith('elect'))).toEqual(['elect t-0', 'elect t-1'])
    executor.offer(plan.slice(2))
    await work(3000)
    expect(asked.filter((step) => step.startsWith('elect'))).toHaveLength(4)
  })
})

describe('what is started', () => {
  test('keeps to the order of the plan and to the budget', async () => {
    const { executor, cluster, work, asked } = scripted({ concurrentMovesPerNode: 2 })
    executor.offer([replica(0), replica(1), replica(2, { to: 4, leader: 5 })])
    await work()
    expect(asked).toEqual(['set t-0', 'set t-2'])
    cluster.outcome = (move) => (move.partition === 0 ? { outcome: 'landed' } : { outcome: 'running' })
    await work(3000)
    expect(asked).toEqual(['set t-0', 'set t-2', 'set t-1'])
  })

  test('is one move of a partition at a time, in the order of the plan', async () => {
    const { executor, cluster, work, asked } = scripted()
    const second = replica(0, { from: 2, to: 4, replicas: [3, 2] })
    executor.offer([replica(0), second])
    await work()
    cluster.running = [listed(replica(0))]
    await work(3000)
    expect([asked, executor.pending]).toEqual([['set t-0'], [second]])
    cluster.running = []
    cluster.outcome = () => ({ outcome: 'landed' })
    await work(3000)
    expect(asked).toEqual(['set t-0', 'set t-0'])
    expect(executor.inFlight).toEqual([second])
  })

  test('is nothing while somebody else moves anything', async () => {
    const { executor, cluster, work, asked } = scripted()
    cluster.running = [listed(replica(0, { to: 9 }))]
    executor.offer([replica(0), replica(1)])
    await work()
    expect(asked).toEqual([])
    expect(executor.foreign(cluster.running)).toEqual(cluster.running)
    cluster.running = []
    await work(3000)
    expect(asked).toEqual(['set t-0', 'set t-1'])
  })

  test('is what the newest plan says: an offer replaces what waits, not what runs', async () => {
    const { executor, work, asked } = scripted({ concurrentMoves: 1 })
    executor.offer([replica(0), replica(1)])
    await work()
    executor.offer([replica(2)])
    expect([executor.inFlight.length, executor.pending.length]).toEqual([1, 1])
    executor.offer([])
    await work(3000)
    expect(asked).toEqual(['set t-0'])
    expect(executor.inFlight).toHaveLength(1)
  })

  test('is nothing once the signal has aborted', async () => {
    const { executor, asked } = scripted()
    executor.offer([replica()])
    await executor.work({ takenAtMs: 0, aliveNodes: [], running: [] }, () => true, AbortSignal.abort())
    expect(asked).toEqual([])
  })
})

test('what is listed as ours is not foreign, and what merely looks alike is', async () => {
  const { executor, work } = scripted()
  executor.offer([replica(0), transfer(1)])
  await work()
  const same = listed(replica(0))
  const stranger = listed(replica(1))
  expect(executor.foreign([same, stranger])).toEqual([stranger])
})

test('a look that fails after a move has ended does not stop what follows', async () => {
  const { executor, cluster, system, told, work } = scripted()
  executor.offer([replica(0), replica(1)])
  await work()
  cluster.running = [listed(replica(0), { target: [7, 2], adding: [7] })]
  system.judge = () => Promise.reject(new Error('no broker answers'))
  await expect(work(3000)).rejects.toThrow('no broker answers')
  system.judge = async (moves) => moves.map(() => ({ outcome: 'landed' }))
  await work(3000)
  expect(told.slice(2)).toEqual(['t-0 superseded: somebody else is moving it to 7, 2', 't-1 done'])
  expect(executor.inFlight).toEqual([])
})

test('the next move of a partition keeps its intent when the one before has just ended', async () => {
  const { executor, cluster, work, journal, asked } = scripted()
  const next = replica(0, { from: 2, to: 1, replicas: [3, 2], leader: 3 })
  executor.offer([replica(), next])
  await work()
  cluster.outcome = (move) => (move.to === 3 ? { outcome: 'landed' } : { outcome: 'unknown', text: 'not seen' })
  await work(3000)
  expect(asked).toEqual(['set t-0', 'set t-0'])
  expect([...journal.read('intent').values()].map(({ move }) => move)).toEqual([next])
})

describe('what comes before a start may take long', () => {
  test('whether anything may start is asked when it is about to', async () => {
    const { executor, cluster, work, asked } = scripted()
    executor.offer([replica(0)])
    await work()
    executor.offer([replica(1)])
    cluster.outcome = () => {
      cluster.mayStart = false
      return { outcome: 'unknown', text: 'not seen' }
    }
    await work(3000)
    expect([asked, executor.pending]).toEqual([['set t-0'], [replica(1)]])
  })

  test('what is withdrawn while its settings are made is not sent, and they are given back', async () => {
    const settings = new FakeSettings()
    const { executor, work, asked, told, journal } = scripted(
      { throttle: { rate: 100, maxRate: 100, headroom: 0.2 } },
      { settings },
    )
    settings.before = () => executor.withdraw()
    executor.offer([replica()])
    await work()
    expect([asked, executor.inFlight, journal.read('intent').size, settings.own.size]).toEqual([[], [], 0, 0])
    expect(told.filter((line) => line.startsWith('t-0'))).toEqual([])
  })
})

test('a cool-down that begins again while the old one is over is kept', async () => {
  const journal = forgetfulJournal()
  await journal.write([{ kind: 'cool_down', key: '3', value: { node: 3, untilMs: 1, why: 'before' } }])
  const { executor, cluster, work } = scripted({}, { journal })
  executor.offer([replica()])
  await work()
  cluster.running = [listed(replica(), { broken: 'a dir of node 3 is offline' })]
  await work(3000)
  // A tick comes while the cancel is waited for.
  cluster.cancel = () => {
    executor.tick(() => Number.NaN)
    return accepted
  }
  await journal.write([{ kind: 'cool_down', key: '3', value: { node: 3, untilMs: 1, why: 'before' } }])
  await work(10_000)
  expect(journal.read('cool_down').get('3')).toMatchObject({ why: 'a dir of node 3 is offline' })
})

describe('a node that is given up', () => {
  const out = { scope: 'node', of: 2, name: 'tags', value: 'none', replaces: true } as const

  function lossy() {
    const settings: FakeSettings & Settings = new FakeSettings()
    settings.own.set('node/2/tags', 'a,b')
    settings.ofLoss = () => (settings.own.get('node/2/tags') === 'none' ? undefined : { setting: out })
    return { settings, ...scripted({}, { settings }) }
  }

  test('is taken out of use, stays so while it is gone, and is as before when it is back', async () => {
    const { settings, executor, work } = lossy()
    const tags = () => settings.own.get('node/2/tags')
    executor.outOfUse.gone = [2]
    await work()
    expect(tags()).toBe('a,b')
    executor.outOfUse.lost = [2]
    await work(3000)
    expect(tags()).toBe('none')
    // Nothing of it is left there, so that it is lost no longer.
    executor.outOfUse.lost = []
    await work(3000)
    expect(tags()).toBe('none')
    executor.outOfUse.gone = []
    executor.tick(() => 0)
    await work(100_000)
    expect(tags()).toBe('a,b')
  })

  test('is left as it is where that is not safe, and it is told why', async () => {
    const { settings, executor, work } = lossy()
    settings.ofLoss = () => ({ unsafe: 'too few would be left' })
    executor.outOfUse.gone = [2]
    executor.outOfUse.lost = [2]
    await work()
    expect([...executor.outOfUse.unsafe]).toEqual([[2, 'too few would be left']])
    expect(settings.log).toEqual([])
  })
})
