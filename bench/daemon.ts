/**
 * Daemons as processes of their own, as their operators meet them. One command, one table; the load of the machine stands with it.
 *
 * `npm run bench:daemon`: one cluster of 100,000 partitions, 300,000 replicas. How long its answers and the commands take, and what the
 * process costs while nothing is to be done.
 * `npm run bench:clusters`: how long the ticks of seven clusters take, alone and beside two that are dead and one that is frozen, both
 * daemons at the same time so that whatever else the machine does is the same for both.
 *
 * The clusters are simulated by the daemon itself, which adds to what it costs.
 */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { freePort } from '../test/clusters/ports.ts'
import { type Daemon, load, median, ms, run, sleep, statuses, stop, tidy, until } from './daemons.ts'

const QUIET_S = Number(process.env['QUIET_SECONDS'] ?? 120)
const ROUNDS = 3
const TICKS = 40
const REQUESTS = 40
const STARTS = 9
const simulated = (name: string, partitions: number) => ({
  name,
  system: 'simulator',
  simulator: {
    seed: 1,
    copy_rate: '100MiB/s',
    nodes: Array.from({ length: 30 }, (_, i) => ({ id: i + 1, disk: '20TiB', rack: `r${i % 3}` })),
    topics: [{ name: 't', partitions, replication_factor: 3, size: '1GiB' }],
  },
})

/** Seconds of processor time that a process has used. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** Now, and at most so far. */
function rssMB(pid: number): { now: number; most: number } {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8')
  const of = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(text)![1]) / 1024
  return { now: of('VmRSS'), most: of('VmHWM') }
}

async function large(): Promise<void> {
  const daemon = await run('large', [simulated('large', 100_000)], { mode: 'continuous', node_add_hold: '0s' })
  const rows: Record<string, string>[] = []
  try {
    await until('quiet', async () => (await statuses(daemon)).get('large') === 'ready')
    for (const path of paths) rows.push(await timed(`GET ${path}`, () => answer(`${daemon.control}${path}`), REQUESTS))
    rows.push(await timed('GET /metrics', () => answer(`${daemon.metrics}/metrics`), REQUESTS))
    rows.push(await timed('node that says a word', () => firstLine(['-e', 'console.log(1)']), STARTS))
    for (const verb of verbs) {
      const args = ['dist/main.js', ...verb, ...(asksNobody(verb) ? [] : ['--url', daemon.control])]
      rows.push(await timed(`evenkeel ${verb.join(' ')}, first line`, () => firstLine(args), STARTS))
    }
    const pid = daemon.process.pid!
    const before = cpuSeconds(pid)
    await sleep(QUIET_S * 1000)
    const used = cpuSeconds(pid) - before
    rows.push({ what: `${QUIET_S} s of quiet`, median: `${((used / QUIET_S) * 100).toFixed(2)} % of a core` })
    const { now, most } = rssMB(pid)
    rows.push({ what: 'resident memory', median: `${now.toFixed(0)} MB`, worst: `${most.toFixed(0)} MB` })
  } finally {
    await stop(daemon)
  }
  console.table(rows)
}

const paths = [
  '/api/v1/clusters',
  '/api/v1/status',
  '/api/v1/nodes',
  '/api/v1/plan',
  '/api/v1/moves',
  '/api/v1/decisions',
  '/api/v1/explain',
  '/api/v1/explain?partition=t-77',
  '/api/v1/explain?node=4',
  '/api/v1/explain?table=t',
]

const verbs = [
  ['--help'],
  ['version'],
  ['status'],
  ['nodes'],
  ['moves'],
  ['decisions'],
  ['explain'],
  ['explain', '--partition', 't-77'],
]

const asksNobody = ([verb]: string[]) => verb === '--help' || verb === 'version'

/** @param once takes it once. @returns milliseconds; `processor`: of those that the whole process used. */
async function timed(what: string, once: () => Promise<Taken>, times: number) {
  const all: Taken[] = []
  for (let i = 0; i < times; i += 1) all.push(await once())
  const taken = all.map(({ wallMs }) => wallMs)
  const { bytes = '' } = all.at(-1)!
  const used = all.flatMap(({ processorMs }) => processorMs ?? [])
  return {
    what,
    least: ms(Math.min(...taken)),
    median: ms(median(taken)),
    worst: ms(Math.max(...taken)),
    processor: used.length === 0 ? '' : ms(median(used)),
    bytes: String(bytes),
  }
}

interface Taken {
  wallMs: number
  processorMs?: number
  bytes?: number
}

async function answer(url: string): Promise<Taken> {
  const begun = performance.now()
  const response = await fetch(url)
  const bytes = (await response.text()).length
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return { wallMs: performance.now() - begun, bytes }
}

