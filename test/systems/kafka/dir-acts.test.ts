import { describe, expect, test } from 'vitest'
import type { ReplicaMove } from '../../../src/cluster/move.ts'
import { kafkaSteps } from '../../../src/systems/kafka/acts.ts'
import { TransportError } from '../../../src/systems/kafka/transport-error.ts'
import type { Outcome, StepResult } from '../../../src/systems/port.ts'
import { type FakeDir, fakeCluster } from './fake-cluster.ts'

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
const steps = kafkaSteps(move)

/** t-0 on [1, 2], and on broker 1 in /a of three dirs. */
function lyingInA(dirs: Partial<Record<'/a' | '/b' | '/c', Omit<FakeDir, 'path'>>> = {}) {
  const fake = fakeCluster()
  fake.cluster.topics = { t: [{ replicas: [1, 2] }] }
  fake.cluster.dirs = { 1: inDirs({ '/a': { replicas: { 't-0': 10 } }, ...dirs }) }
  return fake
}

function inDirs(dirs: Partial<Record<'/a' | '/b' | '/c', Omit<FakeDir, 'path'>>>): FakeDir[] {
  return (['/a', '/b', '/c'] as const).map((path) => ({ path, ...dirs[path] }))
}

type Fake = ReturnType<typeof fakeCluster>
const sent = ({ cluster }: Fake) =>
  cluster.asked.filter(({ name }) => name === 'AlterReplicaLogDirs').map(({ node, request }) => ({ node, request }))
const toDir = (path: string, partition = 0) => ({
  node: 1,
  request: { dirs: [{ path, topics: [{ name: 't', partitions: [partition] }] }] },
})

test('a move between dirs is one step, and the list stays', () => {
  expect(steps).toEqual([
    {
      kind: 'relocate',
      topic: 't',
      partition: 0,
      expect: [1, 2],
      replicas: [1, 2],
      adds: [],
      dir: { node: 1, path: '/b' },
    },
  ])
})

describe('before a move between dirs', () => {
  const rows: [string, (fake: Fake['cluster']) => void, StepResult][] = [
    ['all is as planned', () => undefined, { outcome: 'accepted' }],
    ['the list has another order', (c) => (c.topics = { t: [{ replicas: [2, 1] }] }), { outcome: 'accepted' }],
    ['it is on its way there already', (c) => copying(c, '/b'), { outcome: 'accepted' }],
    ['it is gone', (c) => (c.topics = {}), refused('partition_gone')],
    ['somebody reassigns it', (c) => (c.moving = [reassigned]), refused('already_moving')],
    ['it is on its way to another dir', (c) => copying(c, '/c'), refused('already_moving')],
    ['the node holds none', (c) => (c.topics = { t: [{ replicas: [3, 2] }] }), refused('replicas_changed')],
    ['the node lists none', (c) => (c.dirs[1] = inDirs({})), refused('replicas_changed')],
    ['it has no leader', (c) => (c.topics = { t: [{ leader: -1, replicas: [1, 2] }] }), refused('no_leader')],
    [
      'the node is dead',
      (c) => {
        c.brokers = [2, 3]
        c.topics = { t: [{ leader: 2, replicas: [1, 2], isr: [2], offline: [1] }] }
      },
      refused('target_not_alive'),
    ],
    ['the node is silent', (c) => (c.dirs = {}), refused('not_sent')],
    ['there is no such dir', (c) => c.dirs[1]!.splice(1, 1), refused('dir_unusable')],
    ['the dir is offline', (c) => (c.dirs[1]![1]!.error = 56), refused('dir_unusable')],
    ['the dir is cordoned', (c) => (c.dirs[1]![1]!.cordoned = true), refused('dir_unusable')],
    [
      'its own dir is offline',
      (c) => {
        c.dirs[1]![0]!.error = 56
        c.topics = { t: [{ leader: 2, replicas: [1, 2], isr: [2], offline: [1] }] }
      },
      refused('dir_unusable'),
    ],
  ]
  test.each(rows)('%s', async (_, change, result) => {
    const fake = lyingInA()
    change(fake.cluster)
    expect(await fake.acts.perform(steps, signal)).toEqual([result])
    expect(sent(fake)).toEqual(result.outcome === 'accepted' ? [toDir('/b')] : [])
  })

  test('one silent broker does not keep back the moves of another', async () => {
    const fake = lyingInA()
    fake.cluster.topics = { t: [{ replicas: [1, 2] }, { replicas: [2, 1] }] }
    const other = kafkaSteps({ ...move, partition: 1, replicas: [2, 1], leader: 2, from: 2, to: 2 })
    expect(await fake.acts.perform([...other, ...steps], signal)).toEqual([
      refused('not_sent'),
      { outcome: 'accepted' },
    ])
  })
})

