/** The bound against every placement there is, on clusters small enough to try them all. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { lowerBoundBytes } from '../../src/plan/lower-bound.ts'
import { build, type Lines, node, runs, topic, weigh } from '../cluster/support.ts'
import { request } from './support.ts'

interface Replica {
  node: number
  bytes: number
}

function boundOf(lines: Lines, band: number): number {
  const columns = build(lines)
  return lowerBoundBytes(columns, request({ skewedDomains: [0], band }))
}

/** Fewest bytes that bring every node into its band; Infinity when no placement does. */
function fewest(
  start: number[],
  replicas: Replica[],
  band: number,
  mayGo: (from: number, to: number) => boolean,
): number {
  const mean = start.reduce((sum, bytes) => sum + bytes, 0) / start.length
  const inBand = (bytes: number) => bytes >= mean * (1 - band) && bytes <= mean * (1 + band)
  const tryFrom = (index: number, used: number[], moved: number): number => {
    const replica = replicas[index]
    if (!replica) return used.every(inBand) ? moved : Infinity
    let best = tryFrom(index + 1, used, moved)
    for (const to of used.keys()) {
      if (to === replica.node || !mayGo(replica.node, to)) continue
      const next = [...used]
      next[replica.node]! -= replica.bytes
      next[to]! += replica.bytes
      best = Math.min(best, tryFrom(index + 1, next, moved + replica.bytes))
    }
    return best
  }
  return tryFrom(0, start, 0)
}

/** Checks the bound on many clusters; says how often the goal could be reached at some cost. */
function check(racks: 1 | 2) {
  let reached = 0
  const anyReplica = fc.record({ node: fc.nat(3), bytes: fc.integer({ min: 1, max: 20 }) })
  const anyCluster = fc.record({
    nodes: racks === 1 ? fc.integer({ min: 2, max: 4 }) : fc.constant(4),
    drawn: fc.array(anyReplica, { minLength: 1, maxLength: racks === 1 ? 6 : 3 }),
    band: fc.constantFrom(0, 0.1, 0.25, 0.5),
  })
  fc.assert(
    fc.property(anyCluster, ({ nodes, drawn, band }) => {
      const nodeLines = Array.from({ length: nodes }, (_, id) => node(id, racks === 1 ? {} : { rack: `r${id % 2}` }))
      // With two racks every partition has a second replica, in the other one.
      const lists = drawn.map(({ node: id, bytes }) => ({
        bytes,
        replicas: racks === 1 ? [id % nodes] : [id, (id * 3 + bytes) % 2 === id % 2 ? (id + 1) % 4 : (id + 3) % 4],
      }))
      const replicas = lists.flatMap(({ bytes, replicas: ids }) => ids.map((id) => ({ node: id, bytes })))
      const lines = weigh({ nodes: nodeLines, topics: [topic(lists)] })
      const used = lines.nodes.map((line) => line.dirs[0]!.used_bytes)
      const least = fewest(used, replicas, band, (from, to) => racks === 1 || from % 2 === to % 2)
      const bound = boundOf(lines, band)
      expect(bound).toBeLessThanOrEqual(least + 1e-9)
      if (least > 0 && least < Infinity) reached += 1
    }),
    runs(1000),
  )
  return reached
}

test('no placement that reaches the goal costs fewer bytes', () => {
  expect(check(1)).toBeGreaterThan(10)
})

test('neither does one where no replica may leave its rack', () => {
  expect(check(2)).toBeGreaterThan(10)
})

const holding = (...used: number[]): Lines => ({
  nodes: used.map((bytes, id) => node(id, { used: bytes })),
  topics: [],
})

test.each([
  ['what must leave', holding(75, 25, 50, 50), 0.2, 15],
  ['what must enter', holding(60, 60, 60, 20), 0.2, 20],
  ['nothing inside the band', holding(55, 45, 50, 50), 0.2, 0],
])('%s decides', (_, lines, band, bytes) => {
  expect(boundOf(lines, band)).toBeCloseTo(bytes, 9)
})

test('racks that nothing may leave are told apart, and only those', () => {
  const nodes = [0, 1, 2, 3].map((id) => node(id, { rack: id < 2 ? 'a' : 'b' }))
  const lines = (confined: boolean, ...bytes: [number, number][]): Lines =>
    weigh({
      nodes,
      topics: [
        topic([
          ...(confined ? [{ replicas: [0, 2], bytes: 10 }] : [0, 2].map((id) => ({ replicas: [id], bytes: 10 }))),
          { replicas: [0, 3], bytes: bytes[0]! },
          { replicas: [1, 3], bytes: 10 },
          { replicas: [1, 2], bytes: bytes[1]! },
        ]),
      ],
    })
  const even = (confined: boolean) => lines(confined, [80, 80], [20, 20])
  expect(even(true).nodes.map(({ dirs }) => dirs[0]!.used_bytes)).toEqual([90, 30, 30, 90])
  expect(boundOf(even(true), 0)).toBe(60)
  expect(boundOf(even(false), 0)).toBe(60)
  const uneven = (confined: boolean) => lines(confined, [80, 50], [50, 20])
  expect(uneven(true).nodes.map(({ dirs }) => dirs[0]!.used_bytes)).toEqual([90, 60, 30, 60])
  expect(boundOf(uneven(false), 0)).toBe(30)
  expect(boundOf(uneven(true), 0)).toBe(60)
})
