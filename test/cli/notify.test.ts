/** A daemon that is a process of its own tells a webhook and its audit trail what it does, and nobody its secrets. */
import { createHmac } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { auditAnswer } from '../../src/http/answers.ts'
import type { AuditRecord } from '../../src/observe/audit/record.ts'
import { cli, config, file, freePort, inDirectory, type Running, start } from './support.ts'

interface Got {
  url: string | undefined
  headers: Record<string, unknown>
  body: string
}

let hook: Server
let port: number
let got: Got[]
/** Of the next answers; 200 after those. */
let statuses: number[]
let listeners: Set<() => void>
const started: Running[] = []

beforeEach(async () => {
  got = []
  statuses = []
  listeners = new Set()
  hook = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (text: string) => {
      body += text
    })
    request.on('end', () => {
      got.push({ url: request.url, headers: request.headers, body })
      response.writeHead(statuses.shift() ?? 200).end('thanks')
      for (const listener of listeners) listener()
    })
  })
  await new Promise<void>((resolve) => void hook.listen(0, '127.0.0.1', resolve))
  port = (hook.address() as AddressInfo).port
})
afterEach(async () => {
  for (const { child, ended } of started.splice(0)) {
    child.kill('SIGKILL')
    await ended
  }
  hook.closeAllConnections()
  hook.close()
})

/** Resolves once a message of the event has come to the path. */
function toldOf(event: string, path: string): Promise<Record<string, unknown>> {
  return new Promise((resolve) => {
    const look = () => {
      const found = got.find(({ url, headers }) => url === path && headers['x-evenkeel-event'] === event)
      if (!found) return
      listeners.delete(look)
      resolve(JSON.parse(found.body) as Record<string, unknown>)
    }
    listeners.add(look)
    look()
  })
}

const secretPath = '/services/hunter2-in-the-path'
const key = 'hunter2-of-the-hook'
const receivers = (more = '') => `notifications:
  - { name: ops, type: webhook, url_file: url, secret_file: key }
${more}`

describe('notify test', () => {
  const path = (more: string) => {
    file('url', `http://127.0.0.1:${port}${secretPath}\n`)
    file('key', `${key}\n`)
    return config('notify.yaml', { server: more })
  }
  const chat = () => `  - { name: chat, type: slack, url: "http://127.0.0.1:${port}/slack" }`

  it('sends one message to each, and says what they answer', async () => {
    const { code, out, err } = await cli('notify', 'test', '--config', path(receivers(chat())))
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(
      /^RECEIVER +TYPE +RESULT +ANSWER\nops +webhook +OK +it answered 200: thanks\nchat +slack +OK +it answered 200: thanks\n$/,
    )
    expect(new Set(got.map(({ url }) => url))).toEqual(new Set([secretPath, '/slack']))
    expect(await toldOf('test', secretPath)).toMatchObject({ event: 'test', times: 1 })
  })

  it('ends with 1 where one does not take it, without another try', async () => {
    statuses = [503]
    const { code, out } = await cli('notify', 'test', '--config', path(receivers(chat())), '--receiver', 'ops')
    expect([code, got.length]).toEqual([1, 1])
    expect(out).toMatch(/^ops +webhook +failed +it answered 503: thanks$/m)
    expect(out).not.toContain('hunter2')
  })

  it.each<[number, string, () => string[], RegExp]>([
    [2, 'no receiver', () => [path('')], /names no receiver/],
    [2, 'none of that name', () => [path(receivers()), '--receiver', 'x'], /no receiver is called x; there are: ops/],
    [78, 'a config that is wrong', () => [path('notifications: [{ name: a, type: slak, url: "http://a" }]')], /slack/],
  ])('ends with %d for %s', async (code, _, args, text) => {
    const ended = await cli('notify', 'test', '--config', ...args())
    expect([ended.code, ended.out]).toEqual([code, ''])
    expect(ended.err).toMatch(text)
    expect(got).toEqual([])
  })
})

