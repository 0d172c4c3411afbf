/** What is lost, or on a node that is to be emptied, gets a new place, and nothing else does. Nodes have 1000 bytes. */
import { describe, expect, test } from 'vitest'
import type { NodeLine, PartitionLine, TopicLine } from '../../src/cluster/lines.ts'
import type { PlanRequest } from '../../src/plan/request.ts'
import { type Lines, topic } from '../cluster/support.ts'
import { planFor, sayings, withDirs } from './support.ts'

const gone = { state: 'unavailable' } as const
const lost = { lostNodes: [0] }
const drained = { drainNodes: [0] }

/** Node 0 with so much more said of it, the others holding so much other data. */
const nodes = (first: Partial<NodeLine>, ...others: number[]): NodeLine[] => [
  withDirs(0, [0], first),
  ...others.map((used, index) => withDirs(index + 1, [used])),
]

/** Node 0 is gone and so are its replicas. */
const after = (replicas: number[], more: Partial<PartitionLine> = {}): Partial<PartitionLine> => ({
  replicas,
  leader: replicas.find((id) => id !== 0) ?? null,
  isr: replicas.filter((id) => id !== 0),
  offline: [0],
  bytes: 100,
  ...more,
})

const plan = (lines: Lines, asked: Partial<PlanRequest>) => sayings(planFor(lines, asked))

describe('a lost node', () => {
  const empty = nodes(gone, 0, 0, 0)
  const rows: [string, NodeLine[], TopicLine[], Partial<PlanRequest>, string[]][] = [
    [
      'its replicas are made anew where nobody holds the partition',
      nodes(gone, 0, 0),
      [topic([after([0, 1]), after([1, 0])])],
      lost,
      ['100: 0>2', '100: 0>2'],
    ],
    [
      'spread over the nodes, the largest first',
      nodes(gone, 0, 0, 0, 0),
      [topic([40, 100, 60].map((bytes) => after([0, 4], { bytes })))],
      lost,
      ['100: 0>1', '60: 0>2', '40: 0>3'],
    ],
    [
      'those with the fewest replicas in sync before larger ones',
      empty,
      [topic([after([0, 1, 2], { bytes: 200 }), after([0, 1], { bytes: 10 })])],
      lost,
      ['10: 0>3', '200: 0>3'],
    ],
    ['to the emptiest node', nodes(gone, 0, 400, 200), [topic([after([0, 1])])], lost, ['100: 0>3']],
    [
      'among nodes about as full, to where the topic has fewest',
      nodes(gone, 0, 0, 10),
      [topic([after([0, 1], { bytes: 1 }), { replicas: [2], bytes: 0 }])],
      lost,
      ['1: 0>3'],
    ],
    [
      'unless topics are not to be looked at',
      nodes(gone, 0, 0, 10),
      [topic([after([0, 1], { bytes: 1 }), { replicas: [2], bytes: 0 }])],
      { ...lost, topicAware: false },
      ['1: 0>2'],
    ],
    [
      'of unknown size they are as large as the others',
      empty,
      [topic([after([0, 1], { bytes: [null, 70] })])],
      lost,
      ['70: 0>2'],
    ],
    ['those of an empty partition too', empty, [topic([after([0, 1], { bytes: [null, 0] })])], lost, ['0: 0>2']],
    ['of a size that nobody knows they wait', empty, [topic([after([0, 1], { bytes: [null, null] })])], lost, []],
    ['without anybody to copy from they wait', empty, [topic([after([0], { leader: null, isr: [] })])], lost, []],
    ['while the partition is moving they wait', empty, [topic([after([0, 1, 2], { adding: [2] })])], lost, []],
    [
      'one that is on its way out is not replaced',
      empty,
      [topic([after([0, 1, 2], { removing: [0], adding: [2] })])],
      lost,
      [],
    ],
    [
      'another replica that is behind does not keep it waiting',
      empty,
      [topic([after([0, 1, 2], { isr: [1] })])],
      lost,
      ['100: 0>3'],
    ],
    [
      'an excluded topic is repaired as well',
      empty,
      [topic([after([0, 1])], { constraints: { excluded: true } })],
      lost,
      ['100: 0>2'],
    ],
    [
      'unless it is excluded from everything',
      empty,
      [topic([after([0, 1])], { constraints: { excluded: true } })],
      { ...lost, excludeHard: true },
      [],
    ],
    ['it is left alone as long as nobody gave it up', empty, [topic([after([0, 1])])], {}, []],
    ['it is left alone when it is back', nodes({}, 0, 0), [topic([{ replicas: [0, 1], bytes: 100 }])], lost, []],
    [
      'what is healthy does not move',
      nodes(gone, 700, 0),
      [topic([after([0, 1]), { replicas: [1], bytes: 50 }])],
      lost,
      ['100: 0>2'],
    ],
    ['a disk is filled up to the hard limit', nodes(gone, 0, 794), [topic([after([0, 1])])], lost, ['100: 0>2']],
    ['but not beyond, with what its index will take', nodes(gone, 0, 795), [topic([after([0, 1])])], lost, []],
    [
      'several are placed as long as there is room for them together',
      nodes(gone, 0, 688),
      [topic([after([0, 1]), after([0, 1]), after([0, 1])])],
      lost,
      ['100: 0>2', '100: 0>2'],
    ],
    [
      'two replicas of one partition go to different nodes',
      [withDirs(0, [0], gone), withDirs(1, [0], gone), ...nodes({}, 0, 0, 0, 300).slice(2)],
      [topic([{ replicas: [0, 1, 2], leader: 2, isr: [2], offline: [0, 1], bytes: 100 }])],
      { lostNodes: [0, 1] },
      ['100: 0>3', '100: 1>4'],
    ],
  ]
  test.each(rows)('%s', (_, lines, topics, asked, moves) => {
    expect(plan({ nodes: lines, topics }, asked)).toEqual(moves)
  })
})

