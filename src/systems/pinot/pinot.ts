/** A Pinot cluster behind the port. */
import type { Move, RunningJob } from '../../cluster/move.ts'
import type { Pulse, Sample } from '../../cluster/sample.ts'
import { atStage } from '../../cluster/sample-stage.ts'
import type { Clock } from '../../lib/clock.ts'
import { EvenkeelError } from '../../lib/errors.ts'
import { ReleaseStack } from '../../lib/release-stack.ts'
import type { Secret } from '../../lib/secret.ts'
import type { Capabilities, Outcome, Step, StepResult, System, TargetWishes } from '../port.ts'
import type { ServerTags } from './act/settings.ts'
import type { PinotActs, PinotTargets } from './meeting.ts'
import { Decoder } from './read/decoder.ts'
import { roleOf } from './read/instances.ts'
import { Inventory } from './read/inventory.ts'
import { Servers } from './read/servers.ts'
import type { PinotReading, Table } from './reading.ts'
import type { BytesOf } from './rules/changes.ts'
import { segmentIndex } from './rules/placements.ts'
import { Sampler } from './sample/sampler.ts'
import type { ActAnswer } from './wire/controller.ts'
import { Http, type HttpTls, refusal } from './wire/http.ts'
import { type Observe, observed, operationOf } from './wire/observed.ts'
import { type ControllerGet, RestZnodes, type ZnodeStore, ZooKeeperZnodes } from './wire/znodes.ts'
import { ZooKeeper } from './wire/zookeeper.ts'

export interface PinotOptions {
  /** Name of the cluster in samples. */
  name: string
  /** Told of every call. */
  observe?: Observe
  /** Absent: znodes are read through the controller. */
  zooKeeper?: { connect: string; digest?: Secret; sessionTimeoutMs?: number }
  /** Of the servers' admin interface. */
  servers?: { tls?: HttpTls; headers?: () => Record<string, string> }
}

/** What comes from the acting half. */
export interface PinotParts {
  controller: ControllerGet
  /** In Helix, and of its root in ZooKeeper. */
  clusterName(signal: AbortSignal): Promise<string>
  /** Writes a znode through a controller, only where it still has that version. */
  put(path: string, data: Buffer, version: number, signal: AbortSignal): Promise<ActAnswer>
  acts: PinotActs
  targets: PinotTargets
  settings: ServerTags
  close?(): Promise<void>
}

export async function createPinot(options: PinotOptions, clock: Clock, parts: PinotParts): Promise<PinotSystem> {
  return new PinotSystem(options, clock, parts)
}

export class PinotSystem implements System {
  readonly settings: ServerTags
  readonly #clock: Clock
  readonly #parts: PinotParts
  readonly #store: ZnodeStore
  readonly #zooKeeper: ZooKeeper | undefined
  readonly #decoder = new Decoder()
  /** Once the name of the cluster is known. */
  #inventory: Inventory | undefined
  readonly #servers: Servers
  readonly #sampler: Sampler
  readonly #opened = new ReleaseStack()

  constructor(options: PinotOptions, clock: Clock, parts: PinotParts) {
    const { observe = () => undefined } = options
    this.#clock = clock
    this.#parts = parts
    this.settings = parts.settings
    if (parts.close) this.#opened.push('the controllers', () => parts.close?.())
    this.#zooKeeper = options.zooKeeper && new ZooKeeper({ ...options.zooKeeper, clock, observe })
    if (this.#zooKeeper) this.#opened.push('ZooKeeper', () => this.#zooKeeper?.close())
    this.#store = this.#zooKeeper ? new ZooKeeperZnodes(this.#zooKeeper) : new RestZnodes(parts.controller)
    this.#opened.push('the decoder', () => this.#decoder.close())
    const { tls, headers } = options.servers ?? {}
    const http = new Http(tls ? { tls } : {})
    this.#opened.push("the servers' connections", () => http.close())
    this.#servers = new Servers(
      async (url, deadlineMs, signal) => {
        const operation = operationOf('GET', new URL(url).pathname)
        const answer = await observed({ observe, upstream: 'pinot_server', operation }, () =>
          http.request('GET', url, { deadlineMs, signal, ...(headers ? { headers: headers() } : {}) }),
        )
        if (answer.status !== 200) throw refusal('GET', answer)
        return answer.body
      },
      this.#decoder,
      clock,
    )
    this.#opened.push('the asking of servers', () => this.#servers.close())
    this.#sampler = new Sampler(options.name, this.#servers)
  }

