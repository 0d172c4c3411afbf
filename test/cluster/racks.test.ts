/** How well partitions are spread over racks, against the best that open nodes allow. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NodeLine, PartitionLine } from '../../src/cluster/lines.ts'
import { openNodes, RackSpread, rackFigures } from '../../src/cluster/racks.ts'
import { build, node, runs, topic } from './support.ts'

/** One node for each letter, in the rack of that name; `-` has none. */
const inRacks = (racks: string, more: Record<number, Partial<NodeLine>> = {}): NodeLine[] =>
  Array.from(racks, (rack, id) => node(id, { ...(rack === '-' ? {} : { rack }), ...more[id] }))

const cordoned: Partial<NodeLine> = { dirs: [{ path: '/d0', capacity_bytes: 1, used_bytes: 0, cordoned: true }] }

function figures(nodes: NodeLine[], replicas: number[], more: Partial<PartitionLine> = {}) {
  const state = build({ nodes, topics: [topic([{ replicas, ...more }])] })
  return { steps: new RackSpread(state).faults(0), ...rackFigures(state) }
}

describe('steps to the best spread, and whether sharing is needless or cannot be helped', () => {
  const rows: [string, NodeLine[], number[], number, 'needless' | 'unavoidable' | 'none'][] = [
    ['no racks at all', inRacks('--'), [0, 1], 0, 'none'],
    ['every replica in its own', inRacks('abc'), [0, 1, 2], 0, 'none'],
    ['two in one of three', inRacks('aabc'), [0, 1, 2], 1, 'needless'],
    ['all in one of three', inRacks('aaabc'), [0, 1, 2], 2, 'needless'],
    ['three over two racks', inRacks('aab'), [0, 1, 2], 0, 'unavoidable'],
    ['three in one of two', inRacks('aaab'), [0, 1, 2], 1, 'needless'],
    ['four over two, three and one', inRacks('aaabb'), [0, 1, 2, 3], 1, 'needless'],
    ['four over two, two and two', inRacks('aabb'), [0, 1, 2, 3], 0, 'unavoidable'],
    ['five over two, four and one', inRacks('aaaabbb'), [0, 1, 2, 3, 4], 1, 'needless'],
    ['five over three, three, one and one', inRacks('aaabcc'), [0, 1, 2, 3, 4], 1, 'needless'],
    ['the other rack has no node left', inRacks('aaab'), [0, 1, 2, 3], 0, 'unavoidable'],
    ['one node is all there is', inRacks('aa'), [0, 1], 0, 'unavoidable'],
    ['nodes without a rack are one more', inRacks('aa-'), [0, 1], 1, 'needless'],
    ['and share it like any other', inRacks('--a'), [0, 1], 1, 'needless'],
    ['the free rack is cordoned', inRacks('aab', { 2: cordoned }), [0, 1], 0, 'unavoidable'],
    ['it is excluded', inRacks('aab', { 2: { excluded: true } }), [0, 1], 0, 'unavoidable'],
    ['it is gone', inRacks('aab', { 2: { state: 'unavailable' } }), [0, 1], 0, 'unavoidable'],
    ['it is to be emptied', inRacks('aab', { 2: { state: 'draining' } }), [0, 1], 0, 'unavoidable'],
    ['it gives no answer', inRacks('aab', { 2: { state: 'unreachable' } }), [0, 1], 0, 'unavoidable'],
    ['it is of another domain', inRacks('aab', { 2: { domain: 'x' } }), [0, 1], 0, 'unavoidable'],
    [
      'a replica on a dead node has its rack none the less',
      inRacks('aab', { 0: { state: 'unavailable' } }),
      [0, 1],
      1,
      'needless',
    ],
    [
      'two replicas in a rack whose nodes are gone',
      inRacks('aabc', { 0: { state: 'unavailable' }, 1: { state: 'unavailable' } }),
      [0, 1, 2],
      1,
      'needless',
    ],
  ]
  test.each(rows)('%s', (_, nodes, replicas, steps, kind) => {
    const found = figures(nodes, replicas)
    expect(found.steps).toBe(steps)
    expect(found.needless).toEqual(kind === 'needless' ? [0] : [])
    expect(found.unavoidable).toBe(kind === 'unavoidable' ? 1 : 0)
  })

  test('one that is being removed does not count', () => {
    const moving = { adding: [2], removing: [1] }
    expect(figures(inRacks('aab'), [0, 1, 2], moving)).toMatchObject({ needless: [], unavoidable: 0 })
  })
})

/** Fewest replicas that must move until no spread has a lower sum of squares, by trying all. */
function fewestSteps(racks: string, replicas: number[]): number {
  const squares = (nodes: number[]) =>
    nodes.reduce((sum, id) => sum + nodes.filter((other) => racks[other] === racks[id]).length, 0)
  let best = { squares: Number.POSITIVE_INFINITY, moved: 0 }
  const choose = (from: number, chosen: number[]) => {
    if (chosen.length === replicas.length) {
      const found = { squares: squares(chosen), moved: chosen.filter((id) => !replicas.includes(id)).length }
      if (found.squares < best.squares || (found.squares === best.squares && found.moved < best.moved)) best = found
      return
    }
    for (let id = from; id < racks.length; id += 1) choose(id + 1, [...chosen, id])
  }
  choose(0, [])
  return best.moved
}

test('no placement is better than the one that the steps lead to, and none gets there with fewer moves', () => {
  const anyCase = fc
    .array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 8 })
    .chain((racks) => fc.tuple(fc.constant(racks.join('')), fc.subarray([...racks.keys()], { minLength: 1 })))
  fc.assert(
    fc.property(anyCase, ([racks, replicas]) => {
      expect(figures(inRacks(racks), replicas).steps).toBe(fewestSteps(racks, replicas))
    }),
    runs(1000),
  )
})

test('who may be a target', () => {
  const nodes = [
    node(0),
    node(1, { excluded: true }),
    node(2, { state: 'draining' }),
    node(3, cordoned),
    node(4, { dirs: [{ path: '/d0', capacity_bytes: 1, used_bytes: 0, state: 'offline' }] }),
    node(5, { dirs: [...cordoned.dirs!, { path: '/d1', capacity_bytes: 1, used_bytes: 0 }] }),
    node(6, { dirs: [] }),
  ]
  expect([...openNodes(build({ nodes, topics: [] }))]).toEqual([1, 0, 0, 0, 0, 1, 0])
})
