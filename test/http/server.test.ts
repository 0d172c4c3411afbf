import { request } from 'node:http'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { MoveProgress, TickReport } from '../../src/cluster/events.ts'
import { moveId, type ReplicaMove } from '../../src/cluster/move.ts'
import type { ClusterView, DaemonControl } from '../../src/daemon/view.ts'
import { planAnswer, problemAnswer } from '../../src/http/answers.ts'
import type { Token } from '../../src/http/auth.ts'
import { Problem } from '../../src/http/problem.ts'
import type { DaemonConfig } from '../../src/http/route.ts'
import { type ListenAddress, type Server, startServer } from '../../src/http/server.ts'
import { VirtualClock } from '../../src/lib/clock.ts'
import { EvenkeelError } from '../../src/lib/errors.ts'
import { Secret } from '../../src/lib/secret.ts'
import { unaudited, unconfigured, unexplained } from './support.ts'

const noon = Date.UTC(2026, 0, 1, 12)

function move(partition: number): ReplicaMove {
  const moved = { topic: 'orders', partition, from: 1, to: 4, bytes: 100, replicas: [1, 2], leader: 1 }
  return { kind: 'replica', id: moveId('replica', 'orders', partition, 1, 4), reason: 'node_underused', ...moved }
}

const report: TickReport = {
  cluster: { name: 'orders', system: 'kafka' },
  takenAtMs: noon,
  sampleMs: 10,
  tickMs: 20,
  status: 'in_progress',
  mode: 'continuous',
  dryRun: false,
  verdict: { act: true, code: 'acting', text: 'node 4 is being filled' },
  violations: [
    {
      kind: 'node_underused',
      subject: 'node 4',
      sinceMs: noon - 1000,
      size: 300,
      unit: 'bytes',
      text: 'node 4 is empty',
      closing: false,
    },
  ],
  plan: {
    moves: [move(3)],
    bytes: 100,
    lowerBoundBytes: 90,
    nodes: [
      {
        id: 4,
        rack: 'a',
        state: 'alive',
        diskBytes: { now: 0, peak: 100, final: 100 },
        capacityBytes: 1000,
        dirs: [{ path: '/d0', usedBytes: 0, capacityBytes: 1000 }],
        replicas: { now: 0, final: 1 },
        leaders: { now: 0, final: 0 },
      },
    ],
    blocked: [{ reason: 'min_gain', count: 2, examples: ['orders-1 from 1 to 4'] }],
    planningMs: 5,
  },
  health: {
    underReplicated: { own_move: 0, node: 0, other: 0 },
    offline: 0,
    underMinIsr: 0,
    unexplained: { offline: 0, underMinIsr: 0 },
  },
  partitions: 12,
  rackViolations: 0,
  imbalance: { disk: 1, replicas: 1, leaders: 0 },
  missingNodes: [],
  foreignMoves: 0,
  nodesAvailable: { alive: 4, unavailable: 0, unreachable: 0, draining: 0 },
  notes: [],
  unavailableSince: [],
  windowOpen: true,
  maxDiskUsage: 0.8,
}

function progress(partition: number, more: Partial<MoveProgress>): MoveProgress {
  return { move: move(partition), state: 'running', startedAtMs: noon, bytesDone: 40, bytesTotal: 100, ...more }
}

const working: ClusterView = {
  name: 'orders',
  drains: [],
  status: 'in_progress',
  statusSinceMs: noon,
  report,
  running: [progress(1, {})],
  pending: [move(3)],
  ended: [progress(2, { state: 'failed', text: 'node 4 is gone' })],
}
const young: ClusterView = {
  name: 'young',
  drains: [],
  status: 'starting',
  statusSinceMs: noon,
  running: [],
  pending: [],
  ended: [],
}

const inForce = {
  settings: [
    { cluster: 'orders', key: 'sasl.password', text: '<redacted>', origin: 'environment variable SECRET (c.yaml:3)' },
    { cluster: 'young', key: 'balancing.mode', text: 'off', origin: 'c.yaml:9' },
    { key: 'log.level', text: 'info', origin: 'default' },
  ],
  hash: 'abc',
  loaded_at: '2026-01-01T12:00:00.000Z',
}

let clusters: ClusterView[]
let render: () => Promise<{ contentType: string; body: string }>
let served: string[]
let errors: unknown[]
let asked: string[]
let actions: unknown[]
let refuseActions: Error | undefined
let configRefused: string | undefined
let reread: DaemonConfig['reload']
let planned: () => Promise<TickReport>
let tokens: Token[] | undefined
let server: Server

