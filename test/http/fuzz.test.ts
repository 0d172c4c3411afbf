/**
 * Every route of the table is asked what makes sense, nearly makes sense, and makes none. Whatever it is asked: what is refused is refused with
 * a problem that says where it is wrong, nothing of it has been done, and the listener goes on.
 */
import { Agent, request } from 'node:http'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { ClusterState, NodeId } from '../../src/cluster/state.ts'
import type { ClusterView, DaemonControl } from '../../src/daemon/view.ts'
import { problemAnswer, statusAnswer } from '../../src/http/answers.ts'
import type { Route } from '../../src/http/route.ts'
import { routes } from '../../src/http/routes.ts'
import { type Server, startServer } from '../../src/http/server.ts'
import { runs } from '../cluster/support.ts'
import { fillable, SECOND, startLoop } from '../daemon/support.ts'
import { noon } from '../observe/support.ts'
import { tablesReport } from '../observe/tables.ts'
import { unaudited, unconfigured } from './support.ts'

/** Stands where something is expected, and must not be told again. */
const marker = 'hunter2'
const RUNS = 100

let loop: ReturnType<typeof startLoop>
let server: Server
const agent = new Agent({ keepAlive: true, maxSockets: 4 })
/** What the daemon was asked to do, and what somebody logged. */
const done: string[] = []
const logged: unknown[] = []
const errors: unknown[] = []

beforeAll(async () => {
  loop = startLoop({ simulator: fillable, balance: { nodeAddHoldMs: 0 } })
  await loop.advance(10 * SECOND)
  const never = new AbortController().signal
  const note = async (...what: unknown[]) => void done.push(JSON.stringify(what))
  const control: DaemonControl = {
    drain: (...args) => note('drain', ...args),
    undrain: (...args) => note('undrain', ...args),
    pause: (...args) => note('pause', ...args),
    resume: (...args) => note('resume', ...args),
    rebalance: (...args) => note('rebalance', ...args),
    approve: (...args) => note('approve', ...args),
    cancel: (...args) => note('cancel', ...args),
    order: async (cluster, order) => {
      await loop.loop.weigh(order, never)
      await note('order', cluster, order)
    },
    weigh: (_, order) => loop.loop.weigh(order, never),
  }
  placed = placementsOf((await loop.simulator.sample(never)).state)
  const still = { drains: [], statusSinceMs: noon, running: [], pending: [], ended: [] }
  const shop: ClusterView = {
    ...still,
    name: 'shop',
    status: 'ready',
    report: tablesReport(),
    asked: ['clicks_OFFLINE'],
  }
  server = await startServer({
    view: { clusters: () => [loop.loop.view(), shop] },
    control,
    explanations: {
      decisions: () => loop.loop.decisions,
      explain: (_, subject) => loop.loop.explain(subject),
      planNow: () => loop.loop.planNow(never),
    },
    config: unconfigured,
    clock: loop.clock,
    audit: unaudited,
    onAction: (action) => logged.push(action),
    tokens: () => undefined,
    render: async () => ({ contentType: 'text/plain', body: '' }),
    metricsListen: { host: '127.0.0.1', port: 0 },
    controlListen: { host: '127.0.0.1', port: 0 },
    onRequest: () => undefined,
    onError: (error) => errors.push(error),
  })
})
afterAll(async () => {
  agent.destroy()
  await server.close()
  await loop.stop()
})

/** A partition that is at rest. */
interface Placed {
  partition: string
  /** Its leader. */
  from: NodeId
  follower: NodeId
  /** Has nothing of it. */
  free: NodeId
}
let placed: Placed[]

interface Asked {
  method: string
  path: string
  headers: Record<string, string>
  body?: string | Buffer
}

interface Answered {
  status: number
  type: string
  text: string
}

function ask({ method, path, headers, body }: Asked): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const client = request({ ...server.control, method, path, headers, agent }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () => {
        const type = response.headers['content-type'] ?? ''
        resolve({ status: response.statusCode!, type, text: Buffer.concat(parts).toString() })
      })
    })
    client.on('error', reject)
    client.end(body)
  })
}

/** What makes sense for a field. */
const sense: Record<string, fc.Arbitrary<unknown>> = {
  cluster: fc.constantFrom('x', 'x', 'shop'),
  node: fc.constantFrom(1, 5, '3', 'Server_a_1'),
  from: fc.constantFrom(1, 2, '3', 4),
  to: fc.constantFrom(1, 2, '3', 5),
  partition: fc.nat(45).map((p) => `t-${p}`),
  subject: fc.constantFrom('t-3', 'clicks', 'clicks_OFFLINE', 'orders'),
  table: fc.constantFrom('orders', 'orders_OFFLINE', 'clicks', 't'),
  tenant: fc.constantFrom('shop', 'web'),
  from_dir: fc.constantFrom('/disk0', '/disk1'),
  to_dir: fc.constantFrom('/disk0', '/disk1'),
  state: fc.constantFrom('pending', 'running', 'ended'),
  last: fc.nat(600).map(String),
  before: fc.constantFrom('20260101', '20260101T000003', '20260101T000000000-000000'),
  id: fc.constantFrom('20260101T000000', '20260101T000003'),
  reason: fc.constantFrom('because', 'ü'),
  for: fc.constantFrom('30m', '1h30m', '2d'),
  override: fc.boolean(),
}
const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '', '0', 'Cluster', marker]
const odd = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1,
    1.5,
    1e300,
    Number.MAX_SAFE_INTEGER,
    '',
    ' ',
    'null',
    '-1',
    't-',
    '-3',
    't--3',
    't-1e2',
  ),
  fc.constantFrom(
    marker,
    `t-${marker}`,
    `${marker}-3`,
    '__proto__',
    'constructor',
    'toString-1',
    '../..',
    '%00',
    '\0',
    '\u2028',
    '\uD800',
  ),
  fc.constantFrom('9'.repeat(400), 'x'.repeat(256), '1'.repeat(5000)),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.jsonValue({ maxDepth: 3 }),
)

