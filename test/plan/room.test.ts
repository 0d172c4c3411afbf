/** How much more fits where: every dir has 1000 bytes, of which 800 or 900 may be used. */
import { describe, expect, test } from 'vitest'
import { foldInFlight } from '../../src/cluster/influence.ts'
import type { DirLine, PartitionLine } from '../../src/cluster/lines.ts'
import type { BalanceSettings } from '../../src/cluster/settings.ts'
import { Room } from '../../src/plan/room.ts'
import { build, node, topic } from '../cluster/support.ts'
import { request } from './support.ts'

const dir = (used: number, more: Partial<DirLine> = {}): DirLine => ({
  path: '',
  capacity_bytes: 1000,
  used_bytes: used,
  ...more,
})

interface Case {
  dirs: DirLine[]
  partitions?: Partial<PartitionLine>[]
  limits?: Pick<BalanceSettings, 'maxDiskUsage' | 'hardDiskUsage'>
}

/** Node 0 has the dirs, node 1 one that is empty. */
function roomOf({ dirs, partitions = [], limits }: Case): Room {
  const nodes = [node(0, { dirs: dirs.map((line, index) => ({ ...line, path: `/d${index}` })) }), node(1)]
  const state = build({ nodes, topics: [topic(partitions)] })
  foldInFlight(state, [])
  return new Room(state, request(limits))
}

/** Most bytes that fit, to a tenth of a byte, by trying. */
function most(fits: (bytes: number) => boolean): number {
  let low = -1
  let high = 2000
  while (high - low > 0.01) {
    const middle = (low + high) / 2
    if (fits(middle)) low = middle
    else high = middle
  }
  return Math.round(low * 10) / 10
}

const INDEX = 1.06

describe('what fits on a node whose dir is not chosen by us', () => {
  const rows: [string, Case, number, number][] = [
    ['an empty one', { dirs: [dir(0)] }, 800 / INDEX, 900 / INDEX],
    ['one in use', { dirs: [dir(300)] }, 500 / INDEX, 600 / INDEX],
    ['between the limits', { dirs: [dir(850)] }, -1, 50 / INDEX],
    ['beyond both', { dirs: [dir(950)] }, -1, -1],
    ['the fullest of several decides', { dirs: [dir(0), dir(300), dir(100)] }, 500 / INDEX, 600 / INDEX],
    ['not one that is cordoned', { dirs: [dir(0), dir(300, { cordoned: true })] }, 800 / INDEX, 900 / INDEX],
    ['not one that is offline', { dirs: [dir(0), dir(300, { state: 'offline' })] }, 800 / INDEX, 900 / INDEX],
    ['nothing where all are', { dirs: [dir(0, { cordoned: true }), dir(0, { state: 'offline' })] }, -1, -1],
    ['a broker’s metadata keep 2 % for themselves', { dirs: [dir(0, { metadata: true })] }, 780 / INDEX, 880 / INDEX],
    ['what is being deleted still lies there', { dirs: [dir(300, { freeing_bytes: 200 })] }, 500 / INDEX, 600 / INDEX],
    [
      'what is arriving takes its place',
      { dirs: [dir(300)], partitions: [{ replicas: [1, 0], adding: [0], bytes: [100, 30] }] },
      430 / INDEX,
      530 / INDEX,
    ],
    [
      'what is leaving still has it',
      { dirs: [dir(300)], partitions: [{ replicas: [0, 1], removing: [0], adding: [1], bytes: [100, 0] }] },
      500 / INDEX,
      600 / INDEX,
    ],
    [
      'logs grow while it is copied: by a tenth of what it takes at a tenth of the rate',
      { dirs: [dir(300)], partitions: [{ replicas: [0], bytes: 100, bytes_in_per_second: 5 * 2 ** 20 }] },
      500 / INDEX / 1.1,
      600 / INDEX / 1.1,
    ],
    [
      'the dir that grows fastest counts for all',
      {
        dirs: [dir(0), dir(300)],
        partitions: [{ replicas: [0], dirs: ['/d0'], bytes: 0, bytes_in_per_second: 5 * 2 ** 20 }],
      },
      500 / INDEX / 1.1,
      600 / INDEX / 1.1,
    ],
  ]
  test.each(rows)('%s', (_, given, max, hard) => {
    const room = roomOf(given)
    expect(most((bytes) => room.fits(0, bytes, 'max'))).toBeCloseTo(max, 0)
    expect(most((bytes) => room.fits(0, bytes, 'hard'))).toBeCloseTo(hard, 0)
  })

  test('a gigabyte is the most that metadata keep for themselves', () => {
    const TB = 1e12
    const room = roomOf({ dirs: [dir(0, { capacity_bytes: TB, metadata: true })] })
    expect(room.fits(0, (0.8 * TB - 2 ** 30) / INDEX - 1, 'max')).toBe(true)
    expect(room.fits(0, (0.8 * TB - 2 ** 30) / INDEX + 1, 'max')).toBe(false)
  })
})