/** Writes down what it is asked. */
const control: DaemonControl = {
  drain: (...args) => note('drain', args),
  undrain: (...args) => note('undrain', args),
  pause: (...args) => note('pause', args),
  resume: (...args) => note('resume', args),
  rebalance: (...args) => note('rebalance', args),
  approve: (...args) => note('approve', args),
  cancel: (...args) => note('cancel', args),
  order: (...args) => note('order', args),
  weigh: async () => Promise.reject(new Error('not asked for here')),
}

async function note(name: string, args: unknown[]): Promise<void> {
  if (refuseActions) throw refuseActions
  asked.push(`${name} ${JSON.stringify(args.filter((arg) => arg !== undefined))}`)
}

beforeEach(async () => {
  clusters = [working]
  render = async () => ({ contentType: 'text/plain; version=0.0.4; charset=utf-8', body: 'evenkeel_up 1\n' })
  served = []
  errors = []
  asked = []
  actions = []
  refuseActions = undefined
  configRefused = undefined
  reread = () => []
  planned = () => Promise.reject(new Error('not asked for here'))
  tokens = undefined
  server = await startServer({
    view: { clusters: () => clusters },
    control,
    explanations: { ...unexplained, planNow: () => planned() },
    clock: new VirtualClock(noon),
    audit: unaudited,
    onAction: (action) => actions.push(action),
    tokens: () => tokens,
    config: { inForce: () => inForce, refusal: () => configRefused, reload: () => reread() },
    render: () => render(),
    metricsListen: { host: '127.0.0.1', port: 0 },
    controlListen: { host: '127.0.0.1', port: 0 },
    onRequest: ({ handler, method, code }) => served.push(`${method} ${handler} ${code}`),
    onError: (error) => errors.push(error),
  })
})
afterEach(() => server.close())

interface Answer {
  code: number
  type: string | undefined
  body: string
}

function ask(
  at: ListenAddress,
  path: string,
  method = 'GET',
  headers: Record<string, string> = {},
  sent?: string,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const client = request({ ...at, path, method, headers, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        body += chunk
      })
      response.on('end', () => resolve({ code: response.statusCode!, type: response.headers['content-type'], body }))
    })
    client.on('error', reject)
    client.end(sent)
  })
}

async function problem(...args: Parameters<typeof ask>) {
  const { type, body } = await ask(...args)
  expect(type).toMatch(/^application\/problem\+json/)
  expect(body).not.toMatch(/\.ts|node_modules/)
  const { status, code, detail } = JSON.parse(body) as Record<string, unknown>
  return { status, code, detail }
}

async function controlJson(path: string): Promise<unknown> {
  const { code, type, body } = await ask(server.control, path)
  expect(`${code} ${type}`).toBe('200 application/json; charset=utf-8')
  return JSON.parse(body)
}

describe('the metrics listener', () => {
  it('serves metrics to GET and HEAD', async () => {
    const type = 'text/plain; version=0.0.4; charset=utf-8'
    expect(await ask(server.metrics, '/metrics')).toEqual({ code: 200, type, body: 'evenkeel_up 1\n' })
    expect(await ask(server.metrics, '/metrics', 'HEAD')).toEqual({ code: 200, type, body: '' })
    expect(served).toEqual(['GET /metrics 200', 'HEAD /metrics 200'])
  })

  it('answers a failure without its details, and reports it', async () => {
    const failure = new Error('secret thing')
    render = () => Promise.reject(failure)
    expect(await problem(server.metrics, '/metrics')).toEqual({
      status: 500,
      code: 'internal',
      detail: 'this is a bug of evenkeel; its log says more',
    })
    expect(errors).toEqual([failure])
  })

  it('is healthy while it answers', async () => {
    expect(await ask(server.metrics, '/healthz')).toMatchObject({ code: 200, body: 'ok\n' })
  })

  it.each<[string, ClusterView[], number, string]>([
    ['works', [working], 200, '[+] orders: in_progress\nready\n'],
    [
      'starts',
      [working, young],
      503,
      '[+] orders: in_progress\n[-] young: starting: no two complete samples yet\nnot ready\n',
    ],
    ['is off before its first sample', [{ ...young, status: 'off' }], 200, '[+] young: off\nready\n'],
    ['is a standby', [{ ...young, status: 'standby' }], 200, '[+] young: standby\nready\n'],
    [
      'was never reached',
      [{ ...young, status: 'unreachable', error: 'nobody there' }],
      503,
      '[-] young: unreachable: nobody there\nnot ready\n',
    ],
    ['was reached once', [{ ...working, status: 'unreachable', error: 'x' }], 200, '[+] orders: unreachable\nready\n'],
  ])('a cluster that %s: readiness', async (_, view, code, verbose) => {
    clusters = view
    expect(await ask(server.metrics, '/readyz?verbose')).toMatchObject({ code, body: verbose })
    expect(await ask(server.metrics, '/readyz')).toMatchObject({ code, body: verbose.split('\n').at(-2)! + '\n' })
  })

  it('does not serve the API, nor what does not exist', async () => {
    expect(await problem(server.metrics, '/api/v1/status')).toMatchObject({ status: 404, code: 'not_found' })
    expect(await problem(server.metrics, '/metrics', 'POST')).toMatchObject({ status: 405, code: 'method_not_allowed' })
    expect(await problem(server.metrics, '/%zz')).toMatchObject({ status: 400, code: 'bad_request' })
    expect(served).toContain('GET not_found 404')
  })

  it('answers what is not HTTP with a problem, too', async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(server.metrics.port, server.metrics.host, () => socket.write('nonsense\r\n\r\n'))
      let text = ''
      socket.on('data', (chunk) => {
        text += String(chunk)
      })
      socket.on('end', () => resolve(text))
      socket.on('error', reject)
    })
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\nContent-Type: application\/problem\+json/)
    expect(answer).toContain('"code":"bad_request"')
  })
})

