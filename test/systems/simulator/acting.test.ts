import { expect, test } from 'vitest'
import type { PartitionStep } from '../../../src/systems/port.ts'
import { begin, leaderMove, live, node, replicaMove, shown, simulate, topic, usedMB } from './support.ts'

const nodes = [node(1), node(2), node(3), node(4)]

test('a cancelled move leaves set and leader as they were and frees the target after the delay', async () => {
  const { clock, simulator, world } = simulate({ nodes, topics: [topic('t', [1, 2])] })
  world.reassign('t', 0, [2, 1])
  world.elect('t', 0)
  const move = replicaMove(simulator, 't', 2, 3)
  await begin(simulator, move)
  await clock.advance(4_000)
  expect(await simulator.cancel([move], live)).toEqual([{ outcome: 'accepted' }])
  // In another order, though: what was to be removed stood behind the target.
  expect(shown(simulator, 't')).toEqual({ replicas: [1, 2], isr: [1, 2], leader: 2 })
  expect(await simulator.judge([move], live)).toEqual([{ outcome: 'reverted' }])
  expect((await usedMB(simulator))['3']).toBe(40)
  await clock.advance(60_000)
  expect((await usedMB(simulator))['3']).toBe(0)
  expect(await simulator.cancel([move], live)).toMatchObject([{ outcome: 'refused', code: 'replicas_changed' }])
})

test('what is no longer exactly ours is not taken back', async () => {
  const { clock, simulator, world } = simulate({ nodes, topics: [topic('t', [1, 2])] })
  world.reassign('t', 0, [1, 2])
  const move = replicaMove(simulator, 't', 2, 3)
  await begin(simulator, move)
  await clock.advance(1_000)
  expect(world.reassign('t', 0, [1, 4])).toBeUndefined()
  expect((await simulator.pulse(live)).running).toMatchObject([{ target: [1, 4], adding: [4], removing: [2, 3] }])
  expect(await simulator.cancel([move], live)).toMatchObject([{ outcome: 'refused', code: 'replicas_changed' }])
  expect(await simulator.judge([move], live)).toEqual([{ outcome: 'superseded', text: 'it is being moved to 1, 4' }])
})

test('superseding and then cancelling raises the replication factor, as it really does', async () => {
  const { simulator, world } = simulate({ nodes, topics: [topic('t', [1, 2])] })
  world.reassign('t', 0, [1, 2])
  world.reassign('t', 0, [1, 3])
  world.reassign('t', 0, [1, 4])
  expect(world.revert('t', 0)).toBeUndefined()
  expect(shown(simulator, 't').replicas).toEqual([1, 2, 3])
})

test('a dead target waits for ever, and goes on where it was when it returns', async () => {
  const { clock, simulator, world } = simulate({ nodes, topics: [topic('t', [1, 2])] })
  const move = replicaMove(simulator, 't', 2, 3)
  await begin(simulator, move)
  await clock.advance(4_000)
  world.stopNode(3)
  await clock.advance(3_600_000)
  const [waiting] = (await simulator.pulse(live)).running
  expect(waiting).toMatchObject({ adding: [3], bytesTotal: 100e6 })
  expect(waiting).not.toHaveProperty('bytesDone')
  expect(await simulator.judge([move], live)).toEqual([{ outcome: 'running', bytesTotal: 100e6 }])

  world.startNode(3)
  expect((await simulator.pulse(live)).running).toMatchObject([{ bytesDone: 40e6 }])
  await clock.advance(5_999)
  expect((await simulator.pulse(live)).running).toHaveLength(1)
  await clock.advance(1)
  expect(await simulator.judge([move], live)).toEqual([{ outcome: 'landed' }])
})

test('a move to a dead target can be taken back', async () => {
  const { clock, simulator, world } = simulate({ nodes, topics: [topic('t', [1, 2])] })
  const move = replicaMove(simulator, 't', 2, 3)
  await begin(simulator, move)
  await clock.advance(4_000)
  world.stopNode(3)
  await clock.advance(10_000)
  expect(await simulator.cancel([move], live)).toEqual([{ outcome: 'accepted' }])
  expect((await simulator.pulse(live)).running).toEqual([])
  await clock.advance(3_600_000)
  expect((await usedMB(simulator))['3']).toBe(40)
  world.startNode(3)
  expect((await usedMB(simulator))['3']).toBe(0)
})

test('a copy goes on from the new leader when its source dies', async () => {
  const { clock, simulator, world } = simulate({ nodes, topics: [topic('t', [1, 2])] })
  world.reassign('t', 0, [1, 2])
  world.elect('t', 0)
  await begin(simulator, replicaMove(simulator, 't', 2, 3))
  await clock.advance(5_000)
  world.stopNode(1)
  await clock.advance(9_000)
  expect((await simulator.pulse(live)).running).toMatchObject([{ bytesDone: 50e6 }])
  await clock.advance(5_000)
  expect(shown(simulator, 't')).toEqual({ replicas: [1, 3], isr: [3], leader: 3 })
})

