import { expect, test, vi } from 'vitest'
import { Filters } from '../../src/plan/filters.ts'
import { type Lines, node, topic, weigh } from '../cluster/support.ts'
import { planAsItIs } from './support.ts'

/** One rack is smaller than the others, and as many replicas as racks: no exchange can mend that, and all would be looked at. */
const confined = (nodes: number, partitions: number): Lines => {
  const racks = [0, 1, 2].map((rack) => Array.from({ length: nodes / 3 }, (_, at) => at * 3 + rack))
  const lines = {
    nodes: Array.from({ length: nodes }, (_, id) =>
      node(id, { rack: `r${id % 3}`, capacity: (id % 3 === 0 ? 7 : 11.5) * (partitions / nodes) * 1000 }),
    ),
    topics: [
      topic(
        Array.from({ length: partitions }, (_, id) => ({
          replicas: racks.map((ids) => ids[id % ids.length]!),
          bytes: 1000 + ((id * 7919) % 997),
        })),
      ),
    ],
  }
  return weigh(lines)
}

test('what no exchange can mend is given up after so many looks, however large the cluster is', () => {
  const look = vi.spyOn(Filters.prototype, 'candidate')
  const plan = planAsItIs(confined(24, 1200), { skewedDomains: [0], band: 0.1 })
  const looks = look.mock.calls.length
  look.mockRestore()
  expect(plan.problems).toEqual([])
  expect(looks).toBeLessThan(600_000)
})