/** Fields that make sense only with each other. */
function together({ shape }: Route['fields']): fc.Arbitrary<Record<string, unknown>> {
  if ('to' in shape) {
    return fc.constantFrom(...placed, {}).map(({ partition, from, follower, free }: Partial<Placed>) => {
      if (partition === undefined) return {}
      return { partition, cluster: 'x', ...('from' in shape ? { from, to: free } : { to: follower }) }
    })
  }
  const oneOf = fc.constantFrom({ table: 'orders' }, { tenant: 'shop' }, {})
  return 'tenant' in shape ? oneOf.map((one) => ({ ...one, cluster: 'shop' })) : fc.constant({})
}

/** All required fields and some others, with sense; and what is wrong with that, if anything. */
function fieldsOf({ fields }: Route): fc.Arbitrary<Record<string, unknown>> {
  const known = Object.keys(fields.shape)
  const { required = [] } = z.toJSONSchema(fields, { io: 'input' })
  const values = (keys: readonly string[]) => fc.record(Object.fromEntries(keys.map((name) => [name, sense[name]!])))
  const needed = [...required, ...known.filter((name) => name === 'cluster')]
  const others = known.filter((name) => !needed.includes(name))
  const more = fc.constantFrom<string[]>([], ...others.map((name) => [name]))
  const good = fc
    .tuple(values(needed), more.chain(values), together(fields))
    .map((parts) => Object.assign({}, ...parts))
  const slip = fc.oneof(
    fc.constant((given: Record<string, unknown>) => given),
    fc.constant((given: Record<string, unknown>) => given),
    fc.constantFrom(...known, 'cluster').map((missing) => {
      return (given: Record<string, unknown>) =>
        Object.fromEntries(Object.entries(given).filter(([name]) => name !== missing))
    }),
    fc.tuple(fc.constantFrom(...known, ...names), odd).map(([name, value]) => {
      return (given: Record<string, unknown>) => Object.defineProperty({ ...given }, name, { value, enumerable: true })
    }),
  )
  return fc.tuple(good, slip).map(([given, wrong]) => wrong(given))
}

function placementsOf({ names, ...state }: ClusterState): Placed[] {
  return Array.from(state.partitionLeader).flatMap((leader, p) => {
    const slots = state.replicaNode.subarray(state.partitionReplicaStart[p], state.partitionReplicaStart[p + 1])
    const nodes = Array.from(slots, (node) => names.nodes[node]!)
    const from = names.nodes[leader]!
    const [follower] = nodes.filter((node) => node !== from)
    const [free] = names.nodes.filter((node) => !nodes.includes(node))
    return nodes.length === 2 ? [{ partition: `t-${p}`, from, follower: follower!, free: free! }] : []
  })
}

const json = { 'content-type': 'application/json' }

/** A body that is not what was meant. */
const broken = (text: string): fc.Arbitrary<string | Buffer> =>
  fc.oneof(
    fc.nat(text.length).map((at) => text.slice(0, at)),
    fc
      .tuple(fc.nat(text.length), fc.constantFrom('}', '"', ',', '\0', '\\u', 'Infinity', marker, '[', ':'))
      .map(([at, typed]) => {
        return text.slice(0, at) + typed + text.slice(at)
      }),
    fc.constantFrom('', 'null', '[]', '""', '0', 'true', '[[[[', `"${marker}"`, marker, '{"a":1}{"a":1}', '\uFEFF{}'),
    fc.constantFrom(
      '{"__proto__":{"cluster":"x"}}',
      '{"constructor":{"prototype":{"x":1}}}',
      `{"x":${'['.repeat(20_000)}`,
    ),
    fc.constantFrom('{"cluster":"x","cluster":"y"}', `{"reason":"${'x'.repeat(70_000)}"}`, ' '.repeat(66_000)),
    fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
  )

const types = fc.constantFrom(
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/json; charset=utf-16',
  'application/problem+json',
  'application/jsonp',
  'APPLICATION/JSON',
  'application/json, text/plain',
  '/',
  'x',
  '',
)

