/** Whole stories from the first sample to the quiet after. Hours of the cluster pass in a second. */
import { afterAll, describe, expect, test } from 'vitest'
import type { NodeId } from '../../src/cluster/state.ts'
import type { SimulatedNode, SimulatedTopic } from '../../src/systems/simulator/options.ts'
import { GB, MB, MINUTE } from '../daemon/support.ts'
import { type End, resultTable, type Story, tell } from './runner.ts'

const ends = new Map<string, End>()
afterAll(() => {
  process.stdout.write(`\n${resultTable(ends)}\n\n`)
})

async function story(given: Story): Promise<End> {
  const end = await tell(given)
  ends.set(given.name, end)
  return end
}

/** What holds at the end of every story. */
function ended(end: End) {
  expect(end.broken).toEqual([])
  expect(end.returns).toEqual([])
  expect(end.rackViolations).toBe(0)
  expect(end.results).not.toHaveProperty('failed')
}

function quiet(end: End, code = 'balanced') {
  expect([end.report.status, end.report.verdict.code]).toEqual(['ready', code])
  expect(end.quietTicks).toBeGreaterThanOrEqual(20)
}

function filled(end: End, ...ids: NodeId[]) {
  for (const id of ids) {
    const { usedBytes, fairBytes } = end.nodes.get(id)!
    expect(usedBytes).toBeGreaterThanOrEqual(fairBytes - Math.max(fairBytes * 0.05, end.largestReplica))
    expect(usedBytes).toBeLessThanOrEqual(fairBytes + Math.max(fairBytes * 0.05, end.largestReplica))
  }
}

function cheap(end: End) {
  expect(end.movedBytes).toBeLessThanOrEqual(Math.max(end.boundBytes * 1.05, end.boundBytes + end.largestReplica))
}

const node = (id: number, rack?: string, ...disks: number[]): SimulatedNode => ({
  id,
  ...(rack === undefined ? {} : { rack }),
  disks: disks.length > 0 ? disks : [100 * GB],
})
const nodes = [node(1, 'a'), node(2, 'b'), node(3, 'c'), node(4, 'a'), node(5, 'b')]
const topics: SimulatedTopic[] = [
  { name: 'orders', partitions: 36, replicationFactor: 3, size: 400 * MB },
  { name: 'payments', partitions: 60, replicationFactor: 2, size: 200 * MB },
  { name: 'clicks', partitions: 24, replicationFactor: 2, size: 600 * MB, spread: 0.5 },
]
const joins = (atMs: number, ...joining: SimulatedNode[]) => joining.map((addNode) => ({ atMs, addNode }))
const nodeAdd = { mode: 'node_add' as const }

