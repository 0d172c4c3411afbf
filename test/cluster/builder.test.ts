import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { buildState, compareIds } from '../../src/cluster/builder.ts'
import type { NodeLine, PartitionLine, TopicLine } from '../../src/cluster/lines.ts'
import { immovableReasons } from '../../src/cluster/reasons.ts'
import { ADDING, IN_SYNC, OFFLINE, partitionLabel, REMOVING, replicaNodesOf } from '../../src/cluster/state.ts'
import { anyLines, build, clusterLine, node, runs, shuffled, topic } from './support.ts'

test('the order of lines is irrelevant', () => {
  const size = { nodes: [1, 8], topics: 4, partitions: 6, odd: true } as const
  const pairs = anyLines({ ...size, nodes: [1, 8] }).chain((lines) => fc.tuple(fc.constant(lines), shuffled(lines)))
  fc.assert(
    fc.property(pairs, ([lines, other]) => {
      expect(build(other)).toEqual(build(lines))
    }),
    runs(60),
  )
})

test('numbers sort before texts, numbers by value, texts by code unit', () => {
  expect(['b', 10, 'B', 2, '1'].sort(compareIds)).toEqual([2, 10, '1', 'B', 'b'])
})

test('columns follow the sorted ids', () => {
  const state = build({
    nodes: [node(10, { rack: 'b' }), node(2, { rack: 'a', max_replicas: 7 }), node(3)],
    topics: [
      topic([
        { replicas: [10, 2], bytes: [5, 6] },
        { replicas: [3], bytes: 7 },
      ]),
    ],
  })
  expect(state.names.nodes).toEqual([2, 3, 10])
  expect([...state.nodeRack]).toEqual([0, -1, 1])
  expect([...state.nodeMaxReplicas]).toEqual([7, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY])
  expect(replicaNodesOf(state, 0)).toEqual([2, 0])
  expect([...state.replicaBytes]).toEqual([5, 6, 7])
  expect([...state.partitionLeader]).toEqual([2, 1])
  expect(partitionLabel(state, 1)).toBe('t-1')
})

test('who is in sync, added and removed is kept per replica', () => {
  const { replicaFlags } = build({
    nodes: [1, 2, 3, 4].map((id) => node(id)),
    topics: [
      topic([
        { replicas: [1, 2, 3, 4], adding: [3], removing: [4], isr: [1, 4] },
        { replicas: [1, 2], adding: [2] },
      ]),
    ],
  })
  expect([...replicaFlags]).toEqual([IN_SYNC, 0, ADDING, IN_SYNC | REMOVING, IN_SYNC, ADDING])
})

test('a replica of a node with one dir lies there, one of a node with several may be anywhere', () => {
  const two = [0, 1].map((index) => ({ path: `/d${index}`, capacity_bytes: 9, used_bytes: 0 }))
  const { replicaDir } = build({
    nodes: [node(1), node(2, { dirs: two }), node(3, { dirs: [] })],
    topics: [topic([{ replicas: [1, 2, 3] }, { replicas: [2, 1], dirs: ['/d1', null] }])],
  })
  expect([...replicaDir]).toEqual([0, -1, -1, 2, 0])
})

test('equal sets of legal nodes are kept once, whatever order they are in', () => {
  const { replicaLegal, legalStart, legalNodes } = build({
    nodes: [1, 2, 3].map((id) => node(id)),
    topics: [
      topic([{ replicas: [1, 2] }, { replicas: [2] }], {
        constraints: { legal: { 0: [[3, 1], null], 1: [[1, 3]] } },
      }),
    ],
  })
  expect([...replicaLegal]).toEqual([0, -1, 0])
  expect([[...legalStart], [...legalNodes]]).toEqual([
    [0, 2],
    [0, 2],
  ])
})

test('units are told apart by topic', () => {
  const constraints = { units: { 0: 'x', 1: 'x' } }
  const { partitionUnit } = build({
    nodes: [node(1)],
    topics: ['a', 'b'].map((name) =>
      topic([{ replicas: [1] }, { replicas: [1] }, { replicas: [1] }], { name, constraints }),
    ),
  })
  expect([...partitionUnit]).toEqual([0, 0, -1, 1, 1, -1])
})

