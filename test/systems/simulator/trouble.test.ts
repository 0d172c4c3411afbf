import { expect, test } from 'vitest'
import type { Happening } from '../../../src/systems/simulator/options.ts'
import { begin, live, node, replicaMove, shown, simulate, topic, usedMB } from './support.ts'

const nodes = [node(1), node(2), node(3)]
const topics = [topic('t', [], { assignment: [[1, 2]] })]

test('sizes are off by no more than the noise, and alike whenever the same moment is read', async () => {
  const { clock, simulator, world } = simulate({ nodes, topics, noise: 0.01 })
  const [first, again] = [await usedMB(simulator), await usedMB(simulator)]
  expect(again).toEqual(first)
  await clock.advance(1_000)
  expect(await usedMB(simulator)).not.toEqual(first)
  for (const used of [first['1']!, first['2']!]) {
    expect(Math.abs(used - 100)).toBeLessThanOrEqual(1)
    expect(used).not.toBe(100)
  }
  world.happen({ setNoise: 0 })
  expect((await usedMB(simulator))['1']).toBe(100)
})

test('a node that tells nothing is alive for the cluster and keeps its last figures', async () => {
  const growing = [topic('t', [], { assignment: [[1, 2]], growth: 1e6 })]
  const { clock, simulator, world } = simulate({ nodes, topics: growing })
  world.happen({ silence: { node: 1, ms: 60_000 } })
  await clock.advance(59_999)
  const { state, missingNodes, health } = await simulator.sample(live)
  expect(missingNodes).toEqual([1])
  expect([...state.nodeState]).toEqual([2, 0, 0])
  expect([...state.dirUsedBytes]).toEqual([100e6, 160e6 - 1e3, 0])
  expect(health.underReplicated.node).toBe(0)
  expect((await simulator.pulse(live)).aliveNodes).toEqual([1, 2, 3])
  await clock.advance(1)
  expect((await simulator.sample(live)).missingNodes).toEqual([])
  expect((await usedMB(simulator))['1']).toBe(160)
})

test('a flapping node goes and comes', async () => {
  const { clock, simulator, world } = simulate({ nodes, topics })
  world.happen({ flap: { node: 3, downMs: 20_000, upMs: 40_000, times: 2 } })
  const seen: boolean[] = []
  for (let look = 0; look < 12; look += 1) {
    await clock.advance(10_000)
    seen.push((await simulator.pulse(live)).aliveNodes.includes(3))
  }
  const round = [false, true, true, true, true, true]
  expect(seen).toEqual([...round, ...round])
})

test('nothing is written below min.insync.replicas, and that is explained by the dead node', async () => {
  const strict = [topic('t', [], { assignment: [[1, 2]], growth: 1e6, minIsr: 2 })]
  const { clock, simulator, world } = simulate({ nodes, topics: strict })
  world.stopNode(2)
  await clock.advance(100_000)
  expect((await usedMB(simulator))['1']).toBe(100)
  const { health, state } = await simulator.sample(live)
  expect(health).toMatchObject({ offline: 0, underMinIsr: 1, unexplained: { offline: 0, underMinIsr: 0 } })
  expect([...state.topicMinIsr]).toEqual([2])
})

test('a partition that waits for its last leader is explained by it, its missing replicas are not', async () => {
  const { clock, simulator, world } = simulate({ nodes, topics })
  world.stopNode(2)
  await clock.advance(9_000)
  world.stopNode(1)
  await clock.advance(9_000)
  world.startNode(2)
  await clock.advance(1_000)
  const { health } = await simulator.sample(live)
  expect(health).toMatchObject({ offline: 1, unexplained: { offline: 0, underMinIsr: 1 } })
})

test('acts are refused as often as ordered, of the kinds ordered', async () => {
  const { simulator, world } = simulate({ nodes, topics })
  world.happen({ refuse: { acts: 1, kinds: ['set'], code: 'not_permitted' } })
  world.happen({ refuse: { acts: 1, kinds: ['cancel'], code: 'rejected' } })
  const move = replicaMove(simulator, 't', 2, 3)
  expect(await begin(simulator, move)).toMatchObject([{ outcome: 'refused', code: 'not_permitted' }])
  expect(await begin(simulator, move)).toEqual([{ outcome: 'accepted' }])
  expect(await simulator.cancel([move], live)).toMatchObject([{ outcome: 'refused', code: 'rejected' }])
  expect(await simulator.cancel([move], live)).toEqual([{ outcome: 'accepted' }])
})

