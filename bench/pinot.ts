/**
 * `npm run bench:pinot`: samples of large Pinot clusters whose znodes are made up and lie in a real ZooKeeper. Prints one table: how long a
 * sample takes, and the longest time that the event loop was held meanwhile. Where others use the machine too, the CPU time says more: it is
 * that of the whole process, the decoder's thread included.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { gzipSync } from 'node:zlib'
import { realClock, stopwatch } from '../src/lib/clock.ts'
import { mapInFlight } from '../src/lib/in-flight.ts'
import { Decoder } from '../src/systems/pinot/read/decoder.ts'
import { Inventory } from '../src/systems/pinot/read/inventory.ts'
import { Servers } from '../src/systems/pinot/read/servers.ts'
import { Sampler } from '../src/systems/pinot/sample/sampler.ts'
import { ZooKeeperZnodes } from '../src/systems/pinot/wire/znodes.ts'
import { ZooKeeper } from '../src/systems/pinot/wire/zookeeper.ts'
import { openClient } from '../src/systems/pinot/wire/zookeeper-client.ts'
import { startPinot } from '../test/clusters/pinot/start.ts'

const shapes = [
  { tables: 1, segments: 50_000, replicas: 3, servers: 30 },
  { tables: 10, segments: 5_000, replicas: 3, servers: 30 },
  { tables: 500, segments: 100, replicas: 3, servers: 60 },
  { tables: 4, segments: 50_000, replicas: 3, servers: 60 },
]
type Shape = (typeof shapes)[number]

const { signal } = new AbortController()
const cluster = await startPinot({ servers: [], brokers: 0 })
// It would make something of what it finds.
await cluster.kill('controller')
const { client } = openClient(cluster.zkConnect, { sessionTimeout: 30_000 })
await new Promise<void>((resolve) => {
  client.once('connected', () => resolve())
  client.connect()
})

const create = (path: string, record?: object) =>
  new Promise<void>((resolve, reject) => {
    const text = record && JSON.stringify(record, null, 2)
    const data = text && (text.length > 500_000 ? gzipSync(text) : Buffer.from(text))
    client.create(path, data || Buffer.alloc(0), (error) => (error ? reject(error) : resolve()))
  })
const write = (path: string, record: object) =>
  new Promise<void>((resolve, reject) => {
    const text = JSON.stringify(record, null, 2)
    const data = text.length > 500_000 ? gzipSync(text) : Buffer.from(text)
    client.setData(path, data, -1, (error) => (error ? reject(error) : resolve()))
  })

const serverName = (n: number) => `Server_pinot-server-${n}.pinot-server.pinot.svc_8098`
const segmentName = (table: number, n: number) =>
  `events_${table}_2026-01-01_2026-01-02_${String(n).padStart(9, '0')}_0`

function record(shape: Shape, table: number, seed: number): object {
  const mapFields: Record<string, Record<string, string>> = {}
  for (let n = 0; n < shape.segments; n += 1) {
    const servers = Array.from(
      { length: shape.replicas },
      (_, r) => (n * 7 + r * 11 + seed + (n % 13) * r) % shape.servers,
    )
    const entries = [...new Set(servers)].map((server) => [serverName(server), 'ONLINE'] as const)
    mapFields[segmentName(table, n)] = Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }
  return {
    id: `events_${table}_OFFLINE`,
    simpleFields: { REPLICAS: String(shape.replicas) },
    mapFields,
    listFields: {},
  }
}

async function make(root: string, shape: Shape): Promise<void> {
  const parents = [
    '',
    '/CONFIGS',
    '/CONFIGS/CLUSTER',
    '/CONFIGS/PARTICIPANT',
    '/LIVEINSTANCES',
    '/INSTANCES',
    '/CONTROLLER',
  ]
  const further = [
    '/IDEALSTATES',
    '/EXTERNALVIEW',
    '/PROPERTYSTORE',
    '/PROPERTYSTORE/CONFIGS',
    '/PROPERTYSTORE/CONFIGS/TABLE',
  ]
  for (const path of [...parents, ...further]) await create(`${root}${path}`)
  const empty = { id: 'x', simpleFields: {}, mapFields: {}, listFields: {} }
  await create(`${root}/CONFIGS/CLUSTER${root}`, empty)
  for (let n = 0; n < shape.servers; n += 1) {
    const name = serverName(n)
    await create(`${root}/CONFIGS/PARTICIPANT/${name}`, {
      ...empty,
      simpleFields: { HELIX_HOST: `pinot-server-${n}`, adminPort: '8097' },
      listFields: { TAG_LIST: ['DefaultTenant_OFFLINE'] },
    })
    await create(`${root}/LIVEINSTANCES/${name}`, empty)
    await create(`${root}/INSTANCES/${name}`)
    await create(`${root}/INSTANCES/${name}/MESSAGES`)
  }
  const tables = Array.from({ length: shape.tables }, (_, table) => table)
  await mapInFlight(tables, 8, async (table) => {
    const name = `events_${table}_OFFLINE`
    const placement = record(shape, table, 0)
    await create(`${root}/PROPERTYSTORE/CONFIGS/TABLE/${name}`, {
      ...empty,
      simpleFields: { tableName: name, tableType: 'OFFLINE', tenants: '{"server":"DefaultTenant"}' },
    })
    await create(`${root}/IDEALSTATES/${name}`, placement)
    await create(`${root}/EXTERNALVIEW/${name}`, placement)
  })
}

/** What the servers would answer, each with all segments that it may have. */
function adminOf(shape: Shape): (url: string) => Promise<Buffer> {
  const disk = Buffer.from('{"path":"/data","totalSpaceBytes":1e12,"usedSpaceBytes":5e11}')
  const sizes = Array.from({ length: shape.tables }, (_, table) => {
    const segments = Array.from({ length: shape.segments }, (_, n) => ({
      segmentName: segmentName(table, n),
      diskSizeInBytes: 1e8 + n,
    }))
    return segments
  })
  // A third of them or so lie on each of a few servers; here, the share of one.
  const share = Math.ceil((shape.segments * shape.replicas) / shape.servers)
  return async (url) => {
    const table = /events_(\d+)_OFFLINE/.exec(url)?.[1]
    if (table === undefined) return disk
    return Buffer.from(JSON.stringify({ segments: sizes[Number(table)]!.slice(0, share) }))
  }
}