describe('the control listener', () => {
  it('tells the status of every cluster, or of one', async () => {
    clusters = [working, young]
    expect(await controlJson('/api/v1/status')).toEqual({
      clusters: [
        {
          name: 'orders',
          status: 'in_progress',
          status_since: '2026-01-01T12:00:00.000Z',
          mode: 'continuous',
          dry_run: false,
          verdict: { act: true, code: 'acting', text: 'node 4 is being filled' },
          last_sample: '2026-01-01T12:00:00.000Z',
          violations: [
            {
              kind: 'node_underused',
              subject: 'node 4',
              since: '2026-01-01T11:59:59.000Z',
              size: 300,
              unit: 'bytes',
              text: 'node 4 is empty',
            },
          ],
          drains: [],
          moves: { running: 1, pending: 1 },
          bytes: { done: 40, remaining: 160 },
          missing_nodes: [],
          foreign_moves: 0,
          notes: [],
        },
        {
          name: 'young',
          status: 'starting',
          status_since: '2026-01-01T12:00:00.000Z',
          violations: [],
          drains: [],
          moves: { running: 0, pending: 0 },
          bytes: { done: 0, remaining: 0 },
          missing_nodes: [],
          foreign_moves: 0,
          notes: [],
        },
      ],
    })
    expect(await controlJson('/api/v1/status?cluster=young')).toMatchObject({ clusters: [{ name: 'young' }] })
  })

  it('tells of drains, of a pause and of a config that is refused', async () => {
    configRefused = 'c.yaml:1:1: is empty'
    const drains = [{ node: 4, replicas: 12, bytes: 3000, safeToStop: false }]
    clusters = [{ ...working, drains, pause: { by: 'operator', reason: 'disks', sinceMs: noon, untilMs: noon + 1000 } }]
    expect(await controlJson('/api/v1/status')).toMatchObject({
      clusters: [
        {
          drains: [{ node: 4, replicas: 12, bytes: 3000, safe_to_stop: false }],
          pause: {
            by: 'operator',
            reason: 'disks',
            since: '2026-01-01T12:00:00.000Z',
            until: '2026-01-01T12:00:01.000Z',
          },
        },
      ],
      config_refused: 'c.yaml:1:1: is empty',
    })
  })

  it('tells the config, of all or of one cluster', async () => {
    clusters = [working, young]
    expect(await controlJson('/api/v1/config')).toEqual(inForce)
    expect(await controlJson('/api/v1/config?cluster=orders')).toEqual({
      ...inForce,
      settings: [inForce.settings[0]],
    })
    expect(await problem(server.control, '/api/v1/config?cluster=nope')).toMatchObject({ code: 'unknown_cluster' })
  })

  it('lists the nodes', async () => {
    const drains = [{ node: 4, replicas: 0, bytes: 0, safeToStop: true }]
    clusters = [{ ...working, drains, report: { ...report, unavailableSince: [{ node: 4, sinceMs: noon }] } }]
    expect(await controlJson('/api/v1/nodes')).toEqual({
      nodes: [
        {
          id: 4,
          rack: 'a',
          state: 'alive',
          draining: true,
          unavailable_since: '2026-01-01T12:00:00.000Z',
          disk_bytes: { now: 0, peak: 100, final: 100 },
          capacity_bytes: 1000,
          dirs: [{ path: '/d0', used_bytes: 0, capacity_bytes: 1000 }],
          replicas: { now: 0, final: 1 },
          leaders: { now: 0, final: 0 },
          moves: { in: 1, out: 0 },
        },
      ],
    })
    clusters = [young]
    expect(await problem(server.control, '/api/v1/nodes')).toMatchObject({ status: 503, code: 'not_sampled_yet' })
  })

  it('shows the plan in the form of plan -o json', async () => {
    expect(await controlJson('/api/v1/plan')).toEqual({
      status: 'in_progress',
      verdict: { act: true, code: 'acting', text: 'node 4 is being filled' },
      moves: [
        {
          id: 'replica:orders-3:1>4',
          kind: 'replica',
          topic: 'orders',
          partition: 3,
          from: 1,
          to: 4,
          bytes: 100,
          reason: 'node_underused',
        },
      ],
      bytes: 100,
      lower_bound_bytes: 90,
      nodes: [
        {
          id: 4,
          disk_bytes: { now: 0, peak: 100, final: 100 },
          capacity_bytes: 1000,
          dirs: [{ path: '/d0', used_bytes: 0, capacity_bytes: 1000 }],
          replicas: { now: 0, final: 1 },
          leaders: { now: 0, final: 0 },
        },
      ],
      violations: [
        { kind: 'node_underused', subject: 'node 4', since: '2026-01-01T11:59:59.000Z', size: 300, unit: 'bytes' },
      ],
      blocked: [{ reason: 'min_gain', count: 2, examples: ['orders-1 from 1 to 4'] }],
      planning_seconds: 0.005,
    })
  })

  it('lists moves by state', async () => {
    const states = async (path: string) =>
      ((await controlJson(path)) as { moves: { state: string }[] }).moves.map(({ state }) => state)
    expect(await states('/api/v1/moves')).toEqual(['planned', 'running', 'failed'])
    expect(await states('/api/v1/moves?state=pending')).toEqual(['planned'])
    expect(await states('/api/v1/moves?state=running&cluster=orders')).toEqual(['running'])
    expect(await controlJson('/api/v1/moves?state=ended')).toEqual({
      moves: [
        {
          id: 'replica:orders-2:1>4',
          kind: 'replica',
          topic: 'orders',
          partition: 2,
          from: 1,
          to: 4,
          bytes: 100,
          reason: 'node_underused',
          state: 'failed',
          text: 'node 4 is gone',
          started_at: '2026-01-01T12:00:00.000Z',
          bytes_done: 40,
          bytes_total: 100,
        },
      ],
    })
  })

  it.each([
    ['/api/v1/plan', 'bad_query', 'cluster is required: orders, young'],
    ['/api/v1/moves?state=running', 'bad_query', 'cluster is required: orders, young'],
    ['/api/v1/plan?cluster=young', 'not_sampled_yet', 'the cluster young has not been sampled completely yet'],
    ['/api/v1/plan?cluster=nope', 'unknown_cluster', 'no cluster has this name; there are: orders, young'],
    ['/api/v1/status?cluster=', 'unknown_cluster', 'no cluster has this name; there are: orders, young'],
    ['/api/v1/status?clutser=orders', 'bad_query', 'unknown parameter; known here: cluster'],
    ['/api/v1/status?cluster=orders&cluster=young', 'bad_query', 'cluster is given more than once'],
    ['/api/v1/moves?cluster=orders&state=done', 'bad_query', 'state: expected one of pending, running, ended'],
    ['/api/v1/moves?cluster=orders&__proto__=1', 'bad_query', 'unknown parameter; known here: cluster, state'],
    ['/api/v2/status', 'not_found', 'there is nothing here'],
    ['/metrics', 'not_found', 'there is nothing here'],
  ])('refuses %s: %s', async (path, code, detail) => {
    clusters = [working, young]
    expect(await problem(server.control, path)).toMatchObject({ code, detail })
  })

  it('answers what is only told to GET and HEAD', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      expect(await problem(server.control, '/api/v1/status', method)).toMatchObject({
        code: 'method_not_allowed',
        detail: 'only GET and HEAD are answered here',
      })
    }
    expect(await ask(server.control, '/api/v1/status', 'HEAD')).toMatchObject({ code: 200, body: '' })
  })

  it.each([
    ['evil.example', 403],
    ['evil.example:9632', 403],
    ['localhost.evil.example', 403],
    ['127.0.0.1.evil.example', 403],
    ['0.0.0.0', 403],
    ['localhost', 200],
    ['LOCALHOST:80', 200],
    ['127.0.0.1:9632', 200],
    ['127.1.2.3', 200],
    ['[::1]:9632', 200],
  ])('asked as "%s" answers %i', async (host, code) => {
    expect((await ask(server.control, '/api/v1/status', 'GET', { host })).code).toBe(code)
    if (code !== 403) return
    expect(await problem(server.control, '/nothing', 'GET', { host })).toMatchObject({ code: 'host_not_allowed' })
  })
})