test('an act without an answer happens at once, later, or never', async () => {
  const { clock, simulator, world } = simulate({ nodes, topics })
  const move = replicaMove(simulator, 't', 2, 3)
  const unknown = [{ outcome: 'unknown', text: 'no answer came' }]
  const lose = (happens: Extract<Happening, { loseAnswers: unknown }>['loseAnswers']['happens']) =>
    world.happen({ loseAnswers: { acts: 1, happens } })
  lose('never')
  expect(await begin(simulator, move)).toEqual(unknown)
  await clock.advance(120_000)
  expect(await simulator.judge([move], live)).toEqual([{ outcome: 'reverted' }])
  lose({ afterMs: 45_000 })
  expect(await begin(simulator, move)).toEqual(unknown)
  await clock.advance(44_999)
  expect((await simulator.pulse(live)).running).toEqual([])
  await clock.advance(1)
  expect((await simulator.pulse(live)).running).toMatchObject([{ adding: [3], bytesDone: 0 }])
  lose('at_once')
  expect(await simulator.cancel([move], live)).toEqual(unknown)
  expect((await simulator.pulse(live)).running).toEqual([])
})

test('blind: samples fail, or every call does', async () => {
  const { clock, simulator, world } = simulate({ nodes, topics })
  const move = replicaMove(simulator, 't', 2, 3)
  world.happen({ blind: { ms: 10_000 } })
  await expect(simulator.sample(live)).rejects.toMatchObject({ code: 'sample_incomplete' })
  await simulator.pulse(live)
  world.happen({ blind: { ms: 10_000, code: 'unreachable' } })
  await expect(simulator.pulse(live)).rejects.toMatchObject({ code: 'unreachable' })
  await expect(simulator.judge([move], live)).rejects.toMatchObject({ code: 'unreachable' })
  expect(await begin(simulator, move)).toMatchObject([{ outcome: 'refused', code: 'not_sent' }])
  await clock.advance(10_000)
  await simulator.sample(live)
})

test('without a controller nothing is decided, copies go on, and who asks waits', async () => {
  const { clock, simulator, world } = simulate({ nodes, topics })
  await begin(simulator, replicaMove(simulator, 't', 2, 3))
  world.happen({ stopController: { ms: 60_000 } })
  world.stopNode(1)
  world.startNode(1)
  const waiting = simulator.pulse(live).catch((error) => error)
  await clock.advance(15_000)
  expect(await waiting).toMatchObject({ code: 'timeout' })
  expect(shown(simulator, 't')).toEqual({ replicas: [1, 3, 2], isr: [1, 2], leader: 1 })
  await clock.advance(45_000 + 9_000 + 10_001)
  expect(shown(simulator, 't')).toMatchObject({ replicas: [1, 3], isr: [1, 3] })
})

test('topics come, grow new partitions and go, and their space with them', async () => {
  const { clock, simulator, world } = simulate({ nodes, topics })
  expect(world.happen({ createTopic: topic('u', [], { assignment: [[3, 1]] }) })).toBeUndefined()
  expect(world.happen({ createTopic: topic('u', [3]) })).toContain('exists already')
  expect(world.happen({ createTopic: topic('v', [1, 2, 3], { replicationFactor: 4 }) })).toContain('on 3 nodes')
  expect(await usedMB(simulator)).toEqual({ 1: 200, 2: 100, 3: 100 })
  world.happen({ setGrowth: { topic: 'u', growth: 2e6 } })
  expect(world.happen({ addPartitions: { topic: 'u', count: 1 } })).toBeUndefined()
  await clock.advance(10_000)
  world.advance()
  expect(world.partitions.map(({ topic, id, bytes }) => `${topic}-${id}: ${bytes / 1e6}`)).toEqual([
    't-0: 100',
    'u-0: 110',
    'u-1: 10',
  ])
  expect(world.happen({ deleteTopic: 'u' })).toBeUndefined()
  expect(world.happen({ deleteTopic: 'u' })).toContain('no topic')
  expect((await simulator.sample(live)).state.names.topics).toEqual(['t'])
  await clock.advance(60_000)
  expect(await usedMB(simulator)).toEqual({ 1: 100, 2: 100, 3: 0 })
})

test('strangers act by script', async () => {
  const events = [
    { atMs: 1_000, reassign: { topic: 't', partition: 0, replicas: [1, 3] } },
    { atMs: 2_000, setCopyRate: { rate: 1e6 } },
    { atMs: 5_000, deleteTopic: 't' },
  ]
  const { clock, simulator } = simulate({ nodes, topics, events })
  await clock.advance(4_000)
  expect((await simulator.pulse(live)).running).toMatchObject([{ adding: [3], removing: [2], bytesDone: 12e6 }])
  await clock.advance(1_000)
  expect((await simulator.pulse(live)).running).toEqual([])
})