describe('a failed dir', () => {
  const dirs = [
    { path: '/d0', capacity_bytes: 1000, used_bytes: 0, state: 'offline' as const },
    { path: '/d1', capacity_bytes: 1000, used_bytes: 0 },
  ]
  const half = (more: Partial<PartitionLine> = {}): Lines => ({
    nodes: nodes({ dirs }, 0, 0),
    topics: [
      topic([
        after([0, 1], { dirs: ['/d0', '/d0'] }),
        { replicas: [0, 1], bytes: 60, dirs: ['/d1', '/d0'] },
        after([0, 1], { bytes: [null, 30], dirs: [null, '/d0'], ...more }),
      ]),
    ],
  })

  test('what lay in it is made anew on other nodes, what lies beside it stays', () => {
    expect(plan(half(), { failedDirNodes: [0] })).toEqual(['100: 0>2', '30: 0>2'])
  })

  test('is left alone as long as nobody gave it up', () => {
    expect(plan(half(), {})).toEqual([])
  })

  test('frees nothing by what leaves it: the node is no emptier than before', () => {
    const { finalBytes, finalReplicas } = planFor(half(), { failedDirNodes: [0] })
    expect([finalBytes[0], finalReplicas[0]]).toEqual([60, 1])
  })

  test('nor does a dead node', () => {
    const lines = { nodes: nodes(gone, 0, 0), topics: [topic([after([0, 1])])] }
    expect([...planFor(lines, lost).finalBytes]).toEqual([100, 100, 100])
  })
})

describe('a node that is to be emptied', () => {
  const here = { state: 'draining' } as const
  const dead = { state: 'unavailable', draining: true } as const
  const both = topic([{ replicas: [0, 1], bytes: 100 }])
  const rows: [string, NodeLine[], TopicLine[], Partial<PlanRequest>, string[]][] = [
    [
      'gives up everything',
      nodes(here, 0, 0),
      [topic([100, 40].map((bytes) => ({ replicas: [0], bytes })))],
      drained,
      ['100: 0>1', '40: 0>2'],
    ],
    ['to nodes that do not hold the partition', nodes(here, 0, 300), [both], drained, ['100: 0>2']],
    ['and waits where there is none', nodes(here, 0), [both], drained, []],
    [
      'not to another that is to be emptied',
      [...nodes(here, 0), withDirs(2, [0], here)],
      [both],
      { drainNodes: [0, 2] },
      [],
    ],
    [
      'gives up nothing that is not in sync',
      nodes(here, 0, 0),
      [topic([{ replicas: [0, 1], isr: [0], bytes: 100 }])],
      drained,
      [],
    ],
    ['nor without a leader', nodes(here, 0, 0), [topic([{ replicas: [0, 1], leader: null, bytes: 100 }])], drained, []],
    [
      'excluded topics too',
      nodes(here, 0, 0),
      [topic([{ replicas: [0, 1], bytes: 100 }], { constraints: { excluded: true } })],
      drained,
      ['100: 0>2'],
    ],
    [
      'unless they are excluded from everything',
      nodes(here, 0, 0),
      [topic([{ replicas: [0, 1], bytes: 100 }], { constraints: { excluded: true } })],
      { ...drained, excludeHard: true },
      [],
    ],
    ['is emptied after it has died as well', nodes(dead, 0, 0), [topic([after([0, 1])])], drained, ['100: 0>2']],
    [
      'also of what lay in a dir that is gone',
      [withDirs(0, [0, 0], { state: 'draining' }), ...nodes({}, 0, 0).slice(1)],
      [topic([after([0, 1])])],
      drained,
      ['100: 0>2'],
    ],
    [
      'yet not while another replica is behind',
      nodes(dead, 0, 0, 0),
      [topic([after([0, 1, 2], { isr: [1] })])],
      drained,
      [],
    ],
    ['is let alone as long as nobody asks for it', nodes(here, 0, 0), [both], {}, []],
    [
      'goes back to where it was lately if it must',
      nodes(here, 0, 0),
      [both],
      { ...drained, left: [{ partition: 0, node: 2 }] },
      ['100: 0>2'],
    ],
  ]
  test.each(rows)('%s', (_, lines, topics, asked, moves) => {
    expect(plan({ nodes: lines, topics }, asked)).toEqual(moves)
  })

  test('gives up leadership with its replicas', () => {
    const { finalLeaders } = planFor({ nodes: nodes(here, 0, 0), topics: [both] }, drained)
    expect([...finalLeaders]).toEqual([0, 0, 1])
  })
})

