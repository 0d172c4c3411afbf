/** What only a process of its own can show: signals, pipes, ports. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { configAnswer } from '../../src/http/answers.ts'
import { families } from '../../src/observe/families.ts'
import { samplesOf, strangersIn } from '../support/exposition.ts'
import { promtoolFindings } from '../support/promtool.ts'
import { cli, config, file, freePort, type Running, start } from './support.ts'

const started: Running[] = []
const run = (...args: string[]) => {
  const running = start(...args)
  started.push(running)
  return running
}
afterEach(async () => {
  for (const { child, ended } of started.splice(0)) {
    child.kill('SIGKILL')
    await ended
  }
})

async function daemon(name: string) {
  const [metrics, control] = [await freePort(), await freePort()]
  const server = `server: { metrics_listen: "127.0.0.1:${metrics}", control_listen: "127.0.0.1:${control}" }`
  return { args: ['run', '--config', config(name, { server })], metrics, control }
}

/** Rejects unless the port can be listened on. */
const canListen = (port: number) =>
  new Promise<void>((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(port, '127.0.0.1', () => server.close(() => resolve()))
  })

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s ends a daemon at work with 0, at once, its ports free',
  async (signal) => {
    const { args, metrics, control } = await daemon(`${signal}.yaml`)
    const { child, ended, said } = run(...args)
    await said(/is copied|move_started|to node 5|orders-/)
    const atMs = performance.now()
    child.kill('SIGTERM')
    const { code, err } = await ended
    expect(code).toBe(0)
    expect(performance.now() - atMs).toBeLessThan(3000)
    expect(err).not.toMatch(/\n\s+at /)
    await canListen(metrics)
    await canListen(control)
  },
)

test('a second daemon on the same ports ends with one line, and the first goes on', async () => {
  const { args, metrics } = await daemon('twice.yaml')
  const first = run(...args)
  await first.said(/metrics on/)
  const { code, err } = await run(...args).ended
  expect(code).toBe(2)
  expect(err.trimEnd().split('\n')).toHaveLength(1)
  expect(err).toContain(String(metrics))
  const response = await fetch(`http://127.0.0.1:${metrics}/healthz`)
  expect([response.status, await response.text()]).toEqual([200, 'ok\n'])
})

test('what a daemon at work exports is clean to promtool and is all in the table of metrics', async () => {
  const { args, metrics, control } = await daemon('scraped.yaml')
  await run(...args).said(/move_ended/)
  const get = async (port: number, path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).text()
  await get(metrics, '/nowhere')
  await get(control, '/api/v1/decisions/1?cluster=demo')
  const body = await get(metrics, '/metrics')
  const own = samplesOf(body).filter(({ name }) => name.startsWith('evenkeel_'))
  console.info(
    `${families.length} families; scraped of a daemon with 5 nodes: ${own.length} series of its own, ` +
      `${samplesOf(body).length - own.length} default ones, ${body.length} bytes; promtool finds nothing`,
  )
  expect(promtoolFindings(body)).toBe('')
  expect(strangersIn(body)).toEqual([])
  const handlers = own
    .filter(({ name }) => name === 'evenkeel_http_requests_total')
    .map(({ labels }) => labels['handler'])
  expect(handlers).toEqual(['not_found', '/api/v1/decisions/{id}'])
})

test('what a daemon does can be asked from the command line', async () => {
  const { args, control } = await daemon('asked.yaml')
  await run(...args).said(/"code":"acting"/)
  const url = `http://127.0.0.1:${control}`
  const status = await run('status', '--url', url).ended
  expect(status).toMatchObject({
    code: 0,
    err: '',
    out: expect.stringMatching(/^CLUSTER +STATUS .*\ndemo +\w+ +continuous /),
  })
  const moves = await run('moves', '--url', url, '-o', 'json').ended
  expect(JSON.parse(moves.out)).toHaveProperty('moves')
})

