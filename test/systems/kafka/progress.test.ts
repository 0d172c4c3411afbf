import { describe, expect, test } from 'vitest'
import type { ReplicaMove } from '../../../src/cluster/move.ts'
import { VirtualClock } from '../../../src/lib/clock.ts'
import { DirMoves } from '../../../src/systems/kafka/dir-moves.ts'
import { TransportError } from '../../../src/systems/kafka/transport-error.ts'
import { fakeCluster } from './fake-cluster.ts'

const signal = new AbortController().signal
const move: ReplicaMove = {
  kind: 'replica',
  id: 'm',
  topic: 't',
  partition: 0,
  replicas: [1, 2],
  leader: 1,
  from: 1,
  to: 1,
  fromDir: '/a',
  toDir: '/b',
  bytes: 10,
  reason: 'disk_skew',
}
const running = {
  topic: 't',
  partition: 0,
  target: [1, 2],
  adding: [],
  removing: [],
  dir: { node: 1, path: '/b' },
  bytesDone: 4,
  bytesTotal: 10,
}

function started() {
  const clock = new VirtualClock()
  const { cluster, system } = fakeCluster(clock)
  const copies = () =>
    (cluster.dirs[1] = [
      { path: '/a', replicas: { 't-0': 10, 't-1': 5 } },
      { path: '/b', copies: { 't-0': 4 } },
    ])
  cluster.topics = { t: [{ replicas: [1, 2] }, { replicas: [1, 2] }] }
  cluster.dirs = {
    1: [{ path: '/a', replicas: { 't-0': 10, 't-1': 5 } }, { path: '/b' }],
    2: [{ replicas: { 't-0': 10, 't-1': 5 } }],
    3: [{}],
  }
  return {
    cluster,
    clock,
    system,
    copies,
    pulse: async () => {
      cluster.asked = []
      return (await system.pulse(signal)).running
    },
    /** Of each log dir request since the last pulse began. */
    asked: () =>
      cluster.asked.filter(({ name }) => name === 'DescribeLogDirs').map(({ node, request }) => ({ node, request })),
    perform: () => system.perform(system.steps(move), signal),
  }
}

test('where nothing is known to move between dirs, no broker is asked', async () => {
  const { pulse, asked, copies } = started()
  copies()
  expect([await pulse(), asked()]).toEqual([[], []])
})

test('what we began is followed, at its broker and for its partition only, until it is over', async () => {
  const { perform, pulse, asked, copies, cluster } = started()
  await perform()
  copies()
  expect(await pulse()).toEqual([running])
  expect(asked()).toEqual([{ node: 1, request: { topics: [{ name: 't', partitions: [0] }] } }])
  cluster.dirs[1] = [{ path: '/a' }, { path: '/b', replicas: { 't-0': 10 } }]
  expect(await pulse()).toEqual([])
  expect(asked()).toHaveLength(1)
  await pulse()
  expect(asked()).toEqual([])
})

test('what a sample saw is followed, whoever began it', async () => {
  const { system, pulse, copies } = started()
  copies()
  expect((await system.sample(signal)).running).toEqual([running])
  expect(await pulse()).toEqual([running])
})

test('it goes with a reassignment in the same request', async () => {
  const { perform, pulse, asked, copies, cluster } = started()
  await perform()
  copies()
  cluster.moving = [{ topic: 't', partition: 1, replicas: [3, 1, 2], adding: [3], removing: [1] }]
  expect((await pulse()).map(({ partition }) => partition)).toEqual([1, 0])
  expect(asked()).toContainEqual({ node: 1, request: { topics: [{ name: 't', partitions: [1, 0] }] } })
})

test('of a silent broker it is still shown, without bytes, and of a dead one it is not', async () => {
  const { perform, pulse, copies, cluster } = started()
  await perform()
  copies()
  const { [1]: dirs, ...others } = cluster.dirs
  cluster.dirs = others
  const { bytesDone: _done, bytesTotal: _total, ...silent } = running
  expect(await pulse()).toEqual([silent])
  cluster.brokers = [2, 3]
  expect(await pulse()).toEqual([])
  cluster.brokers = [1, 2, 3]
  cluster.dirs = { ...others, 1: dirs! }
  expect(await pulse()).toEqual([running])
})

