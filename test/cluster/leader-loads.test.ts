import { expect, test } from 'vitest'
import { leaderLimits, leaderLoads, leaderWeights, measureOf } from '../../src/cluster/leader-loads.ts'
import type { NodeLine, PartitionLine } from '../../src/cluster/lines.ts'
import type { LeadershipMeasure } from '../../src/cluster/settings.ts'
import { sharesOf } from '../../src/cluster/shares.ts'
import { build, node, topic } from './support.ts'

const rates = (bytesIn?: number, bytesOut?: number): Partial<PartitionLine> => ({
  replicas: [0],
  ...(bytesIn === undefined ? {} : { bytes_in_per_second: bytesIn }),
  ...(bytesOut === undefined ? {} : { bytes_out_per_second: bytesOut }),
})

const weights: [string, LeadershipMeasure, Partial<PartitionLine>[], LeadershipMeasure, number[]][] = [
  ['by count each is one', 'count', [rates(5, 9), rates()], 'count', [1, 1]],
  ['by traffic what goes in and what goes out', 'traffic', [rates(5, 9), rates(0, 0)], 'traffic', [14, 0]],
  ['of one figure only, that one', 'traffic', [rates(5), rates(undefined, 7)], 'traffic', [5, 7]],
  ['the unknown counts as the mean of the known', 'traffic', [rates(5), rates(), rates(1, 8)], 'traffic', [5, 7, 9]],
  ['none known at all: by count', 'traffic', [rates(), rates()], 'count', [1, 1]],
]

test.each(weights)('what leading weighs: %s', (_, by, partitions, measure, expected) => {
  const state = build({ nodes: [node(0)], topics: [topic(partitions)] })
  expect([measureOf(state, by), [...leaderWeights(state, by)]]).toEqual([measure, expected])
})

/** Partitions that the node leads, with their traffic. */
const led = (id: number, ...traffic: number[]) => traffic.map((bytes) => ({ ...rates(bytes), replicas: [id] }))
const ten = (id: number) => led(id, ...Array.from({ length: 10 }, () => 1))

const never = Number.POSITIVE_INFINITY
const limits: [string, LeadershipMeasure, Partial<NodeLine>[], Partial<PartitionLine>[], number[], number[]][] = [
  ['the mean, rounded up', 'count', [{}, {}], [...led(0, 1, 1), ...led(1, 1)], [2, 1], [2, 2]],
  ['the mean and a tenth', 'count', [{}, {}], [...ten(0), ...ten(1)], [10, 10], [11, 11]],
  ['the same by traffic', 'traffic', [{}, {}], [...led(0, 5, 5, 5, 5), ...led(1, 5, 5)], [20, 10], [16.5, 16.5]],
  [
    'whoever leads a partition larger than the mean may lead that',
    'traffic',
    [{}, {}],
    [...led(0, 40, 1), ...led(1, 9)],
    [41, 9],
    [44, 27.5],
  ],
  [
    'what a draining node leads goes to the others, and it is to lead nothing',
    'traffic',
    [{}, {}, { state: 'draining' }],
    [...led(0, 10), ...led(1, 10), ...led(2, 10, 10)],
    [10, 10, 20],
    [22, 22, 0],
  ],
  [
    'who takes no part has no limit and no say',
    'traffic',
    [{}, { excluded: true }, { state: 'unavailable' }],
    [...led(0, 10, 10), ...led(1, 90), ...led(2, 90)],
    [20, 90, 90],
    [22, never, never],
  ],
]

test.each(limits)('loads and limits: %s', (_, by, nodes, partitions, loads, expected) => {
  const state = build({ nodes: nodes.map((more, id) => node(id, more)), topics: [topic(partitions)] })
  expect([...leaderLoads(state, by)]).toEqual(loads)
  leaderLimits(state, sharesOf(state), by, 0.1).forEach((limit, id) => {
    if (expected[id] === never) expect(limit).toBe(never)
    else expect(limit).toBeCloseTo(expected[id]!, 9)
  })
})
