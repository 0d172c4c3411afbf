/** A child process whose output is kept and can be awaited line by line. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { within } from './wait.ts'

/** Older lines are dropped: a broker in trouble can write without end. */
const linesKept = 20_000

const packageOf: Record<string, string> = {
  java: 'default-jre-headless',
  javac: 'openjdk-17-jdk-headless',
  mvn: 'maven',
  amtool: 'prometheus-alertmanager',
}

export interface LaunchOptions {
  cwd?: string
  /** What error messages call it; the program's name unless given. */
  name?: string
}

/** Made by `launch` of sandbox.ts only, so that nothing runs unmarked. */
export class Launched {
  readonly pid: number
  /** The exit code, or the name of the signal that ended it. Never rejects. */
  readonly exited: Promise<number | NodeJS.Signals>
  readonly #child: ChildProcessWithoutNullStreams
  readonly #name: string
  readonly #out: string[] = []
  readonly #all: string[] = []
  readonly #listeners = new Set<(line: string) => void>()

  /** Through `launch` of sandbox.ts. */
  static async start(
    program: string,
    args: string[],
    options: LaunchOptions & { env: NodeJS.ProcessEnv },
  ): Promise<Launched> {
    const { name = program, ...spawnOptions } = options
    const child = spawn(program, args, spawnOptions)
    try {
      await once(child, 'spawn')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      throw new Error(`${program} is not installed: apt-get install ${packageOf[program] ?? program}`, { cause: error })
    }
    return new Launched(child, name)
  }

  private constructor(child: ChildProcessWithoutNullStreams, name: string) {
    this.#child = child
    this.#name = name
    this.pid = child.pid as number
    // "close" comes after the last output, "exit" may come before it.
    this.exited = new Promise((resolve) => {
      child.once('close', (code, signal) => resolve(code ?? signal ?? 'SIGKILL'))
    })
    child.stdin.on('error', () => {}) // writing to one that has ended: its exit tells
    this.#keep(child.stdout, true)
    this.#keep(child.stderr, false)
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** The last lines of standard output alone. */
  output(): string {
    return this.#out.join('\n')
  }

  /** The last lines of standard output and standard error, in the order they came. */
  text(): string {
    return this.#all.join('\n')
  }

  /**
   * Calls `listener` with each further line of standard output and standard error.
   * @returns how to end that
   */
  onLine(listener: (line: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Resolves when a line containing `text` has been printed, now or before.
   * @throws Error with the last lines when it ends first, or after `deadlineMs`
   */
  async printed(text: string, deadlineMs: number): Promise<void> {
    if (this.#all.some((line) => line.includes(text))) return
    let forget: (() => void) | undefined
    const seen = new Promise<'seen'>((resolve) => {
      forget = this.onLine((line) => line.includes(text) && resolve('seen'))
    })
    try {
      const end = await within(`${this.#name} printing "${text}"`, deadlineMs, Promise.race([seen, this.exited]))
      if (end !== 'seen') throw new Error(`${this.#name} ended (${end}) before printing "${text}":\n${this.tail()}`)
    } finally {
      forget?.()
    }
  }

  /** The last lines, for an error message. */
  tail(lines = 30): string {
    return this.#all.slice(-lines).join('\n')
  }

  /** Sends a signal. One that has ended already is left alone. */
  signal(signal: NodeJS.Signals): void {
    if (this.running) this.#child.kill(signal)
  }

  /** Writes to its standard input. */
  write(text: string): void {
    this.#child.stdin.write(text)
  }

  /** Ends its standard input. */
  endInput(): void {
    this.#child.stdin.end()
  }

  /**
   * Sends a signal that ends it and waits for the end.
   * @throws Error when it is still there after `deadlineMs`
   */
  async end(signal: 'SIGTERM' | 'SIGKILL', deadlineMs = 30_000): Promise<void> {
    this.signal(signal)
    await within(`${this.#name} (pid ${this.pid}) ending after ${signal}`, deadlineMs, this.exited)
  }

  #keep(stream: NodeJS.ReadableStream, isOutput: boolean): void {
    createInterface({ input: stream }).on('line', (line) => {
      for (const kept of isOutput ? [this.#out, this.#all] : [this.#all]) {
        kept.push(line)
        if (kept.length > 2 * linesKept) kept.splice(0, linesKept)
      }
      for (const listener of this.#listeners) listener(line)
    })
  }
}
