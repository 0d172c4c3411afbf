export { freePort } from '../clusters/ports.ts'

/** The command line, in this process with captured streams or as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { runCli } from '../../src/cli/cli.ts'
import type { Io } from '../../src/cli/io.ts'

/** Of the test file that runs; this module outlives it. */
let directory: string | undefined

export function inDirectory(name: string): string {
  directory ??= mkdtempSync(join(tmpdir(), 'evenkeel-cli-'))
  return join(directory, name)
}

/** After each test file: see clean.ts. */
export function removeDirectory(): void {
  if (directory !== undefined) rmSync(directory, { recursive: true, force: true })
  directory = undefined
}

export function file(name: string, content: string | Uint8Array): string {
  writeFileSync(inDirectory(name), content)
  return inDirectory(name)
}

/** A fifth node that is empty, and nothing that grows: the same cluster whenever it is looked at. */
export function config(name: string, more: { mode?: string; server?: string; bootstrap?: string } = {}): string {
  const simulator = `
    system: simulator
    simulator:
      seed: 3
      copy_rate: 100MiB/s
      nodes: [{ id: 1, disk: 10GiB }, { id: 2, disk: 10GiB }, { id: 3, disk: 10GiB }, { id: 4, disk: 10GiB }, { id: 5, disk: 10GiB }]
      topics: [{ name: orders, partitions: 200, replication_factor: 2, size: 15MiB, nodes: [1, 2, 3, 4] }]`
  const kafka = `
    system: kafka
    bootstrap_servers: ["${more.bootstrap}"]`
  return file(
    name,
    `version: 1
clusters:
  - name: demo${more.bootstrap === undefined ? simulator : kafka}
balancing: { mode: ${more.mode ?? 'continuous'}, node_add_hold: 0s, tick_interval: 1s, pulse_interval: 200ms }
${more.server ?? ''}
`,
  )
}

export interface Ended {
  code: number | null
  out: string
  err: string
}

export function cli(...args: string[]): Promise<Ended> {
  return cliWith({}, ...args)
}

export async function cliWith(io: Partial<Io>, ...args: string[]): Promise<Ended> {
  const { io: ours, texts } = captured()
  const code = await runCli(args, { ...ours, ...io })
  return { code, ...texts }
}

/** A process of nobody's, and what was written to its streams so far. */
export function captured(): { io: Io; texts: { out: string; err: string } } {
  const texts = { out: '', err: '' }
  const out = new Writable({
    write(chunk: Buffer, _, done) {
      texts.out += chunk.toString()
      done()
    },
  })
  const io: Io = {
    out: out as unknown as NodeJS.WriteStream,
    err: { write: (text) => (texts.err += text) },
    env: {},
    signal: new AbortController().signal,
    onReload: () => () => undefined,
  }
  return { io, texts }
}

const root = fileURLToPath(new URL('../..', import.meta.url))

export interface Running {
  child: ChildProcess
  ended: Promise<Ended>
  /** Resolves once what it wrote matches. */
  said: (what: RegExp) => Promise<void>
}

export function start(...args: string[]): Running {
  const child = spawn(process.execPath, ['dist/main.js', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] },
  })
  const texts = { out: '', err: '' }
  const listeners = new Set<() => void>()
  for (const [name, stream] of [
    ['out', child.stdout],
    ['err', child.stderr],
  ] as const) {
    stream.on('data', (chunk: Buffer) => {
      texts[name] += chunk.toString()
      for (const listener of listeners) listener()
    })
  }
  const ended = new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, ...texts })))
  const said = (what: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (what.test(texts.out + texts.err)) resolve()
      }
      listeners.add(look)
      void ended.then(({ out, err }) => reject(new Error(`it ended without saying ${what}: ${out}${err}`)))
      look()
    })
  return { child, ended, said }
}