describe('a node joins', () => {
  test('and is filled', async () => {
    const end = await story({
      name: 'one node joins',
      ms: 60 * MINUTE,
      simulator: { nodes, topics, events: joins(5 * MINUTE, node(6, 'c')) },
      balance: nodeAdd,
    })
    ended(end)
    filled(end, 6)
    cheap(end)
    quiet(end)
    expect(end.leadersOverMean).toBeLessThanOrEqual(1.15)
  })

  test('while everything grows', async () => {
    const growing = topics.map((topic) => ({ ...topic, growth: 2 * MB }))
    const end = await story({
      name: 'one node joins, growth',
      ms: 60 * MINUTE,
      simulator: { nodes, topics: growing, events: joins(5 * MINUTE, node(6, 'c')) },
      balance: nodeAdd,
    })
    ended(end)
    filled(end, 6)
    quiet(end)
    expect(end.leadersOverMean).toBeLessThanOrEqual(1.15)
  })

  test('in mode off, and nothing happens', async () => {
    const end = await story({
      name: 'off',
      ms: 60 * MINUTE,
      simulator: { nodes, topics, events: joins(5 * MINUTE, node(6, 'c')) },
      balance: { mode: 'off', diskBalance: 0.1 },
    })
    ended(end)
    expect([end.done, end.results]).toEqual([[], {}])
    expect(end.report.verdict.code).toBe('mode_off')
    expect(end.report.plan.moves.length).toBeGreaterThan(0)
  })

  test('with three others of unlike size', async () => {
    const unlike = [node(1, undefined, 50 * GB), node(2, undefined, 100 * GB), node(3, undefined, 40 * GB, 40 * GB)]
    const end = await story({
      name: 'unlike capacities',
      ms: 60 * MINUTE,
      simulator: { nodes: unlike, topics, events: joins(5 * MINUTE, node(4, undefined, 100 * GB)) },
      balance: nodeAdd,
    })
    ended(end)
    filled(end, 4)
    cheap(end)
    quiet(end)
  })

  test('beside another at the same time', async () => {
    const end = await story({
      name: 'two nodes join at once',
      ms: 60 * MINUTE,
      simulator: { nodes, topics, events: joins(5 * MINUTE, node(6, 'c'), node(7, 'a')) },
      balance: nodeAdd,
    })
    ended(end)
    filled(end, 6, 7)
    cheap(end)
    quiet(end)
  })

  test('dies half full, and is filled when it is back', async () => {
    const half = 5 * MINUTE + 5 * MINUTE + 75_000
    const end = await story({
      name: 'dies mid-way and returns',
      ms: 90 * MINUTE,
      simulator: {
        nodes,
        topics,
        events: [
          ...joins(5 * MINUTE, node(6, 'c')),
          { atMs: half, stopNode: 6 },
          { atMs: half + 10 * MINUTE, startNode: 6 },
        ],
      },
      balance: nodeAdd,
    })
    ended(end)
    filled(end, 6)
    // More than it had when it died, although it was beyond the edge at which a filling would begin.
    expect(end.nodes.get(6)!.usedBytes / end.nodes.get(6)!.fairBytes).toBeGreaterThan(0.94)
    quiet(end)
  })

  test('the rack that was short of nodes', async () => {
    const racks = [node(1, 'a'), node(2, 'a'), node(3, 'b'), node(4, 'c')]
    const end = await story({
      name: 'racks 2+1+1 to 2+2+2',
      ms: 60 * MINUTE,
      simulator: {
        nodes: racks,
        topics: [{ name: 'orders', partitions: 60, replicationFactor: 3, size: 300 * MB }],
        events: joins(5 * MINUTE, node(5, 'b'), node(6, 'c')),
      },
      balance: nodeAdd,
    })
    ended(end)
    filled(end, 5, 6)
    // Every partition has a replica in each rack: those that joined took from their own rack, and only from there.
    expect(end.done.map(({ from, to }) => `${from}>${to}`).sort()).toEqual(
      end.done.map(({ to }) => (to === 5 ? '3>5' : '4>6')).sort(),
    )
    cheap(end)
    quiet(end)
  })

  test('where nothing has a second copy', async () => {
    const end = await story({
      name: 'replication factor 1',
      ms: 60 * MINUTE,
      simulator: {
        nodes,
        topics: [{ name: 'logs', partitions: 100, replicationFactor: 1, size: 400 * MB }],
        events: joins(5 * MINUTE, node(6)),
      },
      balance: nodeAdd,
    })
    ended(end)
    filled(end, 6)
    cheap(end)
    quiet(end)
  })
})

describe('a band', () => {
  test('of 9 % is reached on a skewed cluster, and then kept in peace', async () => {
    const skewed: SimulatedTopic[] = [
      { name: 'orders', partitions: 60, replicationFactor: 2, size: 300 * MB, nodes: [1, 2, 3] },
      { name: 'clicks', partitions: 120, replicationFactor: 2, size: 150 * MB },
    ]
    const end = await story({
      name: 'band 9 %, skewed',
      ms: 60 * MINUTE,
      simulator: { nodes: nodes.map(({ id, disks }) => ({ id, disks })), topics: skewed },
      balance: { diskBalance: 0.09, nodeAddHoldMs: 0 },
    })
    ended(end)
    for (const [, { usedBytes, fairBytes }] of end.nodes) {
      expect(usedBytes / fairBytes).toBeGreaterThanOrEqual(0.9)
      expect(usedBytes / fairBytes).toBeLessThanOrEqual(1.1)
    }
    cheap(end)
    quiet(end)
    expect(end.leadersOverMean).toBeLessThanOrEqual(1.15)
  })

  test('that is kept from the start moves nothing', async () => {
    const end = await story({
      name: 'balanced already',
      ms: 30 * MINUTE,
      simulator: {
        nodes: nodes.map(({ id, disks }) => ({ id, disks })),
        topics: [{ name: 't', partitions: 100, replicationFactor: 2, size: 300 * MB, spread: 0 }],
      },
      balance: { diskBalance: 0.09 },
    })
    ended(end)
    expect(end.results).toEqual({})
    quiet(end)
  })
})