describe('what is asked of the daemon', () => {
  const json = { 'content-type': 'application/json' }
  const post = (path: string, body: unknown, headers: Record<string, string> = json) =>
    ask(server.control, path, 'POST', headers, typeof body === 'string' ? body : JSON.stringify(body))
  const refusal = async (path: string, body: unknown, headers: Record<string, string> = json) =>
    problem(server.control, path, 'POST', headers, typeof body === 'string' ? body : JSON.stringify(body))

  it.each<[string, object, string]>([
    ['drain', { node: 4 }, 'drain ["orders",4]'],
    ['drain', { node: '4', cluster: 'orders', reason: 'new disks' }, 'drain ["orders",4]'],
    ['undrain', { node: 4 }, 'undrain ["orders",4]'],
    ['undrain', { node: 'gone-for-good' }, 'undrain ["orders","gone-for-good"]'],
    ['pause', { reason: 'an upgrade' }, 'pause ["orders","an upgrade"]'],
    ['pause', { reason: 'x', for: '1h30m' }, `pause ["orders","x",${noon + 5_400_000}]`],
    ['resume', {}, 'resume ["orders"]'],
    ['resume', { reason: 'done' }, 'resume ["orders"]'],
  ])('%s with %j answers 202 and the status', async (name, body, call) => {
    const { code, type, body: answer } = await post(`/api/v1/${name}`, body)
    expect(`${code} ${type}`).toBe('202 application/json; charset=utf-8')
    expect(JSON.parse(answer)).toMatchObject({ clusters: [{ name: 'orders', drains: [] }] })
    expect(asked).toEqual([call])
    expect(served).toEqual([`POST /api/v1/${name} 202`])
  })

  it('is told to whoever keeps the log', async () => {
    await post('/api/v1/drain', { node: 4, reason: 'new disks' })
    await post('/api/v1/pause', { reason: 'x', for: '30m' })
    await post('/api/v1/resume', {})
    expect(actions).toEqual([
      { action: 'drain', cluster: 'orders', by: 'local', source: 'api', node: 4, reason: 'new disks' },
      { action: 'pause', cluster: 'orders', by: 'local', source: 'api', reason: 'x', forMs: 1_800_000 },
      { action: 'resume', cluster: 'orders', by: 'local', source: 'api' },
    ])
  })

  it('is possible before the first sample', async () => {
    clusters = [young]
    expect(await post('/api/v1/drain', { node: 9 })).toMatchObject({ code: 202 })
    expect(asked).toEqual(['drain ["young",9]'])
  })

  it.each<[string, unknown, number, string, string]>([
    ['drain', {}, 400, 'bad_body', 'node is missing: a node id'],
    ['drain', { node: null }, 400, 'bad_body', 'node: expected a node id'],
    ['drain', { node: 1.5 }, 400, 'bad_body', 'node: expected a node id'],
    ['drain', { node: '' }, 400, 'bad_body', 'node: expected a node id'],
    ['drain', { node: 5 }, 404, 'unknown_node', 'no node has this id; there are: 4'],
    ['drain', { node: 4, for: '1h' }, 400, 'bad_body', 'unknown field; known here: node, cluster, reason'],
    ['drain', [4], 400, 'bad_body', 'expected a JSON object with node, cluster, reason'],
    ['drain', 'null', 400, 'bad_body', 'expected a JSON object with node, cluster, reason'],
    ['resume', 'null', 400, 'bad_body', 'expected a JSON object, {} at least, with cluster, reason'],
    ['drain', '{', 400, 'bad_request', ''],
    ['drain', '', 400, 'bad_request', ''],
    ['drain', '{"__proto__":{"node":4}}', 400, 'bad_request', ''],
    ['undrain', { node: 4, cluster: 'nope' }, 404, 'unknown_cluster', 'no cluster has this name; there are: orders'],
    ['pause', {}, 400, 'bad_body', 'reason is missing: one line of text of at most 500 characters'],
    ['pause', { reason: ' ' }, 400, 'bad_body', 'reason: expected one line of text of at most 500 characters'],
    ['pause', { reason: 'a\nb' }, 400, 'bad_body', 'reason: expected one line of text of at most 500 characters'],
    ['pause', { reason: '\u001b[2J' }, 400, 'bad_body', 'reason: expected one line of text of at most 500 characters'],
    [
      'pause',
      { reason: 'x'.repeat(501) },
      400,
      'bad_body',
      'reason: expected one line of text of at most 500 characters',
    ],
    [
      'pause',
      { reason: 'x', for: 30 },
      400,
      'bad_body',
      'for: expected a duration from 1s to 366d with its unit, such as 30m',
    ],
    [
      'pause',
      { reason: 'x', for: '400d' },
      400,
      'bad_body',
      'for: expected a duration from 1s to 366d with its unit, such as 30m',
    ],
    ['resume', { cluster: 4 }, 400, 'bad_body', 'cluster: expected the name of a cluster'],
    ['resume', JSON.stringify({ reason: 'x'.repeat(70_000) }), 413, 'too_large', 'the body is larger than 64 KiB'],
  ])('%s with %j is refused', async (name, body, status, code, detail) => {
    const told = await refusal(`/api/v1/${name}`, body)
    expect(told).toMatchObject({ status, code })
    if (detail !== '') expect(told.detail).toBe(detail)
    expect([asked, actions, errors]).toEqual([[], [], []])
  })

  it('needs the cluster where there are several', async () => {
    clusters = [working, young]
    expect(await refusal('/api/v1/resume', {})).toMatchObject({
      code: 'bad_body',
      detail: 'cluster is required: orders, young',
    })
    expect(await refusal('/api/v1/resume?cluster=orders', {})).toMatchObject({ status: 400, code: 'bad_query' })
    expect(await post('/api/v1/resume', { cluster: 'young' })).toMatchObject({ code: 202 })
  })

  it.each([
    ['text/plain'],
    ['application/x-www-form-urlencoded'],
    ['multipart/form-data; boundary=x'],
    ['text/plain; application/json'],
  ])('is refused as %s, which a form of any page could send', async (type) => {
    expect(await refusal('/api/v1/resume', '{}', { 'content-type': type })).toMatchObject({
      status: 415,
      code: 'unsupported_media_type',
    })
    expect(asked).toEqual([])
  })

  it('is refused without a type, or without a body', async () => {
    expect((await refusal('/api/v1/resume', '{}', {})).status).toBeGreaterThanOrEqual(400)
    expect((await problem(server.control, '/api/v1/resume', 'POST')).status).toBe(400)
    expect(asked).toEqual([])
  })

  it.each([
    ['https://evil.example', 403],
    ['http://localhost.evil.example:9632', 403],
    ['null', 403],
    ['http://localhost:9632', 202],
    ['http://127.0.0.1:9632', 202],
  ])('from a page of %s answers %i', async (origin, code) => {
    expect((await post('/api/v1/resume', {}, { ...json, origin })).code).toBe(code)
    expect(asked).toHaveLength(code === 202 ? 1 : 0)
  })

  it('is refused under another name of this machine', async () => {
    expect(await refusal('/api/v1/resume', {}, { ...json, host: 'evil.example' })).toMatchObject({
      status: 403,
      code: 'host_not_allowed',
    })
    expect(asked).toEqual([])
  })

  it('is answered to POST alone', async () => {
    expect(await problem(server.control, '/api/v1/pause')).toMatchObject({
      status: 405,
      detail: 'only POST is answered here',
    })
  })

  it.each<[Error, number, string, string]>([
    [new EvenkeelError('usage', 'no such node'), 409, 'not_possible', 'no such node'],
    [new EvenkeelError('state_unavailable', 'no space'), 503, 'state_unavailable', 'no space'],
    [new Error('secret thing'), 500, 'internal', 'this is a bug of evenkeel; its log says more'],
  ])('that the daemon refuses with %s', async (error, status, code, detail) => {
    refuseActions = error
    expect(await refusal('/api/v1/drain', { node: 4 })).toEqual({ status, code, detail })
    expect(actions).toEqual([])
    expect(errors).toEqual(status === 500 ? [error] : [])
  })
})

