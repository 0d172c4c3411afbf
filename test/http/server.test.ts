import { request } from 'node:http'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { MoveProgress, TickReport } from '../../src/cluster/events.ts'
import { moveId, type ReplicaMove } from '../../src/cluster/move.ts'
import type { ClusterView } from '../../src/daemon/view.ts'
import { type ListenAddress, type Server, startServer } from '../../src/http/server.ts'

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

let clusters: ClusterView[]
let render: () => Promise<{ contentType: string; body: string }>
let served: string[]
let errors: unknown[]
let server: Server

beforeEach(async () => {
  clusters = [working]
  render = async () => ({ contentType: 'text/plain; version=0.0.4; charset=utf-8', body: 'evenkeel_up 1\n' })
  served = []
  errors = []
  server = await startServer({
    view: { clusters: () => clusters },
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

function ask(at: ListenAddress, path: string, method = 'GET', headers: Record<string, string> = {}): Promise<Answer> {
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
    client.end()
  })
}

async function problem(at: ListenAddress, path: string, method?: string, headers?: Record<string, string>) {
  const { type, body } = await ask(at, path, method, headers)
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
    ['/api/v1/moves?cluster=orders&state=done', 'bad_query', 'state is one of pending, running, ended'],
    ['/api/v1/moves?cluster=orders&__proto__=1', 'bad_query', 'unknown parameter; known here: cluster, state'],
    ['/api/v2/status', 'not_found', 'there is nothing here'],
    ['/metrics', 'not_found', 'there is nothing here'],
  ])('refuses %s: %s', async (path, code, detail) => {
    clusters = [working, young]
    expect(await problem(server.control, path)).toMatchObject({ code, detail })
  })

  it('changes nothing: only GET and HEAD are answered', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      expect(await problem(server.control, '/api/v1/status', method)).toMatchObject({ code: 'method_not_allowed' })
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

describe('the server', () => {
  it('says which address is taken, and leaves nothing open', async () => {
    const taken = server.metrics
    const options = {
      view: { clusters: () => [] },
      render,
      onRequest: () => undefined,
      onError: () => undefined,
      metricsListen: { host: '127.0.0.1', port: 0 },
    }
    await expect(startServer({ ...options, controlListen: taken })).rejects.toMatchObject({
      code: 'usage',
      message: `cannot listen on 127.0.0.1:${taken.port} for control`,
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
