import { describe, expect, test } from 'vitest'
import { ThrottleNeed } from '../../src/execute/throttle-need.ts'
import { relocation, replica } from './support.ts'

const settings = { rate: 100, maxRate: 400, headroom: 0.2 }
const written = (rate: number) => new ThrottleNeed(settings, () => rate)

test('every replica may be read from, only what is added is bound where it arrives', () => {
  const need = written(Number.NaN)
  need.add(replica(0))
  need.add(replica(1, { from: 2, to: 3, replicas: [2, 1], leader: 2 }))
  expect(need.throttle()).toEqual({
    rates: [
      { node: 1, out: 100 },
      { node: 2, out: 100 },
      { node: 3, in: 100 },
    ],
    copies: [
      { topic: 't', partition: 0, sources: [1, 2], targets: [3] },
      { topic: 't', partition: 1, sources: [2, 1], targets: [3] },
    ],
  })
})

test('a copy between dirs of a node is bound there and needs no list', () => {
  const need = written(1e9)
  expect(need.tooLow(relocation())).toBeUndefined()
  need.add(relocation())
  expect(need.throttle()).toEqual({ rates: [{ node: 1, dirs: 100 }], copies: [] })
})

describe('where more is written than the rate', () => {
  test('the rate of the node that sends it to all of them is raised, with headroom', () => {
    const need = written(80)
    need.add(replica(0))
    // 80 to the follower, 80 to the new replica, a fifth more, in steps of a tenth of the rate.
    expect(need.throttle().rates).toEqual([
      { node: 1, out: 200 },
      { node: 2, out: 100 },
      { node: 3, in: 100 },
    ])
  })

  test('the sum over all copies of a node counts, and what would go beyond the most allowed waits', () => {
    const need = written(80)
    need.add(replica(0))
    expect(need.tooLow(replica(1))).toBeUndefined()
    need.add(replica(1))
    expect(need.throttle().rates[0]).toEqual({ node: 1, out: 390 })
    expect(need.tooLow(replica(2))).toMatch(/t-2 is written so fast that node 1 would need a rate of 576 B\/s, above/)
  })

  test('a target is asked for what it takes in', () => {
    const need = new ThrottleNeed({ ...settings, maxRate: 150 }, () => 70)
    const alone = replica(0, { replicas: [1], leader: 1 })
    expect(need.tooLow(alone)).toBeUndefined()
    need.add(alone)
    expect(need.tooLow(replica(1, { replicas: [2], from: 2, leader: 2 }))).toContain(
      'node 3 would need a rate of 168 B/s',
    )
  })
})

test('copies that have begun and no longer keep up are named by their node', () => {
  const need = written(200)
  need.add(replica(0))
  expect(need.overrun()).toEqual([1])
  expect(need.throttle().rates[0]).toEqual({ node: 1, out: 400 })
  expect(written(80).overrun()).toEqual([])
})
