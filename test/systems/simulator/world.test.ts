import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { NodeId } from '../../../src/cluster/state.ts'
import { seededRandom } from '../../../src/lib/random.ts'
import type { SimulatedEvent, SimulatorOptions } from '../../../src/systems/simulator/options.ts'
import { drawSizes, place } from '../../../src/systems/simulator/placement.ts'
import type { Simulator } from '../../../src/systems/simulator/simulator.ts'
import { begin, healthy, live, node, replicaMove, simulate, topic } from './support.ts'

test('new topics are spread over nodes and racks', () => {
  const nodes = [1, 2, 3, 4, 5, 6].map((id) => ({ id, rack: `r${id % 3}` }))
  for (let seed = 0; seed < 50; seed += 1) {
    const lists = place(nodes, 12, 3, seededRandom(seed))
    for (const list of lists) {
      expect(new Set(list).size).toBe(3)
      expect(new Set(list.map((id) => Number(id) % 3)).size).toBe(3)
    }
    for (const { id } of nodes) expect(lists.filter((list) => list[0] === id)).toHaveLength(2)
  }
})

test('more replicas than racks still lie on different nodes, every rack used', () => {
  const nodes = [1, 2, 3, 4].map((id) => ({ id, rack: id < 4 ? 'a' : 'b' }))
  for (const list of place(nodes, 8, 3, seededRandom(7))) {
    expect(new Set(list).size).toBe(3)
    expect(list).toContain(4)
  }
})

test('one node takes everything', () => {
  expect(place([{ id: 1 }], 3, 1, seededRandom(1))).toEqual([[1], [1], [1]])
})

test('drawn sizes differ, and their mean is what was asked for', () => {
  const sizes = drawSizes(1000, 5e6, 0.8, seededRandom(3))
  expect(sizes.reduce((sum, size) => sum + size, 0) / 1000).toBeCloseTo(5e6, 0)
  expect(Math.max(...sizes)).toBeGreaterThan(20e6)
  expect(drawSizes(3, 100, 0, seededRandom(3))).toEqual([100, 100, 100])
})

test('the same seed gives the same cluster, another seed another', async () => {
  expect(await sampled(5)).toEqual(await sampled(5))
  expect((await sampled(5)).replicaBytes).not.toEqual((await sampled(6)).replicaBytes)
})

test('scripted events happen at their time, however late anybody looks', async () => {
  const events: SimulatedEvent[] = [
    { atMs: 30_000, startNode: 2 },
    { atMs: 10_000, addNode: node(3, 'r3') },
    { atMs: 5_000, stopNode: 2 },
  ]
  const { clock, simulator } = simulate({ nodes: [node(1), node(2)], topics: [topic('t', [1, 2])], events })
  await clock.advance(4_999)
  expect((await simulator.sample(live)).missingNodes).toEqual([])
  await clock.advance(1)
  expect((await simulator.sample(live)).missingNodes).toEqual([2])
  await clock.advance(9_000)
  expect((await simulator.pulse(live)).aliveNodes).toEqual([1, 3])
  const { state } = await simulator.sample(live)
  expect([...state.nodeState]).toEqual([0, 1, 0])
  // No cluster tells since when a node is what it is.
  expect([...state.nodeAliveSinceMs, ...state.nodeUnavailableSinceMs]).toEqual(Array(6).fill(Number.NaN))
  await clock.advance(60_000)
  expect([...(await simulator.sample(live)).state.nodeState]).toEqual([0, 0, 0])
})

test('a clock that goes back does not turn anything back', async () => {
  let now = 1_000_000
  const clock = { now: () => now, sleep: async () => {} }
  const { createSimulator } = await import('../../../src/systems/simulator/simulator.ts')
  const options = { copyRate: 1e6, nodes: [node(1), node(2)], topics: [topic('t', [1], { growth: 1e6 })], events: [] }
  const simulator = createSimulator(options, clock)
  now += 10_000
  expect((await simulator.sample(live)).state.dirUsedBytes[0]).toBe(110e6)
  now -= 5_000
  expect((await simulator.sample(live)).state.dirUsedBytes[0]).toBe(110e6)
})

