/** What the control listener takes as an order of a person, and what it tells of orders. */
import { beforeEach, describe, expect, test } from 'vitest'
import type { TickReport } from '../../src/cluster/events.ts'
import type { Order } from '../../src/cluster/orders.ts'
import type { ClusterView, DaemonControl, Weighed } from '../../src/daemon/view.ts'
import { Problem } from '../../src/http/problem.ts'
import { VirtualClock } from '../../src/lib/clock.ts'
import { EvenkeelError } from '../../src/lib/errors.ts'
import { forecast, GiB, leader, noon, replica, report } from '../observe/support.ts'
import { askRoute, unasked, unaudited, unconfigured, unexplained } from './support.ts'

const nodes = [forecast(1, [10, 10]), forecast(4, [5, 6])]

let view: ClusterView
let ordered: Order[]
let weighs: Order[]
let refusal: Error | undefined
let actions: unknown[]

const seen = (more: Partial<TickReport> = {}) => report(nodes, { mode: 'continuous', ...more })

beforeEach(() => {
  view = {
    name: 'demo',
    drains: [],
    status: 'ready',
    statusSinceMs: noon,
    report: seen(),
    running: [],
    pending: [],
    ended: [],
  }
  ordered = []
  weighs = []
  refusal = undefined
  actions = []
})

const weighed: Weighed = { move: { ...replica(3, 1, 4, GiB), reason: 'manual' }, nodes }
const control: DaemonControl = {
  ...unasked,
  cancel: async (_, subjects) => void actions.push(`cancelled ${subjects.join(' ')}`),
  order: async (_, order) => {
    if (refusal) throw refusal
    ordered.push(order)
  },
  weigh: async (_, order) => {
    if (refusal) throw refusal
    weighs.push(order)
    return weighed
  },
}
const parts = () => ({
  view: { clusters: () => [view] },
  control,
  explanations: unexplained,
  clock: new VirtualClock(noon),
  audit: unaudited,
  onAction: (action: unknown) => void actions.push(action),
  config: unconfigured,
})
const post = (name: string, body: object) => askRoute('POST', name, body, parts())
const get = (name: string, query: object) => askRoute('GET', name, query, parts())

/** `CODE: detail` of the problem. */
async function problemOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    if (error instanceof Problem) return `${error.status} ${error.code}: ${error.detail}`
    throw error
  }
  return 'it was answered'
}

const move = { partition: 'a-b-3', from: 1, to: 4, reason: 'a disk' }
const transfer = { partition: 't-3', to: 4, reason: 'a disk' }