describe('racks', () => {
  /** A node for each rack, node 0 with so much more said of it. */
  const inRacks = (racks: string, first: Partial<NodeLine>, used: Record<number, number> = {}): NodeLine[] =>
    Array.from(racks, (rack, id) => withDirs(id, [used[id] ?? 0], { rack, ...(id === 0 ? first : {}) }))
  const here = { state: 'draining' } as const
  const three = topic([{ replicas: [0, 1, 2], bytes: 100 }])
  const threeLost = topic([after([0, 1, 2])])
  const rows: [string, NodeLine[], TopicLine[], Partial<PlanRequest>, string[]][] = [
    [
      'a lost replica goes to a free rack before an emptier disk',
      inRacks('abbc', gone, { 3: 500 }),
      [topic([after([0, 1])])],
      lost,
      ['100: 0>3'],
    ],
    [
      'to the rack it came from, as good as any that is free',
      inRacks('abca', gone, { 3: 500 }),
      [threeLost],
      lost,
      ['100: 0>3'],
    ],
    ['to a shared rack, if only that has room', inRacks('abcab', gone, { 3: 850 }), [threeLost], lost, ['100: 0>4']],
    [
      'but not when racks are required',
      inRacks('abcab', gone, { 3: 850 }),
      [threeLost],
      { ...lost, rackAwareness: 'require' },
      [],
    ],
    [
      'it does where no more than that rack is left',
      inRacks('abb', gone),
      [topic([after([0, 1])])],
      { ...lost, rackAwareness: 'require' },
      ['100: 0>2'],
    ],
    ['a drained one waits for room in the best rack', inRacks('abcab', here, { 3: 850 }), [three], drained, []],
    [
      'it takes a shared rack when its own is emptied altogether',
      inRacks('abcb', here),
      [three],
      drained,
      ['100: 0>3'],
    ],
    [
      'the better of two that are left',
      inRacks('abcbbc', here),
      [topic([{ replicas: [0, 1, 2, 3], bytes: 100 }])],
      drained,
      ['100: 0>5'],
    ],
    [
      'and waits where only the worse has room',
      inRacks('abcbbc', here, { 5: 850 }),
      [topic([{ replicas: [0, 1, 2, 3], bytes: 100 }])],
      drained,
      [],
    ],
    [
      'it leaves a shared rack for a free one',
      inRacks('aabca', here),
      [topic([{ replicas: [0, 1, 2], bytes: 100 }])],
      drained,
      ['100: 0>3'],
    ],
    [
      'racks that do not count are not looked at',
      inRacks('abcab', here, { 3: 850 }),
      [three],
      { ...drained, rackAwareness: 'ignore' },
      ['100: 0>4'],
    ],
  ]
  test.each(rows)('%s', (_, lines, topics, asked, moves) => {
    expect(plan({ nodes: lines, topics }, asked)).toEqual(moves)
  })
})

test('lost, then drained, then the rest: each class on what the former left', () => {
  const lines: Lines = {
    nodes: [
      withDirs(0, [0], gone),
      withDirs(1, [0], { state: 'draining' }),
      withDirs(2, [840]),
      withDirs(3, [0]),
      withDirs(4, [300]),
    ],
    topics: [topic([after([0, 4], { bytes: 20 }), { replicas: [1], bytes: 300 }, { replicas: [2], bytes: 55 }])],
  }
  const { moves } = planFor(lines, { ...lost, drainNodes: [1], criticalDirs: [2] })
  expect(moves.map(({ reason, from, to }) => `${reason} ${from}>${to}`)).toEqual([
    'disk_critical 2>3',
    'node_unavailable 0>3',
    'node_draining 1>3',
  ])
})
