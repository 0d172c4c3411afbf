/** Replicas that share a rack needlessly: which of them goes, and where to. Nodes have 1000 bytes, of which 800 may be used. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NodeLine, PartitionLine, TopicLine } from '../../src/cluster/lines.ts'
import type { PlanRequest } from '../../src/plan/request.ts'
import { settings } from '../assess/support.ts'
import { anyLines, type Lines, runs, topic, weigh } from '../cluster/support.ts'
import { placedOf, Rules } from './rules.ts'
import { carriedOut, planAsItIs, planFor, sayings, withDirs } from './support.ts'

/** A node for each rack, holding so much other data; the rack `-` is none. */
const inRacks = (racks: string, used: Record<number, number> = {}): NodeLine[] =>
  Array.from(racks, (rack, id) => withDirs(id, [used[id] ?? 0], rack === '-' ? {} : { rack }))

const only = (replicas: number[], more: Partial<PartitionLine> = {}) => topic([{ replicas, bytes: 100, ...more }])

const repaired = (lines: Lines, more: Partial<PlanRequest> = {}) =>
  sayings(planFor(lines, { repairRacks: true, ...more }))

describe('one replica goes to a better rack', () => {
  const rows: [string, NodeLine[], number[], string[]][] = [
    ['to the rack that is free', inRacks('aabc'), [0, 1, 2], ['100: 1>3']],
    ['from the fuller node', inRacks('aabc', { 0: 10 }), [0, 1, 2], ['100: 0>3']],
    ['to the emptier node of like racks', inRacks('aabccd', { 3: 5, 4: 4, 5: 3 }), [0, 1, 2], ['100: 1>5']],
    ['to the free rack rather than to the emptier node', inRacks('aaabbc', { 5: 500 }), [0, 1, 3], ['100: 1>5']],
    ['as often as it takes', inRacks('aaabc'), [0, 1, 2], ['100: 2>3', '100: 1>4']],
    ['four over two racks are two and two', inRacks('aaabb'), [0, 1, 2, 3], ['100: 2>4']],
    ['three over two racks are well', inRacks('aab'), [0, 1, 2], []],
    ['nodes without a rack are one more', inRacks('aa-'), [0, 1], ['100: 1>2']],
    ['and share it like any other', inRacks('--a'), [0, 1], ['100: 1>2']],
    ['there is no better one', inRacks('aab'), [0, 2], []],
    ['no racks', inRacks('---'), [0, 1], []],
  ]
  test.each(rows)('%s', (_, nodes, replicas, moves) => {
    expect(repaired({ nodes, topics: [only(replicas)] })).toEqual(moves)
  })
})

describe('nothing is done', () => {
  const free = inRacks('aabc')
  const rows: [string, Partial<Lines>, Partial<PlanRequest>][] = [
    ['where racks do not count', {}, { rackAwareness: 'ignore' }],
    ['unless it is asked for', {}, { repairRacks: false }],
    ['without a leader', { topics: [only([0, 1, 2], { leader: null })] }, {}],
    ['while a replica is behind', { topics: [only([0, 1, 2], { isr: [0, 1] })] }, {}],
    ['while it is moving', { topics: [only([0, 1, 2], { adding: [2] })] }, {}],
    ['without its size', { topics: [only([0, 1, 2], { bytes: [100, null, 100] })] }, {}],
    ['to an excluded topic', { topics: [{ ...only([0, 1, 2]), constraints: { excluded: true } }] }, {}],
    [
      'where the node of the free rack is excluded',
      { nodes: free.with(3, withDirs(3, [0], { rack: 'c', excluded: true })) },
      {},
    ],
    ['where it is to be emptied', { nodes: free.with(3, withDirs(3, [0], { rack: 'c', state: 'draining' })) }, {}],
    ['where it gives no answer', { nodes: free.with(3, withDirs(3, [0], { rack: 'c', state: 'unreachable' })) }, {}],
    ['where it is full', { nodes: free.with(3, withDirs(3, [701], { rack: 'c' })) }, {}],
    ['where the partition was lately', {}, { left: [{ partition: 0, node: 3 }] }],
  ]
  test.each(rows)('%s', (_, lines, asked) => {
    expect(repaired({ nodes: free, topics: [only([0, 1, 2])], ...lines }, asked)).toEqual([])
  })
})

describe('a node that is let alone gives nothing up', () => {
  const rows: [string, Partial<NodeLine>][] = [
    ['excluded', { excluded: true }],
    ['without an answer', { state: 'unreachable' }],
  ]
  test.each(rows)('%s: the other of the rack does', (_, more) => {
    const lines: Lines = { nodes: inRacks('aabc', { 0: 10 }), topics: [only([0, 1, 2])] }
    expect(repaired(lines)).toEqual(['100: 0>3'])
    lines.nodes[0] = { ...lines.nodes[0]!, ...more }
    expect(repaired(lines)).toEqual(['100: 1>3'])
    lines.nodes[1] = { ...lines.nodes[1]!, ...more }
    const plan = planFor(lines, { repairRacks: true })
    expect(sayings(plan)).toEqual([])
    expect(plan.rejected).toMatchObject([{ reason: 'excluded', count: 2 }])
  })

  test('one that is to be emptied may', () => {
    const nodes = inRacks('aabc', { 0: 10 }).with(0, withDirs(0, [10], { rack: 'a', state: 'draining' }))
    expect(repaired({ nodes, topics: [only([0, 1, 2])] })).toEqual(['100: 0>3'])
  })
})

