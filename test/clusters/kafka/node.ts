/** A broker or a controller: its files stay while its process comes and goes. */
import type { Launched } from '../launched.ts'
import { launch } from '../sandbox.ts'
import { readyLine } from './jars.ts'

export type NodeState = 'running' | 'frozen' | 'down'

export class KafkaNode {
  readonly id: number
  /** host:port where it listens. */
  readonly address: string
  readonly rack: string | undefined
  /** Paths, in the order of its configuration. */
  readonly logDirs: string[]
  readonly #javaArgs: string[]
  readonly #lives: Launched[] = []
  #frozen = false

  /** `javaArgs` start it. */
  constructor(node: { id: number; address: string; rack: string | undefined; logDirs: string[]; javaArgs: string[] }) {
    this.id = node.id
    this.address = node.address
    this.rack = node.rack
    this.logDirs = node.logDirs
    this.#javaArgs = node.javaArgs
  }

  get state(): NodeState {
    if (!this.#lives.at(-1)?.running) return 'down'
    return this.#frozen ? 'frozen' : 'running'
  }

  /** @throws Error when it is down */
  get pid(): number {
    return this.#alive().pid
  }

  /** What it has logged over all its lives, the last lines of each. */
  get log(): string {
    return this.#lives.map((life) => life.text()).join('\n')
  }

  /**
   * Starts it with the data it has and waits until it is ready: a broker then serves clients.
   * @throws Error with the end of its log when it ends first, or after 60 s
   */
  async start(): Promise<void> {
    if (this.state !== 'down') throw new Error(`node ${this.id} is ${this.state} already`)
    const life = await launch('java', this.#javaArgs, { name: `Kafka node ${this.id}` })
    this.#lives.push(life)
    this.#frozen = false
    await life.printed(readyLine, 60_000)
  }

  /** kill -9, and waits until it is gone. One that is down stays down. */
  async kill(): Promise<void> {
    await this.#lives.at(-1)?.end('SIGKILL')
  }

  /** Controlled shutdown, and waits until it is gone, 30 s at most. */
  async stop(): Promise<void> {
    await this.#alive().end('SIGTERM')
  }

  /** Holds the whole process still: it accepts connections and answers nothing. */
  freeze(): void {
    this.#alive().signal('SIGSTOP')
    this.#frozen = true
  }

  thaw(): void {
    this.#alive().signal('SIGCONT')
    this.#frozen = false
  }

  #alive(): Launched {
    const life = this.#lives.at(-1)
    if (!life?.running) throw new Error(`node ${this.id} is down`)
    return life
  }
}