test('a request without an answer is looked for as long as it may still be carried out', async () => {
  const { perform, pulse, asked, copies, cluster, clock } = started()
  cluster.fail['AlterReplicaLogDirs'] = new TransportError('timeout', 'no answer', { sent: true })
  await perform()
  expect(await pulse()).toEqual([])
  await clock.advance(60_000)
  copies()
  expect(await pulse()).toEqual([running])

  const never = started()
  never.cluster.fail['AlterReplicaLogDirs'] = new TransportError('timeout', 'no answer', { sent: true })
  await never.perform()
  await never.clock.advance(90_000)
  await never.pulse()
  await never.pulse()
  expect(never.asked()).toEqual([])
  expect(asked()).toHaveLength(1)
})

test('a listing that was asked for before a move began does not end it', () => {
  const known = new DirMoves(new VirtualClock())
  const early = known.stamp()
  known.begin(1, { topic: 't', partition: 0, dir: '/b', replicas: [1, 2], sure: true })
  known.see(1, [], early)
  expect(known.of(1)).toHaveLength(1)
  known.see(1, [], known.stamp())
  expect(known.of(1)).toEqual([])
})

test('a copy whose source has failed is not in flight', async () => {
  const { system, pulse, cluster } = started()
  cluster.topics = { t: [{ leader: 2, replicas: [1, 2], isr: [2], offline: [1] }, { replicas: [1, 2] }] }
  cluster.dirs[1] = [
    { path: '/a', error: 56 },
    { path: '/b', copies: { 't-0': 4 } },
  ]
  expect((await system.sample(signal)).running).toEqual([])
  expect(await pulse()).toEqual([])
})

describe('a reassignment', () => {
  const listed = { topic: 't', partition: 0, replicas: [3, 1, 2], adding: [3], removing: [1] }
  const shown = { topic: 't', partition: 0, target: [3, 2], adding: [3], removing: [1] }
  const lost = 'a dir of node 3 is offline and the copy is in none of the others'

  test.each<[string, Partial<ReturnType<typeof started>['cluster']['dirs']>, object]>([
    ['arrives', { 3: [{ replicas: { 't-0': 4 } }] }, { bytesDone: 4, bytesTotal: 10 }],
    ['has not begun to arrive', { 3: [{}] }, { bytesDone: 0, bytesTotal: 10 }],
    ['has a silent target', { 3: undefined }, { bytesTotal: 10 }],
    ['has a silent target and sources', { 1: undefined, 2: undefined, 3: undefined }, {}],
    ['has silent sources', { 1: undefined, 2: undefined, 3: [{ replicas: { 't-0': 4 } }] }, { bytesDone: 4 }],
    [
      'was in a dir that is offline now',
      { 3: [{ path: '/a', error: 56 }, { path: '/b' }] },
      { bytesDone: 0, bytesTotal: 10, broken: lost },
    ],
    [
      'is in another dir than the one that is offline',
      {
        3: [
          { path: '/a', error: 56 },
          { path: '/b', replicas: { 't-0': 4 } },
        ],
      },
      { bytesDone: 4, bytesTotal: 10 },
    ],
    [
      'has a source with a dir that is offline',
      { 2: [{ path: '/a', error: 56 }], 3: [{ replicas: { 't-0': 4 } }] },
      { bytesDone: 4, bytesTotal: 10 },
    ],
  ])('that %s, in pulse and sample', async (_, dirs, expected) => {
    const { pulse, asked, cluster, system } = started()
    // The first sample keeps what everybody told: nothing of that may be taken for news.
    await system.sample(signal)
    cluster.moving = [listed]
    const all = { ...cluster.dirs, ...dirs }
    cluster.dirs = Object.fromEntries(Object.entries(all).filter(([, told]) => told)) as typeof cluster.dirs
    expect(await pulse()).toEqual([{ ...shown, ...expected }])
    expect(asked().map(({ request }) => request)).toEqual(
      [1, 2, 3].map(() => ({ topics: [{ name: 't', partitions: [0] }] })),
    )
    if (Object.keys(cluster.dirs).length > 0) {
      expect((await system.sample(signal)).running).toEqual([{ ...shown, ...expected }])
    }
  })
})