describe('a reload', () => {
  const reload = (body?: string) =>
    ask(server.control, '/-/reload', 'POST', body === undefined ? {} : { 'content-type': 'application/json' }, body)

  it.each([[undefined], ['{}'], ['{"reason":"a new limit"}']])('asked for with %s tells what changes', async (body) => {
    const change = {
      cluster: 'orders',
      key: 'balancing.mode',
      before: 'off',
      after: 'continuous',
      effect: 'live' as const,
    }
    reread = () => [{ ...change, text: 'balancing.mode is now continuous, was off' }]
    const { code, body: answer } = await reload(body)
    expect(code).toBe(200)
    expect(JSON.parse(answer)).toEqual({ changes: [{ ...change, text: 'balancing.mode is now continuous, was off' }] })
    const reason = body?.includes('reason') ? { reason: 'a new limit' } : {}
    expect(actions).toEqual([{ action: 'reload', by: 'local', source: 'api', ...reason }])
    expect(served).toEqual(['POST /-/reload 200'])
  })

  it('of a wrong file tells where it is wrong, and nothing took place', async () => {
    const placed = { file: 'c.yaml', line: 2, column: 7, key: 'clusters', message: 'is empty' }
    reread = () => {
      throw new Problem('config_refused', 'what was in force stays so: c.yaml:2:7: clusters: is empty', [placed])
    }
    const { code, type, body } = await reload()
    expect(`${code} ${type}`).toMatch(/^409 application\/problem\+json/)
    expect(problemAnswer.parse(JSON.parse(body))).toMatchObject({ code: 'config_refused', problems: [placed] })
    expect(actions).toEqual([])
  })

  it('is for operators, and no form of a page', async () => {
    expect(await problem(server.control, '/-/reload')).toMatchObject({ code: 'method_not_allowed' })
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    expect(await problem(server.control, '/-/reload', 'POST', form, 'a=b')).toMatchObject({ status: 415 })
    expect(await problem(server.control, '/-/reload', 'POST', { origin: 'https://evil.example' })).toMatchObject({
      status: 403,
    })
    tokens = [{ role: 'viewer', token: new Secret('token-of-a-viewer'), name: 'board' }]
    const authorization = { authorization: 'Bearer token-of-a-viewer' }
    expect(await problem(server.control, '/-/reload', 'POST', authorization)).toMatchObject({ code: 'forbidden' })
  })
})

