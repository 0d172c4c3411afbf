import { describe, expect, test } from 'vitest'
import { Rates } from '../../../src/systems/kafka/rates.ts'

const topic = (count = 1, topicId: string | null = 'id') => ({
  name: 't',
  topicId,
  partitions: Array.from({ length: count }, (_, partition) => ({
    errorCode: 0,
    partition,
    leader: 1,
    leaderEpoch: 0,
    replicas: [1],
    isr: [1],
    offlineReplicas: [],
  })),
})

/** Rate of t-0 after each look: seconds, size of the leader's log, and who leads (1 unless given). */
function rates(...looks: [second: number, bytes: number | undefined, leader?: number][]): number[] {
  const kept = new Rates()
  return looks.map(([second, bytes, leader = 1]) => kept.pass().open(topic())(0, leader, bytes, second * 1000))
}

const decay = (seconds: number) => Math.exp(-seconds / 300)

describe('a rate', () => {
  test('is not known after one look, nor after two that are less than ten seconds apart', () => {
    expect(rates([0, 100], [9.9, 200])).toEqual([Number.NaN, Number.NaN])
  })

  test('is the growth per second between looks', () => {
    expect(rates([0, 100], [10, 1_100], [20, 2_100])).toEqual([Number.NaN, 100, 100])
  })

  test('adds up looks that are too close', () => {
    expect(rates(...Array.from({ length: 21 }, (_, s): [number, number] => [s, s * 50])).slice(9)).toEqual([
      Number.NaN,
      ...Array.from({ length: 11 }, () => 50),
    ])
  })

  test('of a log that stands still is 0', () => {
    expect(rates([0, 100], [60, 100])[1]).toBe(0)
  })

  test('forgets with a time constant of five minutes, however often one looks', () => {
    const stopped = (step: number) => {
      const looks = Array.from({ length: 600 / step }, (_, n): [number, number] => [10 + (n + 1) * step, 1_000])
      return rates([0, 0], [10, 1_000], ...looks).at(-1)
    }
    for (const step of [10, 60, 300]) expect(stopped(step)).toBeCloseTo(100 * decay(600))
  })

  test('takes up a new pace by as much as the time that has passed', () => {
    expect(rates([0, 0], [60, 6_000], [120, 18_000])[2]).toBeCloseTo(100 * decay(60) + 200 * (1 - decay(60)))
  })
})

describe('tells nothing new', () => {
  test.each<[string, [number, number | undefined, number?][]]>([
    ['a log that shrank', [[30, 50]]],
    ['another leader', [[30, 9_000, 2]]],
    ['no leader', [[30, 9_000, -1]]],
    ['a size that is not known', [[30, undefined]]],
    ['the same answer a second time', [[10, 1_000]]],
  ])('%s', (_, looks) => {
    expect(rates([0, 0], [10, 1_000], ...looks).at(-1)).toBe(100)
  })
})

describe('what follows starts', () => {
  test('from the size after a retention', () => {
    expect(rates([0, 1_000], [30, 50], [40, 1_050]).at(-1)).toBe(100)
  })

  test('from the log of the new leader', () => {
    expect(rates([0, 1_000], [30, 5_000, 2], [40, 6_000, 2]).at(-1)).toBe(100)
  })

  test('from what was known before a gap', () => {
    expect(rates([0, 0], [30, undefined], [100, 10_000]).at(-1)).toBe(100)
  })
})

describe('topics and partitions that come and go', () => {
  test('a new partition leaves the rates of the others', () => {
    const kept = new Rates()
    kept.pass().open(topic(1))(0, 1, 0, 0)
    const rateOf = kept.pass().open(topic(3))
    expect([rateOf(0, 1, 1_000, 10_000), rateOf(2, 1, 7, 10_000)]).toEqual([100, Number.NaN])
  })

  test('a topic of the same name is another one', () => {
    const kept = new Rates()
    kept.pass().open(topic(1, 'old'))(0, 1, 0, 0)
    expect(kept.pass().open(topic(1, 'new'))(0, 1, 1_000, 10_000)).toBeNaN()
  })

  test('a topic that was gone for a while is unknown', () => {
    const kept = new Rates()
    kept.pass().open(topic())(0, 1, 0, 0)
    kept.pass()
    expect(kept.pass().open(topic())(0, 1, 1_000, 10_000)).toBeNaN()
  })

  test('a partition beyond those that were announced has no rate', () => {
    expect(new Rates().pass().open(topic(1))(5, 1, 0, 0)).toBeNaN()
  })
})