describe('what the broker answers', () => {
  test.each<[number, StepResult]>([
    [0, { outcome: 'accepted' }],
    [3, refused('partition_gone')],
    [7, { outcome: 'unknown', text: 'REQUEST_TIMED_OUT' }],
    [9, refused('replicas_changed')],
    [31, { outcome: 'refused', code: 'not_permitted', text: expect.stringContaining('CLUSTER ALTER') }],
    [39, refused('dir_unusable')],
    [42, refused('rejected')],
    [56, refused('dir_unusable')],
    [57, refused('dir_unusable')],
  ])('code %i', async (code, result) => {
    const { cluster, acts } = lyingInA()
    cluster.act = () => code
    expect(await acts.perform(steps, signal)).toEqual([result])
  })

  test.each([
    [true, 'unknown'],
    [false, 'refused'],
  ])('nothing, sent %s', async (wasSent, outcome) => {
    const { cluster, acts } = lyingInA()
    cluster.fail['AlterReplicaLogDirs'] = new TransportError('timeout', 'no answer', { sent: wasSent })
    expect(await acts.perform(steps, signal)).toMatchObject([{ outcome }])
  })

  test('one bad partition does not keep back the others, and one request is enough for all', async () => {
    const fake = lyingInA({ '/a': { replicas: { 't-0': 10, 't-1': 10, 't-2': 10 } } })
    fake.cluster.topics = { t: [0, 1, 2].map(() => ({ replicas: [1, 2] })) }
    fake.cluster.act = (_, partition) => (partition === 0 ? 57 : 0)
    const three = [move, { ...move, partition: 1 }, { ...move, partition: 2, toDir: '/c' }].flatMap(kafkaSteps)
    const results = await fake.acts.perform(three, signal)
    expect(results.map(({ outcome }) => outcome)).toEqual(['refused', 'accepted', 'accepted'])
    expect(sent(fake)).toEqual([
      {
        node: 1,
        request: {
          dirs: [
            { path: '/b', topics: [{ name: 't', partitions: [0, 1] }] },
            { path: '/c', topics: [{ name: 't', partitions: [2] }] },
          ],
        },
      },
    ])
  })
})

