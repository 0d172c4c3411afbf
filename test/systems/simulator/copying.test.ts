import { expect, test } from 'vitest'
import { begin, healthy, leaderMove, live, node, replicaMove, shown, simulate, topic, usedMB } from './support.ts'

test('a copy takes its bytes over the rate and ends in its very second', async () => {
  const { clock, simulator } = simulate({ nodes: [node(1), node(2), node(3)], topics: [topic('t', [1, 2])] })
  const before = shown(simulator, 't')
  const move = replicaMove(simulator, 't', 2, 3)
  expect(await begin(simulator, move)).toEqual([{ outcome: 'accepted' }])

  await clock.advance(4_000)
  const { running } = await simulator.pulse(live)
  expect(running).toEqual([
    {
      topic: 't',
      partition: 0,
      target: before.replicas.map((id) => (id === 2 ? 3 : id)),
      adding: [3],
      removing: [2],
      bytesDone: 40e6,
      bytesTotal: 100e6,
    },
  ])
  expect(await simulator.judge([move], live)).toEqual([{ outcome: 'running', bytesDone: 40e6, bytesTotal: 100e6 }])

  await clock.advance(5_999)
  expect((await simulator.pulse(live)).running).toHaveLength(1)
  await clock.advance(1)
  expect((await simulator.pulse(live)).running).toEqual([])
  expect(await simulator.judge([move], live)).toEqual([{ outcome: 'landed' }])
  expect(shown(simulator, 't').isr).toEqual([1, 3])
})

test('two copies into one node take as long as their sum, whatever their sizes', async () => {
  const topics = [topic('big', [1], { size: 90e6 }), topic('small', [2], { size: 30e6 })]
  const { clock, simulator } = simulate({ nodes: [node(1), node(2), node(3)], topics })
  const moves = [replicaMove(simulator, 'big', 1, 3), replicaMove(simulator, 'small', 2, 3)]
  await begin(simulator, ...moves)

  await clock.advance(6_000)
  const after6s = (await simulator.pulse(live)).running
  expect(after6s.map((move) => [move.topic, move.bytesDone])).toEqual([['big', 30e6]])
  await clock.advance(5_999)
  expect((await simulator.pulse(live)).running).toHaveLength(1)
  await clock.advance(1)
  expect((await simulator.pulse(live)).running).toEqual([])
})

test('two copies out of one node share what it sends', async () => {
  const topics = [topic('a', [1]), topic('b', [1])]
  const { clock, simulator } = simulate({ nodes: [node(1), node(2), node(3)], topics })
  const moves = [replicaMove(simulator, 'a', 1, 2), replicaMove(simulator, 'b', 1, 3)]
  await begin(simulator, ...moves)
  await clock.advance(10_000)
  expect((await simulator.pulse(live)).running.map((move) => move.bytesDone)).toEqual([50e6, 50e6])
})

test('looking often gives the same as looking once', async () => {
  const [often, once] = [await looks(100), await looks(20_000)]
  for (const id of ['1', '2', '3']) expect(often[id]).toBeCloseTo(once[id]!, 4)
})

test('a growing partition is copied with what is written meanwhile', async () => {
  const topics = [topic('t', [1], { growth: 2e6 })]
  const { clock, simulator } = simulate({ nodes: [node(1), node(2)], topics })
  await begin(simulator, replicaMove(simulator, 't', 1, 2))
  // 100 MB at 10 − 2 MB/s.
  await clock.advance(12_499)
  expect((await simulator.pulse(live)).running).toHaveLength(1)
  await clock.advance(1)
  expect((await simulator.pulse(live)).running).toEqual([])
  expect((await usedMB(simulator))['2']).toBeCloseTo(125, 3)
})

test('what grows faster than it is copied is never done', async () => {
  const topics = [topic('t', [1], { growth: 10e6 })]
  const { clock, simulator } = simulate({ nodes: [node(1), node(2)], topics })
  await begin(simulator, replicaMove(simulator, 't', 1, 2))
  await clock.advance(3_600_000)
  expect((await simulator.pulse(live)).running).toHaveLength(1)
})

