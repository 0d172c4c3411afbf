/** Two moves that are carried out as one, where plain ones cannot help. Each node has 1000 bytes. */
import { describe, expect, test } from 'vitest'
import { verifyPlan } from '../../src/plan/verify.ts'
import { build, type Lines, node, topic, weigh } from '../cluster/support.ts'
import { planFor, request, withDirs } from './support.ts'

const skewed = { skewedDomains: [0], band: 0.1 }

const told = (lines: Lines, more = {}) =>
  planFor(lines, { ...skewed, ...more }).moves.map(
    ({ bytes, from, to, group }) => `${bytes}: ${from}>${to}${group === undefined ? '' : ` in ${group}`}`,
  )

/** One replica each of the sizes on the nodes in turn. */
const sizes = (...perNode: number[][]): Lines => ({
  nodes: perNode.map((_, id) => node(id)),
  topics: [topic(perNode.flatMap((bytesOn, id) => bytesOn.map((bytes) => ({ replicas: [id], bytes }))))],
})

describe('two nodes exchange replicas of unlike size', () => {
  const rows: [string, Lines, string[]][] = [
    // 600 and 200: of 300 alone the other would have more than the one.
    ['a large one for a smaller one', sizes([300, 300], [150, 50]), ['300: 0>1 in 1', '150: 1>0 in 1']],
    ['not where a plain move does', sizes([300, 250, 100], [200, 200]), ['100: 0>1']],
    ['not where it would copy more than four times what it mends', sizes([300, 300], [200, 200]), []],
    ['not where it would only turn the skew round', sizes([600], []), []],
    ['not where all is in the band', sizes([300, 250], [250, 200]), []],
    ['not for the last percent', sizes([280, 279], [220, 225]), []],
  ]
  test.each(rows)('%s', (_, lines, moves) => {
    expect(told(lines)).toEqual(moves)
  })

  test('one huge partition stays, and what is beside it leaves', () => {
    const lines = sizes([500, 60, 60], [100, 100], [100, 80])
    const { finalBytes } = planFor(lines, skewed)
    expect(finalBytes[0]).toBe(500)
  })

  test('the larger arrives before the smaller leaves: both must fit beside what is there', () => {
    const lines = sizes([300, 300], [150, 50])
    // 600 with 150 more, and the index of those.
    expect(told(lines, { maxDiskUsage: 0.76 })).toHaveLength(2)
    expect(told(lines, { maxDiskUsage: 0.75 })).toEqual([])
  })

  test('a plan may not be stopped between the two', () => {
    const state = build(weigh(sizes([300, 300], [150, 50])))
    const { moves } = planFor(sizes([300, 300], [150, 50]), skewed)
    expect(moves.map((move) => move.group)).toEqual([1, 1])
    const torn = [moves[0]!, { ...moves[0]!, partition: 1, group: 2 }, moves[1]!]
    expect(verifyPlan(state, request(skewed), torn)).toContainEqual(expect.stringContaining('its group is torn apart'))
  })
})

describe('racks as many as replicas', () => {
  /** Nodes 0 and 1 in rack a, 2 and 3 in rack b; every partition has one replica in each. */
  const lines = (partitions: { replicas: number[]; bytes: number }[]): Lines => ({
    nodes: ['a', 'a', 'b', 'b'].map((rack, id) => node(id, { rack })),
    topics: [topic(partitions)],
  })

  test('each rack is evened out by itself', () => {
    const plan = planFor(
      lines([
        { replicas: [0, 2], bytes: 100 },
        { replicas: [0, 2], bytes: 100 },
      ]),
      { ...skewed, band: 0 },
    )
    expect([...plan.finalBytes]).toEqual([100, 100, 100, 100])
    expect(plan.bytes).toBe(200)
  })

  test('what may not cross is passed on by a node between, which is no worse off', () => {
    const given = (others: number[]): Lines => ({
      nodes: others.map((used, id) => withDirs(id, [used], { rack: id < 2 ? 'a' : 'b' })),
      topics: [topic([{ replicas: [0, 2], bytes: 150 }]), topic([{ replicas: [1], bytes: 150 }], { name: 'u' })],
    })
    // 550, 400, 400 and 250: what node 0 could give has a replica in the rack of node 3 already.
    expect(told(given([400, 250, 250, 250]))).toEqual(['150: 0>1 in 1', '150: 1>3 in 1'])
    // Nor is anything done at the cost of the node between: with 40 more than before it would be outside the band.
    const dearer = given([400, 320, 220, 250])
    dearer.topics[1]!.partitions[0]!.bytes = 110
    expect(told(dearer)).toEqual([])
    // With nothing on the way that may cross nothing can be done.
    const stuck = given([400, 400, 250, 250])
    expect(told({ ...stuck, topics: stuck.topics.slice(0, 1) })).toEqual([])
  })
})