describe('what became of a move between dirs', () => {
  const rows: [string, (fake: Fake['cluster']) => void, Partial<Outcome>][] = [
    ['it is on its way', (c) => copying(c, '/b'), { outcome: 'running', bytesDone: 4, bytesTotal: 10 }],
    ['it lies in the new dir', (c) => liesIn(c, '/b'), { outcome: 'landed' }],
    ['it lies in both, as in the instant of the change', (c) => liesIn(c, '/a', '/b'), { outcome: 'landed' }],
    ['it lies where it did', () => undefined, { outcome: 'reverted' }],
    ['it lies elsewhere', (c) => liesIn(c, '/c'), { outcome: 'superseded' }],
    ['it is on its way elsewhere', (c) => copying(c, '/c'), { outcome: 'superseded' }],
    ['it is on another node', (c) => (c.topics = { t: [{ replicas: [3, 2] }] }), { outcome: 'superseded' }],
    ['it is no more', (c) => (c.topics = {}), { outcome: 'superseded' }],
    ['somebody reassigns it meanwhile', (c) => reassignedWhileCopying(c), { outcome: 'running' }],
    ['its node is gone', (c) => (c.brokers = [2, 3]), { outcome: 'partial' }],
    ['its node is silent', (c) => (c.dirs = {}), { outcome: 'unknown' }],
    ['its node lists nothing of it', (c) => (c.dirs[1] = inDirs({})), { outcome: 'unknown' }],
    ['its dir failed, and the copy with it', (c) => deadCopy(c), { outcome: 'superseded' }],
  ]
  test.each(rows)('%s', async (_, change, outcome) => {
    const { cluster, acts } = lyingInA()
    change(cluster)
    expect(await acts.judge([move], signal)).toMatchObject([outcome])
  })
})

describe('taking a move between dirs back', () => {
  test('asks for the dir in which the replica lies', async () => {
    const fake = lyingInA({ '/b': { copies: { 't-0': 4 } } })
    fake.cluster.acted = () => (fake.cluster.dirs[1] = inDirs({ '/a': { replicas: { 't-0': 10 } } }))
    expect(await fake.acts.cancel([move], signal)).toEqual([{ outcome: 'accepted' }])
    expect(sent(fake)).toEqual([toDir('/a')])
  })

  test.each<[string, (fake: Fake['cluster']) => void, string]>([
    ['has landed', (c) => liesIn(c, '/b'), 'replicas_changed'],
    ['goes elsewhere', (c) => copying(c, '/c'), 'replicas_changed'],
    ['is dead', (c) => deadCopy(c), 'replicas_changed'],
    ['is on a silent node', (c) => (c.dirs = {}), 'not_sent'],
  ])('touches nothing when it %s', async (_, change, code) => {
    const fake = lyingInA()
    change(fake.cluster)
    expect(await fake.acts.cancel([move], signal)).toEqual([refused(code)])
    expect(sent(fake)).toEqual([])
  })

  test('drops the way back that it began when the copy landed in between', async () => {
    const fake = lyingInA({ '/b': { copies: { 't-0': 9 } } })
    fake.cluster.acted = () =>
      (fake.cluster.dirs[1] = inDirs({ '/a': { copies: { 't-0': 0 } }, '/b': { replicas: { 't-0': 10 } } }))
    expect(await fake.acts.cancel([move], signal)).toEqual([refused('replicas_changed')])
    expect(sent(fake)).toEqual([toDir('/a'), toDir('/b')])
  })
})

const reassigned = { topic: 't', partition: 0, replicas: [3, 2, 1], adding: [3], removing: [1] }

function copying(cluster: Fake['cluster'], path: '/b' | '/c'): void {
  cluster.dirs[1] = inDirs({ '/a': { replicas: { 't-0': 10 } }, [path]: { copies: { 't-0': 4 } } })
}

function liesIn(cluster: Fake['cluster'], ...paths: ('/a' | '/b' | '/c')[]): void {
  cluster.dirs[1] = inDirs(Object.fromEntries(paths.map((path) => [path, { replicas: { 't-0': 10 } }])))
}

function reassignedWhileCopying(cluster: Fake['cluster']): void {
  copying(cluster, '/b')
  cluster.topics = { t: [{ leader: 2, replicas: [3, 2, 1], isr: [1, 2] }] }
  cluster.moving = [reassigned]
}

function deadCopy(cluster: Fake['cluster']): void {
  cluster.dirs[1] = inDirs({ '/a': { error: 56 }, '/b': { copies: { 't-0': 4 } } })
  cluster.topics = { t: [{ leader: 2, replicas: [1, 2], isr: [2], offline: [1] }] }
}

function refused(code: string): StepResult {
  return { outcome: 'refused', code, text: expect.any(String) } as StepResult
}