describe('a partition must stay', () => {
  const rows: [string, Partial<PartitionLine>, Partial<TopicLine>][] = [
    ['', { bytes: 5 }, {}],
    ['already_moving', { bytes: 5, adding: [2] }, {}],
    ['already_moving', { bytes: 5, removing: [1], leader: null }, {}],
    ['no_quorum', { bytes: 5, leader: null }, {}],
    ['no_quorum', { leader: null }, {}],
    ['size_unknown', {}, {}],
    ['excluded', { bytes: [5, null] }, { constraints: { excluded: true } }],
    ['excluded', { bytes: 5 }, { constraints: { excluded: true } }],
    // What lies on a dead node has no size, and needs none: it is never copied from there.
    ['', { replicas: [1, 9], bytes: [5, null] }, {}],
  ]
  test.each(rows)('%j: %j of %j', (reason, partition, more) => {
    const state = build({
      nodes: [node(1), node(2), node(9, { state: 'unavailable' })],
      topics: [topic([{ replicas: [1, 2], ...partition }], more)],
    })
    expect(immovableReasons[state.partitionImmovable[0]!]).toBe(reason)
  })
})

describe('lines that contradict each other', () => {
  const rows: [string, NodeLine[], TopicLine[]][] = [
    ['node 1 is described twice', [node(1), node(1)], []],
    ['topic t is described twice', [], [topic([]), topic([])]],
    ['partition of topic t 3 is described twice', [node(1)], [topic([{ id: 3 }, { id: 3 }])]],
    ['t-0.replicas names node 7, which no node line describes', [node(1)], [topic([{ replicas: [1, 7] }])]],
    ['t-0.leader names node 7, which no node line describes', [node(1)], [topic([{ replicas: [1], leader: 7 }])]],
    [
      't-0.legal names node 7, which no node line describes',
      [node(1)],
      [topic([{ replicas: [1] }], { constraints: { legal: { 0: [[7]] } } })],
    ],
    ['t-0.replicas lists node 1 twice', [node(1)], [topic([{ replicas: [1, 1] }])]],
    ['t-0.dirs: node 1 has no dir /x', [node(1)], [topic([{ replicas: [1], dirs: ['/x'] }])]],
    ['node 1 alive_since: "yesterday" is not an ISO 8601 time', [node(1, { alive_since: 'yesterday' })], []],
  ]
  test.each(rows)('%s', (message, nodes, topics) => {
    expect(() => build({ nodes, topics })).toThrow(expect.objectContaining({ code: 'bad_input', message }))
  })
})

test('the facts of the cluster are kept', () => {
  const { cluster, takenAtMs } = buildState({ ...clusterLine, cluster_id: 'X', cluster_version: '4.0' }, [], [])
  expect(cluster).toEqual({ name: 'orders', system: 'kafka', clusterId: 'X', version: '4.0' })
  expect(takenAtMs).toBe(Date.UTC(2026, 0, 1))
})

test('a topic in flat arrays is the topic of its lines', () => {
  const lines = {
    nodes: [node('b'), node('a', { state: 'unavailable' as const }), node('c', { dirs: [] })],
    partitions: [
      { id: 'p0', leader: 'b', replicas: ['a', 'b'], isr: ['b'], offline: ['a'], bytes: [5, 6] },
      { id: 'p1', leader: 'b', replicas: ['b', 'c'], adding: ['c'], bytes: [7, 0] },
      { id: 'p2', leader: 'b', replicas: ['b'], bytes: [null] },
      { id: 'p3', leader: 'b', replicas: ['b'], bytes: [9] },
    ],
  }
  const constraints = { domain: '', cap: 3 }
  const byLines = buildState(clusterLine, lines.nodes, [
    { type: 'topic', name: 't', constraints, partitions: lines.partitions },
    { type: 'topic', name: 'u', partitions: [{ id: 0, replicas: ['c'] }] },
  ])
  const flat = buildState(clusterLine, lines.nodes, [
    { type: 'topic', name: 'u', partitions: [{ id: 0, replicas: ['c'] }] },
    {
      name: 't',
      constraints,
      ids: ['p0', 'p1', 'p2', 'p3'],
      start: Int32Array.of(0, 2, 4, 5, 6),
      nodes: ['c', 'b', 'a'],
      node: Int32Array.of(2, 1, 1, 0, 1, 1),
      bytes: Float64Array.of(5, 6, 7, 0, Number.NaN, 9),
      flags: Uint8Array.of(OFFLINE, IN_SYNC, IN_SYNC, ADDING, IN_SYNC, IN_SYNC),
      immovable: Uint8Array.of(0, 0, 0, immovableReasons.indexOf('excluded')),
    },
  ])
  // It has no leaders, and need not have.
  expect([...flat.partitionLeader]).toEqual([-1, -1, -1, -1, -1])
  const reasons = ({ partitionImmovable }: typeof flat) => [...partitionImmovable].map((code) => immovableReasons[code])
  expect(reasons(byLines)).toEqual(['', 'already_moving', 'size_unknown', '', 'no_quorum'])
  expect(reasons(flat)).toEqual(['', 'already_moving', 'size_unknown', 'excluded', 'no_quorum'])
  const same = { partitionLeader: 0, partitionImmovable: 0 }
  expect({ ...flat, ...same }).toEqual({ ...byLines, ...same })
})