  capabilities(): Capabilities {
    return { leaderTransfer: false, replicaMoves: false, dirMoves: false, tableJobs: true }
  }

  async sample(signal: AbortSignal, { drained = [], asked = [] }: Partial<TargetWishes> = {}): Promise<Sample> {
    const reading = await atStage('metadata', async () => (await this.#known(signal)).read(signal))
    await atStage('disk', () => this.#servers.read(reading, signal))
    const bytesOf = await this.#bytesOf(reading.tables)
    const { targets } = this.#parts
    const question = {
      reading,
      bytesOf,
      drained: new Set(drained.map(String)),
      asked: new Set(asked),
      hanging: this.#servers.hanging,
    }
    const wanted = await targets.wanted(question, signal)
    this.settings.see(reading, question.drained)
    return this.#sampler.sample(reading, wanted, targets.jobs(reading, bytesOf))
  }

  async pulse(signal: AbortSignal): Promise<Pulse> {
    const inventory = await this.#known(signal)
    const [live, listed] = await Promise.all([inventory.liveInstances(signal), inventory.jobs(signal)])
    const takenAtMs = this.#clock.now()
    // Only of what is under way has to be known how far it is.
    const moving = new Set(listed.jobs.filter(({ status }) => status === 'IN_PROGRESS').map(({ table }) => table))
    const jobs: RunningJob[] = []
    if (moving.size > 0) {
      const reading = await inventory.read(signal, moving)
      jobs.push(...this.#parts.targets.jobs(reading, await this.#bytesOf(reading.tables)))
    }
    this.#sampler.seeLive(live, takenAtMs)
    return {
      takenAtMs,
      aliveNodes: live.filter((name) => roleOf(name) === 'server').sort(),
      running: [],
      jobs,
    }
  }

  steps(move: Move): Step[] {
    return this.#parts.acts.steps(move)
  }

  perform(steps: Step[], signal: AbortSignal): Promise<StepResult[]> {
    return this.#parts.acts.perform(steps, signal)
  }

  judge(moves: Move[], signal: AbortSignal): Promise<Outcome[]> {
    return this.#parts.acts.judge(moves, signal)
  }

  cancel(moves: Move[], signal: AbortSignal): Promise<StepResult[]> {
    return this.#parts.acts.cancel(moves, signal)
  }

  close(): Promise<void> {
    return this.#opened.close()
  }

  /** For acts: fresh, and of the tables only these. */
  async look(tables: readonly string[], signal: AbortSignal): Promise<PinotReading> {
    return (await this.#known(signal)).read(signal, new Set(tables))
  }

  /**
   * Writes what the table's IdealState has anyway, if it is still of that version: else somebody else has just written it.
   * @throws EvenkeelError
   */
  async touch(table: string, version: number, signal: AbortSignal): Promise<void> {
    const path = `/${await this.#parts.clusterName(signal)}/IDEALSTATES/${table}`
    const node = await this.#store.read(path, signal)
    if (node?.version !== version) return
    if (this.#zooKeeper) {
      await this.#zooKeeper.write(path, node.data, version, signal)
      return
    }
    const answer = await this.#parts.put(path, node.data, version, signal)
    if (answer.outcome === 'answered') return
    // Why it was not written is told in words alone.
    const now = await this.#store.facts(path, signal)
    if (now?.version === version) throw new EvenkeelError('rejected', `${table} could not be written: ${answer.text}`)
  }

  async #known(signal: AbortSignal): Promise<Inventory> {
    if (this.#inventory) return this.#inventory
    const name = await this.#parts.clusterName(signal)
    this.#inventory ??= new Inventory(name, this.#store, this.#decoder, this.#clock)
    return this.#inventory
  }

  async #bytesOf(tables: readonly Table[]): Promise<BytesOf> {
    const known = new Map<string, { table: Table; bytes: Float64Array }>()
    for (const table of tables) {
      known.set(table.name, { table, bytes: (await this.#servers.sizes.of(table)).segment })
    }
    return (name, segment) => {
      const entry = known.get(name)
      const bytes = entry?.bytes[segmentIndex(entry.table.idealState.placement, segment)]
      return bytes === undefined || Number.isNaN(bytes) ? undefined : bytes
    }
  }
}