test('a daemon is told what to do from the command line', async () => {
  const { args, control } = await daemon('told.yaml')
  const atWork = run(...args)
  await atWork.said(/"code":"acting"/)
  const asked = async (...command: string[]) => {
    const { code, err, out } = await cli(...command, '--url', `http://127.0.0.1:${control}`)
    expect([code, err]).toEqual([0, ''])
    return out
  }
  expect(await asked('pause', '--reason', 'an upgrade', '--for', '1h')).toMatch(
    /^demo: paused by an operator .*: an upgrade$/m,
  )
  expect(await asked('status')).toMatch(/^demo: paused by an operator/m)
  expect(await asked('resume')).toBe('demo: not paused\n')
  expect(JSON.parse(await asked('drain', '1', '-o', 'json'))).toMatchObject({ clusters: [{ drains: [{ node: 1 }] }] })
  expect(await asked('nodes')).toMatch(/^1 +- +(alive, )?draining /m)
  expect(await asked('undrain', '1')).toBe('node 1 is not drained any more\n')
  await atWork.said(/pause for 1h was asked for: an upgrade/)
  await atWork.said(/undrain of node 1 was asked for/)
})

test('a daemon says that its state directory cannot be used, and goes on to look', async () => {
  const [metrics, control, nobody] = [await freePort(), await freePort(), await freePort()]
  const server = `server: { metrics_listen: "127.0.0.1:${metrics}", control_listen: "127.0.0.1:${control}" }
state: { directory: ${file('not-a-directory', '')} }`
  const atWork = run('run', '--config', config('stateless.yaml', { bootstrap: `127.0.0.1:${nobody}`, server }))
  await atWork.said(/nothing is started: the state directory .*not-a-directory cannot be used: it is not a directory/)
  await atWork.said(/metrics on/)
  atWork.child.kill('SIGTERM')
  expect((await atWork.ended).code).toBe(0)
})

test('a daemon follows its config, by itself and when told to', async () => {
  const { args, metrics, control } = await daemon('followed.yaml')
  const file = args[2]!
  const daemonAtWork = run(...args, '--set', 'balancing.concurrent_moves=9')
  await daemonAtWork.said(/metrics on/)
  const text = readFileSync(file, 'utf8')
  const replace = (content: string) => {
    writeFileSync(`${file}.new`, content)
    renameSync(`${file}.new`, file)
  }
  replace(text.replace('continuous', 'off, concurrent_moves: 3'))
  await daemonAtWork.said(/balancing\.mode is now off, was continuous/)
  await daemonAtWork.said(/read anew: 1 setting changed/)
  await daemonAtWork.said(/status is now off/)
  replace('version: 1\n')
  await daemonAtWork.said(/followed\.yaml:1:1: clusters: is missing/)
  const scraped = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text()
  expect(scraped.match(/^evenkeel_config_re.*$/gm)).toEqual([
    'evenkeel_config_reloads_total 3',
    'evenkeel_config_reload_failures_total 1',
  ])
  replace(text)
  await daemonAtWork.said(/balancing\.mode is now continuous, was off/)
  daemonAtWork.child.kill('SIGHUP')
  await daemonAtWork.said(/read anew: no setting changes/)
  // Whatever of the change the daemon has seen by itself by then: afterwards it is in force.
  writeFileSync(file, text.replace('continuous', 'node_add'))
  const asked = async () => (await fetch(`http://127.0.0.1:${control}/-/reload`, { method: 'POST' })).json()
  expect(await asked()).toHaveProperty('changes')
  expect(await asked()).toEqual({ changes: [] })
  await daemonAtWork.said(/balancing\.mode is now node_add, was continuous/)
  await daemonAtWork.said(/reload was asked for/)
  const { settings } = configAnswer.parse(await (await fetch(`http://127.0.0.1:${control}/api/v1/config`)).json())
  expect(settings.find(({ key }) => key === 'balancing.mode')).toMatchObject({ text: 'node_add' })
  expect(settings.find(({ key }) => key === 'balancing.concurrent_moves')).toMatchObject({ origin: '--set' })
  daemonAtWork.child.kill('SIGTERM')
  expect((await daemonAtWork.ended).code).toBe(0)
})

test.each([['plan'], ['snapshot']])('a reader of %s that goes away is no failure', async (command) => {
  const { child, ended } = run(command, '--config', config(`${command}.yaml`))
  child.stdout!.destroy()
  const { code, err } = await ended
  expect([code, err]).toEqual([0, ''])
})
