/** Commands that show what the daemon tells: formats, `--watch`, waiting, exit codes and tokens. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ClusterView, DaemonControl } from '../../src/daemon/view.ts'
import type { Token } from '../../src/http/auth.ts'
import type { Server } from '../../src/http/server.ts'
import { Secret } from '../../src/lib/secret.ts'
import { forecast, noon, report } from '../observe/support.ts'
import { scripted, serveDaemon } from './daemon-server.ts'
import { captured, cli, cliWith, file } from './support.ts'

let view: ClusterView
let configRefused: string | undefined
let server: Server | undefined
let url: string
const control = {} as DaemonControl

beforeEach(async () => {
  configRefused = undefined
  become('in_progress')
  await serve()
})
afterEach(() => server?.close())

function become(status: ClusterView['status']): void {
  const told = report([forecast(1, [10, 10])], { mode: 'continuous', takenAtMs: noon })
  view = { name: 'demo', drains: [], status, statusSinceMs: noon, report: told, running: [], pending: [], ended: [] }
}

async function serve(tokens?: Token[]): Promise<void> {
  await server?.close()
  const served = { view: () => view, control, configRefused: () => configRefused }
  ;({ server, url } = await serveDaemon(tokens === undefined ? served : { ...served, tokens }))
}

describe('--watch', () => {
  const statuses = (out: string) =>
    out.split('\n').flatMap((line) => (line.startsWith('demo') ? [line.split(/ +/)[1]!] : []))

  it('shows it again when it has changed, and only then', async () => {
    const stop = new AbortController()
    const clock = scripted(
      () => undefined,
      () => become('ready'),
      () => undefined,
      () => become('paused'),
      () => stop.abort(),
    )
    const { out, code } = await cliWith({ clock, signal: stop.signal }, 'status', '--url', url, '--watch', '5s')
    expect(statuses(out)).toEqual(['in_progress', 'ready', 'paused'])
    expect(code).toBe(0)
  })

  it('takes the place of what was there on a terminal', async () => {
    const stop = new AbortController()
    const clock = scripted(
      () => become('ready'),
      () => stop.abort(),
    )
    const { io, texts } = captured()
    io.out.isTTY = true
    await cliWith({ out: io.out, clock, signal: stop.signal }, 'status', '--url', url, '-w')
    expect(texts.out.split('\u001b[2J\u001b[H')).toHaveLength(3)
    expect(texts.out).toContain('\u001b[32mready\u001b[0m')
  })

  it('as JSON is one document after the other', async () => {
    const stop = new AbortController()
    const clock = scripted(
      () => become('ready'),
      () => stop.abort(),
    )
    const { out } = await cliWith({ clock, signal: stop.signal }, 'nodes', '--url', url, '-o', 'yaml', '-w', '1s')
    expect(out.match(/^---$/gm)).toHaveLength(1)
  })

  it.each(['5', '1ms', 'soon'])('refuses %s', async (interval) => {
    expect(await cli('status', '--url', url, '--watch', interval)).toMatchObject({
      code: 2,
      err: 'evenkeel: --watch takes a duration of at least 100ms, such as 5s\n',
    })
  })
})

it('--exit-when waits for every cluster', async () => {
  const slept: string[] = []
  const clock = scripted(
    () => slept.push('once'),
    () => become('stalled'),
    () => become('ready'),
  )
  const { code, out } = await cliWith({ clock }, 'status', '--url', url, '--exit-when', 'ready')
  expect(code).toBe(0)
  expect(slept).toEqual(['once'])
  expect(out).toMatch(/in_progress[^]*stalled[^]*ready/)
})

describe('--exit-code', () => {
  it.each<[ClusterView['status'], number]>([
    ['ready', 0],
    ['in_progress', 0],
    ['starting', 0],
    ['off', 0],
    ['stalled', 3],
    ['paused', 3],
    ['unreachable', 3],
  ])('of %s is %i', async (status, code) => {
    become(status)
    expect((await cli('status', '--url', url, '--exit-code')).code).toBe(code)
    expect((await cli('status', '--url', url)).code).toBe(0)
  })

  it('counts a config that is refused', async () => {
    become('ready')
    configRefused = 'c.yaml:1:1: is empty'
    expect((await cli('status', '--url', url, '--exit-code')).code).toBe(3)
  })
})

describe('colours', () => {
  const shown = async (isTTY: boolean, env: Record<string, string>, ...args: string[]) => {
    const { io, texts } = captured()
    io.out.isTTY = isTTY
    await cliWith({ out: io.out, env }, 'status', '--url', url, ...args)
    return texts.out
  }
  it('are for terminals, and for those who want them', async () => {
    const plain = await shown(false, {})
    // oxlint-disable-next-line no-control-regex -- the escape character is what this is about
    const escapes = /\u001b/
    expect(plain).not.toMatch(escapes)
    const coloured = await shown(true, {})
    expect(coloured).toContain('\u001b[36min_progress\u001b[0m')
    expect(await shown(true, { NO_COLOR: '1' })).toBe(plain)
    expect(await shown(true, {}, '--no-color')).toBe(plain)
    expect(await shown(true, {}, '-o', 'json')).not.toMatch(escapes)
  })
})

describe('a daemon that wants a token', () => {
  beforeEach(() =>
    serve([
      { role: 'viewer', token: new Secret('token-of-a-viewer'), name: 'board' },
      { role: 'operator', token: new Secret('token-of-an-operator'), name: 'ops' },
    ]),
  )

  it('answers those who have it', async () => {
    const token = file('token', 'token-of-a-viewer\n')
    expect(await cli('status', '--url', url, '--token-file', token)).toMatchObject({ code: 0, err: '' })
  })

  it.each<[string, string[], string]>([
    ['none', [], 'a token is needed: --token-file, or EVENKEEL_TOKEN_FILE, names a file with one'],
    ['a wrong one', ['wrong-token-of-nobody'], 'no one has this token'],
  ])('with %s ends with 4', async (_, tokens, text) => {
    const args = tokens.flatMap((token) => ['--token-file', file('token', token)])
    expect(await cli('status', '--url', url, ...args)).toEqual({ code: 4, out: '', err: `evenkeel: ${text}\n` })
  })

  it('that may not do it ends with 4', async () => {
    const token = file('token', 'token-of-a-viewer')
    expect(await cli('pause', '--reason', 'x', '--url', url, '--token-file', token)).toMatchObject({
      code: 4,
      err: 'evenkeel: board is a viewer, this takes an operator\n',
    })
  })

  it.each([
    ['two words', 'one two'],
    ['nothing', ' \n'],
    ['a line break', 'first-token\nsecond-token'],
  ])('a file with %s is no token', async (_, content) => {
    const { code, err } = await cli('status', '--url', url, '--token-file', file('token', content))
    expect(code).toBe(2)
    expect(err).toMatch(/does not hold a token: one word of plain characters\n$/)
    expect(err).not.toContain('first-token')
  })
})
