/**
 * Good snapshots, broken in hundreds of ways, given to `plan --snapshot`: each gives a plan as any plan is, or ends with one line that says where
 * it is wrong.
 */
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { generate } from '../../bench/generate.ts'
import { emptyMemory, type Memory } from '../../src/cluster/memory.ts'
import { type Snapshot, snapshotLines } from '../../src/cluster/snapshot.ts'
import type { ClusterState } from '../../src/cluster/state.ts'
import { planAnswer } from '../../src/http/answers.ts'
import { seededRandom } from '../../src/lib/random.ts'
import { allWell, build, node, topic } from '../cluster/support.ts'
import { foreignJob, topic as tableReport, target } from '../observe/tables.ts'
import { cli, file } from './support.ts'

const PICKS = Number(process.env['EVENKEEL_BROKEN_PICKS'] ?? 6)
const random = seededRandom(11)
const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)]!

/** Four full nodes and an empty one; a move under way, and everything that may be remembered. */
function partitions(): Snapshot {
  const state = generate({ name: 'orders', nodes: 6, added: 1, racks: 3, topics: 2, partitions: 24, bytes: 1e9 })
  const [first, second] = state.names.nodes as number[]
  const ref = { topic: state.names.topics[0]!, partition: 1 }
  const atMs = state.takenAtMs
  const memory: Memory = {
    ...emptyMemory,
    filling: [second!],
    skewedDomains: [''],
    relieving: { disk_critical: [], disk_over_limit: [`${first}//d0`] },
    leaderSamples: 1,
    leaderIdleSinceMs: atMs - 1000,
    since: { 'disk_skew/cluster': atMs - 1000 },
    pending: { 'failed_dir/node 1': atMs - 1000 },
    left: [{ ...ref, node: first!, atMs: atMs - 1000 }],
    muted: [{ ...ref, untilMs: atMs + 1000 }],
    hold: {
      partitions: [{ ...ref, untilMs: atMs + 1000, exhausted: true }],
      topics: [],
      nodes: [{ node: first!, untilMs: atMs }],
    },
    orders: [{ kind: 'leader', topic: ref.topic, partition: 2, to: second!, reason: 'x', atMs }],
    placed: [{ what: 'leader', ...ref, node: first!, untilMs: atMs + 1000 }],
    baseline: { offline: 0, underMinIsr: 0 },
  }
  const running = [{ ...ref, target: [first!, second!], adding: [second!], removing: [], bytesDone: 1, bytesTotal: 2 }]
  return { state, running, memory, ...allWell }
}

function tables(): Snapshot {
  const names = ['Server_a_1', 'Server_b_1', 'Server_c_1']
  const state: ClusterState = build({
    nodes: names.map((id) => node(id, { domain: 'shop', capacity: 1e9, used: 4e8 })),
    topics: [
      topic(
        names.map((_, p) => ({ id: `s${p}`, replicas: names.slice(0, 2), bytes: 1e7 })),
        {
          name: 'orders_OFFLINE',
          leaderless: true,
          constraints: { domain: 'shop', cap: 2, units: { s0: 'u' }, legal: { s1: [names, null] } },
        },
      ),
    ],
  })
  state.cluster.system = 'pinot'
  return {
    state,
    running: [],
    memory: emptyMemory,
    ...allWell,
    targets: [target('orders_OFFLINE', { summary: { x: [1] }, maxBatch: 3 })],
    jobs: [{ ...foreignJob, arriving: [{ node: names[0]!, adds: 1, bytes: 2 }] }],
    brokers: [{ topic: 'orders_OFFLINE', before: ['b1'], after: ['b1', 'b2'], text: 'b2 has joined' }],
    topics: [tableReport('orders_OFFLINE', { verdict: { text: 'DONE', atMs: 0 } })],
  }
}

type Path = (string | number)[]

/** All values inside of a value, by the way to them. */
function places(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([key, inner]) => places(inner, [...path, key]))]
}