describe('what fits in a dir of our choice', () => {
  test('depends on that dir alone', () => {
    const room = roomOf({ dirs: [dir(300), dir(700), dir(0, { cordoned: true }), dir(0, { state: 'offline' })] })
    const fitting = [0, 1, 2, 3].map((index) => most((bytes) => room.fitsIn(index, bytes, 'hard')))
    expect(fitting).toEqual([600 / INDEX, 200 / INDEX, -1, -1].map((bytes) => expect.closeTo(bytes, 0)))
  })
})

describe('as a plan goes on', () => {
  test('what comes from another node may come to lie in any dir', () => {
    const room = roomOf({ dirs: [dir(0), dir(300)] })
    expect(room.arrive(0, 100)).toBeCloseTo(106, 9)
    expect(most((bytes) => room.fits(0, bytes, 'max'))).toBeCloseTo((500 - 106) / INDEX, 0)
    expect(most((bytes) => room.fitsIn(0, bytes, 'max'))).toBeCloseTo((800 - 106) / INDEX, 0)
  })

  test('what goes to a dir of our choice lies there', () => {
    const room = roomOf({ dirs: [dir(0), dir(300)] })
    expect(room.arriveIn(0, 400)).toBeCloseTo(424, 9)
    expect(most((bytes) => room.fits(0, bytes, 'max'))).toBeCloseTo((800 - 424) / INDEX, 0)
    expect(most((bytes) => room.fitsIn(1, bytes, 'max'))).toBeCloseTo(500 / INDEX, 0)
    expect([room.finalBytes(0), room.finalBytes(1)]).toEqual([400, 300])
  })

  test('what leaves makes no room yet, but is gone in the end', () => {
    const room = roomOf({ dirs: [dir(300)] })
    room.leave(0, 200)
    room.leave(-1, 999)
    expect(room.finalBytes(0)).toBe(100)
    expect(most((bytes) => room.fits(0, bytes, 'max'))).toBeCloseTo(500 / INDEX, 0)
    expect(room.staysBelow(0, 700, 0.8)).toBe(true)
    expect(room.staysBelow(0, 701, 0.8)).toBe(false)
  })

  test('what will be there in the end must be below a line in every dir, wherever it comes to lie', () => {
    const room = roomOf({ dirs: [dir(0), dir(300, { freeing_bytes: 100 }), dir(900, { cordoned: true })] })
    expect(most((bytes) => room.staysBelow(0, bytes, 0.5))).toBeCloseTo(300, 0)
    room.arrive(0, 100)
    expect(most((bytes) => room.staysBelow(0, bytes, 0.5))).toBeCloseTo(194, 0)
    room.arriveIn(1, 50)
    expect(most((bytes) => room.staysBelow(0, bytes, 0.5))).toBeCloseTo(144, 0)
  })
})
