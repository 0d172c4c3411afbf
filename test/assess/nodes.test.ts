/** Nodes that are gone, have lost a dir or are to be emptied: when they count, and the sentences until then. */
import { describe, expect, test } from 'vitest'
import type { DirLine, NodeLine, PartitionLine } from '../../src/cluster/lines.ts'
import { heldBy, type Lines, node, takenAtMs, topic } from '../cluster/support.ts'
import { ago, judged, kindsOf, type Situation } from './support.ts'

const MINUTE = 60_000

/** Nodes 1 to 5, the first with so much more said of it and the partitions on it and node 2. */
function cluster(first: Partial<NodeLine>, ...partitions: Partial<PartitionLine>[]): Lines {
  const lines = partitions.map((line) => ({ replicas: [1, 2], leader: 2, isr: [2], bytes: 100, ...line }))
  return { nodes: [node(1, first), ...[2, 3, 4, 5].map((id) => node(id))], topics: [topic(lines)] }
}

const goneFor = (ms: number, more: Partial<NodeLine> = {}): Partial<NodeLine> => ({
  state: 'unavailable',
  unavailable_since: ago(ms),
  ...more,
})

describe('a node that is gone', () => {
  const rows: [string, Partial<NodeLine>, Situation, string[]][] = [
    ['shorter than the timeout', goneFor(15 * MINUTE - 1), {}, []],
    ['as long as that', goneFor(15 * MINUTE), {}, ['node_unavailable node 1']],
    ['nobody knows how long: long enough', { state: 'unavailable' }, {}, ['node_unavailable node 1']],
    [
      'longer than a timeout of its own',
      goneFor(MINUTE),
      { settings: { nodeAvailabilityTimeoutMs: 30_000 } },
      ['node_unavailable node 1'],
    ],
    ['without a timeout', goneFor(0), { settings: { nodeAvailabilityTimeoutMs: 0 } }, ['node_unavailable node 1']],
    ['that only gives no answer', { state: 'unreachable' }, {}, []],
    ['that is to be emptied anyway', goneFor(60 * MINUTE, { draining: true }), {}, ['node_draining node 1']],
    ['that is to be emptied, and not for long', goneFor(MINUTE, { draining: true }), {}, ['node_draining node 1']],
    ['that is excluded', goneFor(60 * MINUTE, { excluded: true }), {}, ['node_unavailable node 1']],
  ]
  test.each(rows)('%s', (_, first, situation, kinds) => {
    const found = judged(cluster(first, {}), situation)
    expect(kindsOf(found)).toEqual(kinds)
    expect(found.goals.lostNodes).toEqual(kinds.includes('node_unavailable node 1') ? [0] : [])
    expect(found.goals.drainNodes).toEqual(kinds.includes('node_draining node 1') ? [0] : [])
  })

  test('and holds nothing is nobody’s concern', () => {
    const found = judged({ nodes: cluster(goneFor(60 * MINUTE)).nodes, topics: [] })
    expect([found.violations, found.holding]).toEqual([[], []])
  })

  test('and holds only what is on its way out neither', () => {
    const leaving = { replicas: [1, 2, 3], adding: [3], removing: [1] }
    expect(kindsOf(judged(cluster(goneFor(60 * MINUTE), leaving)))).toEqual([])
  })

  test('is held until then, with what it has and the time that is left', () => {
    expect(judged(cluster(goneFor(5 * MINUTE), {}, {})).holding).toEqual([
      'node 1 is gone for 5m and has 2 replicas: they are made anew elsewhere in 10m',
    ])
  })

  test('of which a single reading does not tell since when is lost, and nothing is made up', () => {
    const [violation] = judged(cluster({ state: 'unavailable' }, {}, {})).violations
    expect(violation?.text).toBe('node 1 is gone, nobody knows since when, and has 2 replicas')
  })

  test('is told with what it has', () => {
    expect(judged(cluster(goneFor(60 * MINUTE), {}, {})).violations).toMatchObject([
      { text: 'node 1 is gone for 1h and has 2 replicas', size: 2, unit: 'replicas', closing: false },
    ])
  })
})

