import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { cli, config, file, freePort, inDirectory } from './support.ts'

interface PlanJson {
  verdict: { act: boolean; code: string }
  moves: { id: string; kind: string; topic: string; partition: number; from: number; to: number }[]
}

const planOf = async (...args: string[]) => {
  const { out, err, code } = await cli('plan', ...args, '-o', 'json')
  expect([err, code]).toEqual(['', 0])
  return JSON.parse(out) as PlanJson
}

describe('exit codes', () => {
  const rows: [number, string, () => string[], RegExp][] = [
    [0, 'the version', () => ['version'], /^evenkeel \d+\.\d+\.\d+\n$/],
    [0, 'the version as an option', () => ['--version'], /^evenkeel \d+\.\d+\.\d+\n$/],
    [0, 'help', () => ['--help'], /Usage: evenkeel/],
    [0, 'a good config', () => ['check-config', config('good.yaml')], /demo: 5 nodes, 200 partitions/],
    [0, 'a good config by --config', () => ['check-config', '--config', config('good.yaml')], /demo: 5 nodes/],
    [2, 'no config to check', () => ['check-config'], /takes one config file/],
    [2, 'two configs to check', () => ['check-config', 'a.yaml', '--config', 'b.yaml'], /takes one config file/],
    [2, 'no such command', () => ['plann'], /Did you mean plan\?/],
    [2, 'no such option', () => ['plan', '--frob'], /unknown option '--frob'/],
    [2, 'no such format', () => ['plan', '-o', 'xml'], /Allowed choices are table/],
    [2, 'nothing to plan for', () => ['plan'], /plan needs --config FILE or --snapshot FILE/],
    [
      2,
      'no such cluster',
      () => ['plan', '--config', config('one.yaml'), '--cluster', 'x'],
      /no cluster is called x; there are: demo/,
    ],
    [
      78,
      'a config that is wrong',
      () => ['plan', '--config', file('bad.yaml', 'version: 1\nclusters: []\n')],
      /bad\.yaml:2:\d+/,
    ],
    [78, 'no such config', () => ['check-config', inDirectory('none.yaml')], /none\.yaml/],
    [1, 'no such snapshot', () => ['plan', '--snapshot', inDirectory('none.ndjson')], /none\.ndjson/],
    [
      1,
      'a snapshot that is wrong',
      () => ['plan', '--snapshot', file('bad.ndjson', '{"type":"node"}\n')],
      /bad\.ndjson: snapshot line 1: id is missing/,
    ],
    [0, 'moves, not asked about', () => ['plan', '--config', config('a.yaml')], /moves, /],
    [3, 'moves, asked about', () => ['plan', '--config', config('a.yaml'), '--exit-code'], /moves, /],
    [
      0,
      'no moves, asked about',
      () => [
        'plan',
        '--config',
        config('b.yaml'),
        '--exit-code',
        '--set',
        'balancing.node_add_below_percent=1',
        '--set',
        'balancing.exclude.nodes=[5]',
      ],
      /demo: /,
    ],
  ]
  test.each(rows)('%d for %s', async (code, _, args, text) => {
    const ended = await cli(...args())
    expect(ended.out + ended.err).toMatch(text)
    expect(ended.code).toBe(code)
    // Errors are lines for people, never stacks, and never among the data.
    expect(ended.out + ended.err).not.toMatch(/\n\s+at /)
    if (code !== 0 && code !== 3) expect(ended.out).toBe('')
  })

  test('5 when nobody answers', async () => {
    const port = await freePort()
    for (const args of [
      ['plan', '--config', config('k.yaml', { bootstrap: `127.0.0.1:${port}` })],
      ['check-config', config('k.yaml', { bootstrap: `127.0.0.1:${port}` })],
      ['status', '--url', `http://127.0.0.1:${port}`],
      ['moves', '--url', `http://127.0.0.1:${port}`],
    ]) {
      const { code, err } = await cli(...args)
      expect([args[0], code]).toEqual([args[0], 5])
      expect(err.trimEnd().split('\n')).toHaveLength(1)
      expect(err).toContain(String(port))
    }
  })

  test('2 when a port is taken, in one line that names it', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const taken = config('taken.yaml', { server: `server: { metrics_listen: "127.0.0.1:${port}" }` })
    const { code, err } = await cli('run', '--config', taken)
    server.close()
    expect(code).toBe(2)
    expect(err.trimEnd().split('\n')).toHaveLength(1)
    expect(err).toContain(String(port))
  })
})

