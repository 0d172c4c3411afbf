import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { buildState } from '../../src/cluster/builder.ts'
import type { TopicColumns, TopicLine } from '../../src/cluster/lines.ts'
import { emptyMemory, type Memory } from '../../src/cluster/memory.ts'
import type { RunningMove } from '../../src/cluster/move.ts'
import { immovableReasons } from '../../src/cluster/reasons.ts'
import { type Snapshot, SnapshotReader, snapshotLines } from '../../src/cluster/snapshot.ts'
import { IN_SYNC } from '../../src/cluster/state.ts'
import { messageOf } from '../../src/lib/errors.ts'
import { allWell, anyLines, build, node, runs, takenAtMs, topic } from './support.ts'

const read = (lines: Iterable<string>): Snapshot => {
  const reader = new SnapshotReader()
  for (const line of lines) reader.push(line)
  return reader.end()
}

const EXCLUDED = immovableReasons.indexOf('excluded')

const memory: Memory = {
  filling: [3, 'pinot-1'],
  skewedDomains: ['', 'tenant'],
  relieving: { disk_critical: ['3//d0'], disk_over_limit: ['3//d0', 'pinot-1//d1'] },
  leaderSkew: true,
  leaderSamples: 1,
  leaderIdleSinceMs: takenAtMs - 30_000,
  since: { 'disk_skew/cluster': takenAtMs - 60_000 },
  pending: { 'failed_dir/node 3': takenAtMs - 5_000 },
  left: [{ topic: 't', partition: 3, node: 2, atMs: takenAtMs - 1_000 }],
  muted: [{ topic: 't', partition: 'p', untilMs: takenAtMs + 1_000 }],
  hold: {
    partitions: [{ topic: 't', partition: 'p', untilMs: takenAtMs + 2_000, exhausted: true }],
    topics: [{ topic: 'orders', untilMs: takenAtMs + 4_000, exhausted: false, why: 'it made no progress' }],
    nodes: [{ node: 'b', untilMs: takenAtMs + 3_000 }],
  },
  orders: [
    { kind: 'replica', topic: 't', partition: 3, from: 1, to: 2, reason: 'x', atMs: takenAtMs - 10 },
    {
      kind: 'replica',
      topic: 't',
      partition: 4,
      from: 1,
      to: 1,
      fromDir: '/a',
      toDir: '/b',
      reason: 'x',
      atMs: takenAtMs,
      override: true,
    },
    { kind: 'leader', topic: 't', partition: 5, to: 2, reason: 'x', atMs: takenAtMs, failures: 1, untilMs: takenAtMs },
  ],
  placed: [{ what: 'leader', topic: 't', partition: 3, node: 'b', untilMs: takenAtMs + 5_000 }],
  baseline: { offline: 1, underMinIsr: 2 },
}
const troubled = {
  health: {
    underReplicated: { own_move: 1, node: 2, other: 3 },
    offline: 4,
    underMinIsr: 5,
    unexplained: { offline: 0, underMinIsr: 0 },
  },
  missingNodes: [7, 'pinot-2'],
  notes: ['the size of t-3 is not known'],
}
const evenness = { nodes: [{ node: 's1', replicas: 2, bytes: 12 }], replicas: 0.5, bytes: 0.25 }
/** Every field there is. */
const tables: Required<Pick<Snapshot, 'targets' | 'jobs' | 'brokers' | 'topics'>> = {
  targets: [
    {
      topic: 'orders_OFFLINE',
      causes: [{ cause: 'retagged', text: 's1 has lost its tag' }],
      shares: [{ node: 's1', adds: 0, addBytes: 1, removes: 2, removeBytes: 12 }],
      adds: 2,
      bytes: 12,
      largestBytes: 7,
      unitAdds: 1,
      unitBytes: 7,
      evenness: { before: evenness, after: { nodes: [], replicas: 0, bytes: 0 } },
      parameters: { bestEfforts: 'false' },
      maxBatch: 4,
      checks: [{ name: 'needsReloadStatus', result: 'WARN', message: 'm' }],
      summary: { serverInfo: { numServers: 2 } },
      held: { code: 'replication_one', text: 'one replica' },
      priority: -3,
      turn: -1,
      fingerprint: 'f',
    },
  ],
  jobs: [
    {
      id: 'j',
      topic: 'clicks_OFFLINE',
      startedAtMs: takenAtMs - 1_500,
      parameters: { batchSizePerServer: '3' },
      adds: { total: 4, done: 1 },
      bytesDone: 5,
      bytesTotal: 20,
      arriving: [{ node: 's2', adds: 3, bytes: 15 }],
      text: 'attempt 2',
      broken: 'no replica has come',
    },
  ],
  brokers: [{ topic: 'orders_OFFLINE', before: ['b1', 'b2'], after: ['b1'], text: 'b2 has lost its tag' }],
  topics: [
    {
      topic: 'orders_OFFLINE',
      partitions: 3,
      replicas: 5,
      bytes: 24,
      domain: 'DefaultTenant',
      tenant: 'DefaultTenant',
      evenness,
      notConverged: 1,
      inError: 2,
      seen: { online: 3, consuming: 0, offline: 0, error: 2 },
      verdict: { text: 'NO_OP: balanced', atMs: takenAtMs - 2_000 },
    },
  ],
}
const running: RunningMove[] = [
  { topic: 't', partition: 0, target: [2], adding: [2], removing: [1], bytesDone: 3, bytesTotal: 9 },
  { topic: 't', partition: 'seg', target: [1], adding: [], removing: [] },
]