/** CPU time of the process, in all and between two turns of the event loop at most. */
class CpuTurns {
  readonly #begin = process.cpuUsage()
  #last = process.cpuUsage()
  #longest = 0
  readonly #timer = setInterval(() => this.#tick(), 1)

  end(): { allMs: number; longestMs: number } {
    clearInterval(this.#timer)
    this.#tick()
    return { allMs: msOf(process.cpuUsage(this.#begin)), longestMs: this.#longest }
  }

  #tick(): void {
    this.#longest = Math.max(this.#longest, msOf(process.cpuUsage(this.#last)))
    this.#last = process.cpuUsage()
  }
}

function msOf({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000
}

const only = process.argv.slice(2).map(Number)
const rows: string[][] = []
for (const [index, shape] of shapes.entries()) {
  if (only.length > 0 && !only.includes(index)) continue
  const root = `/bench${index}`
  await make(root, shape)
  const answer = adminOf(shape)
  const zooKeeper = new ZooKeeper({ connect: cluster.zkConnect, clock: realClock })
  const decoder = new Decoder()
  const inventory = new Inventory(root.slice(1), new ZooKeeperZnodes(zooKeeper), decoder, realClock)
  const servers = new Servers(
    async (url) => {
      await realClock.sleep(0)
      return answer(url)
    },
    decoder,
    realClock,
  )
  const sampler = new Sampler('bench', servers)
  await zooKeeper.facts('/', signal)
  // Connection and thread are there before the first sample.
  await decoder.placement('/', Buffer.from(`{"mapFields":{}}${' '.repeat(100_000)}`), signal)
  const measure = async (what: string) => {
    globalThis.gc?.()
    const held = monitorEventLoopDelay({ resolution: 1 })
    await realClock.sleep(50)
    held.enable()
    await realClock.sleep(20)
    held.reset()
    const cpu = new CpuTurns()
    const whole = stopwatch()
    const reading = await inventory.read(signal)
    const readMs = whole()
    await servers.read(reading, signal)
    const askedMs = whole()
    const sample = await sampler.sample(reading, { targets: [], brokers: [], verdicts: new Map() }, [])
    const madeMs = whole()
    const { allMs, longestMs } = cpu.end()
    await realClock.sleep(20)
    held.disable()
    rows.push([
      `${shape.tables} × ${shape.segments} × ${shape.replicas} on ${shape.servers}`,
      what,
      ...[readMs, askedMs - readMs, madeMs - askedMs, madeMs, allMs, held.max / 1e6, longestMs].map((ms) =>
        ms.toFixed(0),
      ),
      String(sample.state.replicaCount),
    ])
  }
  await measure('the first')
  // Until every size is there.
  await realClock.sleep(3_000)
  await measure('nothing changed')
  await measure('nothing changed')
  const changed = record(shape, 0, 1)
  await write(`${root}/IDEALSTATES/events_0_OFFLINE`, changed)
  await write(`${root}/EXTERNALVIEW/events_0_OFFLINE`, changed)
  await measure('a table changed')
  const all = Array.from({ length: shape.tables }, (_, table) => table)
  await mapInFlight(all, 8, async (table) => {
    const again = record(shape, table, 2)
    await write(`${root}/IDEALSTATES/events_${table}_OFFLINE`, again)
    await write(`${root}/EXTERNALVIEW/events_${table}_OFFLINE`, again)
  })
  await measure('all changed')
  await servers.close()
  await decoder.close()
  await zooKeeper.close()
}
client.close()
await cluster.close()

const header = [
  'tables × segments × replicas',
  'sample',
  'znodes ms',
  'servers ms',
  'making ms',
  'all ms',
  'CPU ms',
  'longest hold ms',
  'hold CPU ms',
  'replicas',
]
const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)))
const line = (row: string[]) =>
  row.map((cell, column) => (column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
for (const row of [header, widths.map((width) => '-'.repeat(width)), ...rows]) console.log(line(row).join('  '))
