/** Dirs that are too full: what leaves them, and where it goes. A dir has 1000 bytes, its lines are at 790 and 890. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PartitionLine, TopicLine } from '../../src/cluster/lines.ts'
import type { PlanRequest } from '../../src/plan/request.ts'
import { type Lines, node, runs, topic } from '../cluster/support.ts'
import { planFor, sayings, withDirs } from './support.ts'

/** One replica each of the sizes on node 0, in its first dir. */
const onNode0 = (sizes: number[], more: Partial<PartitionLine> = {}, topicMore: Partial<TopicLine> = {}): TopicLine =>
  topic(
    sizes.map((bytes) => ({ replicas: [0], bytes, dirs: ['/d0'], ...more })),
    topicMore,
  )

const sum = (sizes: number[]) => sizes.reduce((total, size) => total + size, 0)

/** Node 0 with the replicas and as much other data as brings it to `used`; node 1 is empty. */
const filledTo = (used: number, sizes: number[], ...others: NonNullable<Lines['nodes']>): Lines => ({
  nodes: [withDirs(0, [used - sum(sizes)]), ...(others.length > 0 ? others : [withDirs(1, [0])])],
  topics: [onNode0(sizes)],
})

const over = { overDirs: [0] }
const critical = { criticalDirs: [0] }

describe('what leaves a dir', () => {
  test.each<[string, number, number[], string[]]>([
    ['the one that is just enough', 850, [100, 60, 30, 5], ['60: 0>1']],
    ['the smallest that is enough by itself', 850, [200, 90, 70, 20], ['70: 0>1']],
    ['several small ones where they are less than a large one', 850, [200, 40, 25, 5], ['40: 0>1', '25: 0>1']],
    ['everything where all of it is not enough', 850, [20, 10], ['20: 0>1', '10: 0>1']],
    ['nothing below the line', 790, [20, 10], []],
    ['nothing that is empty', 850, [0, 0], []],
    ['nothing where there is nothing but other data', 950, [], []],
  ])('%s', (_, used, sizes, moves) => {
    expect(sayings(planFor(filledTo(used, sizes), over))).toEqual(moves)
  })

  test('is hardly more than the fewest bytes that are enough', () => {
    let least = 0
    let moved = 0
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 9 }),
        fc.integer({ min: 1, max: 120 }),
        (sizes, excess) => {
          const { bytes } = planFor(filledTo(790 + excess, sizes), over)
          const enough = sums(sizes).filter((total) => total >= excess)
          if (enough.length === 0) {
            expect(bytes).toBe(sum(sizes))
            return
          }
          expect(bytes).toBeGreaterThanOrEqual(Math.min(...enough))
          // Never more than the whole of the smallest one beyond what there is to relieve.
          expect(bytes).toBeLessThan(excess + Math.max(...sizes))
          least += Math.min(...enough)
          moved += bytes
        },
      ),
      runs(1000),
    )
    expect(moved / least).toBeLessThan(1.02)
  })

  test('goes down to the margin below the limit that was breached, and no further', () => {
    const small = Array.from({ length: 400 }, () => 1)
    expect(planFor(filledTo(850, small), over).bytes).toBe(60)
    expect(planFor(filledTo(950, small), critical).bytes).toBe(60)
    expect(planFor(filledTo(950, small), { ...critical, ...over }).bytes).toBe(160)
  })

  test('is counted with what is under way already', () => {
    const lines = filledTo(850, [60, 50])
    lines.topics[0]!.partitions[0] = {
      id: 0,
      leader: 0,
      replicas: [0, 1],
      bytes: [60, 0],
      dirs: ['/d0', '/d0'],
      adding: [1],
      removing: [0],
    }
    expect(sayings(planFor(lines, over))).toEqual([])
  })
})

