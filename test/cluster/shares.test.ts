import { describe, expect, test } from 'vitest'
import { buildState } from '../../src/cluster/builder.ts'
import { foldInFlight } from '../../src/cluster/influence.ts'
import type { NodeLine } from '../../src/cluster/lines.ts'
import { imbalance, leaderCounts, leaderLimit, ratios, replicaCounts, sharesOf } from '../../src/cluster/shares.ts'
import { build, clusterLine, heldBy, node, topic, weigh } from './support.ts'

test('a fair share is the same part of every node, however unlike they are', () => {
  const nodes = [node(1, { capacity: 100, used: 90 }), node(2, { capacity: 300, used: 110 })]
  const shares = sharesOf(build({ nodes, topics: [heldBy(nodes)] }))
  expect([...shares.fairBytes]).toEqual([50, 150])
  expect([...ratios(shares)]).toEqual([0.9, 110 / 300])
})

test('what others keep on a node is its own affair: the rest is shared by the rest', () => {
  const lines = weigh({ nodes: [1, 2, 3].map((id) => node(id)), topics: [topic([{ replicas: [1], bytes: 60 }])] })
  const kept = (bytes: number) => ({
    ...lines,
    nodes: lines.nodes.map((line) => (line.id === 3 ? node(3, { used: bytes }) : line)),
  })
  expect([...sharesOf(build(kept(10))).fairBytes]).toEqual(
    [70 / 3, 70 / 3, 70 / 3].map((bytes) => expect.closeTo(bytes)),
  )
  expect([...sharesOf(build(kept(500))).fairBytes]).toEqual([30, 30, 500])
})

test('where there are no replicas everybody has what is his', () => {
  const shares = sharesOf(build({ nodes: [node(1, { used: 300 }), node(2), node(3, { used: 10 })], topics: [] }))
  expect([...shares.fairBytes]).toEqual([300, 0, 10].map((bytes) => expect.closeTo(bytes)))
})

test('a copy that is under way is no other data', () => {
  const copies = { replicas: [1, 2], bytes: [60, 20], isr: [1], adding: [2] }
  const state = build({ nodes: [node(1, { used: 60 }), node(2, { used: 20 })], topics: [topic([copies])] })
  foldInFlight(state, [])
  expect([...sharesOf(state).otherBytes]).toEqual([0, 0])
})

test('every domain has its own mean', () => {
  const nodes = [
    node(1, { used: 100, domain: 'a' }),
    node(2, { used: 300, domain: 'a' }),
    node(3, { used: 500, domain: 'b' }),
  ]
  const held = (domain: string) => ({
    ...heldBy(
      nodes.filter((line) => line.domain === domain),
      domain,
    ),
    constraints: { domain },
  })
  const shares = sharesOf(build({ nodes, topics: [held('a'), held('b')] }))
  expect([...shares.domainRatio]).toEqual([0.2, 0.5])
  expect([...shares.fairBytes]).toEqual([200, 200, 500])
  expect([...shares.domainNodes]).toEqual([2, 1])
})

describe('who takes part', () => {
  const offline = [{ path: '/a', capacity_bytes: 9, used_bytes: 1, state: 'offline' as const }]
  const rows: [string, Partial<NodeLine>, number][] = [
    ['a plain one', {}, 1],
    ['one that is unavailable', { state: 'unavailable' }, 0],
    ['one that does not answer', { state: 'unreachable' }, 0],
    ['one that is draining', { state: 'draining' }, 0],
    ['one that is excluded', { excluded: true }, 0],
    ['one without a healthy dir', { dirs: offline }, 0],
    ['one without a dir', { dirs: [] }, 0],
    [
      'one with a healthy dir among others',
      { dirs: [...offline, { path: '/b', capacity_bytes: 9, used_bytes: 1 }] },
      1,
    ],
  ]
  test.each(rows)('%s', (_, line, participates) => {
    const shares = sharesOf(build({ nodes: [node(1, line), node(2, { used: 400 })], topics: [] }))
    expect(shares.participates[0]).toBe(participates)
    // Who takes no part has no say in the mean.
    if (participates === 0) expect(shares.domainRatio[0]).toBe(0.4)
  })
})

test('what is arriving counts as there, what is being deleted as gone', () => {
  const state = build({ nodes: [node(1, { used: 100 })], topics: [] })
  state.dirArrivingBytes[0] = 30
  state.dirPendingFreeBytes[0] = 50
  expect(sharesOf(state).usedBytes[0]).toBe(80)
})

test('replicas and leaders are counted, those being removed left out', () => {
  const state = build({
    nodes: [1, 2, 3].map((id) => node(id)),
    topics: [
      topic([
        { replicas: [1, 2] },
        { replicas: [2, 1, 3], adding: [3], removing: [1] },
        { replicas: [2], leader: null },
      ]),
    ],
  })
  expect([...replicaCounts(state)]).toEqual([1, 3, 1])
  expect([...leaderCounts(state)]).toEqual([1, 1, 0])
})

test.each([
  [100, 10, 0.05, 10],
  [101, 10, 0.05, 11],
  [1000, 10, 0.05, 105],
  [1, 3, 0.1, 1],
  [0, 3, 0.1, 0],
])(
  'of %d leaders on %d nodes, one node should have at most %d %% more than the mean: %d',
  (leaders, nodes, tolerance, limit) => {
    expect(leaderLimit(leaders, nodes, tolerance)).toBe(limit)
  },
)

test.each([
  [[10, 10, 10], [1, 1, 1], 0],
  [[10, 20, 30], [1, 1, 1], 0.5],
  [[10, 20, 900], [1, 1, 0], 1 / 3],
  [[0, 0], [1, 1], 0],
  [[5], [0], 0],
])('the imbalance of %j among %j is %d', (values, participates, expected) => {
  expect(imbalance(values, Uint8Array.from(participates))).toBeCloseTo(expected, 12)
})

test('shares by replicas alone leave out what else the disks hold', () => {
  const nodes = [node(1, { used: 900 }), node(2, { used: 900 }), node(3, { used: 900 })]
  const topics = [
    topic([
      { replicas: [1, 2], bytes: 30 },
      { replicas: [2, 3], isr: [2], adding: [3], bytes: [60, 0] },
    ]),
  ]
  const state = buildState({ ...clusterLine, share_by: 'replicas' }, nodes, topics)
  foldInFlight(state, [])
  const { usedBytes, fairBytes, otherBytes } = sharesOf(state)
  expect([...usedBytes]).toEqual([30, 90, 60])
  expect([...fairBytes]).toEqual([60, 60, 60])
  expect([...otherBytes]).toEqual([0, 0, 0])
})