describe('a fresh plan', () => {
  const fresh = (body = '{}') =>
    problem(server.control, '/api/v1/plan', 'POST', { 'content-type': 'application/json' }, body)

  it('is what a tick would plan now, in the form of any plan', async () => {
    planned = async () => ({ ...report, status: 'ready' })
    const json = { 'content-type': 'application/json' }
    const { code, body } = await ask(server.control, '/api/v1/plan', 'POST', json, '{"cluster":"orders"}')
    expect(code).toBe(200)
    expect(planAnswer.parse(JSON.parse(body))).toMatchObject({ status: 'ready', bytes: 100 })
    expect([asked, actions]).toEqual([[], []])
  })

  it('is refused with what kept it from being made', async () => {
    planned = () => Promise.reject(new EvenkeelError('unreachable', 'no broker answers'))
    expect(await fresh()).toEqual({ status: 503, code: 'not_readable', detail: 'no broker answers' })
    expect(errors).toEqual([])
    clusters = [young]
    expect(await fresh()).toMatchObject({ status: 503, code: 'not_sampled_yet' })
    clusters = [working, young]
    expect(await fresh()).toMatchObject({ code: 'bad_body', detail: 'cluster is required: orders, young' })
  })
})

describe('with tokens', () => {
  const of = (token: string) => ({ authorization: `Bearer ${token}` })
  const json = { 'content-type': 'application/json' }
  const resume = (headers: Record<string, string>) =>
    ask(server.control, '/api/v1/resume', 'POST', { ...json, ...headers }, '{}')

  beforeEach(() => {
    tokens = [
      { role: 'viewer', token: new Secret('token-of-a-viewer'), name: 'board' },
      { role: 'operator', token: new Secret('token-of-an-operator'), name: 'ops' },
    ]
  })

  it.each([
    ['', 401],
    ['Bearer', 401],
    ['Bearer nonsense', 401],
    ['Bearer token-of-a-viewe', 401],
    ['Basic token-of-a-viewer', 401],
    ['Bearer token-of-a-viewer', 200],
    ['bearer  token-of-an-operator', 200],
  ])('"%s" is answered %i', async (authorization, code) => {
    const headers = authorization === '' ? {} : { authorization }
    expect((await ask(server.control, '/api/v1/status', 'GET', headers)).code).toBe(code)
    if (code === 401) {
      expect(await problem(server.control, '/api/v1/status', 'GET', headers)).toMatchObject({ code: 'unauthorized' })
    }
  })

  it('a viewer may ask, an operator may act, and the log names him', async () => {
    expect(
      await problem(server.control, '/api/v1/resume', 'POST', { ...json, ...of('token-of-a-viewer') }, '{}'),
    ).toEqual({ status: 403, code: 'forbidden', detail: 'board is a viewer, this takes an operator' })
    expect([asked, actions]).toEqual([[], []])
    expect(await resume(of('token-of-an-operator'))).toMatchObject({ code: 202 })
    expect(actions).toEqual([{ action: 'resume', cluster: 'orders', by: 'ops', role: 'operator', source: 'api' }])
  })

  it.each([
    ['ui', 'ui'],
    ['cli', 'cli'],
    ['signal', 'api'],
    ['__proto__', 'api'],
  ])('a client that calls itself %s is told as %s', async (client, source) => {
    await resume({ ...of('token-of-an-operator'), 'x-evenkeel-client': client })
    expect(actions).toMatchObject([{ action: 'resume', by: 'ops', source }])
  })

  it('changes with the file', async () => {
    tokens = [{ role: 'operator', token: new Secret('another-token-of-ops'), name: 'ops' }]
    expect(await resume(of('token-of-an-operator'))).toMatchObject({ code: 401 })
    expect(await resume(of('another-token-of-ops'))).toMatchObject({ code: 202 })
  })

  it('is reached under any name, but not from pages of another one', async () => {
    const operator = of('token-of-an-operator')
    expect(await resume({ ...operator, host: 'evenkeel.example:9632' })).toMatchObject({ code: 202 })
    const host = 'evenkeel.example:9632'
    expect(await resume({ ...operator, host, origin: 'https://evenkeel.example:9632' })).toMatchObject({ code: 202 })
    expect(await resume({ ...operator, host, origin: 'https://evil.example' })).toMatchObject({ code: 403 })
  })

  it('leaves metrics and health to everybody', async () => {
    expect(await ask(server.metrics, '/metrics')).toMatchObject({ code: 200 })
  })
})