test('any cluster is read as it was written', () => {
  fc.assert(
    fc.property(anyLines({ nodes: [1, 6], topics: 3, partitions: 5, odd: true }), (lines) => {
      const snapshot = { state: build(lines), running, memory, ...troubled }
      expect(read(snapshotLines(snapshot))).toEqual(snapshot)
    }),
    runs(60),
  )
})

test('every field there is survives', () => {
  const state = build({
    nodes: [
      node('s1', { host: 'h:1', rack: '', alive_since: '2025-12-31T00:00:00.000Z', excluded: true, max_replicas: 9 }),
      node(2, { state: 'draining', domain: 'd', dirs: [{ capacity_bytes: 5, used_bytes: 4 }] }),
      node(3, { state: 'unreachable', unavailable_since: '2025-12-31T01:00:00.000Z', dirs: [] }),
      node(4, {
        dirs: [
          { path: '/a', capacity_bytes: 1, used_bytes: 0, state: 'offline', metadata: true },
          { path: '/b', capacity_bytes: 1, used_bytes: 2, freeing_bytes: 1, cordoned: true },
        ],
      }),
    ],
    topics: [
      topic(
        [
          { id: 'seg', replicas: [4, 2], dirs: ['/b', null], isr: [2], leader: 2, bytes: [null, 7] },
          { replicas: ['s1', 3], adding: [3], bytes_in_per_second: 1.5, bytes_out_per_second: 0 },
        ],
        {
          min_isr: 2,
          constraints: { domain: 'd', cap: 3, units: { seg: 'u' }, legal: { 1: [null, [3, 4]] }, excluded: true },
        },
      ),
    ],
  })
  expect(read(snapshotLines({ state, running, memory, ...troubled }))).toEqual({ state, running, memory, ...troubled })
})

test('a cluster that moves topics as a whole is read as it was written', () => {
  const columns: TopicColumns = {
    name: 'orders_OFFLINE',
    constraints: { domain: 'DefaultTenant' },
    ids: ['a', 'b', 'c'],
    start: Int32Array.of(0, 2, 4, 5),
    nodes: ['s1', 's2'],
    node: Int32Array.of(0, 1, 0, 1, 1),
    bytes: Float64Array.of(5, 5, 7, 7, Number.NaN),
    flags: Uint8Array.of(IN_SYNC, IN_SYNC, IN_SYNC, IN_SYNC, IN_SYNC),
    // The second is still being written to.
    immovable: Uint8Array.of(0, EXCLUDED, 0),
  }
  const cluster = {
    type: 'cluster' as const,
    version: 1 as const,
    name: 'p',
    system: 'pinot',
    taken_at: '2026-01-01T00:00:00Z',
  }
  const state = buildState(
    cluster,
    [node('s1', { domain: 'DefaultTenant' }), node('s2', { domain: 'DefaultTenant' })],
    [columns],
  )
  const snapshot = { state, running: [], memory, ...troubled, ...tables }
  const lines = [...snapshotLines(snapshot)]
  expect(read(lines)).toEqual(snapshot)
  expect(read(snapshotLines(read(lines)))).toEqual(snapshot)
  const line = JSON.parse(lines.find((each) => each.includes('"orders_OFFLINE"'))!) as TopicLine
  expect([line.leaderless, line.partitions.map((partition) => partition.immovable)]).toEqual([
    true,
    [undefined, 'excluded', undefined],
  ])
  expect([...read(lines).state.partitionImmovable].map((reason) => immovableReasons[reason])).toEqual([
    '',
    'excluded',
    'size_unknown',
  ])
})

