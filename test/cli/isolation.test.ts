/** A daemon of several clusters, most of them ill: one that is well is none the worse for it, neither at the start nor at the end. */
import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { cli, file, freePort, type Running, start } from './support.ts'

const servers: { server: Server; sockets: Set<Socket> }[] = []
let daemon: Running | undefined

afterEach(async () => {
  daemon?.child.kill('SIGKILL')
  await daemon?.ended
  for (const { server, sockets } of servers.splice(0)) {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
})

/** @returns its port, and whoever came so far. */
async function listen(greet: (socket: Socket) => void): Promise<{ port: number; sockets: Set<Socket> }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined))
    greet(socket)
  })
  servers.push({ server, sockets })
  const port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return { port, sockets }
}

const kafka = (name: string, port: number) => `
  - { name: ${name}, system: kafka, bootstrap_servers: ["127.0.0.1:${port}"] }`

const became = (name: string, status: string) =>
  new RegExp(`"cluster":"${name}","event":"status_changed","status":"${status}"`)

test('one dead, one frozen and one that speaks another language keep no other from its work, and do not delay the end', async () => {
  const [metrics, control, nobody] = [await freePort(), await freePort(), await freePort()]
  const { port: mute, sockets: waiting } = await listen(() => undefined)
  const { port: other } = await listen((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  const config = file(
    'isolation.yaml',
    `version: 1
clusters:${kafka('dead', nobody)}${kafka('frozen', mute)}${kafka('other', other)}
  - name: well
    system: simulator
    simulator:
      seed: 3
      copy_rate: 100MiB/s
      nodes: [{ id: 1, disk: 10GiB }, { id: 2, disk: 10GiB }, { id: 3, disk: 10GiB }]
      topics: [{ name: orders, partitions: 30, replication_factor: 2, size: 15MiB }]
balancing: { mode: continuous, tick_interval: 1s, pulse_interval: 200ms }
server: { metrics_listen: "127.0.0.1:${metrics}", control_listen: "127.0.0.1:${control}" }
state: { directory: ${file('isolation-state', '')}.d }
log: { format: json }
`,
  )
  daemon = start('run', '--config', config)
  await daemon.said(became('well', 'ready'))
  // Nobody has waited for the frozen one: it is asked for the first time still.
  expect(waiting.size).toBeLessThan(2)
  const url = `http://127.0.0.1:${control}`
  const clusters = async () => {
    const { clusters } = JSON.parse((await cli('status', '--url', url, '-o', 'json')).out) as {
      clusters: { name: string; status: string; error?: string }[]
    }
    return new Map(clusters.map(({ name, status, error }) => [name, { status, error }]))
  }
  expect((await clusters()).get('frozen')).toMatchObject({ status: 'starting' })

  for (const name of ['dead', 'frozen', 'other']) await daemon.said(became(name, 'unreachable'))
  const seen = await clusters()
  expect(seen.get('dead')).toMatchObject({ status: 'unreachable', error: expect.stringContaining('ECONNREFUSED') })
  expect(seen.get('frozen')).toMatchObject({ status: 'unreachable', error: expect.stringContaining(`:${mute}`) })
  expect(seen.get('other')).toMatchObject({ status: 'unreachable', error: expect.stringContaining(`:${other}`) })
  expect(seen.get('well')).toMatchObject({ status: 'ready' })

  const atMs = performance.now()
  daemon.child.kill('SIGTERM')
  expect((await daemon.ended).code).toBe(0)
  expect(performance.now() - atMs).toBeLessThan(5000)
}, 60_000)
