import { expect, test } from 'vitest'
import type { Simulator } from '../../../src/systems/simulator/simulator.ts'
import { begin, leaderMove, live, node, replicaMove, shown, simulate, topic } from './support.ts'

/** Foreign hands put the list in a known order and elect its first. */
function arrange(simulator: Simulator, name: string, replicas: number[]): void {
  simulator.world.reassign(name, 0, replicas)
  simulator.world.elect(name, 0)
}

test('a stopped node leads until the session time-out; then everything changes in one step', async () => {
  const { clock, simulator, world } = simulate({ nodes: [node(1), node(2), node(3)], topics: [topic('t', [1, 2, 3])] })
  arrange(simulator, 't', [1, 3, 2])
  world.stopNode(1)
  await clock.advance(8_999)
  expect(shown(simulator, 't')).toEqual({ replicas: [1, 3, 2], isr: [1, 2, 3], leader: 1 })
  expect((await simulator.pulse(live)).aliveNodes).toEqual([1, 2, 3])
  const unnoticed = await simulator.sample(live)
  expect(unnoticed.missingNodes).toEqual([1])
  expect(unnoticed.health.underReplicated).toEqual({ own_move: 0, node: 0, other: 0 })

  await clock.advance(1)
  expect((await simulator.pulse(live)).aliveNodes).toEqual([2, 3])
  expect(shown(simulator, 't')).toEqual({ replicas: [1, 3, 2], isr: [2, 3], leader: 3 })
  expect((await simulator.sample(live)).health.underReplicated).toEqual({ own_move: 0, node: 1, other: 0 })
})

test('leadership does not return by itself, and a returned replica is in sync again', async () => {
  const { clock, simulator, world } = simulate({ nodes: [node(1), node(2)], topics: [topic('t', [1, 2])] })
  arrange(simulator, 't', [1, 2])
  world.stopNode(1)
  await clock.advance(9_000)
  expect(shown(simulator, 't').leader).toBe(2)
  world.startNode(1)
  await clock.advance(1_000)
  expect(shown(simulator, 't')).toEqual({ replicas: [1, 2], isr: [1, 2], leader: 2 })
  // It is the first of the list already: nothing needs to be put in order.
  expect(await begin(simulator, leaderMove(simulator, 't', 2, 1))).toEqual([{ outcome: 'accepted' }])
  expect(shown(simulator, 't').leader).toBe(1)
})

test('a node that returns before it was missed is let in once its former life is held for dead', async () => {
  const { clock, simulator, world } = simulate({ nodes: [node(1), node(2)], topics: [topic('t', [1, 2])] })
  arrange(simulator, 't', [1, 2])
  world.stopNode(1)
  await clock.advance(1_000)
  world.startNode(1)
  await clock.advance(7_999)
  expect((await simulator.sample(live)).missingNodes).toEqual([1])
  expect(shown(simulator, 't').leader).toBe(1)
  await clock.advance(2)
  expect(shown(simulator, 't')).toEqual({ replicas: [1, 2], isr: [1, 2], leader: 2 })
  expect((await simulator.sample(live)).missingNodes).toEqual([])
})

test('what was written while a node was away is copied at the shared rate before it is in sync', async () => {
  const topics = [topic('t', [1, 2], { growth: 5e6 })]
  const { clock, simulator, world } = simulate({ nodes: [node(1), node(2)], topics })
  arrange(simulator, 't', [1, 2])
  world.stopNode(2)
  await clock.advance(9_000 + 10_000)
  expect(shown(simulator, 't').isr).toEqual([1])
  world.startNode(2)
  // 50 MB behind, caught up at 10 − 5 MB/s.
  await clock.advance(9_999)
  expect(shown(simulator, 't').isr).toEqual([1])
  expect((await simulator.sample(live)).health.underReplicated.other).toBe(1)
  await clock.advance(1)
  expect(shown(simulator, 't').isr).toEqual([1, 2])
})

test('without a live in-sync replica nobody leads until the last leader returns', async () => {
  const { clock, simulator, world } = simulate({ nodes: [node(1), node(2), node(3)], topics: [topic('t', [1, 2])] })
  arrange(simulator, 't', [1, 2])
  world.stopNode(1)
  await clock.advance(9_000)
  world.stopNode(2)
  await clock.advance(9_000)
  expect(shown(simulator, 't')).toEqual({ replicas: [1, 2], isr: [], leader: undefined })
  expect((await simulator.sample(live)).health).toMatchObject({ offline: 1, underMinIsr: 1 })
  const move = replicaMove(simulator, 't', 1, 3)
  expect(await begin(simulator, move)).toMatchObject([{ outcome: 'refused', code: 'no_leader' }])

  world.startNode(1)
  await clock.advance(60_000)
  expect(shown(simulator, 't').leader).toBeUndefined()
  world.startNode(2)
  await clock.advance(1_000)
  expect(shown(simulator, 't')).toEqual({ replicas: [1, 2], isr: [1, 2], leader: 2 })
})

test('when the leader itself is moved away the first in-sync of the new list takes over at the end', async () => {
  const { clock, simulator } = simulate({ nodes: [node(1), node(2), node(3)], topics: [topic('t', [1, 2])] })
  arrange(simulator, 't', [2, 1])
  await begin(simulator, replicaMove(simulator, 't', 2, 3))
  await clock.advance(9_999)
  expect(shown(simulator, 't')).toEqual({ replicas: [3, 1, 2], isr: [1, 2], leader: 2 })
  await clock.advance(1)
  expect(shown(simulator, 't')).toEqual({ replicas: [3, 1], isr: [1, 3], leader: 3 })
})

test('a leader that stays keeps leading, wherever it is in the list', async () => {
  const { clock, simulator, world } = simulate({ nodes: [node(1), node(2), node(3)], topics: [topic('t', [1, 2])] })
  arrange(simulator, 't', [1, 2])
  world.reassign('t', 0, [2, 1])
  expect(shown(simulator, 't')).toEqual({ replicas: [2, 1], isr: [1, 2], leader: 1 })
  world.reassign('t', 0, [3, 1])
  await clock.advance(10_000)
  expect(shown(simulator, 't')).toEqual({ replicas: [3, 1], isr: [1, 3], leader: 1 })
})

test('an election fails while the first of the list is dead or behind', async () => {
  const topics = [topic('t', [1, 2], { growth: 1e6 })]
  const { clock, simulator, world } = simulate({ nodes: [node(1), node(2)], topics })
  arrange(simulator, 't', [1, 2])
  world.stopNode(1)
  await clock.advance(9_000)
  const elect = simulator.steps(leaderMove(simulator, 't', 2, 1))
  expect(await simulator.perform(elect, live)).toMatchObject([{ code: 'target_not_in_sync' }])
  await clock.advance(60_000)
  world.startNode(1)
  expect(await simulator.perform(elect, live)).toMatchObject([{ code: 'target_not_in_sync' }])
  await clock.advance(60_000)
  expect(await simulator.perform(elect, live)).toEqual([{ outcome: 'accepted' }])
})