describe('a dir that is offline', () => {
  const dirs: DirLine[] = [
    { path: '/d0', capacity_bytes: 1000, used_bytes: 0, state: 'offline' },
    { path: '/d1', capacity_bytes: 1000, used_bytes: 0 },
  ]
  const offline = { offline: [1] }
  const seen = (ms: number) => ({ memory: { pending: { 'offline replicas/node 1': takenAtMs - ms } } })

  test('is timed from when its replicas were first seen so', () => {
    const found = judged(cluster({ dirs }, offline, offline, {}))
    expect(found.violations).toEqual([])
    expect(found.holding).toEqual([
      '2 replicas of node 1 lie in a dir that is offline for 0ms: they are made anew elsewhere in 15m',
    ])
    expect(found.memory.pending).toEqual({ 'offline replicas/node 1': takenAtMs })
  })

  test('is held for the timeout', () => {
    const found = judged(cluster({ dirs }, offline), seen(15 * MINUTE - 1))
    expect([found.violations, found.goals.failedDirNodes]).toEqual([[], []])
    expect(found.memory.pending).toEqual({ 'offline replicas/node 1': takenAtMs - 15 * MINUTE + 1 })
  })

  test('then it counts', () => {
    const found = judged(cluster({ dirs }, offline), seen(15 * MINUTE))
    expect(kindsOf(found)).toEqual(['node_unavailable dirs of node 1'])
    expect(found.violations[0]!.text).toBe('1 replica of node 1 lie in a dir that is offline for 15m')
    expect(found.goals).toMatchObject({ failedDirNodes: [0], lostNodes: [] })
  })

  test('is timed anew when it was back in between', () => {
    const back = judged(cluster({ dirs }, {}), seen(60 * MINUTE))
    expect(back.memory.pending).toEqual({})
    expect(judged(cluster({ dirs }, offline), { memory: back.memory }).violations).toEqual([])
  })

  test('of a node that is gone altogether is a matter of that node', () => {
    const found = judged(cluster(goneFor(60 * MINUTE, { dirs }), offline), seen(60 * MINUTE))
    expect(kindsOf(found)).toEqual(['node_unavailable node 1'])
  })
})

describe('a node that is to be emptied', () => {
  const rows: [string, Partial<NodeLine>, Partial<PartitionLine>[], string[]][] = [
    ['and has replicas', { state: 'draining' }, [{}], ['node_draining node 1']],
    ['and has none', { state: 'draining' }, [], []],
    [
      'and has only what is on its way out',
      { state: 'draining' },
      [{ replicas: [1, 2, 3], adding: [3], removing: [1] }],
      [],
    ],
    ['and still gets some', { state: 'draining' }, [{ replicas: [2, 1], adding: [1] }], ['node_draining node 1']],
    ['though it is not reachable', { state: 'unreachable', draining: true }, [{}], ['node_draining node 1']],
  ]
  test.each(rows)('%s', (_, first, partitions, kinds) => {
    expect(kindsOf(judged(cluster(first, ...partitions)))).toEqual(kinds)
  })

  test('is told with what is left', () => {
    const [found] = judged(cluster({ state: 'draining' }, {}, { bytes: [2048, 0] })).violations
    expect(found).toMatchObject({
      text: 'node 1 is to be emptied and holds 2 replicas (2.10 KiB)',
      size: 2,
      unit: 'replicas',
    })
  })

  test('is not filled and not waited for', () => {
    const found = judged(cluster({ state: 'draining' }), { memory: { filling: [1] } })
    expect([found.waiting, found.memory.filling]).toEqual([[], []])
  })
})

describe('a node that takes nothing cannot be filled', () => {
  const dir = (more: Partial<DirLine>): DirLine => ({ path: '/d0', capacity_bytes: 1e12, used_bytes: 0, ...more })
  const rows: [string, Partial<NodeLine>, boolean][] = [
    ['an open one', { dirs: [dir({})] }, true],
    ['one that is cordoned altogether', { dirs: [dir({ cordoned: true })] }, false],
    ['one that is cordoned in part', { dirs: [dir({ cordoned: true }), dir({ path: '/d1' })] }, true],
    [
      'one whose only open dir is offline',
      { dirs: [dir({ cordoned: true }), dir({ path: '/d1', state: 'offline' })] },
      false,
    ],
  ]
  test.each(rows)('%s', (_, more, added) => {
    const full = [1, 2].map((id) => node(id, { capacity: 1e12, used: 1e11 }))
    const lines = { nodes: [...full, node(3, more)], topics: [heldBy(full)] }
    expect(kindsOf(judged(lines))).toEqual(added ? ['node_underused node 3'] : [])
    // Its filling goes on once it is open again.
    expect(judged(lines, { memory: { filling: [3] } }).memory.filling).toEqual([3])
  })
})