describe('the status page', () => {
  it('has a frame for everybody and a content for those who may look', async () => {
    expect(await ask(server.control, '/')).toMatchObject({ code: 200, type: 'text/html; charset=utf-8' })
    expect(await ask(server.control, '/page')).toMatchObject({ code: 200, type: 'text/html; charset=utf-8' })
    tokens = [{ name: 'board', role: 'viewer', token: new Secret('abcd') }]
    expect((await ask(server.control, '/')).code).toBe(200)
    expect((await ask(server.control, '/page')).code).toBe(401)
    expect((await ask(server.control, '/page', 'GET', { authorization: 'Bearer abcd' })).code).toBe(200)
    tokens = undefined
    expect((await ask(server.control, '/page?cluster=nope')).code).toBe(404)
    expect((await ask(server.control, '/', 'GET', { host: 'evil.example' })).code).toBe(403)
  })
})

describe('the server', () => {
  it('says which address is taken, and leaves nothing open', async () => {
    const taken = server.metrics
    const options = {
      view: { clusters: () => [] },
      control,
      clock: new VirtualClock(noon),
      explanations: unexplained,
      audit: unaudited,
      onAction: () => undefined,
      tokens: () => undefined,
      config: unconfigured,
      render,
      onRequest: () => undefined,
      onError: () => undefined,
      metricsListen: { host: '127.0.0.1', port: 0 },
    }
    await expect(startServer({ ...options, controlListen: taken })).rejects.toMatchObject({
      code: 'usage',
      message: `cannot listen on 127.0.0.1:${taken.port} (server.control_listen)`,
    })
  })

  it('closes at once although a client keeps its connection', async () => {
    const socket = connect(server.control.port, server.control.host)
    const closed = new Promise((resolve) => socket.on('close', resolve))
    socket.write('GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await new Promise((resolve) => socket.once('data', resolve))
    socket.on('error', () => undefined)
    await server.close()
    await closed
    await expect(ask(server.control, '/api/v1/status')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })
})
