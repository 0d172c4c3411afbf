/** A member of a cluster on this machine: its files stay while its process comes and goes. */
import type { Launched } from './launched.ts'
import { launch } from './sandbox.ts'

export type NodeState = 'running' | 'frozen' | 'down'

export class LocalNode {
  readonly #name: string
  readonly #javaArgs: string[]
  readonly #readyLine: string
  readonly #lives: Launched[] = []
  #frozen = false

  /** `name` for error messages; `javaArgs` start it, and it is ready when it prints `readyLine`. */
  constructor(name: string, javaArgs: string[], readyLine: string) {
    this.#name = name
    this.#javaArgs = javaArgs
    this.#readyLine = readyLine
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
   * Starts it with the data it has and waits until it is ready.
   * @throws Error with the end of its log when it ends first, or after 60 s
   */
  async start(): Promise<void> {
    if (this.state !== 'down') throw new Error(`${this.#name} is ${this.state} already`)
    const life = await launch('java', this.#javaArgs, { name: this.#name })
    this.#lives.push(life)
    this.#frozen = false
    await life.printed(this.#readyLine, 60_000)
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
    if (!life?.running) throw new Error(`${this.#name} is down`)
    return life
  }
}
