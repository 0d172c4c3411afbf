/** The daemon as a process with a config of many clusters, as its operators run it. */
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { evenkeel, main } from '../acceptance/evenkeel.ts'
import type { Launched } from '../launched.ts'
import { freePort } from '../ports.ts'
import { freshDir, launch } from '../sandbox.ts'

export class Daemon {
  /** host:port of its metrics. */
  readonly target: string
  readonly #config: string
  readonly #keys: object
  readonly #control: string
  #process: Launched | undefined

  private constructor(at: { config: string; target: string; control: string }, keys: object) {
    this.#config = at.config
    this.target = at.target
    this.#control = at.control
    this.#keys = keys
  }

  /** Not started yet. @param keys of the config file, beside where it listens */
  static async prepare(keys: { clusters: object[] } & Record<string, unknown>): Promise<Daemon> {
    const [target, control] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`]
    const dir = await freshDir('board')
    const server = { metrics_listen: target, control_listen: control }
    const file = { version: 1, server, log: { format: 'text' }, state: { directory: join(dir, 'state') }, ...keys }
    const daemon = new Daemon({ config: join(dir, 'evenkeel.yaml'), target, control }, file)
    await daemon.write(stringify(file))
    return daemon
  }

  /** Puts another text in the place of its config file, as editors do; without one that with which it began. */
  async write(text = stringify(this.#keys)): Promise<void> {
    await writeFile(`${this.#config}.next`, text)
    await rename(`${this.#config}.next`, this.#config)
  }

  async start(): Promise<void> {
    this.#process = await launch('node', [main, 'run', '--config', this.#config])
    await this.#process.printed(' keeps ', 20_000)
  }

  /** Runs a command that speaks to it. */
  command(...args: string[]): Promise<string> {
    return evenkeel([...args, '--url', `http://${this.#control}`])
  }

  async kill(): Promise<void> {
    await this.#process?.end('SIGKILL')
  }

  async stop(): Promise<void> {
    await this.#process?.end('SIGTERM')
  }

  text(): string {
    return this.#process?.text() ?? ''
  }
}
