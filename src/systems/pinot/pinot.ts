/** A Pinot cluster behind the port. */
import type { Move } from '../../cluster/move.ts'
import type { Pulse, Sample } from '../../cluster/sample.ts'
import type { Clock } from '../../lib/clock.ts'
import { ReleaseStack } from '../../lib/release-stack.ts'
import type { Secret } from '../../lib/secret.ts'
import type { Capabilities, Outcome, Step, StepResult, System } from '../port.ts'
import { Decoder } from './decoder.ts'
import { Http, type HttpTls, refusal } from './http.ts'
import { roleOf } from './instances.ts'
import { Inventory } from './inventory.ts'
import type { PinotActs, PinotTargets } from './meeting.ts'
import { Sampler } from './sampler.ts'
import { Servers } from './servers.ts'
import { type ControllerGet, RestZnodes, type ZnodeStore, ZooKeeperZnodes } from './znodes.ts'
import { ZooKeeper } from './zookeeper.ts'

export interface PinotOptions {
  /** Name of the cluster in samples. */
  name: string
  /** That in Helix, and of its root in ZooKeeper. */
  clusterName: string
  /** Absent: znodes are read through the controller. */
  zooKeeper?: { connect: string; digest?: Secret; sessionTimeoutMs?: number }
  /** Of the servers' admin interface. */
  servers?: { tls?: HttpTls; headers?: () => Record<string, string> }
}

/** What comes from the acting half. */
export interface PinotParts {
  controller: ControllerGet
  acts: PinotActs
  targets: PinotTargets
  close?(): Promise<void>
}

export async function createPinot(options: PinotOptions, clock: Clock, parts: PinotParts): Promise<PinotSystem> {
  return new PinotSystem(options, clock, parts)
}

export class PinotSystem implements System {
  readonly #clock: Clock
  readonly #parts: PinotParts
  readonly #inventory: Inventory
  readonly #servers: Servers
  readonly #sampler: Sampler
  readonly #opened = new ReleaseStack()

  constructor(options: PinotOptions, clock: Clock, parts: PinotParts) {
    this.#clock = clock
    this.#parts = parts
    if (parts.close) this.#opened.push('the controllers', () => parts.close?.())
    const store = this.#openStore(options)
    const decoder = new Decoder()
    this.#opened.push('the decoder', () => decoder.close())
    const { tls, headers } = options.servers ?? {}
    const http = new Http(tls ? { tls } : {})
    this.#opened.push("the servers' connections", () => http.close())
    this.#inventory = new Inventory(options.clusterName, store, decoder, clock)
    this.#servers = new Servers(
      async (url, deadlineMs, signal) => {
        const answer = await http.request('GET', url, {
          deadlineMs,
          signal,
          ...(headers ? { headers: headers() } : {}),
        })
        if (answer.status !== 200) throw refusal('GET', answer)
        return answer.body
      },
      decoder,
      clock,
    )
    this.#opened.push('the asking of servers', () => this.#servers.close())
    this.#sampler = new Sampler(options.name, this.#servers)
  }

  capabilities(): Capabilities {
    return { leaderTransfer: false, replicaMoves: false, dirMoves: false }
  }

  async sample(signal: AbortSignal): Promise<Sample> {
    const reading = await this.#inventory.read(signal)
    await this.#servers.read(reading, signal)
    const targets = await this.#parts.targets.targets(reading, this.#servers.sizes, signal)
    return this.#sampler.sample(reading, targets)
  }

  async pulse(signal: AbortSignal): Promise<Pulse> {
    const [live, { jobs }] = await Promise.all([this.#inventory.liveInstances(signal), this.#inventory.jobs(signal)])
    const takenAtMs = this.#clock.now()
    this.#sampler.seeLive(live, takenAtMs)
    return {
      takenAtMs,
      aliveNodes: live.filter((name) => roleOf(name) === 'server').sort(),
      running: [],
      jobs: this.#sampler.running({ jobs, takenAtMs }),
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

  #openStore({ zooKeeper }: PinotOptions): ZnodeStore {
    if (!zooKeeper) return new RestZnodes(this.#parts.controller)
    const client = new ZooKeeper({ ...zooKeeper, clock: this.#clock })
    this.#opened.push('ZooKeeper', () => client.close())
    return new ZooKeeperZnodes(client)
  }
}