test.each<[string, Partial<SimulatorOptions>]>([
  ['node 1 is added twice', { nodes: [node(1), node(1)] }],
  ['node 1 is added twice', { events: [{ atMs: 1, addNode: node(1) }] }],
  ['node 2 has no disk', { nodes: [node(1), node(2, 'r', [])] }],
  ['names node 9, which does not exist then', { events: [{ atMs: 1, stopNode: 9 }] }],
  [
    'names node 3, which does not exist then',
    {
      events: [
        { atMs: 2, addNode: node(3) },
        { atMs: 1, startNode: 3 },
      ],
    },
  ],
  ['cannot have 3 replicas on 2 nodes', { topics: [topic('t', [1, 2], { replicationFactor: 3 })] }],
  ['topic t is described twice', { topics: [topic('t', [1]), topic('t', [1])] }],
  ['topic t names node 7', { topics: [topic('t', [7])] }],
])('options that cannot be are refused: %s', (text, options) => {
  expect(() => simulate({ nodes: [node(1), node(2)], ...options })).toThrow(text)
})

test('whatever is done to the cluster, it keeps its replication factors, its bytes and distinct replicas', async () => {
  const act = fc.record({
    kind: fc.constantFrom('move', 'cancel', 'stop', 'start', 'wait' as const),
    partition: fc.nat(5),
    from: fc.nat(2),
    node: fc.integer({ min: 1, max: 5 }),
    ms: fc.nat(20_000),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 40 }), fc.nat(), async (acts, seed) => {
      const nodes = [1, 2, 3, 4, 5].map((id) => node(id, `r${id % 3}`, [100e9]))
      const topics = [{ name: 't', partitions: 6, replicationFactor: 3, size: 30e6, growth: 1e6 }]
      const { clock, simulator, world } = simulate({ seed, nodes, topics })
      let bytes = logBytes(simulator)
      for (const { kind, partition, from, node, ms } of acts) {
        const move = replicaMove(simulator, 't', world.partition('t', partition)!.replicas[from]!, node, partition)
        if (kind === 'move' && !move.replicas.includes(node)) await begin(simulator, move)
        for (const running of kind === 'cancel' ? (await simulator.pulse(live)).running : []) {
          const ours = asMove(running)
          await simulator.cancel([{ ...move, ...ours }], live)
        }
        if (kind === 'stop') world.stopNode(node)
        if (kind === 'start') world.startNode(node)
        await clock.advance(ms)
        await checkInvariants(simulator)
        const now = logBytes(simulator)
        now.forEach((size, index) => {
          expect(size).toBeGreaterThanOrEqual(bytes[index]!)
        })
        bytes = now
      }
      for (const { id } of nodes) world.startNode(id)
      await clock.advance(3_600_000)
      const { running, health } = await simulator.sample(live)
      expect(running).toEqual([])
      expect(health).toEqual(healthy)
      for (const partition of world.partitions) expect(partition.replicas).toHaveLength(3)
    }),
    { numRuns: 60 },
  )
})

async function sampled(seed: number) {
  const nodes = [1, 2, 3, 4].map((id) => node(id, `r${id % 2}`))
  const topics = [{ name: 't', partitions: 20, replicationFactor: 2, size: 1e6 }]
  return (await simulate({ seed, nodes, topics }).simulator.sample(live)).state
}

function logBytes(simulator: Simulator): number[] {
  return simulator.world.partitions.map((partition) => partition.bytes)
}

/** The move that a running one began as: one node replaced by another. */
function asMove({
  partition,
  target,
  adding,
  removing,
}: {
  partition: number | string
  target: NodeId[]
  adding: NodeId[]
  removing: NodeId[]
}) {
  const [from, to] = [removing[0]!, adding[0]!]
  return { partition, from, to, replicas: target.map((id) => (id === to ? from : id)) }
}

async function checkInvariants(simulator: Simulator): Promise<void> {
  // Building the state refuses contradictions by itself: doubled replicas, unknown nodes and dirs.
  await simulator.sample(live)
  for (const { replicas, adding, removing, isr, leader, bytes, copies } of simulator.world.partitions) {
    expect(new Set(replicas).size).toBe(replicas.length)
    expect(replicas.length - adding.length).toBe(3)
    expect(removing.length).toBe(adding.length)
    expect(new Set(copies.keys())).toEqual(new Set(replicas))
    for (const id of isr) expect(copies.get(id)!.bytes).toBe(bytes)
    for (const copy of copies.values()) expect(copy.bytes).toBeLessThanOrEqual(bytes)
    if (leader === undefined) expect(isr).toEqual([])
    else expect(isr).toContain(leader)
    // The log survives: somebody holds all of it.
    expect([...copies.values()].some((copy) => copy.bytes === bytes)).toBe(true)
  }
}
