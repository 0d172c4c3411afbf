/**
 * What servers tell of themselves by their admin interface: their disk with every sample, sizes of segments when something may have changed
 * or they are old. A server that is frozen accepts connections and answers nothing: it holds no sample for longer than one deadline, and
 * keeps its last figures.
 */
import { type Clock, slices } from '../../../lib/clock.ts'
import { codeOf, EvenkeelError, messageOf } from '../../../lib/errors.ts'
import { mapInFlight } from '../../../lib/in-flight.ts'
import type { Instance, PinotReading, Placement, Table } from '../reading.ts'
import { isTable } from '../wire/znrecord.ts'
import type { Decoder } from './decoder.ts'
import { Sizes } from './sizes.ts'

export interface Disk {
  /** Of the server's data. */
  path: string
  capacityBytes: number
  /** By everything on the file system. */
  usedBytes: number
  /** When it was told. */
  atMs: number
}

/** The body of a 2xx answer. @throws EvenkeelError */
export type AdminGet = (url: string, deadlineMs: number, signal: AbortSignal) => Promise<Buffer>

const DISK_MS = 2_000
const DISKS_IN_FLIGHT = 64
const SIZES_MS = 15_000
const SIZES_IN_FLIGHT = 8
/** A sample waits no longer for sizes; what comes later is for the next. */
const SIZES_WAIT_MS = 1_500
const SIZES_AGE_MS = 10 * 60_000
/** After a failure. */
const RETRY_MS = 10_000
/** For segments that have no size yet, while the table has an average: where tables are written to, there are new ones all the time, and each answer names all. */
const NEWS_AGE_MS = 60_000

/** Who hangs comes back soon or not at all: a machine that is off answers just as little, and is not waited for longer. */
const HANG_MS = 5 * 60_000

interface Asked {
  atMs: number
  answeredMs: number
  /** What was known of the placement then. */
  seen: Placement | undefined
  wanted: Placement
  error?: string
}

export class Servers {
  readonly sizes = new Sizes()
  readonly #get: AdminGet
  readonly #decoder: Decoder
  readonly #clock: Clock
  readonly #disks = new Map<string, Disk>()
  readonly #asked = new Map<string, Asked>()
  readonly #closed = new AbortController()
  #asking: Promise<unknown> | undefined
  #unreachable = new Map<string, string>()
  /** Since when servers, alive or not, have let every call wait. */
  #silentSinceMs = new Map<string, number>()

  constructor(get: AdminGet, decoder: Decoder, clock: Clock) {
    this.#get = get
    this.#decoder = decoder
    this.#clock = clock
  }

  /** As last told; undefined where it never was. */
  disk(server: string): Disk | undefined {
    return this.#disks.get(server)
  }

  /** Live servers that did not tell their disk the last time, and why. */
  get unreachable(): ReadonlyMap<string, string> {
    return this.#unreachable
  }