test('a topic grows by its rate over all partitions, each replica alike', async () => {
  const topics = [topic('t', [1, 2], { partitions: 4, size: 25e6, spread: 1, growth: 3e6 })]
  const { clock, simulator } = simulate({ nodes: [node(1), node(2)], topics })
  await clock.advance(60_000)
  const used = await usedMB(simulator)
  expect(used['1']).toBeCloseTo(280, 4)
  expect(used['2']).toBeCloseTo(280, 4)
})

test('the source shows the space as used until a minute after the end', async () => {
  const { clock, simulator } = simulate({ nodes: [node(1), node(2), node(3)], topics: [topic('t', [1, 2])] })
  await begin(simulator, replicaMove(simulator, 't', 2, 3))
  await clock.advance(10_000)
  const { state, running } = await simulator.sample(live)
  expect(running).toEqual([])
  expect([...state.replicaNode].map((index) => state.names.nodes[index])).not.toContain(2)
  await clock.advance(59_999)
  expect(await usedMB(simulator)).toEqual({ 1: 100, 2: 100, 3: 100 })
  await clock.advance(1)
  expect(await usedMB(simulator)).toEqual({ 1: 100, 2: 0, 3: 100 })
})

test('a new replica goes to the dir with the fewest', async () => {
  const nodes = [node(1), node(2, undefined, [500e6, 500e6])]
  const topics = [topic('a', [2]), topic('b', [1]), topic('c', [1])]
  const { clock, simulator } = simulate({ nodes, topics })
  await begin(simulator, replicaMove(simulator, 'b', 1, 2))
  await clock.advance(10_000)
  await begin(simulator, replicaMove(simulator, 'c', 1, 2))
  const { state } = await simulator.sample(live)
  expect([...state.replicaDir].map((dir) => state.names.dirs[dir])).toEqual(['/disk0', '/disk1', '/disk0', '/disk0'])
})

test('a move in flight is seen by the sample, and explained', async () => {
  const { clock, simulator } = simulate({ nodes: [node(1), node(2), node(3)], topics: [topic('t', [1, 2])] })
  await begin(simulator, replicaMove(simulator, 't', 2, 3))
  await clock.advance(1_000)
  const { health, missingNodes } = await simulator.sample(live)
  expect(health).toEqual({ ...healthy, underReplicated: { own_move: 1, node: 0, other: 0 } })
  expect(missingNodes).toEqual([])
})

test('leadership is handed over by order and election, without copying', async () => {
  const { simulator } = simulate({ nodes: [node(1), node(2)], topics: [topic('t', [1, 2])] })
  const { leader, replicas } = shown(simulator, 't')
  const other = replicas.find((id) => id !== leader)!
  const move = leaderMove(simulator, 't', leader!, other)
  expect(simulator.steps(move).map((step) => step.kind)).toEqual(['order', 'elect'])
  const results = await begin(simulator, move)
  expect(results).toEqual([{ outcome: 'accepted' }, { outcome: 'accepted' }])
  expect(shown(simulator, 't')).toMatchObject({ replicas: [other, leader], leader: other })
  expect(await simulator.judge([move], live)).toEqual([{ outcome: 'landed' }])
})

async function looks(everyMs: number) {
  const topics = [topic('a', [1], { growth: 1e6 }), topic('b', [1], { size: 70e6 })]
  const { clock, simulator } = simulate({ nodes: [node(1), node(2), node(3)], topics })
  const moves = [replicaMove(simulator, 'a', 1, 2), replicaMove(simulator, 'b', 1, 2)]
  await begin(simulator, ...moves)
  for (let ms = 0; ms < 20_000; ms += everyMs) {
    await clock.advance(everyMs)
    await simulator.pulse(live)
  }
  return await usedMB(simulator)
}