/** Another value at one place. The text of numbers that JSON cannot say is put in raw. */
type Edit = (inside: Record<string, unknown>, key: string) => void

const value =
  (broken: unknown): Edit =>
  (inside, key) => {
    inside[key] = broken
  }
const RAW = '"@raw@"'

const edits: Record<string, Edit> = {
  'left out': (inside, key) => {
    delete inside[key]
  },
  null: value(null),
  true: value(true),
  'an empty text': value(''),
  'a text': value('x'),
  'a text of control characters': value('\u001b[2J\n\0'),
  'half a character': value('\uD800'),
  'a number': value(3),
  nothing: value(0),
  'less than nothing': value(-1),
  'part of a number': value(0.5),
  'more than 32 bits': value(2 ** 32),
  'more than 53 bits': value(2 ** 60),
  'a number that is hardly one': value(1e300),
  'all that can be counted': value(Number.MAX_SAFE_INTEGER),
  'an empty list': value([]),
  'a list': value([1, 1]),
  'a list in a list': value([[[]]]),
  'an empty object': value({}),
  __proto__: value(JSON.parse('{"__proto__":{"x":1},"constructor":1}')),
  'a time': value('2026-01-01T00:00:00Z'),
  'a time that there is not': value('2026-02-31T25:00:00Z'),
  'a time long ago': value('0000-01-01T00:00:00Z'),
  'a time to come': value('9999-12-31T23:59:59Z'),
  'a very long text': value('x'.repeat(100_000)),
  'the name of a node': value(1),
  'twice the same': (inside, key) => {
    inside[key] = [inside[key], inside[key]]
  },
  'what is not a number': value('@raw@'),
}

/** What happens to lines. */
type Slip = (lines: string[], at: number) => string[]
const slips: Record<string, Slip> = {
  dropped: (lines, at) => lines.toSpliced(at, 1),
  doubled: (lines, at) => lines.toSpliced(at, 0, lines[at]!),
  'put first': (lines, at) => [lines[at]!, ...lines.toSpliced(at, 1)],
  'cut in two': (lines, at) => lines.toSpliced(at, 1, ...halves(lines[at]!)),
  'joined with the next': (lines, at) => lines.toSpliced(at, 2, lines.slice(at, at + 2).join('')),
  'and nothing after it': (lines, at) => lines.slice(0, at),
  'and nothing before it': (lines, at) => lines.slice(at),
  'cut off in it': (lines, at) => [...lines.slice(0, at), halves(lines[at]!)[0]!],
  'another version': (lines, at) => lines.with(at, lines[at]!.replace('"version":1', '"version":2')),
  'not a line of ours': (lines, at) => lines.toSpliced(at, 0, 'panic: runtime error', '\tat main.go:12'),
  'of a table': (lines, at) => lines.toSpliced(at, 0, '{"type":"__proto__"}'),
  'nested without end': (lines, at) => lines.with(at, `{"type":${'['.repeat(50_000)}`),
  'an empty line': (lines, at) => lines.toSpliced(at, 0, '', ' '),
  'with a mark before it': (lines, at) => lines.with(at, `\uFEFF${lines[at]!}`),
  'of another system': (lines, at) => lines.map((line, number) => (number < at ? line : `${line}\r`)),
}

function halves(line: string): string[] {
  const at = Math.floor(random() * line.length)
  return [line.slice(0, at), line.slice(at)]
}

/** What happens to bytes. */
const damages: Record<string, (bytes: Buffer, at: number) => Buffer> = {
  'a bit flipped': (bytes, at) => {
    const copy = Buffer.from(bytes)
    copy[at] = copy[at]! ^ (1 << Math.floor(random() * 8))
    return copy
  },
  'a byte that is none of UTF-8': (bytes, at) =>
    Buffer.concat([bytes.subarray(0, at), Buffer.of(0xff), bytes.subarray(at + 1)]),
  'a zero byte': (bytes, at) => Buffer.concat([bytes.subarray(0, at), Buffer.of(0), bytes.subarray(at)]),
  'cut off': (bytes, at) => bytes.subarray(0, at),
  'its begin cut off': (bytes, at) => bytes.subarray(at),
  'some of it left out': (bytes, at) => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 7)]),
  'once more behind it': (bytes) => Buffer.concat([bytes, bytes]),
  'nonsense behind it': (bytes) => Buffer.concat([bytes, Buffer.from('nonsense')]),
}