function asked(route: Route): fc.Arbitrary<Asked> {
  const path = (given: Record<string, unknown>) =>
    route.path.replace(/\{(\w+)\}/g, (_, name: string) => {
      const { [name]: value } = given
      delete given[name]
      return encode(typeof value === 'string' ? value : JSON.stringify(value ?? null))
    })
  if (route.method === 'GET') {
    const query = fc.oneof(
      { weight: 5, arbitrary: fc.constant('') },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          '&cluster=x&cluster=x',
          '&__proto__=1',
          '&%',
          '&%zz=1',
          '&=',
          `&${marker}`,
          '&a[b]=1',
          '&cluster[]=x',
        ),
      },
      { weight: 1, arbitrary: fc.constantFrom('&x='.padEnd(5000, 'y'), '&x='.padEnd(20_000, 'y'), '?', '#') },
    )
    return fc
      .tuple(fieldsOf(route), query, fc.constantFrom('GET', 'GET', 'GET', 'HEAD'))
      .map(([fields, more, verb]) => {
        const given = { ...fields }
        const at = path(given)
        const said = Object.entries(given).map(([name, value]) => `${encode(name)}=${encode(textOf(value))}`)
        const whole = `${at}?${said.join('&')}${more}`
        // What is longer than any header is refused before its method is read.
        return { method: whole.length > 10_000 ? 'GET' : verb, path: whole, headers: {} }
      })
  }
  const good = fieldsOf(route).map((fields) => ({ headers: json, body: JSON.stringify(fields) }))
  const wrong = fieldsOf(route)
    .chain((fields) => broken(JSON.stringify(fields)))
    .map((body) => ({ headers: json, body }))
  const mistyped = fc.tuple(fieldsOf(route), types).map(([fields, type]) => {
    return { headers: { 'content-type': type }, body: JSON.stringify(fields) }
  })
  const others = fc.constantFrom<Pick<Asked, 'headers' | 'body'>[]>(
    { headers: {} },
    { headers: json },
    { headers: {}, body: '{}' },
    { headers: { ...json, 'content-encoding': 'gzip' }, body: '{}' },
    { headers: { ...json, 'transfer-encoding': 'chunked' }, body: '{}' },
    { headers: { ...json, expect: '100-continue' }, body: '{}' },
  )
  const body = fc.oneof(
    { weight: 5, arbitrary: good },
    { weight: 3, arbitrary: wrong },
    { weight: 1, arbitrary: mistyped },
    { weight: 1, arbitrary: others },
  )
  const query = fc.constantFrom(...Array<string>(12).fill(''), '?cluster=x', '?__proto__=x', '?%zz')
  return fc.tuple(body, query).map(([sent, more]) => ({ method: route.method, path: `${route.path}${more}`, ...sent }))
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Half of a surrogate pair has no encoding. */
function encode(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString())
}

/** @returns whether it was refused */
function check(route: Route, asked: Asked, { status, type, text }: Answered, before: number[]): boolean {
  const happened = [done.length, logged.length]
  expect(errors).toEqual([])
  if (asked.method === 'HEAD') {
    expect(text).toBe('')
    expect(status).toBeLessThan(500)
    return status >= 400
  }
  if (status < 300) {
    const answer: unknown = JSON.parse(text)
    expect(route.answer.parse(answer)).toEqual(answer)
    const acts = route.answer === statusAnswer && route.method === 'POST'
    if (acts) expect(happened[1]).toBe(before[1]! + 1)
    else expect(happened[0]).toBe(before[0])
    return false
  }
  expect(status).toBeGreaterThanOrEqual(400)
  expect(status).toBeLessThan(500)
  expect(happened).toEqual(before)
  expect(type).toMatch(/^application\/problem\+json/)
  const problem = problemAnswer.parse(JSON.parse(text))
  expect(problem.status).toBe(status)
  expect(problem.detail).toMatch(/^[^\n\r]{8,600}$/)
  expect(problem.detail).not.toMatch(/undefined|NaN|\[object|Invalid input|\.[tj]s\b|\bat \w+ \(|FST_|node_modules/)
  // Of what could not even be read nothing is repeated.
  if (problem.code.startsWith('bad_')) expect(problem.detail).not.toContain(marker)
  if (problem.code === 'bad_body' || problem.code === 'bad_query') {
    const known = Object.keys(route.fields.shape)
    const place = [...known, 'unknown field', 'unknown parameter', 'fields of the body', 'JSON object']
    expect(place.filter((name) => problem.detail.includes(name))).not.toEqual([])
  }
  return true
}

describe.each(routes.map((route) => [`${route.method} ${route.path}`, route] as const))('%s', (_, route) => {
  it('answers whatever it is asked', async () => {
    let [refused, answered] = [0, 0]
    await fc.assert(
      fc.asyncProperty(asked(route), async (one) => {
        const before = [done.length, logged.length]
        if (check(route, one, await ask(one), before)) refused += 1
        else answered += 1
      }),
      runs(RUNS),
    )
    // Both were tried.
    expect(Math.min(refused, answered)).toBeGreaterThan(0)
  })
})

it('goes on after all of that', async () => {
  expect(await ask({ method: 'GET', path: '/api/v1/status', headers: {} })).toMatchObject({ status: 200 })
  expect(({} as Record<string, unknown>)['x']).toBeUndefined()
})