test('where there is room no rack is shared needlessly in the end, whatever the cluster', () => {
  const size = { nodes: [2, 8] as [number, number], topics: 3, partitions: 8, odd: false }
  fc.assert(
    fc.property(anyLines(size), (lines) => {
      let now = lines
      let refused: string[] = []
      for (let round = 0; round < 4; round += 1) {
        const plan = planAsItIs(now, { repairRacks: true })
        expect(plan.problems).toEqual([])
        refused = plan.rejected.map(({ reason }) => reason)
        now = carriedOut(now, plan.moves)
      }
      const rules = new Rules(now, settings())
      const faults = placedOf(now).filter((placed) => rules.rackFault(placed))
      if (!refused.includes('would_exceed_limit')) expect(faults).toEqual([])
    }),
    runs(200),
  )
})

describe('where the better racks have no room', () => {
  const others = (sizes: number[]): TopicLine =>
    topic(
      sizes.map((bytes) => ({ replicas: [2], bytes })),
      { name: 'u' },
    )
  /** Partition 0 lies twice in rack a; node 2, alone in rack b, holds others of the sizes and is full. */
  const crowded = (sizes: number[], used = 750): Lines =>
    weigh(
      {
        nodes: inRacks('aab', { 2: used - sizes.reduce((sum, size) => sum + size, 0) }),
        topics: [only([0, 1], { dirs: ['/d0', '/d0'] }), others(sizes)],
      },
      (dir) => dir.used_bytes,
    )

  const withNode2 = (more: Partial<NodeLine>): Lines => {
    const { nodes, topics } = crowded([90])
    return { nodes: nodes.with(2, { ...nodes[2]!, ...more }), topics }
  }

  test('the smallest replica that makes enough of it leaves first, and the repair follows', () => {
    const lines = crowded([200, 90, 60, 20])
    const first = planAsItIs(lines, { repairRacks: true })
    expect(first.moves).toMatchObject([{ partition: 3, from: 2, to: 0, bytes: 60, reason: 'rack_violation' }])
    const after = carriedOut(lines, first.moves)
    expect(planAsItIs(after, { repairRacks: true }).moves).toMatchObject([{ partition: 0, to: 2, bytes: 100 }])
  })

  test('enough is what a copy needs, not what it holds in the end', () => {
    const lines = crowded([200, 90, 50])
    // 750 - 50 + 100 is within the limit, yet there is an index beside each copy: the second step would never follow.
    const first = planAsItIs(lines, { repairRacks: true })
    expect(first.moves).toMatchObject([{ partition: 2, from: 2, to: 0, bytes: 90 }])
    const after = carriedOut(lines, first.moves)
    expect(planAsItIs(after, { repairRacks: true }).moves).toMatchObject([{ partition: 0, to: 2, bytes: 100 }])
  })

  test('room that lacks nothing but the index of a copy is not on its way: it is made', () => {
    expect(planAsItIs(crowded([90], 700), { repairRacks: true }).moves).toMatchObject([{ from: 2, bytes: 90 }])
  })

  test('what lies in another dir than the full one makes no room and does not leave', () => {
    const lines = crowded([90, 80, 70])
    lines.nodes[2]!.dirs = [
      { path: '/d0', capacity_bytes: 1000, used_bytes: 240 },
      { path: '/d1', capacity_bytes: 1000, used_bytes: 760 },
    ]
    for (const partition of lines.topics[1]!.partitions) partition.dirs = ['/d0']
    expect(planAsItIs(lines, { repairRacks: true }).moves).toEqual([])
  })

  test('nothing leaves while room is on its way', () => {
    const lines = crowded([200, 90])
    lines.nodes[2]!.dirs[0]!.freeing_bytes = 60
    expect(planAsItIs(lines, { repairRacks: true }).moves).toEqual([])
  })

  test.each<[string, Lines, Partial<PlanRequest>]>([
    ['when none makes enough of it', crowded([40, 40, 40]), {}],
    ['when there is nothing on it to leave', crowded([]), {}],
    [
      'when its replicas may not move',
      { ...crowded([90]), topics: [only([0, 1]), { ...others([90]), constraints: { excluded: true } }] },
      {},
    ],
    [
      'when they were elsewhere lately',
      crowded([90]),
      {
        left: [
          { partition: 1, node: 0 },
          { partition: 1, node: 1 },
        ],
      },
    ],
    ['when the partition was there lately itself', crowded([90]), { left: [{ partition: 0, node: 2 }] }],
    ['when the node may hold no more', withNode2({ max_replicas: 1 }), {}],
    ['when the node is of another domain', withNode2({ domain: 'x' }), {}],
  ])('nothing leaves %s', (_, lines, asked) => {
    expect(planAsItIs(lines, { repairRacks: true, ...asked }).moves).toEqual([])
  })
})
