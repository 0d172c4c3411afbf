/** The daemon and its commands as real processes against a real cluster. */
import { rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import type { DecisionsAnswer } from '../../../src/http/answers.ts'
import type { KafkaCluster } from '../kafka/cluster.ts'
import type { Launched } from '../launched.ts'
import { freePort } from '../ports.ts'
import { freshDir, launch } from '../sandbox.ts'
import { until, within } from '../wait.ts'

/** The real program. */
export const main = fileURLToPath(new URL('../../../dist/main.js', import.meta.url))

/** Keys of the config's `balancing` block, as they stand in the file; `throttle` stands beside it. */
export type Balancing = Record<string, unknown> & {
  mode: 'off' | 'node_add' | 'continuous'
  throttle?: Record<string, unknown>
  /** Of Pinot. */
  rebalance?: Record<string, unknown>
}

export interface Status {
  status: string
  verdict?: { act: boolean; code: string; text: string }
  violations: { kind: string; subject: string }[]
  moves: { running: number; pending: number }
  foreign_moves: number
  notes: string[]
  error?: string
}

/** Nothing waits, nothing runs, and it says that nothing needs to. */
export const isQuiet = ({ status, verdict, moves }: Status): boolean =>
  status === 'ready' && verdict?.code === 'balanced' && moves.running + moves.pending === 0

/** A move as the API tells it. */
export interface MoveJson {
  id: string
  kind: string
  topic: string
  partition: number
  from: number
  to: number
  state: string
  text?: string
  bytes_done?: number
  bytes_total?: number
  bytes_per_second?: number
  eta_seconds?: number
}

export interface PlanJson {
  status: string
  verdict: { act: boolean; code: string; text: string }
  moves: { id: string; kind: string; topic: string; partition: number; from: number; to: number; bytes?: number }[]
  bytes: number
  lower_bound_bytes: number
  nodes: { id: number; disk_bytes: { now: number; peak: number; final: number } }[]
}

/** Keys of the config's cluster: where and as whom evenkeel connects. */
export type Access = KafkaAccess | PinotAccess

export interface PinotAccess {
  system: 'pinot'
  controller_urls: string[]
  zookeeper?: { connect: string }
  auth?: { username: string; password: string } | { token: string }
  tls?: true | Record<string, unknown>
}

export interface KafkaAccess {
  system?: 'kafka'
  bootstrap_servers: string[]
  tls?: Record<string, unknown>
  sasl?: Record<string, unknown>
}

/** Writes a config for the cluster, hurried so that a test sees much in little time. */
export async function configFor(access: Access, balancing: Balancing, control: number, metrics: number) {
  const file = join(await freshDir('config'), 'evenkeel.yaml')
  await writeFile(file, configText(access, balancing, control, metrics))
  return file
}

function configText(access: Access, balancing: Balancing, control: number, metrics: number): string {
  const { throttle, rebalance, ...keys } = balancing
  return stringify({
    version: 1,
    clusters: [{ name: 'test', system: 'kafka', ...access }],
    balancing: {
      tick_interval: '1s',
      pulse_interval: '250ms',
      node_add_hold: '2s',
      node_availability_timeout: '6s',
      ...keys,
    },
    ...(throttle === undefined ? {} : { throttle }),
    ...(rebalance === undefined ? {} : { rebalance }),
    leadership: { idle_timeout: '5s' },
    server: { metrics_listen: `127.0.0.1:${metrics}`, control_listen: `127.0.0.1:${control}` },
    state: { directory: 'state' },
    log: { format: 'text' },
  })
}

/** Runs one command to its end. @throws Error with all it printed when it ends otherwise than with `code`. */
export async function evenkeel(args: string[], code = 0): Promise<string> {
  const command = await launch('node', [main, ...args])
  try {
    const end = await within(`evenkeel ${args.join(' ')}`, 60_000, command.exited)
    if (end !== code) throw new Error(`evenkeel ${args.join(' ')} ended with ${end}, not ${code}:\n${command.text()}`)
    return command.output()
  } finally {
    await command.end('SIGKILL')
  }
}

/** A running daemon. */
export class Evenkeel {
  readonly config: string
  readonly #access: Access
  readonly #ports: { control: number; metrics: number }
  #process: Launched

  private constructor(access: Access, config: string, process: Launched, ports: { control: number; metrics: number }) {
    this.config = config
    this.#access = access
    this.#process = process
    this.#ports = ports
  }

  static start(cluster: KafkaCluster, balancing: Balancing): Promise<Evenkeel> {
    return Evenkeel.startAt({ bootstrap_servers: cluster.bootstrap }, balancing)
  }

  /** Through another door of the cluster than its first, which is in plain text. */
  static async startAt(access: Access, balancing: Balancing): Promise<Evenkeel> {
    const ports = { control: await freePort(), metrics: await freePort() }
    const config = await configFor(access, balancing, ports.control, ports.metrics)
    return new Evenkeel(access, config, await begin(config), ports)
  }

  /** Another one with the same config and the same state directory. */
  async beside(balancing: Balancing): Promise<Evenkeel> {
    const ports = { control: await freePort(), metrics: await freePort() }
    const config = join(dirname(this.config), 'beside.yaml')
    await writeFile(config, configText(this.#access, balancing, ports.control, ports.metrics))
    return new Evenkeel(this.#access, config, await begin(config), ports)
  }

  /** Where the command line finds it. */
  get url(): string {
    return `http://127.0.0.1:${this.#ports.control}`
  }

  get #metrics(): string {
    return `http://127.0.0.1:${this.#ports.metrics}`
  }

  /** Begins once more where it stopped, with the same config and state directory. */
  async restart(): Promise<void> {
    this.#process = await begin(this.config)
  }

  /** Puts another config in the place of the present one, as editors do, and waits until it is in force. */
  async reconfigure(balancing: Balancing): Promise<void> {
    const loads = () => this.metric('evenkeel_config_reloads_total')
    const before = await loads()
    const next = `${this.config}.next`
    await writeFile(next, configText(this.#access, balancing, this.#ports.control, this.#ports.metrics))
    await rename(next, this.config)
    await until('the new config being read', 15_000, async () => (await loads()) > before, 50)
    if ((await this.metric('evenkeel_config_last_reload_successful')) !== 1) throw new Error(this.#process.tail(20))
  }

  /** Runs a command that speaks to it. */
  command(...args: string[]): Promise<string> {
    return evenkeel([...args, '--url', this.url])
  }

  async status(): Promise<Status> {
    const response = await fetch(`${this.url}/api/v1/status`)
    const { clusters } = (await response.json()) as { clusters: Status[] }
    return clusters[0]!
  }

  async plan(): Promise<PlanJson> {
    return (await (await fetch(`${this.url}/api/v1/plan`)).json()) as PlanJson
  }

  /** Waiting, running and lately ended moves. */
  async moves(state?: 'pending' | 'running' | 'ended'): Promise<MoveJson[]> {
    const response = await fetch(`${this.url}/api/v1/moves${state === undefined ? '' : `?state=${state}`}`)
    return ((await response.json()) as { moves: MoveJson[] }).moves
  }

  /** Newest first: also what held for one tick only. */
  async decisions(): Promise<DecisionsAnswer['decisions']> {
    return ((await (await fetch(`${this.url}/api/v1/decisions`)).json()) as DecisionsAnswer).decisions
  }

  async metricsText(): Promise<string> {
    return (await fetch(`${this.#metrics}/metrics`)).text()
  }

  /** Sum of all series of a metric whose labels contain all of `labels`. */
  async metric(name: string, ...labels: string[]): Promise<number> {
    const lines = (await this.metricsText()).split('\n')
    const values = lines
      .filter((line) => new RegExp(`^${name}[{ ]`).test(line) && labels.every((label) => line.includes(label)))
      .map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)))
    return values.reduce((sum, value) => sum + value, 0)
  }

  /** Ticks that were planned so far. */
  ticks = (): Promise<number> => this.metric('evenkeel_evaluations_total')

  /** Moves that ended so far, however they ended. */
  movesEnded = (): Promise<number> => this.metric('evenkeel_moves_finished_total')

  /** Waits until so many further ticks have passed. */
  async passTicks(count: number): Promise<void> {
    const start = await this.ticks()
    await until(`${count} ticks`, count * 5_000 + 10_000, async () => (await this.ticks()) >= start + count, 200)
  }

  /** Waits until `what` holds of the status. @throws Error with the daemon's last lines when it does not in time. */
  async reaches(what: string, deadlineMs: number, holds: (status: Status) => boolean): Promise<Status> {
    try {
      return await until(
        what,
        deadlineMs,
        async () => {
          const status = await this.status()
          return holds(status) ? status : undefined
        },
        200,
      )
    } catch (error) {
      const last = JSON.stringify(await this.status().catch(String))
      const text = `${(error as Error).message}\nlast status: ${last}\n${this.#process.tail(40)}`
      throw new Error(text, { cause: error })
    }
  }

  log(): string {
    return this.#process.output()
  }

  /** Holds it still: nobody is answered, and its sessions end. */
  freeze(): void {
    this.#process.signal('SIGSTOP')
  }

  thaw(): void {
    this.#process.signal('SIGCONT')
  }

  /** kill -9, and waits until it is gone. */
  kill(): Promise<void> {
    return this.#process.end('SIGKILL')
  }

  /** Standard output and standard error. */
  text(): string {
    return this.#process.text()
  }

  /** Process id. */
  get pid(): number {
    return this.#process.pid
  }

  /** Asks it to end, as an operator would. @returns its exit code */
  async stop(): Promise<unknown> {
    await this.#process.end('SIGTERM')
    return this.#process.exited
  }
}

async function begin(config: string): Promise<Launched> {
  const process = await launch('node', [main, 'run', '--config', config])
  await process.printed('keeps test', 20_000)
  return process
}