test('the lines are those that the design shows', () => {
  const state = build({
    nodes: [node(1, { rack: 'r0', used: 550 })],
    topics: [topic([{ replicas: [1], bytes: 10, bytes_in_per_second: 5, bytes_out_per_second: 9 }])],
  })
  const lines = [...snapshotLines({ state, running: [], memory: emptyMemory, ...allWell })].slice(0, 3)
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    { type: 'cluster', version: 1, name: 'orders', system: 'kafka', taken_at: '2026-01-01T00:00:00.000Z' },
    {
      type: 'node',
      id: 1,
      rack: 'r0',
      state: 'alive',
      dirs: [{ path: '/d0', capacity_bytes: 1000, used_bytes: 550 }],
    },
    {
      type: 'topic',
      name: 't',
      partitions: [
        {
          id: 0,
          leader: 1,
          replicas: [1],
          isr: [1],
          bytes: [10],
          dirs: ['/d0'],
          bytes_in_per_second: 5,
          bytes_out_per_second: 9,
        },
      ],
    },
  ])
})

const goodLines = [
  '{"type":"cluster","version":1,"name":"o","system":"kafka","taken_at":"2026-01-01T00:00:00Z","cluster_id":"x"}',
  '{"type":"node","id":1,"rack":"a","state":"alive","excluded":false,"max_replicas":9,"dirs":[{"path":"/d","capacity_bytes":9,"used_bytes":1,"state":"online","cordoned":false}]}',
  '{"type":"topic","name":"t","min_isr":1,"constraints":{"cap":2,"units":{"0":"u"},"legal":{"0":[[1]]}},"partitions":[{"id":0,"leader":1,"replicas":[1],"isr":[1],"bytes":[5],"dirs":["/d"],"bytes_in_per_second":1}]}',
  '{"type":"move","topic":"t","partition":0,"target":[1],"adding":[1],"removing":[],"bytes_done":1}',
  '{"type":"memory","filling":[1],"skewed_domains":[""],"leader_skew":false,"since":{"a/b":"2026-01-01T00:00:00Z"}}',
]

test('unknown fields and empty lines pass', () => {
  const extended = goodLines.flatMap((line) => ['', line.replace('{', '{"hint":{"deep":[1]},')])
  expect(read(extended)).toEqual(read(goodLines))
})

describe('a malformed line is one error with its number and path', () => {
  const rows: [string, string][] = [
    ['{', 'is not JSON: '],
    ['[]', 'is not an object'],
    ['null', 'is not an object'],
    ['{"type":"broker"}', 'type is not one of cluster, node, topic, move, health, memory'],
    ['{"type":"__proto__"}', 'type is not one of'],
    ['{"type":"constructor"}', 'type is not one of'],
    ['{"type":"node","state":"alive","dirs":[]}', 'id is missing'],
    ['{"type":"node","id":1.5,"state":"alive","dirs":[]}', 'id is neither a number nor a text'],
    [
      '{"type":"node","id":1,"state":"dead","dirs":[]}',
      'state is not one of alive, unavailable, unreachable, draining',
    ],
    ['{"type":"node","id":1,"state":"alive","dirs":[{"capacity_bytes":1}]}', 'dirs[0].used_bytes is missing'],
    [
      '{"type":"node","id":1,"state":"alive","dirs":[{"capacity_bytes":-1,"used_bytes":1}]}',
      'dirs[0].capacity_bytes is not a number from 0 to 2^53',
    ],
    ['{"type":"topic","name":"t","partitions":[{"id":0}]}', 'partitions[0].replicas is missing'],
    [
      '{"type":"topic","name":"t","partitions":[{"id":0,"replicas":[1,2],"bytes":[1]}]}',
      'partitions[0].bytes has 1 entries for 2 replicas',
    ],
    [
      '{"type":"topic","name":"t","partitions":[],"constraints":{"legal":{"0":[[null]]}}}',
      'constraints.legal.0[0][0] is neither a number nor a text',
    ],
    [
      '{"type":"topic","name":"t","partitions":[],"constraints":{"cap":4294967296}}',
      'constraints.cap is not a whole number from 0 to 2^31',
    ],
    ['{"type":"topic","name":"t","partitions":[],"min_isr":0.5}', 'min_isr is not a whole number from 0 to 2^31'],
    [
      '{"type":"report","topic":"t","partitions":1,"replicas":1,"bytes":1,"domain":"","tenant":"","evenness":{"nodes":[],"replicas":1e999,"bytes":0}}',
      'evenness.replicas is not a number',
    ],
    ['{"type":"cluster","version":2,"name":"o","system":"k","taken_at":"x"}', 'version is not one of 1'],
    [
      '{"type":"cluster","version":1,"name":"o","system":"k","taken_at":"2026-13-45T99:00:00Z"}',
      'taken_at is not an ISO 8601 time',
    ],
    ['{"type":"memory","since":{"a/b":"2026-13-01T00:00:00Z"}}', 'since.a/b is not an ISO 8601 time'],
    [goodLines[0]!, 'a second cluster line'],
  ]
  test.each(rows)('%s', (line, problem) => {
    const reader = new SnapshotReader()
    reader.push(goodLines[0]!)
    reader.push('')
    expect(() => reader.push(line)).toThrow(
      expect.objectContaining({ code: 'bad_input', message: expect.stringContaining(`snapshot line 3: ${problem}`) }),
    )
  })
})

