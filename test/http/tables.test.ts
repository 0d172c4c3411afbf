/** Tables over HTTP: what is told of them, and what may be asked for. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { Tables } from '../../src/cli/tables.ts'
import type { ClusterView, DaemonControl } from '../../src/daemon/view.ts'
import type { MovesAnswer } from '../../src/http/answers.ts'
import { Problem } from '../../src/http/problem.ts'
import { VirtualClock } from '../../src/lib/clock.ts'
import { leader, noon, replica, report } from '../observe/support.ts'
import { costly, tableMove, tablesReport, target } from '../observe/tables.ts'
import { askRoute, unaudited, unconfigured, unexplained } from './support.ts'

const MiB = 2 ** 20
const pinot: ClusterView = {
  name: 'demo',
  drains: [],
  status: 'ready',
  statusSinceMs: noon,
  report: tablesReport(),
  running: [],
  pending: [],
  ended: [],
}
let view: ClusterView
let asked: unknown[]
let actions: unknown[]

beforeEach(() => {
  view = pinot
  asked = []
  actions = []
})

const daemon = { clusters: () => [view] }
const note =
  (name: string) =>
  async (...args: unknown[]) =>
    void asked.push([name, ...args])
const control: DaemonControl = {
  drain: note('drain'),
  undrain: note('undrain'),
  pause: note('pause'),
  resume: note('resume'),
  rebalance: note('rebalance'),
  approve: note('approve'),
  cancel: note('cancel'),
  order: note('order'),
  weigh: async () => Promise.reject(new Error('not asked for here')),
}
const parts = {
  view: daemon,
  control,
  explanations: unexplained,
  clock: new VirtualClock(noon),
  audit: unaudited,
  onAction: (action: unknown) => void actions.push(action),
  config: unconfigured,
}
const post = (name: string, body: object) => askRoute('POST', name, body, parts)
const tables = (query: object) => askRoute('GET', 'tables', query, parts) as Promise<Tables>

async function refusal(work: () => unknown): Promise<string> {
  try {
    await work()
  } catch (error) {
    if (error instanceof Problem) return `${error.code}: ${error.detail}`
    throw error
  }
  return 'was not refused'
}

describe('GET /api/v1/tables', () => {
  it('tells everything that is known of a table', async () => {
    const answer = await tables({ table: 'orders' })
    expect(answer.tables).toEqual([
      {
        name: 'orders_OFFLINE',
        tenant: 'shop',
        domain: 'shop',
        segments: 30,
        replicas: 60,
        bytes: 600 * MiB,
        servers: [
          { id: 'Server_a_1', replicas: 30, bytes: 300 * MiB },
          { id: 'Server_b_1', replicas: 30, bytes: 300 * MiB },
          { id: 'Server_c_1', replicas: 0, bytes: 0 },
        ],
        evenness: { replicas: 0.5, bytes: 0.512 },
        not_converged: 0,
        in_error: 0,
        drift: {
          causes: [{ cause: 'server_added', text: 'Server_c_1 should hold a part of it and holds none' }],
          replicas: 20,
          bytes: 200 * MiB,
          servers_added: ['Server_c_1'],
          servers_removed: [],
          servers: [
            { id: 'Server_a_1', replicas_added: 0, bytes_added: 0, replicas_removed: 10, bytes_removed: 100 * MiB },
            { id: 'Server_b_1', replicas_added: 0, bytes_added: 0, replicas_removed: 10, bytes_removed: 100 * MiB },
            { id: 'Server_c_1', replicas_added: 20, bytes_added: 200 * MiB, replicas_removed: 0, bytes_removed: 0 },
          ],
          evenness: { before: { replicas: 0.5, bytes: 0.512 }, after: { replicas: 0, bytes: 0 } },
          checks: target('x').checks,
          held: { ...costly, approvable: true },
          parameters: { reassignInstances: 'true', batchSizePerServer: '100' },
          fingerprint: 'f-orders_OFFLINE',
        },
      },
    ])
  })

  it('lists them by name, with jobs, wishes and the words of the controller', async () => {
    const waiting = [{ topic: 'clicks_OFFLINE', untilMs: noon, exhausted: false, why: 'it failed' }]
    view = { ...pinot, asked: ['orders_OFFLINE'], approved: ['f-orders_OFFLINE'], waiting }
    const { tables: rows, ...rest } = await tables({})
    expect(rest).toEqual({ cluster: 'demo', sampled_at: '2026-01-01T12:00:00.000Z' })
    expect(rows.map(({ name }) => name)).toEqual(['clicks_OFFLINE', 'clicks_REALTIME', 'orders_OFFLINE'])
    expect(rows[0]).toMatchObject({
      left_alone: { until: '2026-01-01T12:00:00.000Z', text: 'it failed', exhausted: false },
      controller: { text: 'NO_OP: Table is already balanced', at: '2026-01-01T12:00:00.000Z' },
    })
    expect(rows[0]).not.toHaveProperty('drift')
    expect(rows[1]!.job).toEqual({
      id: 'job-7',
      ours: false,
      started_at: '2026-01-01T12:00:00.000Z',
      replicas_done: 2,
      replicas_total: 8,
      progress: 0.25,
      bytes_done: 2 * MiB,
      bytes_total: 8 * MiB,
    })
    expect(rows[2]).toMatchObject({ asked: true, drift: { approved: true } })
  })

  it('says what of a target would run at once', async () => {
    const free = target('orders_OFFLINE')
    const plan = { ...pinot.report!.plan, moves: [tableMove(free)] }
    view = { ...pinot, report: tablesReport({ targets: [free], plan }) }
    const [row] = (await tables({ table: 'orders_OFFLINE' })).tables
    expect(row!.drift).toMatchObject({ reason: 'node_underused', batch: { replicas: 5, bytes: 50 * MiB } })
    expect(row!.drift).not.toHaveProperty('held')
  })

  it('takes a name without a type for both, and a tenant for all that it has', async () => {
    const names = async (query: object) => (await tables(query)).tables.map(({ name }) => name)
    expect(await names({ table: 'clicks' })).toEqual(['clicks_OFFLINE', 'clicks_REALTIME'])
    expect(await names({ table: 'clicks_OFFLINE' })).toEqual(['clicks_OFFLINE'])
    expect(await names({ tenant: 'shop' })).toEqual(['orders_OFFLINE'])
  })

  it.each<[Record<string, string>, string]>([
    [
      { table: 'nope' },
      'unknown_table: no table has this name; there are: clicks_OFFLINE, clicks_REALTIME, orders_OFFLINE',
    ],
    [{ tenant: 'nope' }, 'unknown_table: no table has this tenant; there are: shop, web'],
    [{ tenant: 'a', table: 'b' }, 'bad_query: table and tenant exclude each other'],
    [{ frob: '1' }, 'bad_query: unknown parameter; known here: cluster, table, tenant'],
  ])('%j is refused', async (query, told) => {
    expect(await refusal(() => tables(query))).toBe(told)
  })

  it('is refused where there are no tables, or no sample yet', async () => {
    view = { ...pinot, report: report([], { cluster: { name: 'demo', system: 'kafka' } }) }
    expect(await refusal(() => tables({}))).toBe(
      'not_possible: the cluster demo has no tables: only a cluster of Pinot has, and its system is kafka',
    )
    const { report: _, ...young } = pinot
    view = young
    expect(await refusal(() => tables({}))).toMatch(/^not_sampled_yet: /)
  })
})

describe('rebalance', () => {
  it.each<[object, string[]]>([
    [{ table: 'orders_OFFLINE' }, ['orders_OFFLINE']],
    [{ table: 'clicks', reason: 'new servers' }, ['clicks_REALTIME', 'clicks_OFFLINE']],
    [{ tenant: 'shop', cluster: 'demo' }, ['orders_OFFLINE']],
  ])('of %j asks for what it names', async (body, tables) => {
    await post('rebalance', body)
    expect(asked).toEqual([['rebalance', 'demo', tables]])
    expect(actions).toEqual([
      {
        action: 'rebalance',
        cluster: 'demo',
        by: 'local',
        source: 'api',
        tables,
        ...('reason' in body ? { reason: body.reason } : {}),
      },
    ])
  })

  it('answers with what is asked for', async () => {
    view = { ...pinot, asked: ['orders_OFFLINE'] }
    expect(await post('rebalance', { table: 'orders' })).toMatchObject({ clusters: [{ asked: ['orders_OFFLINE'] }] })
  })

  it.each<[object, string]>([
    [{}, 'bad_body: exactly one is needed of table, tenant'],
    [{ table: 'a', tenant: 'b' }, 'bad_body: exactly one is needed of table, tenant'],
    [{ table: '' }, 'bad_body: table: expected the name of a table'],
    [{ table: 'orders', override: 'yes' }, 'bad_body: override: expected true or false'],
    [
      { table: 'order' },
      'unknown_table: no table has this name; there are: clicks_OFFLINE, clicks_REALTIME, orders_OFFLINE',
    ],
    [{ table: 'orders', node: 1 }, 'bad_body: unknown field; known here: table, tenant, cluster, reason, override'],
  ])('of %j is refused', async (body, told) => {
    expect(await refusal(() => post('rebalance', body))).toBe(told)
    expect([asked, actions]).toEqual([[], []])
  })

  it('is not possible where there are no tables', async () => {
    view = { ...pinot, report: report([], { cluster: { name: 'demo', system: 'kafka' } }) }
    expect(await refusal(() => post('rebalance', { table: 'orders' }))).toMatch(/^not_possible: .* has no tables/)
  })

  it('is refused in mode off unless it is overridden', async () => {
    view = { ...pinot, report: tablesReport({ mode: 'off' }) }
    for (const body of [{ table: 'orders' }, { table: 'orders', override: false }]) {
      expect(await refusal(() => post('rebalance', body))).toMatch(/^not_possible: the mode is off/)
    }
    expect(await refusal(() => post('approve', { table: 'orders' }))).toMatch(/^not_possible: the mode is off/)
    expect(asked).toEqual([])
    await post('rebalance', { table: 'orders', override: true })
    expect(asked).toEqual([['rebalance', 'demo', ['orders_OFFLINE']]])
  })
})

describe('approve', () => {
  it('lets the target run that is held now', async () => {
    await post('approve', { table: 'orders', reason: 'looked at it' })
    expect(asked).toEqual([['approve', 'demo', [{ topic: 'orders_OFFLINE', fingerprint: 'f-orders_OFFLINE' }]]])
    expect(actions).toEqual([
      {
        action: 'approve',
        cluster: 'demo',
        by: 'local',
        source: 'api',
        tables: ['orders_OFFLINE'],
        reason: 'looked at it',
      },
    ])
  })

  it('says that nothing is held', async () => {
    expect(await refusal(() => post('approve', { table: 'clicks' }))).toBe(
      'not_possible: nothing of clicks_REALTIME, clicks_OFFLINE is held',
    )
    view = { ...pinot, report: tablesReport({ targets: [target('orders_OFFLINE')] }) }
    expect(await refusal(() => post('approve', { table: 'orders' }))).toBe(
      'not_possible: nothing of orders_OFFLINE is held',
    )
  })

  it('does not let run what is wrong', async () => {
    const held = { code: 'precheck_error', text: 'the disk is full' } as const
    view = { ...pinot, report: tablesReport({ targets: [target('orders_OFFLINE', { held })] }) }
    expect(await refusal(() => post('approve', { table: 'orders' }))).toBe(
      'not_possible: orders_OFFLINE is held for precheck_error: the disk is full; that has to be mended, it cannot be approved',
    )
    expect(asked).toEqual([])
  })
})

it('moves of tables say how far they are', async () => {
  const move = tableMove(target('orders_OFFLINE'))
  const running = [{ move, state: 'running' as const, startedAtMs: noon, bytesDone: 50 * MiB, bytesTotal: 200 * MiB }]
  view = { ...pinot, running }
  expect(((await askRoute('GET', 'moves', {}, parts)) as MovesAnswer).moves).toMatchObject([
    { bytes_done: 50 * MiB, bytes_total: 200 * MiB, replicas: 20 },
  ])
})

describe('cancel', () => {
  const running = ['clicks_OFFLINE', 'clicks_REALTIME'].map((name) => ({
    move: tableMove(target(name)),
    state: 'running' as const,
    startedAtMs: noon,
    bytesDone: 0,
    bytesTotal: 1,
  }))

  it('takes back what is under way, waits or was asked for', async () => {
    view = { ...pinot, running, pending: [replica(3, 1, 2, 9), leader(4, 1, 2)], asked: ['orders_OFFLINE'] }
    for (const subject of ['clicks', 'orders-3', 'orders']) await post('cancel', { subject, reason: 'not now' })
    expect(asked).toEqual([
      ['cancel', 'demo', ['clicks_OFFLINE', 'clicks_REALTIME'], 'not now'],
      ['cancel', 'demo', ['orders-3'], 'not now'],
      ['cancel', 'demo', ['orders_OFFLINE'], 'not now'],
    ])
    expect(actions[0]).toEqual({
      action: 'cancel',
      cluster: 'demo',
      by: 'local',
      source: 'api',
      subjects: ['clicks_OFFLINE', 'clicks_REALTIME'],
      reason: 'not now',
    })
    // Leadership is moved at once.
    expect(await refusal(() => post('cancel', { subject: 'orders-4', reason: 'x' }))).toBe(
      'not_possible: nothing of orders-4 is under way or waits that could be cancelled',
    )
  })

  it('needs a reason', async () => {
    expect(await refusal(() => post('cancel', { subject: 'clicks' }))).toMatch(/^bad_body: reason is missing/)
  })
})
