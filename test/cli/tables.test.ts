/** The commands for Pinot tables, against the real listener of a daemon with a cluster made up. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sampleFor } from '../../src/cli/plan-tables.ts'
import { planText } from '../../src/cli/plan-view.ts'
import type { TickReport } from '../../src/cluster/events.ts'
import type { Sample } from '../../src/cluster/sample.ts'
import type { ClusterView, DaemonControl } from '../../src/daemon/view.ts'
import type { Server } from '../../src/http/server.ts'
import type { TargetWishes } from '../../src/systems/port.ts'
import { GiB, noon, replica, report } from '../observe/support.ts'
import { costly, foreignJob, tableMove, tablesReport, target, topic } from '../observe/tables.ts'
import { scripted, serveDaemon } from './daemon-server.ts'
import { cli, cliWith, config } from './support.ts'

let view: ClusterView
let asked: string[]
let server: Server
let url: string

const control: DaemonControl = {
  drain: async () => undefined,
  undrain: async () => undefined,
  pause: async () => undefined,
  resume: async () => undefined,
  rebalance: async (_, tables) => {
    asked.push(`rebalance ${tables.join(' ')}`)
    view = { ...view, asked: [...tables] }
  },
  order: async () => undefined,
  weigh: async () => Promise.reject(new Error('not asked for here')),
  cancel: async (_, subjects, reason) => void asked.push(`cancel ${subjects.join(' ')}: ${reason}`),
  approve: async (_, targets) => {
    asked.push(`approve ${targets.map(({ fingerprint }) => fingerprint).join(' ')}`)
    view = { ...view, approved: targets.map(({ fingerprint }) => fingerprint) }
  },
}

beforeEach(async () => {
  view = {
    name: 'demo',
    drains: [],
    status: 'ready',
    statusSinceMs: noon,
    report: tablesReport(),
    running: [],
    pending: [],
    ended: [],
  }
  asked = []
  ;({ server, url } = await serveDaemon({ view: () => view, control }))
})
afterEach(() => server.close())

describe('tables', () => {
  it('shows how even they are, what drifted, what runs and what is held', async () => {
    expect((await cli('tables', '--url', url)).out).toBe(
      `TABLE            TENANT  SEGMENTS  REPLICAS     SIZE  UNEVEN-SEGMENTS  UNEVEN-SIZE  DRIFT                               JOB          PRE-CHECK
clicks_OFFLINE   web           30        60  600 MiB               0%           0%  -                                   -            -
clicks_REALTIME  web           30        60  600 MiB              50%        51.2%  -                                   foreign 25%  -
orders_OFFLINE   shop          30        60  600 MiB              50%        51.2%  server_added (held: target_costly)  -            WARN
`,
    )
  })

  it('shows servers, causes and the words of the controller when there is room', async () => {
    const { out } = await cli('tables', '--url', url, '-o', 'wide', '--tenant', 'shop')
    const [header, row] = out.split('\n')
    expect(header).toMatch(/PRE-CHECK  NOT-CONVERGED  IN-ERROR  SERVERS +CAUSES +CONTROLLER$/)
    expect(row).toMatch(
      /WARN +0 +0  Server_a_1 30 \(300 MiB\), Server_b_1 30 \(300 MiB\), Server_c_1 0 \(0 B\)  Server_c_1 should hold a part of it and holds none  -$/,
    )
    expect((await cli('tables', '--url', url, '-o', 'wide')).out).toContain('NO_OP: Table is already balanced')
  })

  it.each<[string, Partial<ClusterView>, RegExp]>([
    ['what somebody asked for', { asked: ['clicks_OFFLINE'] }, /^clicks_OFFLINE .* asked for +-$/m],
    ['what was approved', { approved: ['f-orders_OFFLINE'] }, /^orders_OFFLINE .*server_added \(approved\)/m],
    [
      'what failed',
      { waiting: [{ topic: 'clicks_OFFLINE', untilMs: noon, exhausted: false, why: 'x' }] },
      /^clicks_OFFLINE .* left alone +-$/m,
    ],
    [
      'a job of ours that is broken',
      { report: tablesReport({ jobs: [{ ...foreignJob, ours: true, broken: 'it is dead' }] }) },
      /^clicks_REALTIME .* running, broken 25% /m,
    ],
  ])('shows %s', async (_, more, line) => {
    view = { ...view, ...more }
    expect((await cli('tables', '--url', url)).out).toMatch(line)
  })

  it('answers as the API does with -o json', async () => {
    const { tables } = JSON.parse((await cli('tables', '--url', url, '-o', 'json')).out) as { tables: object[] }
    expect(tables[2]).toMatchObject({ name: 'orders_OFFLINE', drift: { held: costly } })
  })

  it('ends with 2 where there are none', async () => {
    view = { ...view, report: report([]) }
    expect(await cli('tables', '--url', url)).toEqual({
      code: 2,
      out: '',
      err: 'evenkeel: the cluster demo has no tables: only a cluster of Pinot has, and its system is simulator\n',
    })
  })
})

describe('rebalance', () => {
  it('asks for a table, or for those of a tenant', async () => {
    expect(await cli('rebalance', 'clicks', '--url', url, '--reason', 'x')).toEqual({
      code: 0,
      out: 'asked for: clicks_OFFLINE, clicks_REALTIME\n',
      err: '',
    })
    await cli('rebalance', '--tenant', 'shop', '--url', url)
    expect(asked).toEqual(['rebalance clicks_REALTIME clicks_OFFLINE', 'rebalance orders_OFFLINE'])
  })

  it('shows with --dry-run what the daemon knows, and asks for nothing', async () => {
    const { code, out } = await cli('rebalance', 'orders', '--url', url, '--dry-run')
    expect(code).toBe(0)
    expect(out).toContain('held: target_costly: it would move 4 times')
    expect(asked).toEqual([])
  })

  it('needs a table or a tenant', async () => {
    const err = 'evenkeel: rebalance needs a table or --tenant, one of the two\n'
    expect(await cli('rebalance', '--url', url)).toEqual({ code: 2, out: '', err })
    expect(await cli('rebalance', 'a', '--tenant', 'b', '--url', url)).toEqual({ code: 2, out: '', err })
    expect((await cli('rebalance', 'a', '--url', url)).err).toContain('no table has this name; there are: clicks')
  })

  it('is refused in mode off unless it is overridden, and says then that nothing moves', async () => {
    view = { ...view, report: tablesReport({ mode: 'off' }) }
    expect(await cli('rebalance', 'orders', '--url', url)).toMatchObject({ code: 2, out: '' })
    expect(asked).toEqual([])
    const { code, err } = await cli('rebalance', 'orders', '--url', url, '--override')
    expect([code, err]).toEqual([0, 'warning: the mode is off: nothing moves until it is another one\n'])
  })
})

describe('status', () => {
  it('tells which tables somebody asked for', async () => {
    view = { ...view, asked: ['orders_OFFLINE'] }
    expect((await cli('status', '--url', url)).out).toMatch(/\n\ndemo: asked for: orders_OFFLINE\n$/)
  })
})

describe('rebalance --wait', () => {
  const name = 'orders_OFFLINE'
  const at = (seconds: number, more: Partial<TickReport>) => () => {
    view = { ...view, report: tablesReport({ takenAtMs: noon + 1000 * seconds, targets: [], jobs: [], ...more }) }
  }
  const done = () => {
    const { asked: _, ...rest } = view
    view = rest
  }
  const wait = (...happenings: (() => unknown)[]) =>
    cliWith({ clock: scripted(...happenings) }, 'rebalance', name, '--url', url, '--wait')
  const job = { ...foreignJob, topic: name, ours: true }

  beforeEach(at(0, {}))

  it('says how far it is until it is done', async () => {
    const ended = await wait(
      at(1, { targets: [target(name)] }),
      at(2, { jobs: [{ ...job, adds: { total: 8, done: 2 } }] }),
      at(3, { jobs: [{ ...job, adds: { total: 8, done: 8 } }] }),
      done,
    )
    expect(ended).toEqual({
      code: 0,
      out: 'orders_OFFLINE: rebalanced\n',
      err: `orders_OFFLINE: asked for
orders_OFFLINE: waits for its turn, 20 replicas of 200 MiB to be made
orders_OFFLINE: 2 of 8 replicas (8.00 MiB)
orders_OFFLINE: 8 of 8 replicas (8.00 MiB)
`,
    })
  })

  it('says that there is nothing to be done', async () => {
    const verdict = { text: 'NO_OP: Table is already balanced', atMs: noon }
    const { out } = await wait(at(1, { topics: [topic(name, { verdict })] }), done)
    expect(out).toBe('orders_OFFLINE: nothing left to do: NO_OP: Table is already balanced\n')
  })

  it('ends with 3 when the target is held, but not for what was held before', async () => {
    const held = [target(name, { held: costly })]
    at(0, { targets: held })()
    const ended = await wait(() => undefined, at(1, { targets: held }))
    expect(ended).toEqual({
      code: 3,
      out: 'orders_OFFLINE: held: target_costly\n',
      err: `orders_OFFLINE: held: target_costly
not waiting any longer: orders_OFFLINE is held: target_costly: it would move 4 times the share of the newcomer; \`evenkeel approve orders_OFFLINE\` lets it run
`,
    })
    at(2, { targets: held })()
    const approve = () => control.approve('demo', held)
    expect((await wait(approve, at(3, { targets: held }), done)).code).toBe(0)
  })

  it('ends with 3 when it failed too often, and waits for what is only tried again', async () => {
    const waits = (exhausted: boolean, seconds: number) => () => {
      at(seconds, { targets: [target(name)] })()
      view = { ...view, waiting: [{ topic: name, untilMs: noon + 60_000, exhausted, why: 'a server was full' }] }
    }
    const { code, err } = await wait(waits(false, 1), waits(true, 2))
    expect(code).toBe(3)
    expect(err).toContain('orders_OFFLINE: left alone until 2026-01-01T12:01:00.000Z: a server was full\n')
    expect(err).toContain('not waiting any longer: orders_OFFLINE failed too often')
  })

  it('does not wait for what never comes', async () => {
    at(0, { dryRun: true })()
    const { code, err } = await wait()
    expect([code, err]).toEqual([3, expect.stringContaining('not waiting any longer: dry_run is set')])
  })

  it('ends with 3 when somebody cancels it', async () => {
    const cancel = () => {
      const waiting = [{ topic: name, untilMs: noon, exhausted: false, why: 'cancelled by an operator: x' }]
      view = { ...view, asked: [], waiting }
    }
    const { code, out } = await wait(cancel)
    expect([code, out]).toEqual([
      3,
      'orders_OFFLINE: left alone until 2026-01-01T12:00:00.000Z: cancelled by an operator: x\n',
    ])
  })

  it('tells of a table that is gone', async () => {
    expect((await wait(at(1, { topics: [] }))).out).toBe('orders_OFFLINE: there is no such table any more\n')
  })
})

describe('approve', () => {
  it('lets a held target run', async () => {
    expect(await cli('approve', 'orders', '--url', url)).toEqual({
      code: 0,
      out: 'orders_OFFLINE: the target with the fingerprint f-orders_OFFLINE may run\n',
      err: '',
    })
    expect(asked).toEqual(['approve f-orders_OFFLINE'])
  })

  it('ends with 2 when nothing is held', async () => {
    expect(await cli('approve', 'clicks_OFFLINE', '--url', url)).toEqual({
      code: 2,
      out: '',
      err: 'evenkeel: nothing of clicks_OFFLINE is held\n',
    })
  })
})

describe('cancel', () => {
  it('takes back what was begun, for a reason', async () => {
    view = { ...view, asked: ['orders_OFFLINE'] }
    expect(await cli('cancel', 'orders', '--url', url)).toMatchObject({
      code: 2,
      err: expect.stringContaining('--reason'),
    })
    expect(await cli('cancel', 'orders', '--url', url, '--reason', 'not now')).toEqual({
      code: 0,
      out: 'orders is taken back where it has begun, and left alone for an hour\n',
      err: '',
    })
    expect(asked).toEqual(['cancel orders_OFFLINE: not now'])
  })

  it('ends with 2 when there is nothing of the kind', async () => {
    expect(await cli('cancel', 't-3', '--url', url, '--reason', 'x')).toEqual({
      code: 2,
      out: '',
      err: 'evenkeel: nothing of t-3 is under way or waits that could be cancelled\n',
    })
  })
})

describe('plan', () => {
  const summary = {
    serverInfo: {
      numServersGettingNewSegments: 1,
      numServers: { valueBeforeRebalance: 2, expectedValueAfterRebalance: 3 },
    },
    segmentInfo: {
      totalSegmentsToBeMoved: 20,
      totalSegmentsToBeDeleted: 20,
      maxSegmentsAddedToASingleServer: 20,
      replicationFactor: { valueBeforeRebalance: 2, expectedValueAfterRebalance: 2 },
      consumingSegmentToBeMovedSummary: {
        numConsumingSegmentsToBeMoved: 2,
        numServersGettingConsumingSegmentsAdded: 1,
        consumingSegmentsToBeMovedWithMostOffsetsToCatchUp: { orders__0__7: 1200 },
        consumingSegmentsToBeMovedWithOldestAgeInMinutes: { orders__0__7: 42 },
        serverConsumingSegmentSummary: {
          Server_c_1: { numConsumingSegmentsToBeAdded: 2, totalOffsetsToCatchUpAcrossAllConsumingSegments: -1 },
        },
      },
    },
    tagsInfo: [
      { tagName: 'shop_OFFLINE', numSegmentsToDownload: 20, numSegmentsUnchanged: 40, numServerParticipants: 3 },
    ],
  }

  it('of one table shows its whole target, through the daemon', async () => {
    const one = target('orders_OFFLINE', { summary })
    const plan = { ...view.report!.plan, moves: [tableMove(one)] }
    view = { ...view, report: tablesReport({ targets: [one], plan }) }
    expect((await cli('plan', '--table', 'orders', '--url', url)).out).toBe(
      `orders_OFFLINE: tenant shop, 30 segments, 60 replicas, 600 MiB
uneven: segments 50%, size 51.2% above the mean
cause: server_added: Server_c_1 should hold a part of it and holds none
target: 20 replicas of 200 MiB to be made, fingerprint f-orders_OFFLINE
uneven: segments 50% → 0%, size 51.2% → 0%
servers added: Server_c_1
would run for node_underused, at most 5 replicas (50.0 MiB) on their way to one server

SERVER      ADDED  ADDED-SIZE  REMOVED  REMOVED-SIZE
Server_a_1      0         0 B       10       100 MiB
Server_b_1      0         0 B       10       100 MiB
Server_c_1     20     200 MiB        0           0 B

Pinot's summary: servers 2 → 3, 1 getting new segments
segments: 20 to be moved, 20 to be deleted, at most 20 added to one server, replication 2
tag shop_OFFLINE: 3 servers, 20 segments to download, 40 unchanged
consuming segments: 2 to be moved to 1 server
offsets to catch up: orders__0__7 1200
age: orders__0__7 42 min
Server_c_1: 2 consuming segments to be added, an unknown number of offsets to catch up

PRE-CHECK               RESULT  MESSAGE
isMinimizeDataMovement  PASS    minimizeDataMovement is enabled
diskUtilization         WARN    within 5% of the threshold

PARAMETER           VALUE
reassignInstances   true
batchSizePerServer  100
`,
    )
  })

  it('of a tenant shows each of its tables, and those that stay as they are', async () => {
    const { out } = await cli('plan', '--tenant', 'web', '--url', url)
    expect(out.match(/^clicks_\w+:/gm)).toEqual(['clicks_OFFLINE:', 'clicks_REALTIME:'])
    expect(out).toContain('controller: NO_OP: Table is already balanced\nnothing would be moved\n')
    expect(out).toContain("job: job-7, somebody else's\nno target is computed while a job runs\n")
  })

  it('takes a summary of another release for what it can', async () => {
    for (const odd of [
      {},
      { segmentInfo: 7, tagsInfo: {} },
      { serverInfo: { numServers: 'many' }, tagsInfo: [null] },
    ]) {
      view = { ...view, report: tablesReport({ targets: [target('orders_OFFLINE', { summary: odd })] }) }
      expect(await cli('plan', '--table', 'orders', '--url', url)).toMatchObject({ code: 0, err: '' })
    }
  })

  it('ends with 3 when the table has a target and that is asked', async () => {
    expect((await cli('plan', '--table', 'orders', '--url', url, '--exit-code')).code).toBe(3)
    expect((await cli('plan', '--table', 'clicks', '--url', url, '--exit-code')).code).toBe(0)
  })

  it.each<[string, string[], RegExp]>([
    ['both', ['--table', 'a', '--tenant', 'b'], /--table and --tenant exclude each other/],
    ['a snapshot', ['--table', 'a', '--snapshot', 'x'], /a snapshot knows nothing of what Pinot would do/],
    ['another system', ['--table', 'a', '--config', config('kafka.yaml')], /a cluster of simulator has no tables/],
  ])('ends with 2 for %s', async (_, args, err) => {
    const ended = await cli('plan', ...args)
    expect([ended.code, ended.out]).toEqual([2, ''])
    expect(ended.err).toMatch(err)
  })

  it('asks Pinot of the tables in question, although nothing suggests that they drifted', async () => {
    const wishes: (TargetWishes | undefined)[] = []
    const system = {
      sample: async (_: AbortSignal, wished?: TargetWishes) => {
        wishes.push(wished)
        return { topics: tablesReport().topics } as Sample
      },
    }
    const { signal } = new AbortController()
    await sampleFor(system, { table: 'orders' }, signal)
    await sampleFor(system, { tenant: 'web' }, signal)
    expect(wishes).toEqual([
      { drained: [], asked: ['orders', 'orders_OFFLINE', 'orders_REALTIME'] },
      undefined,
      { drained: [], asked: ['clicks_REALTIME', 'clicks_OFFLINE'] },
    ])
  })

  it('shows moves of tables and of brokers', () => {
    const brokers = {
      kind: 'brokers' as const,
      id: 'brokers:orders_OFFLINE:b',
      topic: 'orders_OFFLINE',
      reason: 'target_drift' as const,
      before: ['Broker_a'],
      after: ['Broker_a', 'Broker_b'],
    }
    const moves = [brokers, tableMove(target('orders_OFFLINE'))]
    const plan = { ...report([]).plan, moves, bytes: GiB }
    const lines = planText(report([], { plan }), 'table').replaceAll(/ +/g, ' ')
    expect(lines).toContain(
      `MOVE TABLE FROM TO SIZE REASON
brokers orders_OFFLINE Broker_a Broker_a, Broker_b - target_drift
table orders_OFFLINE Server_a_1, Server_b_1 Server_c_1 20 replicas, 200 MiB node_underused (server_added)
`,
    )
    const partitions = { ...plan, moves: [replica(1, 2, 3, GiB)] }
    expect(planText(report([], { plan: partitions }), 'table')).toMatch(/^MOVE +PARTITION +FROM/m)
  })
})