describe('a daemon at work', { timeout: 60_000 }, () => {
  it('tells what it does, why, how much and how long, to the hook and the audit trail, and its secrets to nobody', async () => {
    const [metrics, control] = [await freePort(), await freePort()]
    const token = 'hunter2-of-the-operator'
    file('tokens', `operator ${token} kim\n`)
    file('url', `http://127.0.0.1:${port}${secretPath}\n`)
    file('key', `${key}\n`)
    const path = config('told.yaml', {
      server: `server: { metrics_listen: "127.0.0.1:${metrics}", control_listen: "127.0.0.1:${control}", auth: { bearer_token_file: tokens } }
audit: { file: told/audit.jsonl }
throttle: { rate_per_node: null }
${receivers()}`,
    })
    // The first try of all is refused for a moment.
    statuses = [503]
    const daemon = start('run', '--config', path)
    started.push(daemon)

    const [begun, over] = await Promise.all([toldOf('plan_started', secretPath), toldOf('plan_finished', secretPath)])
    expect(begun).toMatchObject({ cluster: 'demo', why: expect.stringContaining('node 5'), times: 1 })
    expect(begun['how_much']).toEqual({ moves: expect.any(Number), bytes: expect.any(Number) })
    expect(over['how_long']).toEqual({ seconds: expect.any(Number) })
    for (const { headers, body } of got) {
      const signed = createHmac('sha256', key).update(`${String(headers['x-evenkeel-timestamp'])}.${body}`)
      expect(headers['x-evenkeel-signature']).toBe(`sha256=${signed.digest('hex')}`)
    }

    // Asked from the command line, by a signal, and by a change of the file.
    const url = ['--url', `http://127.0.0.1:${control}`, '--token-file', file('token', `${token}\n`)]
    expect((await cli('pause', '--reason', 'new disks', '--for', '1h', ...url)).code).toBe(0)
    expect(await toldOf('paused', secretPath)).toMatchObject({ why: 'new disks' })
    daemon.child.kill('SIGHUP')
    await daemon.said(/reload was asked for by a signal/)
    file('url.new', `http://127.0.0.1:${port}/hunter2-elsewhere\n`)
    renameSync(inDirectory('url.new'), inDirectory('url'))
    writeFileSync(`${path}.new`, readFileSync(path, 'utf8').replace('continuous', 'node_add'))
    renameSync(`${path}.new`, path)
    await Promise.all([daemon.said(/notifications has changed/), daemon.said(/balancing\.mode is now node_add/)])
    expect((await cli('resume', ...url)).code).toBe(0)
    await toldOf('resumed', '/hunter2-elsewhere')

    const ask = async (route: string) =>
      (await fetch(`http://127.0.0.1:${control}${route}`, { headers: { authorization: `Bearer ${token}` } })).text()
    const answer = await ask('/api/v1/audit?cluster=demo&last=500')
    const { records } = auditAnswer.parse(JSON.parse(answer))
    const scraped = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text()
    expect(scraped).toMatch(/^evenkeel_operator_actions_total\{action="pause",source="cli"\} 1$/m)
    expect(scraped).toMatch(/^evenkeel_operator_actions_total\{action="reload",source="signal"\} 1$/m)
    expect(scraped).toMatch(/^evenkeel_notifications_total\{receiver="ops"\} [4-9]$/m)
    expect(scraped).toMatch(/^evenkeel_notification_failures_total\{receiver="ops"\} 0$/m)
    expect(scraped).toMatch(/^evenkeel_audit_write_failures_total 0$/m)

    daemon.child.kill('SIGTERM')
    const ended = await daemon.ended
    expect(ended.code).toBe(0)
    const text = readFileSync(inDirectory('told/audit.jsonl'), 'utf8')
    const written = text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as AuditRecord)
    const known = new Set(written.map(({ id }) => id))
    expect(records.every(({ id }) => known.has(id))).toBe(true)

    const moved = written.filter(({ action }) => action === 'move_ended')
    expect(moved.length).toBeGreaterThan(10)
    const bytes = moved.filter(({ plan }) => plan === moved[0]!.plan).reduce((sum, one) => sum + (one.bytes ?? 0), 0)
    const [finished] = written.filter(({ action }) => action === 'plan_finished')
    expect(finished).toMatchObject({ plan: moved[0]!.plan, bytes })
    expect(over['how_much']).toMatchObject({ bytes })
    const said = written.map(({ actor, source, action, object, reason = '' }) =>
      [actor, source, action, object, reason].join(' '),
    )
    expect(said).toEqual(
      expect.arrayContaining([
        'kim cli pause cluster new disks',
        'kim cli resume cluster ',
        'local signal reload config ',
        'evenkeel file config_applied balancing.mode ',
        'evenkeel file config_applied notifications ',
      ]),
    )
    const shown = [text, answer, scraped, ended.out, ended.err, await cli('config', 'show', '-c', path, '-o', 'json')]
    expect(JSON.stringify(shown)).not.toContain('hunter2')
  })

  it('that is killed leaves whole lines, and at most one that is torn', async () => {
    const [metrics, control] = [await freePort(), await freePort()]
    const path = config('killed.yaml', {
      server: `server: { metrics_listen: "127.0.0.1:${metrics}", control_listen: "127.0.0.1:${control}" }
audit: { file: killed.jsonl }
throttle: { rate_per_node: null }`,
    })
    const daemon = start('run', '--config', path)
    started.push(daemon)
    await daemon.said(/is now on node 5/)
    daemon.child.kill('SIGKILL')
    await daemon.ended
    const whole = readFileSync(inDirectory('killed.jsonl'), 'utf8').split('\n').slice(0, -1)
    expect(whole.length).toBeGreaterThan(2)
    for (const line of whole) expect(JSON.parse(line)).toHaveProperty('action')
  })
})
