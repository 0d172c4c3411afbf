/** The bound against every plan there is, on clusters small enough to try them all. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { lowerBoundBytes } from '../../src/plan/lower-bound.ts'
import { runs } from '../cluster/support.ts'

const anyCluster = fc.record({
  used: fc.array(fc.nat(20), { minLength: 2, maxLength: 4 }),
  replicas: fc.array(fc.record({ node: fc.nat(3), bytes: fc.integer({ min: 1, max: 20 }) }), { maxLength: 6 }),
  band: fc.constantFrom(0, 0.1, 0.25, 0.5),
})

/** Fewest bytes that bring every node into its band; Infinity when no placement does. */
function fewest(
  start: number[],
  replicas: { node: number; bytes: number }[],
  lower: Float64Array,
  upper: Float64Array,
): number {
  const tryFrom = (index: number, used: number[], moved: number): number => {
    const replica = replicas[index]
    if (!replica) return used.every((bytes, node) => bytes >= lower[node]! && bytes <= upper[node]!) ? moved : Infinity
    let best = tryFrom(index + 1, used, moved)
    used.forEach((_, to) => {
      if (to === replica.node) return
      const next = [...used]
      next[replica.node]! -= replica.bytes
      next[to]! += replica.bytes
      best = Math.min(best, tryFrom(index + 1, next, moved + replica.bytes))
    })
    return best
  }
  return tryFrom(0, start, 0)
}

test('no plan that reaches the goal copies fewer bytes, and some copy no more', () => {
  let reached = 0
  let exact = 0
  fc.assert(
    fc.property(anyCluster, ({ used, replicas: drawn, band }) => {
      const replicas = drawn.map(({ node, bytes }) => ({ node: node % used.length, bytes }))
      for (const { node, bytes } of replicas) used[node]! += bytes
      const mean = used.reduce((sum, bytes) => sum + bytes, 0) / used.length
      const [lower, upper] = [1 - band, 1 + band].map((part) => new Float64Array(used.length).fill(mean * part))
      const bound = lowerBoundBytes([...used.keys()], Float64Array.from(used), lower!, upper!)
      const least = fewest(used, replicas, lower!, upper!)
      expect(bound).toBeLessThanOrEqual(least + 1e-9)
      if (least < Infinity && least > 0) reached += 1
      if (least > 0 && Math.abs(least - bound) < 1e-9) exact += 1
    }),
    runs(300),
  )
  // The bound is not merely small: it is met again and again.
  expect(reached).toBeGreaterThan(10)
  expect(exact).toBeGreaterThan(2)
})

test('what must leave and what must enter are told apart', () => {
  const lower = Float64Array.of(40, 40, 40)
  const upper = Float64Array.of(60, 60, 60)
  expect(lowerBoundBytes([0, 1, 2], Float64Array.of(70, 20, 50), lower, upper)).toBe(20)
  expect(lowerBoundBytes([0, 1, 2], Float64Array.of(95, 35, 50), lower, upper)).toBe(35)
  expect(lowerBoundBytes([1], Float64Array.of(95, 35, 50), lower, upper)).toBe(5)
})