test('lines that do not go together are told by the line and the field that name what is not there', () => {
  const lines = goodLines.with(1, goodLines[1]!.replace('"id":1', '"id":2'))
  expect(() => read(['', ...lines])).toThrow('snapshot line 4: t-0.leader names node 1, which no node line describes')
  expect(() => read([...goodLines, '', goodLines[1]!])).toThrow('snapshot line 7: node 1 is described twice')
})

test('without a cluster line there is no snapshot', () => {
  expect(() => read([])).toThrow(
    expect.objectContaining({ code: 'bad_input', message: 'the snapshot has no cluster line' }),
  )
})

/** A value anywhere inside, with the way to it. */
function places(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([key, inner]) => places(inner, [...path, key]))]
}

function replaceAt(value: unknown, path: (string | number)[], by: unknown): unknown {
  if (path.length === 0) return by
  const [key, ...rest] = path
  const copy = structuredClone(value) as Record<string, unknown>
  copy[key!] = replaceAt(copy[key!], rest, by)
  return copy
}

test('whatever is put in place of any value: it is read, or it is one bad_input error that says where', () => {
  const junk = fc.oneof(
    fc.constantFrom<unknown>(undefined, null, true, -1, 1.5, 1e300, '', 'x', [], {}, [null], [[]], '__proto__'),
    fc.jsonValue(),
  )
  const mutation = fc
    .nat(goodLines.length - 1)
    .chain((index) => {
      const line = JSON.parse(goodLines[index]!) as unknown
      return fc.tuple(fc.constant(index), fc.constantFrom(...places(line)), junk)
    })
    .map(([index, path, by]) => ({
      index,
      path,
      line: JSON.stringify(replaceAt(JSON.parse(goodLines[index]!), path, by)) ?? '{',
    }))
  let refused = 0
  fc.assert(
    fc.property(mutation, ({ index, path, line }) => {
      const lines = goodLines.with(index, line)
      try {
        const { state, memory } = read(lines)
        // What was taken can be used: nothing in it is half a figure.
        expect(Number.isNaN(state.takenAtMs)).toBe(false)
        expect(Object.values(memory.since).some(Number.isNaN)).toBe(false)
      } catch (error) {
        expect(error).toMatchObject({ code: 'bad_input' })
        const message = messageOf(error)
        expect(message).not.toMatch(/undefined|\[object|\n/)
        // Lines that do not go together are told of the one that names what another lacks.
        if (/^snapshot line \d+: \S+(\.\w+ names|\.\w+ lists|\.\w+: node)/.test(message)) return
        if (message.startsWith('snapshot line')) {
          refused += 1
          expect(message).toContain(`snapshot line ${index + 1}: `)
          if (path.length > 0) expect(message).toContain(String(path[0]))
        }
      }
    }),
    runs(1500),
  )
  expect(refused).toBeGreaterThan(10)
})