let number = 0
async function check(
  content: string | Buffer,
  name: string,
  lines?: readonly string[],
): Promise<'planned' | 'refused'> {
  const path = file(`broken-${number++}-${name}`, content)
  const { code, out, err } = await cli('plan', '--snapshot', path, '-o', 'json')
  const said = `${out.slice(0, 500)}\n${err}`
  if (code === 0) {
    expect(err, said).toBe('')
    const plan: unknown = JSON.parse(out)
    expect(planAnswer.safeParse(plan).error?.message, said).toBeUndefined()
    return 'planned'
  }
  expect([code, out], said).toEqual([1, ''])
  const place =
    /^evenkeel: (.*?): (?:snapshot line (\d+): |the snapshot has no cluster line(?=\n)|cannot be unpacked(?: after line \d+)?: )(.*)\n$/
  expect(err).toMatch(place)
  const [, told, line, what] = place.exec(err)!
  expect(told).toBe(path)
  if (line !== undefined && lines) expect(lines.length).toBeGreaterThanOrEqual(Number(line))
  if (line !== undefined) expect(what, said).toMatch(/^[^\p{Cc}]{5,400}$/u)
  expect(err, said).not.toMatch(
    /undefined|\bNaN\b|\[object|Cannot |is not (a function|iterable)|Invalid |Maximum call|:\d+:\d+\)/,
  )
  return 'refused'
}

describe.each([
  ['partitions', partitions()],
  ['tables', tables()],
])('a snapshot of %s', (name, snapshot) => {
  const good = [...snapshotLines(snapshot)]
  const texts = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('')
  const seen = { planned: 0, refused: 0 }

  it('is good as it is', async () => {
    expect(await check(texts(good), `${name}.ndjson`)).toBe('planned')
    expect(await check(gzipSync(texts(good)), `${name}.ndjson.gz`)).toBe('planned')
  })

  it.each(Object.entries(edits))('with %s somewhere', async (_, edit) => {
    for (let time = 0; time < PICKS; time += 1) {
      const at = Math.floor(random() * good.length)
      const line = JSON.parse(good[at]!) as Record<string, unknown>
      const path = pick(places(line).filter(({ length }) => length > 0))
      const inside = path.slice(0, -1).reduce<unknown>((found, key) => (found as Record<string, unknown>)[key], line)
      edit(inside as Record<string, unknown>, String(path.at(-1)))
      const lines = good.with(
        at,
        JSON.stringify(line).replace(RAW, () => pick(['1e999', '-1e999', '-0', '+1', '0x1'])),
      )
      seen[await check(texts(lines), `${name}.ndjson`, lines)] += 1
    }
  })

  it.each(Object.entries(slips))('with a line %s', async (_, slip) => {
    for (let time = 0; time < PICKS; time += 1) {
      const lines = slip([...good], Math.floor(random() * good.length))
      seen[await check(texts(lines), `${name}.ndjson`, lines)] += 1
    }
  })

  it.each(Object.entries(damages))('with %s', async (_, damage) => {
    for (let time = 0; time < PICKS; time += 1) {
      const isZipped = time % 2 === 1
      const bytes = isZipped ? gzipSync(texts(good)) : Buffer.from(texts(good))
      const broken = damage(bytes, Math.floor(random() * bytes.length))
      seen[await check(broken, `${name}.ndjson${isZipped ? '.gz' : ''}`)] += 1
    }
  })

  it('was wrong in much of that', () => {
    expect(seen.refused).toBeGreaterThan(100)
    expect(seen.planned).toBeGreaterThan(20)
  })
})