/** Has the process say at its end what it used. */
const TELL =
  'data:text/javascript,process.on("exit",()=>{const{user,system}=process.cpuUsage();process.stderr.write(`${user+system}`)})'

async function firstLine(args: string[]): Promise<Taken> {
  const begun = performance.now()
  const child = spawn(process.execPath, ['--import', TELL, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let first: number | undefined
  let told = ''
  child.stdout.on('data', () => (first ??= performance.now() - begun))
  child.stderr.on('data', (text: Buffer) => (told += text.toString()))
  await new Promise((resolve) => child.once('close', resolve))
  if (first === undefined) throw new Error(`${args.join(' ')} said nothing but ${told}`)
  return { wallMs: first, processorMs: Number(told) / 1000 }
}

const kafka = (name: string, port: number) => ({ name, system: 'kafka', bootstrap_servers: [`127.0.0.1:${port}`] })

async function several(): Promise<void> {
  // Accepts and says nothing, as a broker does whose process is stopped.
  const sockets = new Set<{ destroy: () => void }>()
  const mute = createServer((socket) => sockets.add(socket))
  const mutePort = await freePort()
  await new Promise<void>((resolve) => mute.listen(mutePort, '127.0.0.1', resolve))
  const healthy = [500, 1000, 2000, 4000, 6000, 8000, 10_000].map((count) => simulated(`of-${count}`, count))
  const names = healthy.map(({ name }) => name)
  const ill = [kafka('dead1', await freePort()), kafka('frozen', mutePort), kafka('dead2', await freePort())]
  const balancing = { mode: 'continuous', node_add_hold: '0s', tick_interval: '1s' }
  const found = new Map(
    ['start', 'processor', ...names].map((name) => [name, { alone: [] as number[], beside: [] as number[] }]),
  )
  for (let round = 0; round < ROUNDS; round += 1) {
    const ways = { alone: healthy, beside: [...ill, ...healthy] }
    await Promise.all(
      Object.entries(ways).map(async ([way, clusters]) => {
        const seen = await measured(`${way}${round}`, clusters, names, balancing)
        for (const [what, taken] of seen) found.get(what)![way as keyof typeof ways].push(taken)
      }),
    )
  }
  const ratios = [...found.values()].map(({ alone, beside }) => median(alone.map((taken, i) => beside[i]! / taken)))
  const words: Record<string, string> = {
    start: 'until all seven are ready',
    processor: 'processor time for a tick of each',
  }
  console.table(
    [...found].map(([name, { alone, beside }], index) => ({
      what: words[name] ?? `tick of one ${name.replace('-', ' ')} partitions`,
      alone: ms(median(alone)),
      'beside 3 ill ones': ms(median(beside)),
      ratio: ratios[index]!.toFixed(3),
    })),
  )
  console.log(`median of the ratios of the ticks: ${median(ratios.slice(2)).toFixed(3)}`)
  for (const socket of sockets) socket.destroy()
  mute.close()
}

/** Milliseconds until they are ready, and of most ticks of each. */
async function measured(
  way: string,
  clusters: object[],
  names: string[],
  balancing: object,
): Promise<Map<string, number>> {
  const begun = performance.now()
  const daemon = await run(way, clusters, balancing)
  try {
    await until('quiet', async () => {
      const all = await statuses(daemon)
      return names.every((name) => all.get(name) === 'ready')
    })
    const seen = new Map([['start', performance.now() - begun]])
    const usedBefore = cpuSeconds(daemon.process.pid!)
    const last = await ticks(daemon)
    const taken = new Map(names.map((name) => [name, [] as number[]]))
    await until('the ticks', async () => {
      for (const [name, now] of await ticks(daemon)) {
        const { count, sum } = last.get(name) ?? now
        // One that is half done has its second half in the next look.
        if (now.count === count || !Number.isInteger(now.count - count)) continue
        taken.get(name)?.push(((now.sum - sum) / (now.count - count)) * 1000)
        last.set(name, now)
      }
      return [...taken.values()].every(({ length }) => length >= TICKS)
    })
    const count = median([...taken.values()].map(({ length }) => length))
    seen.set('processor', ((cpuSeconds(daemon.process.pid!) - usedBefore) * 1000) / count)
    for (const [name, times] of taken) seen.set(name, median(times))
    return seen
  } finally {
    await stop(daemon)
  }
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

const before = load()
try {
  if (process.argv[2] === 'clusters') await several()
  else await large()
  console.log(`load of the machine: ${before} before, ${load()} after`)
} finally {
  tidy()
}
