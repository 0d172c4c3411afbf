/** What holds for every plan of every cluster. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { generate } from '../../bench/generate.ts'
import { sharesOf } from '../../src/cluster/shares.ts'
import { columnsOf, replicaNodesOf } from '../../src/cluster/state.ts'
import { describePlan } from '../../src/plan/describe.ts'
import { makePlan } from '../../src/plan/plan.ts'
import { verifyPlan } from '../../src/plan/verify.ts'
import { anyLines, build, runs, shuffled } from '../cluster/support.ts'
import { anyRequest, bytesOutside, carriedOut, land, request } from './support.ts'

const small = anyLines({ nodes: [2, 8], topics: 3, partitions: 12, odd: true })
const medium = anyLines({ nodes: [10, 24], topics: 6, partitions: 40, odd: true })

test('on clusters of many partitions, planning for what a plan leaves behind moves nothing more', () => {
  const shape = { name: 'x', nodes: 12, racks: 3, topics: 20, partitions: 600, bytes: 1e12 }
  fc.assert(
    fc.property(fc.nat(1e6), fc.nat(3), fc.constantFrom(0.05, 0.1), (seed, added, band) => {
      const state = generate({ ...shape, added }, seed)
      const fillNodes = Array.from({ length: added }, (_, index) => shape.nodes - 1 - index)
      const asked = request(added > 0 ? { fillNodes } : { skewedDomains: [0], band })
      const { moves } = makePlan(state, asked)
      expect(moves.length).toBeGreaterThan(0)
      land(state, moves)
      expect(makePlan(state, asked).moves).toEqual([])
    }),
    runs(20),
  )
})

describe.each([
  ['small', small, 150],
  ['medium', medium, 25],
])('on %s clusters of all sorts', (_, clusters, few) => {
  test('a plan breaks no rule, at no point on the way, and is the same every time', () => {
    fc.assert(
      fc.property(clusters, anyRequest, (lines, requestFor) => {
        const columns = columnsOf(build(lines))
        const asked = requestFor(columns)
        const plan = makePlan(columns, asked)
        expect(plan.problems).toEqual([])
        for (let length = 1; length < plan.moves.length; length += Math.ceil(plan.moves.length / 10)) {
          expect(verifyPlan(columns, asked, plan.moves.slice(0, length))).toEqual([])
        }
        expect(makePlan(columns, asked)).toEqual(plan)
        expect(columnsOf(build(lines))).toEqual(columns)
      }),
      runs(few),
    )
  })

  test('nothing moves twice, and what a plan forecasts is what carrying it out gives', () => {
    fc.assert(
      fc.property(clusters, anyRequest, (lines, requestFor) => {
        const columns = columnsOf(build(lines))
        const plan = makePlan(columns, requestFor(columns))
        const replicas = plan.moves.filter((move) => move.kind === 'replica')
        // Neither does a replica move on, nor does another of its partition come to where it was: one move would do.
        const arrived = new Set(replicas.map((move) => `${move.partition}@${move.to}`))
        expect(replicas.filter((move) => arrived.has(`${move.partition}@${move.from}`))).toEqual([])
        const leaders = plan.moves.filter((move) => move.kind === 'leader').map((move) => move.partition)
        expect(new Set(leaders).size).toBe(leaders.length)

        const after = columnsOf(build(carriedOut(lines, plan.moves)))
        const { usedBytes, participates } = sharesOf(after)
        usedBytes.forEach((used, node) => {
          if (participates[node] === 1) expect(plan.finalBytes[node]).toBeCloseTo(used, 3)
        })
        expect(plan.bytes).toBe(replicas.reduce((sum, move) => sum + move.bytes, 0))
        for (let p = 0; p < columns.partitionCount; p += 1) {
          expect(replicaNodesOf(after, p)).toHaveLength(replicaNodesOf(columns, p).length)
        }
      }),
      runs(few),
    )
  })

  test('disk use never gets further from its band, and bytes are no fewer than the bound where the goal is reached', () => {
    fc.assert(
      fc.property(clusters, fc.constantFrom(0.05, 0.1, 0.3), (lines, band) => {
        const columns = columnsOf(build(lines))
        const domains = Array.from({ length: columns.domainCount }, (_, domain) => domain)
        const plan = makePlan(columns, request({ skewedDomains: domains, band }))
        const before = bytesOutside(columns, sharesOf(columns).usedBytes, band)
        const after = bytesOutside(columns, plan.finalBytes, band)
        expect(after).toBeLessThanOrEqual(before + 1e-6)
        if (plan.moves.length > 0) expect(after).toBeLessThan(before)
        if (after < 1e-6) expect(plan.bytes).toBeGreaterThanOrEqual(plan.lowerBoundBytes - 1e-6)
      }),
      runs(few * 2),
    )
  })

  test('planning again and again soon comes to an end', () => {
    fc.assert(
      fc.property(clusters, anyRequest, (lines, requestFor) => {
        const asked = { ...requestFor(build(lines)), balanceLeaders: false }
        let now = lines
        for (let round = 0; round < 5; round += 1) now = carriedOut(now, makePlan(build(now), asked).moves)
        expect(makePlan(build(now), asked).moves).toEqual([])
      }),
      runs(few),
    )
  })

  test('the order in which a cluster is read is irrelevant', () => {
    const pairs = clusters.chain((lines) => fc.tuple(fc.constant(lines), shuffled(lines)))
    fc.assert(
      fc.property(pairs, anyRequest, ([lines, other], requestFor) => {
        const [one, another] = [lines, other].map((read) => {
          const state = build(read)
          return describePlan(state, makePlan(state, requestFor(state)), 0)
        })
        expect(another).toEqual(one)
      }),
      runs(few),
    )
  })
})