test('a move whose only source is dead waits and cannot be taken back', async () => {
  const { clock, simulator, world } = simulate({ nodes, topics: [topic('t', [1])] })
  const move = replicaMove(simulator, 't', 1, 3)
  await begin(simulator, move)
  await clock.advance(5_000)
  world.stopNode(1)
  await clock.advance(100_000)
  expect((await simulator.pulse(live)).running).toMatchObject([{ bytesDone: 50e6 }])
  expect(await simulator.cancel([move], live)).toMatchObject([{ outcome: 'refused', code: 'rejected' }])
  world.startNode(1)
  await clock.advance(5_000)
  expect(shown(simulator, 't')).toEqual({ replicas: [3], isr: [3], leader: 3 })
})

test('a replica that is behind may be moved away before it has caught up', async () => {
  const others = ['a', 'b', 'c'].map((name) => topic(name, [4]))
  const topics = [topic('t', [1, 2], { growth: 1e6 }), ...others]
  const { clock, simulator, world } = simulate({ nodes, topics })
  world.stopNode(2)
  await clock.advance(9_000 + 200_000)
  world.startNode(2)
  // Node 2 is kept busy by others, so that the new replica is done first.
  await begin(simulator, ...['a', 'b', 'c'].map((name) => replicaMove(simulator, name, 4, 2)))
  await begin(simulator, replicaMove(simulator, 't', 2, 3))
  await clock.advance(100_000)
  expect(shown(simulator, 't').isr).toEqual([1, 3])
})

test('a step is refused by a fresh look, each with its code, and the others happen', async () => {
  const topics = ['gone', 'moving', 'changed', 'dead', 'fine'].map((name) => topic(name, [1, 2]))
  const { clock, simulator, world } = simulate({ nodes, topics })
  const steps = topics.flatMap(({ name }) => simulator.steps(replicaMove(simulator, name, 2, name === 'dead' ? 4 : 3)))
  steps[0]!.topic = 'absent'
  world.reassign('moving', 0, [1, 4])
  world.reassign('changed', 0, world.partition('changed', 0)!.replicas.toReversed())
  world.stopNode(4)
  await clock.advance(9_000)
  const results = await simulator.perform(steps, live)
  expect(results.map((result) => (result.outcome === 'refused' ? result.code : result.outcome))).toEqual([
    'partition_gone',
    'already_moving',
    'replicas_changed',
    'target_not_alive',
    'accepted',
  ])
})

test('a step that was done already is refused for what it left, and changes nothing', async () => {
  const { clock, simulator } = simulate({ nodes, topics: [topic('t', [1, 2])] })
  const steps = simulator.steps(replicaMove(simulator, 't', 2, 3))
  await simulator.perform(steps, live)
  await clock.advance(4_000)
  expect(await simulator.perform(steps, live)).toMatchObject([{ code: 'already_moving' }])
  expect((await simulator.pulse(live)).running).toMatchObject([{ bytesDone: 40e6 }])
  await clock.advance(6_000)
  expect(await simulator.perform(steps, live)).toMatchObject([{ code: 'replicas_changed' }])
  expect((await simulator.pulse(live)).running).toEqual([])
})

test('a step never changes the replication factor', async () => {
  const { simulator } = simulate({ nodes, topics: [topic('t', [1, 2])] })
  const [step] = simulator.steps(replicaMove(simulator, 't', 2, 3)) as PartitionStep[]
  const more = { ...step!, replicas: [...step!.expect, 3] }
  const fewer = { ...step!, replicas: step!.expect.slice(1), adds: [] }
  const other = { ...step!, kind: 'order' as const }
  for (const result of await simulator.perform([more, fewer, other], live))
    expect(result).toMatchObject({ code: 'rejected' })
})

test('there is nothing to take back of a leader move, and it is judged by who leads', async () => {
  const { simulator, world } = simulate({ nodes, topics: [topic('t', [1, 2])] })
  world.reassign('t', 0, [1, 2])
  world.elect('t', 0)
  const move = leaderMove(simulator, 't', 1, 2)
  expect(await simulator.judge([move], live)).toEqual([{ outcome: 'reverted' }])
  await simulator.perform(simulator.steps(move).slice(0, 1), live)
  expect(await simulator.judge([move], live)).toEqual([{ outcome: 'reverted' }])
  expect(await simulator.cancel([move], live)).toMatchObject([{ code: 'replicas_changed' }])
})

test('a call that was given up does nothing', async () => {
  const { simulator } = simulate({ nodes, topics: [topic('t', [1, 2])] })
  const steps = simulator.steps(replicaMove(simulator, 't', 2, 3))
  await expect(simulator.perform(steps, AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' })
  expect((await simulator.pulse(live)).running).toEqual([])
})
