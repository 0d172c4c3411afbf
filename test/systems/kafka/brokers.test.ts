import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../../../src/lib/clock.ts'
import { Brokers } from '../../../src/systems/kafka/brokers.ts'

const broker = (id: number, rack: string | null = `r${id}`) => ({ id, host: 'h', port: 9092, rack })

/** As Metadata and DescribeCluster show live and fenced brokers; versions before 4.0 do not show the fenced. */
function watched(showsFenced: boolean) {
  const clock = new VirtualClock()
  const brokers = new Brokers(clock)
  return {
    clock,
    see: (live: number[], fenced: number[] = [], holders: number[] = []) => {
      const registered = [...live, ...(showsFenced ? fenced : [])]
      const cluster = {
        showsFenced,
        brokers: registered.map((id) => ({ ...broker(id), isFenced: !live.includes(id) })),
      }
      return brokers
        .see(
          live.map((id) => broker(id)),
          cluster,
          holders,
        )
        .map(({ id, rack, live: alive }) => `${id} ${rack ?? '-'} ${alive ? 'alive' : 'gone'}`)
        .sort()
    },
  }
}

describe.each([true, false])('fenced brokers shown: %s', (showsFenced) => {
  test('a broker that dies keeps its rack, whether it holds something or not', () => {
    const { see } = watched(showsFenced)
    expect(see([1, 2, 3])).toEqual(['1 r1 alive', '2 r2 alive', '3 r3 alive'])
    expect(see([1], [2, 3], [1, 2])).toEqual(['1 r1 alive', '2 r2 gone', '3 r3 gone'])
    expect(see([1, 2, 3])).toEqual(['1 r1 alive', '2 r2 alive', '3 r3 alive'])
  })

  test('one that a partition names is known for ever', async () => {
    const { see, clock } = watched(showsFenced)
    see([1, 2])
    await clock.advance(3 * 60 * 60_000)
    expect(see([1], [2], [2])).toEqual(['1 r1 alive', '2 r2 gone'])
  })
})

test('one that was dead before we came has its rack where the cluster tells it', () => {
  expect(watched(true).see([1], [2], [2])).toEqual(['1 r1 alive', '2 r2 gone'])
  expect(watched(false).see([1], [2], [2])).toEqual(['1 r1 alive', '2 - gone'])
})

test('one that was taken out of the cluster is gone at once where the cluster tells, else after an hour', async () => {
  const told = watched(true)
  told.see([1, 2])
  expect(told.see([1])).toEqual(['1 r1 alive'])
  const untold = watched(false)
  untold.see([1, 2])
  await untold.clock.advance(59 * 60_000)
  expect(untold.see([1])).toEqual(['1 r1 alive', '2 r2 gone'])
  await untold.clock.advance(60_000)
  expect(untold.see([1])).toEqual(['1 r1 alive'])
})

test('a rack that was changed or taken away is so at once', () => {
  const brokers = new Brokers(new VirtualClock())
  const racks = (rack: string | null) =>
    brokers.see([broker(1, rack)], { showsFenced: true, brokers: [] }, []).map((known) => known.rack)
  expect([racks('a'), racks('b'), racks(null)]).toEqual([['a'], ['b'], [undefined]])
})