describe('a plan', () => {
  const live = config('live.yaml')

  test('as JSON is the only thing on stdout', async () => {
    const plan = await planOf('--config', live)
    expect(plan.verdict).toMatchObject({ act: true, code: 'acting' })
    expect(plan.moves.filter((move) => move.kind === 'replica').every((move) => move.to === 5)).toBe(true)
  })

  test('as a table says what, why, from where to where and how much', async () => {
    const { out } = await cli('plan', '--config', live)
    expect(out).toMatch(
      /^demo: \d+ replica moves of .* and \d+ leadership transfers?: node 5 holds 0 B of its fair share/,
    )
    expect(out).toMatch(/^NODE +RACK +STATE +DISK +CAPACITY +NOW +PEAK +FINAL +REPLICAS +LEADERS$/m)
    expect(out).toMatch(/^5 +- +alive +0 B +10\.0 GiB +0% .* 0 → \d+ +0 → \d+$/m)
    expect(out).toMatch(/^replica +orders-\d+ +\d +5 +[\d.]+ MiB +node_underused$/m)
    expect(out).not.toMatch(/ $/m)
  })

  test('of many moves is cut short, and wide shows all', async () => {
    const { moves } = await planOf('--config', live)
    expect(moves.length).toBeGreaterThan(20)
    const rowsOf = async (format: string) =>
      (await cli('plan', '--config', live, '-o', format)).out.match(/^(replica|leader) /gm)?.length
    expect([await rowsOf('table'), await rowsOf('wide')]).toEqual([20, moves.length])
  })

  test('for kafka-reassign-partitions has the final list of every partition that changes, once', async () => {
    const { moves } = await planOf('--config', live)
    const { out } = await cli('plan', '--config', live, '-o', 'kafka-reassignment')
    const { version, partitions } = JSON.parse(out) as {
      version: number
      partitions: { topic: string; partition: number; replicas: number[] }[]
    }
    expect(version).toBe(1)
    expect(partitions.map((p) => `${p.topic}-${p.partition}`).sort()).toEqual(
      [...new Set(moves.map((m) => `${m.topic}-${m.partition}`))].sort(),
    )
    for (const entry of partitions) {
      expect(Object.keys(entry)).toEqual(['topic', 'partition', 'replicas'])
      expect(new Set(entry.replicas).size).toBe(2)
      const last = moves.findLast((move) => move.partition === entry.partition)!
      expect(entry.replicas).toContain(last.to)
    }
  })

  test('under another mode or setting', async () => {
    expect((await planOf('--config', live, '--mode', 'off')).verdict.code).toBe('mode_off')
    expect((await planOf('--config', live, '--set', 'balancing.dry_run=true')).verdict.code).toBe('dry_run')
  })
})

describe('a snapshot', () => {
  const live = config('snapshot.yaml')

  test.each(['snap.ndjson', 'snap.ndjson.gz'])('written to %s gives the very plan of the cluster', async (name) => {
    expect(await cli('snapshot', '--config', live, '--file', inDirectory(name))).toEqual({ code: 0, out: '', err: '' })
    const bytes = readFileSync(inDirectory(name))
    const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()
    expect(text).toMatch(/^\{"type":"cluster","version":1,"name":"demo",.*\}\n/)
    expect((await planOf('--snapshot', inDirectory(name), '--config', live)).moves).toEqual(
      (await planOf('--config', live)).moves,
    )
  })

  test('goes to stdout unless a file is named', async () => {
    const { out } = await cli('snapshot', '--config', live)
    const types = out
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { type: string }).type)
    expect(types).toEqual(['cluster', 'node', 'node', 'node', 'node', 'node', 'topic', 'health', 'memory'])
  })

  test('needs no config: it is planned for as if everything were switched on', async () => {
    await cli('snapshot', '--config', live, '--file', inDirectory('alone.ndjson'))
    const plan = await planOf('--snapshot', inDirectory('alone.ndjson'))
    expect(plan.verdict.code).toBe('acting')
  })
})