  /** Servers that let calls wait since a short while, be they dead for the cluster: whoever asks all servers now waits for them. */
  get hanging(): string[] {
    const now = this.#clock.now()
    return [...this.#silentSinceMs].flatMap(([name, sinceMs]) => (now - sinceMs < HANG_MS ? [name] : [])).sort()
  }

  /**
   * Asks the live servers, and the others whether they hang.
   * @throws EvenkeelError `sample_incomplete` when none answers, `auth` or `not_permitted` when one refuses.
   */
  async read(reading: PinotReading, signal: AbortSignal): Promise<void> {
    const servers = reading.instances.filter(({ role }) => role === 'server')
    this.#forget(reading, servers)
    const live = servers.filter((server) => server.live)
    await this.#readDisks(servers, signal)
    await this.#askSizes(reading.tables, new Map(live.map((server) => [server.name, server])))
    if (!this.#asking) return
    const done = new AbortController()
    const wait = this.#clock.sleep(SIZES_WAIT_MS, AbortSignal.any([signal, done.signal]))
    await Promise.race([this.#asking, wait])
    done.abort()
  }

  /** Why sizes could not be read, one sentence a server. */
  notes(): string[] {
    const failed = new Map<string, string>()
    for (const [key, { error }] of this.#asked) if (error !== undefined) failed.set(key.split(' ')[0]!, error)
    return [...failed].map(([server, error]) => `${server} does not tell the sizes of its segments: ${error}`).sort()
  }

  async close(): Promise<void> {
    this.#closed.abort()
    await this.#asking
  }

  async #readDisks(servers: readonly Instance[], signal: AbortSignal): Promise<void> {
    const unreachable = new Map<string, string>()
    const silentSinceMs = new Map<string, number>()
    await mapInFlight(servers, DISKS_IN_FLIGHT, async ({ name, adminUrl, live }) => {
      if (adminUrl === undefined) {
        if (live) unreachable.set(name, 'its config names no port of an admin interface')
        return
      }
      const now = this.#clock.now()
      const sinceMs = this.#silentSinceMs.get(name) ?? now
      if (!live && now - sinceMs >= HANG_MS) {
        silentSinceMs.set(name, sinceMs)
        return
      }
      const url = `${adminUrl}/instance/diskUtilization`
      try {
        const disk = diskOf(url, await this.#get(url, DISK_MS, signal), this.#clock.now())
        if (live) this.#disks.set(name, disk)
      } catch (error) {
        if (signal.aborted) throw error
        const code = codeOf(error)
        if (code === 'timeout') silentSinceMs.set(name, sinceMs)
        if (!live) return
        // The same at every server, and no matter of reachability.
        if (code === 'not_permitted' || code === 'auth') throw error
        unreachable.set(name, messageOf(error))
      }
    })
    this.#unreachable = unreachable
    this.#silentSinceMs = silentSinceMs
    const [first] = unreachable
    if (first && unreachable.size === servers.filter(({ live }) => live).length) {
      throw new EvenkeelError('sample_incomplete', `no server tells its disk: ${first[0]}: ${first[1]}`)
    }
  }

  /** One round at a time: a server that is slow with one keeps no second one waiting. */
  async #askSizes(tables: readonly Table[], live: ReadonlyMap<string, Instance>): Promise<void> {
    if (this.#asking) return
    const slice = slices()
    const due: { table: Table; server: string; adminUrl: string }[] = []
    for (const table of tables) {
      await slice()
      const { lacking, meanBytes } = await this.sizes.of(table)
      const newsAgeMs = Number.isNaN(meanBytes) ? RETRY_MS : NEWS_AGE_MS
      table.idealState.placement.servers.forEach((name, index) => {
        const adminUrl = live.get(name)?.adminUrl
        if (adminUrl === undefined || this.#unreachable.has(name)) return
        if (this.#isDue(table, name, lacking[index]! > 0, newsAgeMs)) due.push({ table, server: name, adminUrl })
      })
    }
    if (due.length === 0) return
    const { signal } = this.#closed
    this.#asking = mapInFlight(due, SIZES_IN_FLIGHT, ({ table, server, adminUrl }) =>
      this.#askOne(table, server, `${adminUrl}/tables/${encodeURIComponent(table.name)}/size`, signal),
    ).then(() => {
      this.#asking = undefined
    })
  }

  /** @param lacks a segment whose size it does not tell. */
  #isDue(table: Table, server: string, lacks: boolean, newsAgeMs: number): boolean {
    const asked = this.#asked.get(keyOf(server, table))
    if (asked === undefined) return true
    const now = this.#clock.now()
    if (now - asked.atMs < RETRY_MS) return false
    if (Number.isNaN(asked.answeredMs) || now - asked.answeredMs >= SIZES_AGE_MS) return true
    if (!lacks || now - asked.answeredMs < newsAgeMs) return false
    return asked.wanted !== table.idealState.placement || asked.seen !== table.externalView?.placement
  }

  async #askOne(table: Table, server: string, url: string, signal: AbortSignal): Promise<void> {
    const key = keyOf(server, table)
    const answeredMs = this.#asked.get(key)?.answeredMs ?? Number.NaN
    const asked: Asked = {
      atMs: this.#clock.now(),
      answeredMs,
      seen: table.externalView?.placement,
      wanted: table.idealState.placement,
    }
    try {
      const body = await this.#get(url, SIZES_MS, signal)
      this.sizes.report(table.name, server, await this.#decoder.sizes(url, body, signal))
      asked.answeredMs = this.#clock.now()
    } catch (error) {
      asked.error = messageOf(error)
    }
    this.#asked.set(key, asked)
  }

  #forget({ tables }: PinotReading, servers: readonly Instance[]): void {
    const [tableNames, serverNames] = [
      new Set(tables.map(({ name }) => name)),
      new Set(servers.map(({ name }) => name)),
    ]
    this.sizes.keep(tableNames, serverNames)
    for (const name of this.#disks.keys()) if (!serverNames.has(name)) this.#disks.delete(name)
    for (const key of this.#asked.keys()) {
      const [server, table] = key.split(' ')
      if (!serverNames.has(server!) || !tableNames.has(table!)) this.#asked.delete(key)
    }
  }
}

/** Neither has a space. */
function keyOf(server: string, { name }: Table): string {
  return `${server} ${name}`
}

function diskOf(url: string, body: Buffer, atMs: number): Disk {
  let value: unknown
  try {
    value = JSON.parse(body.toString())
  } catch {
    value = undefined
  }
  const { path, totalSpaceBytes, usedSpaceBytes } = isTable(value) ? value : {}
  if (typeof totalSpaceBytes !== 'number' || typeof usedSpaceBytes !== 'number' || !(totalSpaceBytes > 0)) {
    throw new EvenkeelError('protocol', `the answer of ${url} tells no space`)
  }
  return { path: typeof path === 'string' ? path : '', capacityBytes: totalSpaceBytes, usedBytes: usedSpaceBytes, atMs }
}
