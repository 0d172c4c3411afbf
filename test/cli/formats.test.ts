/** Every verb that prints data, in every format, as the real program: against a daemon at work on a simulated cluster, or one with tables. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { rawText } from '../../src/cli/formats.ts'
import type { DecisionsAnswer, MovesAnswer } from '../../src/http/answers.ts'
import type { Server } from '../../src/http/server.ts'
import { runs } from '../cluster/support.ts'
import { unasked } from '../http/support.ts'
import { noon } from '../observe/support.ts'
import { tablesReport } from '../observe/tables.ts'
import { serveDaemon } from './daemon-server.ts'
import { config, file, freePort, type Running, start } from './support.ts'
import { checkFormats, checkFreshPlan, plainVerbs, rows, rowsOn, verbsOfProgram, type Where } from './verbs.ts'

const run = (args: string[]) => start(...args).ended

it('the table has every verb of the program, those with data in all formats', async () => {
  const verbs = await verbsOfProgram()
  const known = [...rows.map(({ verb }) => verb), ...plainVerbs]
  expect(verbs.map(({ verb }) => verb).filter((verb) => !known.includes(verb))).toEqual([])
  for (const { verb, formats } of verbs) {
    if (plainVerbs.includes(verb)) expect([verb, formats]).toEqual([verb, []])
    else expect([verb, ...formats]).toEqual(expect.arrayContaining([verb, 'table', 'wide', 'json', 'yaml']))
  }
})

it('YAML says what JSON says, whatever that is', () => {
  const any = fc.oneof(
    fc.jsonValue({ stringUnit: 'binary' }),
    fc.constantFrom(
      '007',
      '1e3',
      'off',
      'null',
      '~',
      '- a',
      'a: b',
      '# x',
      ' x ',
      '\n\n x\n',
      '2026-01-01',
      '<<',
      '\u2028',
      '\u001b[2J',
    ),
    fc.constantFrom(1e300, 2 ** 53, 1e-7, -1, 0.1),
  )
  const data = fc.record({ some: fc.array(any), by: fc.dictionary(fc.string({ unit: 'binary' }), any) })
  fc.assert(
    fc.property(data, (one) => {
      expect(parse(rawText(one, 'yaml'))).toEqual(JSON.parse(rawText(one, 'json')))
    }),
    runs(300),
  )
})

it.each(['off', 'yes', 'n', '12:30', '1_000', '2026-01-01T12:00:00.000Z'])(
  'readers of YAML 1.1 take %s for text',
  (text) => {
    expect(parse(rawText({ text }, 'yaml'), { version: '1.1' })).toEqual({ text })
  },
)

/** Each is up to four processes at once. */
const patience = { timeout: 60_000 }

describe('of a simulated cluster', patience, () => {
  let daemon: Running
  let metrics: number
  let where: Where

  beforeAll(async () => {
    metrics = await freePort()
    const control = await freePort()
    const slow = file(
      'formats.yaml',
      `version: 1
clusters:
  - name: demo
    system: simulator
    simulator:
      seed: 3
      copy_rate: 1KiB/s
      nodes: [{ id: 1, disk: 10GiB }, { id: 2, disk: 10GiB }, { id: 3, disk: 10GiB }, { id: 4, disk: 10GiB }, { id: 5, disk: 10GiB }]
      topics: [{ name: orders, partitions: 200, replication_factor: 2, size: 15MiB, nodes: [1, 2, 3, 4] }]
balancing: { mode: continuous, node_add_hold: 0s, tick_interval: 1s, pulse_interval: 200ms, concurrent_moves_per_node: 2 }
server: { metrics_listen: "127.0.0.1:${metrics}", control_listen: "127.0.0.1:${control}" }
`,
    )
    daemon = start('run', '--config', slow)
    await daemon.said(/"code":"acting"/)
    const url = `http://127.0.0.1:${control}`
    const get = async <Answer>(path: string) => (await (await fetch(`${url}/api/v1/${path}`)).json()) as Answer
    const { moves } = await get<MovesAnswer>('moves?state=pending')
    const { decisions } = await get<DecisionsAnswer>('decisions')
    const name = (move: (typeof moves)[number]) => `${move.topic}-${move.partition}`
    const placed = await run(['snapshot', '--config', slow])
    const still = placements(placed.out).filter(({ partition }) => moves.every((move) => name(move) !== partition))
    where = {
      url,
      config: slow,
      snapshot: file('formats.ndjson', placed.out),
      orders: moves.slice(-4).map((move) => ({ partition: name(move), from: move.from!, to: move.to! })),
      led: still.slice(0, 4).map(({ partition, replicas }) => ({ partition, follower: replicas[1]! })),
      node: 2,
      decision: decisions.at(-1)!.id,
      file,
    }
  }, patience.timeout)
  afterAll(async () => {
    daemon?.child.kill('SIGKILL')
    await daemon?.ended
  })

  it.each(rowsOn('any'))('%s', (_, row) => checkFormats(row, where, run))

  it('a fresh plan is what any plan is', () => checkFreshPlan(where.url))

  it.each<[string, (where: Where) => string[], RegExp]>([
    ['check-config', ({ config: path }) => [path, '--offline'], /: good, 1 cluster\n/],
    ['healthcheck', () => ['--ready', '--metrics-url', `http://127.0.0.1:${metrics}`], /^\[\+\] demo: .*\nready\n$/],
    ['snapshot', ({ config: path }) => ['--config', path], /^(\{.*\}\n)+$/],
    ['release', ({ config: path }) => ['--config', path], /^nothing of evenkeel stands on the cluster\n$/],
    ['version', () => [], /^evenkeel \d+\.\d+\.\d+\n$/],
    ['completion', () => ['bash'], /complete -F/],
  ])('%s, in its one form', async (verb, args, text) => {
    const { code, out, err } = await run([verb, ...args(where)])
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(text)
  })
})

it.each(rowsOn('kafka'))('of a config of Kafka: %s', patience, async (_, row) => {
  const path = config('formats-kafka.yaml', { bootstrap: '127.0.0.1:1' })
  await checkFormats(row, { config: path } as Where, run)
})

describe('of a receiver', patience, () => {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.end('thanks'))
  })
  beforeAll(() => new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve)))
  afterAll(() => server.close())

  it.each(rowsOn('receiver'))('%s', async (_, row) => {
    const { port } = server.address() as AddressInfo
    await checkFormats(row, { receiver: `http://127.0.0.1:${port}/hook`, file } as Where, run)
  })
})

describe('of a cluster of tables', patience, () => {
  let server: Server
  let where: Where
  let approved: string[] = []

  beforeAll(async () => {
    const control = {
      ...unasked,
      rebalance: async () => undefined,
      approve: async (_: string, targets: readonly { fingerprint: string }[]) => {
        approved = targets.map(({ fingerprint }) => fingerprint)
      },
    }
    const still = { drains: [], statusSinceMs: noon, report: tablesReport(), running: [], pending: [], ended: [] }
    const view = () => ({ ...still, name: 'demo', status: 'ready' as const, approved })
    const served = await serveDaemon({ view, control })
    server = served.server
    where = { url: served.url } as Where
  })
  afterAll(() => server.close())

  it.each(rowsOn('tables'))('%s', (_, row) => checkFormats(row, where, run))
})

function placements(snapshot: string): { partition: string; replicas: number[] }[] {
  type Line = { type: string; name: string; partitions: { id: number; replicas: number[] }[] }
  return snapshot
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
    .filter(({ type }) => type === 'topic')
    .flatMap(({ name, partitions }) => partitions.map(({ id, replicas }) => ({ partition: `${name}-${id}`, replicas })))
}
