/**
 * `npm run bench:daemon`: a daemon as a process of its own, as its operators meet it. Prints two tables.
 *
 * 100,000 partitions: how long its answers and the commands take, and what the process costs while nothing is to be done.
 * Several clusters: how long the ticks of seven take, alone and beside two that are dead and one that is frozen. The clusters are
 * simulated by the daemon itself, which adds to what it costs.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { freePort } from '../test/clusters/ports.ts'

const QUIET_S = Number(process.env['QUIET_SECONDS'] ?? 120)
const TICKS = 20
const directory = mkdtempSync(join(tmpdir(), 'evenkeel-bench-'))
const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

interface Daemon {
  process: ChildProcess
  control: string
  metrics: string
}

async function run(name: string, clusters: object[], balancing: object): Promise<Daemon> {
  const [control, metrics] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`]
  const file = join(directory, `${name}.yaml`)
  const server = { metrics_listen: metrics, control_listen: control }
  const state = { directory: join(directory, name) }
  writeFileSync(file, stringify({ version: 1, clusters, balancing, server, state, log: { level: 'error' } }))
  const child = spawn(process.execPath, ['dist/main.js', 'run', '--config', file], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return { process: child, control: `http://${control}`, metrics: `http://${metrics}` }
}

async function stop({ process: child }: Daemon): Promise<void> {
  const ended = new Promise((resolve) => child.once('close', resolve))
  child.kill('SIGTERM')
  await ended
}

async function until(what: string, look: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1200; tries += 1) {
    if (await look().catch(() => false)) return
    await sleep(250)
  }
  throw new Error(`${what} did not come in 5 minutes`)
}

const statuses = async ({ control }: Daemon) => {
  const { clusters } = (await (await fetch(`${control}/api/v1/status`)).json()) as {
    clusters: { name: string; status: string }[]
  }
  return new Map(clusters.map(({ name, status }) => [name, status]))
}

const simulated = (name: string, partitions: number) => ({
  name,
  system: 'simulator',
  simulator: {
    seed: 1,
    copy_rate: '100MiB/s',
    nodes: Array.from({ length: 30 }, (_, i) => ({ id: i + 1, disk: '10TiB', rack: `r${i % 3}` })),
    topics: [{ name: 't', partitions, replication_factor: 3, size: '1GiB' }],
  },
})

/** Seconds of processor time that a process has used. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

function rssMB(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024
}

/** Milliseconds until the first line, and until the end. */
async function command(...args: string[]): Promise<{ first: number; end: number }> {
  const begun = performance.now()
  const child = spawn(process.execPath, ['dist/main.js', ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  let first = Number.NaN
  child.stdout.on('data', () => {
    if (Number.isNaN(first)) first = performance.now() - begun
  })
  await new Promise((resolve) => child.once('close', resolve))
  return { first, end: performance.now() - begun }
}

async function large(): Promise<void> {
  const daemon = await run('large', [simulated('large', 100_000)], { mode: 'continuous', node_add_hold: '0s' })
  const rows: Record<string, string>[] = []
  try {
    await until('quiet', async () => (await statuses(daemon)).get('large') === 'ready')
    for (const route of ['status', 'nodes', 'plan', 'moves', 'explain?partition=t-77', 'explain?node=4', 'decisions']) {
      const times: number[] = []
      let bytes = 0
      for (let i = 0; i < 20; i += 1) {
        const begun = performance.now()
        const response = await fetch(`${daemon.control}/api/v1/${route}`)
        bytes = (await response.text()).length
        times.push(response.ok ? performance.now() - begun : Number.NaN)
      }
      rows.push({
        what: `GET ${route}`,
        median: ms(median(times)),
        worst: ms(Math.max(...times)),
        bytes: String(bytes),
      })
    }
    for (const args of [['version'], ['status'], ['nodes'], ['moves']]) {
      const url = args[0] === 'version' ? [] : ['--url', daemon.control]
      const runs = []
      for (let i = 0; i < 5; i += 1) runs.push(await command(...args, ...url))
      rows.push({
        what: `evenkeel ${args[0]}, first line`,
        median: ms(median(runs.map(({ first }) => first))),
        worst: ms(Math.max(...runs.map(({ first }) => first))),
        bytes: '',
      })
    }
    const pid = daemon.process.pid!
    const before = cpuSeconds(pid)
    await sleep(QUIET_S * 1000)
    const used = cpuSeconds(pid) - before
    rows.push({
      what: `${QUIET_S} s of quiet`,
      median: `${((used / QUIET_S) * 100).toFixed(2)} % of a core`,
      worst: '',
      bytes: '',
    })
    rows.push({ what: 'resident memory', median: `${rssMB(pid).toFixed(0)} MB`, worst: '', bytes: '' })
  } finally {
    await stop(daemon)
  }
  console.table(rows)
}

const kafka = (name: string, port: number) => ({ name, system: 'kafka', bootstrap_servers: [`127.0.0.1:${port}`] })

async function several(): Promise<void> {
  // Accepts and says nothing, as a broker does whose process is stopped.
  const sockets = new Set<{ destroy: () => void }>()
  const mute = createServer((socket) => sockets.add(socket))
  const mutePort = await freePort()
  await new Promise<void>((resolve) => mute.listen(mutePort, '127.0.0.1', resolve))
  const healthy = Array.from({ length: 7 }, (_, i) => simulated(`c${i}`, 5000))
  const ill = [kafka('dead1', await freePort()), kafka('frozen', mutePort), kafka('dead2', await freePort())]
  const measure = async (name: string, clusters: object[]) => {
    const daemon = await run(name, clusters, { mode: 'continuous', node_add_hold: '0s', tick_interval: '1s' })
    try {
      const seen = new Map<string, number[]>()
      await until('quiet', async () => {
        const all = await statuses(daemon)
        return healthy.every((cluster) => all.get(cluster.name) === 'ready')
      })
      const begin = await ticks(daemon)
      await until('the ticks', async () => {
        const now = await ticks(daemon)
        return healthy.every(({ name }) => now.get(name)!.count - begin.get(name)!.count >= TICKS)
      })
      const end = await ticks(daemon)
      for (const { name } of healthy) {
        const [a, b] = [begin.get(name)!, end.get(name)!]
        seen.set(name, [(b.sum - a.sum) / (b.count - a.count)])
      }
      return median([...seen.values()].flat()) * 1000
    } finally {
      await stop(daemon)
    }
  }
  const rows = []
  for (let round = 0; round < 3; round += 1) {
    const alone = await measure(`alone${round}`, healthy)
    const beside = await measure(`beside${round}`, [...ill, ...healthy])
    rows.push({
      round,
      'alone, tick': ms(alone),
      'beside 3 ill ones, tick': ms(beside),
      ratio: (beside / alone).toFixed(3),
    })
  }
  console.table(rows)
  for (const socket of sockets) socket.destroy()
  mute.close()
}

/** Ticks so far and the seconds that they took, by cluster. */
async function ticks({ metrics }: Daemon): Promise<Map<string, { count: number; sum: number }>> {
  const text = await (await fetch(`${metrics}/metrics`)).text()
  const found = new Map<string, { count: number; sum: number }>()
  const lines = text.matchAll(
    /^evenkeel_(?:sample|evaluation)_duration_seconds_(count|sum)\{managed_cluster="([^"]+)"\} (.+)$/gm,
  )
  for (const [, kind, name, value] of lines) {
    const entry = found.get(name!) ?? { count: 0, sum: 0 }
    // A sample and a planning round each: half the count.
    entry[kind as 'count' | 'sum'] += kind === 'sum' ? Number(value) : Number(value) / 2
    found.set(name!, entry)
  }
  return found
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`
}

try {
  await large()
  await several()
} finally {
  rmSync(directory, { recursive: true, force: true })
}