describe('an order', () => {
  test.each<[string, object, object]>([
    ['move', move, { kind: 'replica', topic: 'a-b', partition: 3, from: 1, to: 4 }],
    ['move', { ...move, from: '1', to: '4' }, { kind: 'replica', topic: 'a-b', partition: 3, from: 1, to: 4 }],
    [
      'move',
      { ...move, override: true },
      { kind: 'replica', topic: 'a-b', partition: 3, from: 1, to: 4, override: true },
    ],
    [
      'move',
      { ...move, to: 1, from_dir: '/a', to_dir: '/b' },
      { kind: 'replica', topic: 'a-b', partition: 3, from: 1, to: 1, fromDir: '/a', toDir: '/b' },
    ],
    ['transfer-leadership', transfer, { kind: 'leader', topic: 't', partition: 3, to: 4 }],
  ])('%s %j is passed on, and told to whoever keeps the log', async (name, body, order) => {
    expect(await post(name, body)).toMatchObject({ clusters: [{ name: 'demo' }] })
    expect(ordered).toEqual([{ ...order, reason: 'a disk', atMs: noon }])
    const subjects = [name === 'move' ? 'a-b-3' : 't-3']
    expect(actions).toEqual([{ action: name, cluster: 'demo', by: 'local', source: 'api', subjects, reason: 'a disk' }])
  })

  test.each<[string, object, string]>([
    ['move', { ...move, partition: 'orders' }, '400 bad_body: partition: expected a partition such as t-3'],
    ['move', { ...move, partition: '-3' }, '400 bad_body: partition: expected a partition such as t-3'],
    ['move', { ...move, partition: 't-03' }, '400 bad_body: partition: expected a partition such as t-3'],
    ['move', { ...move, from: 9 }, '404 unknown_node: no node has this id; there are: 1, 4'],
    ['move', { ...move, to: 1 }, '400 bad_body: from and to are one node: to_dir says to which of its log dirs'],
    [
      'move',
      { ...move, to_dir: '/b' },
      '400 bad_body: a log dir is chosen within a node only: from and to are to be the same then',
    ],
    [
      'move',
      { partition: 't-3', from: 1, to: 4 },
      '400 bad_body: reason is missing: one line of text of at most 500 characters',
    ],
    [
      'transfer-leadership',
      { ...transfer, from: 1 },
      '400 bad_body: unknown field; known here: partition, to, cluster, reason, override',
    ],
    ['transfer-leadership', { ...transfer, to: 9 }, '404 unknown_node: no node has this id; there are: 1, 4'],
  ])('%s %j is refused', async (name, body, expected) => {
    expect(await problemOf(Promise.resolve().then(() => post(name, body)))).toBe(expected)
    expect([ordered, actions]).toEqual([[], []])
  })

  const off =
    '409 not_possible: the mode is off and nothing is started; with override this one move is carried out all the same'
  const dry =
    '409 not_possible: dry_run is set and nothing is started, whoever asks for it: take it out of the config first'
  const pause = { by: 'operator', reason: 'an upgrade', sinceMs: noon } as const
  const paused =
    '409 not_possible: the cluster is paused by an operator and nothing is started: an upgrade; `evenkeel resume` ends that'
  test.each<[string, () => Partial<ClusterView>, object, string]>([
    ['in mode off', () => ({ report: seen({ mode: 'off' }) }), {}, off],
    ['in mode off with override', () => ({ report: seen({ mode: 'off' }) }), { override: true }, 'it was answered'],
    ['in a dry run', () => ({ report: seen({ dryRun: true }) }), { override: true }, dry],
    ['during a pause', () => ({ pause }), { override: true }, paused],
    ['in mode node_add', () => ({ report: seen({ mode: 'node_add' }) }), {}, 'it was answered'],
  ])('%s', async (_, more, body, expected) => {
    view = { ...view, ...more() }
    for (const [name, asked] of [
      ['move', move],
      ['transfer-leadership', transfer],
    ] as const) {
      expect(await problemOf(Promise.resolve().then(() => post(name, { ...asked, ...body })))).toBe(expected)
    }
    expect(ordered).toHaveLength(expected === 'it was answered' ? 2 : 0)
  })

  test('before the first sample is refused', async () => {
    const { report: _, ...young } = view
    view = young
    expect(await problemOf(Promise.resolve().then(() => post('move', move)))).toMatch(/^503 not_sampled_yet: /)
  })

  test.each<[EvenkeelError, string]>([
    [
      new EvenkeelError('not_found', 'the cluster has no partition t-9'),
      '404 unknown_partition: the cluster has no partition t-9',
    ],
    [new EvenkeelError('usage', 'node 4 is to be emptied'), '409 not_possible: node 4 is to be emptied'],
    [new EvenkeelError('state_unavailable', 'no space'), '503 state_unavailable: no space'],
  ])('that the daemon refuses: %s', async (error, expected) => {
    refusal = error
    expect(await problemOf(post('move', move))).toBe(expected)
    if (error.code !== 'state_unavailable')
      expect(await problemOf(get('move', { partition: 't-3', from: 1, to: 4 }))).toBe(expected)
    expect(actions).toEqual([])
  })

  test('can be taken back', async () => {
    const order: Order = { kind: 'leader', topic: 't', partition: 3, to: 4, reason: 'x', atMs: noon }
    view = { ...view, orders: [{ order, state: 'waits' }] }
    await post('cancel', { subject: 't-3', reason: 'no' })
    expect(actions[0]).toBe('cancelled t-3')
    expect(await problemOf(Promise.resolve().then(() => post('cancel', { subject: 't-4', reason: 'no' })))).toMatch(
      /^409/,
    )
  })
})

test('what would come of it is told without anything being asked for', async () => {
  expect(await get('move', { partition: 'orders-3', from: '1', to: '4' })).toMatchObject({
    move: { kind: 'replica', partition: 3, from: 1, to: 4, bytes: GiB, reason: 'manual' },
    nodes: [{ id: 1 }, { id: 4, disk_bytes: { peak: 6 * GiB } }],
  })
  await get('transfer-leadership', { partition: 'orders-3', to: '4' })
  expect(weighs.map(({ kind, to }) => [kind, to])).toEqual([
    ['replica', 4],
    ['leader', 4],
  ])
  expect([ordered, actions]).toEqual([[], []])
})

test('the status tells what was asked for and what stays', async () => {
  const asked = { topic: 't', partition: 3, to: 4, reason: 'a disk', atMs: noon }
  view = {
    ...view,
    orders: [
      { order: { kind: 'replica', from: 1, ...asked, override: true }, state: 'running' },
      { order: { kind: 'replica', ...asked, from: 4, toDir: '/b' }, state: 'planned' },
      { order: { kind: 'leader', ...asked }, state: 'waits' },
    ],
    placed: [{ what: 'leader', topic: 't', partition: 5, node: 4, untilMs: noon + 1000 }],
    running: [
      {
        move: { ...leader(3, 1, 4), reason: 'manual' },
        state: 'running',
        startedAtMs: noon,
        bytesDone: 0,
        bytesTotal: 0,
      },
    ],
  }
  const told = { partition: 't-3', to: 4, reason: 'a disk', since: '2026-01-01T12:00:00.000Z' }
  expect(await get('status', {})).toMatchObject({
    clusters: [
      {
        orders: [
          { ...told, kind: 'replica', from: 1, override: true, state: 'running' },
          { ...told, kind: 'replica', from: 4, to_dir: '/b', state: 'planned' },
          { ...told, kind: 'leader', state: 'waits' },
        ],
        placed: [{ partition: 't-5', kind: 'leader', node: 4, until: '2026-01-01T12:00:01.000Z' }],
      },
    ],
  })
  expect(await get('moves', { state: 'running' })).toMatchObject({ moves: [{ reason: 'manual' }] })
})