describe('where it goes', () => {
  const rows: [string, Lines, Partial<PlanRequest>, string[]][] = [
    [
      'to another dir of the node, even a fuller one than that of another node',
      { nodes: [withDirs(0, [790, 500]), withDirs(1, [0])], topics: [onNode0([50])] },
      over,
      ['50: 0>0 /1'],
    ],
    [
      'to the emptiest of those',
      { nodes: [withDirs(0, [790, 500, 400]), withDirs(1, [0])], topics: [onNode0([50])] },
      over,
      ['50: 0>0 /2'],
    ],
    [
      'to another node where the system cannot move between dirs',
      { nodes: [withDirs(0, [790, 500]), withDirs(1, [0])], topics: [onNode0([50])] },
      { ...over, dirMoves: false },
      ['50: 0>1'],
    ],
    [
      'to another node where the other dir would come over the line',
      { nodes: [withDirs(0, [790, 741]), withDirs(1, [0])], topics: [onNode0([50])] },
      over,
      ['50: 0>1'],
    ],
    [
      'to the dir that comes just up to it',
      { nodes: [withDirs(0, [790, 740]), withDirs(1, [0])], topics: [onNode0([50])] },
      over,
      ['50: 0>0 /1'],
    ],
    [
      'not to a dir that takes nothing',
      {
        nodes: [
          node(0, {
            dirs: [
              { path: '/d0', capacity_bytes: 1000, used_bytes: 790 },
              { path: '/d1', capacity_bytes: 1000, used_bytes: 0, cordoned: true },
              { path: '/d2', capacity_bytes: 1000, used_bytes: 0, state: 'offline' },
            ],
          }),
          withDirs(1, [0]),
        ],
        topics: [onNode0([50])],
      },
      over,
      ['50: 0>1'],
    ],
    [
      'to the emptiest node',
      filledTo(840, [50], withDirs(1, [400]), withDirs(2, [300]), withDirs(3, [350])),
      over,
      ['50: 0>2'],
    ],
    ['not to a node that would come over the line', filledTo(840, [50], withDirs(1, [741])), over, []],
    ['to one that comes just up to it', filledTo(840, [50], withDirs(1, [740])), over, ['50: 0>1']],
    ['not to a node that would come over it in one of its dirs', filledTo(840, [50], withDirs(1, [0, 741])), over, []],
    [
      'for a critical one up to its own line, which is a higher one',
      filledTo(940, [50], withDirs(1, [800])),
      critical,
      ['50: 0>1'],
    ],
    [
      'rather to another node than over the lower line',
      { nodes: [withDirs(0, [890, 760]), withDirs(1, [700])], topics: [onNode0([50])] },
      critical,
      ['50: 0>1'],
    ],
    [
      'rather to one below the lower line than to an emptier one with a dir above it',
      filledTo(940, [50], withDirs(1, [0, 800]), withDirs(2, [600])),
      critical,
      ['50: 0>2'],
    ],
    ['and not beyond', filledTo(940, [50], withDirs(1, [841])), critical, []],
    ['not where it would be fuller than the dir it came from', filledTo(840, [300], withDirs(1, [400])), over, []],
    [
      'not to an excluded, a cordoned or a draining node',
      filledTo(
        840,
        [50],
        withDirs(1, [0], { excluded: true }),
        withDirs(2, [0], { state: 'draining' }),
        node(3, { dirs: [{ path: '/d0', capacity_bytes: 1000, used_bytes: 0, cordoned: true }] }),
        withDirs(4, [0], { state: 'unreachable' }),
      ),
      over,
      [],
    ],
    [
      'not to a rack that holds a replica already',
      {
        nodes: [
          withDirs(0, [790], { rack: 'a' }),
          withDirs(1, [600], { rack: 'a' }),
          withDirs(2, [0], { rack: 'b' }),
          withDirs(3, [0], { rack: 'b' }),
        ],
        topics: [topic([{ replicas: [0, 2], bytes: 50 }])],
      },
      over,
      ['50: 0>1'],
    ],
    [
      'off a node that is to be emptied: never to another dir of it',
      {
        nodes: [withDirs(0, [840, 0], { state: 'draining' }), withDirs(1, [0])],
        topics: [onNode0([60])],
      },
      critical,
      ['60: 0>1'],
    ],
  ]
  test.each(rows)('%s', (_, lines, asked, moves) => {
    expect(sayings(planFor(lines, asked))).toEqual(moves)
  })
})

describe('several dirs', () => {
  test('the fullest is relieved first and gets the better place', () => {
    const lines: Lines = {
      nodes: [withDirs(0, [800]), withDirs(1, [820]), withDirs(2, [700])],
      topics: [
        topic([
          { replicas: [0], bytes: 40 },
          { replicas: [1], bytes: 60 },
        ]),
      ],
    }
    // Both do not fit below the line of node 2.
    expect(sayings(planFor(lines, { overDirs: [0, 1] }))).toEqual(['60: 1>2'])
    expect(sayings(planFor(lines, { overDirs: [1, 0] }))).toEqual(['60: 1>2'])
  })

  test('of one node, neither relieves the other', () => {
    const lines: Lines = {
      nodes: [withDirs(0, [800, 780]), withDirs(1, [0])],
      topics: [
        topic([
          { replicas: [0], bytes: 50, dirs: ['/d0'] },
          { replicas: [0], bytes: 50, dirs: ['/d1'] },
        ]),
      ],
    }
    expect(sayings(planFor(lines, { overDirs: [0, 1] }))).toEqual(['50: 0>1', '50: 0>1'])
  })

  test('what left a critical dir is not moved again to bring it below the lower limit', () => {
    const plan = planFor(filledTo(960, [70, 60, 50, 40, 30]), { ...critical, ...over })
    expect(new Set(plan.moves.map((move) => move.partition)).size).toBe(plan.moves.length)
    expect(plan.moves.map((move) => move.reason)).toEqual(plan.moves.map((move) => move.reason).toSorted())
    expect(plan.bytes).toBeGreaterThanOrEqual(170)
  })
})

describe('what is left alone', () => {
  const rows: [string, Partial<PartitionLine>, Partial<TopicLine>, Partial<PlanRequest>, number][] = [
    ['a replica of which nobody knows in which dir it lies', { dirs: [null] }, {}, over, 0],
    ['an excluded topic, if only the lower limit is breached', {}, { constraints: { excluded: true } }, over, 0],
    ['not so when the disk is critical', {}, { constraints: { excluded: true } }, critical, 1],
    [
      'yet again so when it is excluded from everything',
      {},
      { constraints: { excluded: true } },
      { ...critical, excludeHard: true },
      0,
    ],
    ['a partition without a leader', { leader: null }, {}, critical, 0],
    ['one with a replica that is behind', { replicas: [0, 2], isr: [0], dirs: ['/d0', '/d0'] }, {}, critical, 0],
    ['one that is moving', { replicas: [0, 2], adding: [2], dirs: ['/d0', '/d0'] }, {}, critical, 0],
  ]
  test.each(rows)('%s', (_, partition, topicMore, asked, moves) => {
    const lines: Lines = {
      nodes: [withDirs(0, [870, 900], {}), withDirs(1, [0]), withDirs(2, [0])],
      topics: [onNode0([100], partition, topicMore)],
    }
    expect(sayings(planFor(lines, asked))).toHaveLength(moves)
  })
})

/** Bytes of every choice of the sizes. */
function sums(sizes: number[]): number[] {
  return sizes.reduce((totals, size) => [...totals, ...totals.map((total) => total + size)], [0])
}
