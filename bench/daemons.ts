/** The daemons that the benchmarks run as processes of their own, and how figures are told. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { freePort } from '../test/clusters/ports.ts'

const directory = mkdtempSync(join(tmpdir(), 'evenkeel-bench-'))
export const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
export const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

export interface Daemon {
  process: ChildProcess
  /** Where its listeners are, as the beginning of an address. */
  control: string
  metrics: string
}

export async function run(name: string, clusters: object[], balancing: object): Promise<Daemon> {
  const [control, metrics] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`]
  const file = join(directory, `${name}.yaml`)
  const server = { metrics_listen: metrics, control_listen: control }
  const state = { directory: join(directory, name) }
  writeFileSync(file, stringify({ version: 1, clusters, balancing, server, state, log: { level: 'error' } }))
  const child = spawn(process.execPath, ['dist/main.js', 'run', '--config', file], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return { process: child, control: `http://${control}`, metrics: `http://${metrics}` }
}

export async function stop({ process: child }: Daemon): Promise<void> {
  const ended = new Promise((resolve) => child.once('close', resolve))
  child.kill('SIGTERM')
  await ended
}

/** @throws Error after five minutes */
export async function until(what: string, look: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1200; tries += 1) {
    if (await look().catch(() => false)) return
    await sleep(250)
  }
  throw new Error(`${what} did not come in 5 minutes`)
}

/** Of each cluster. */
export const statuses = async ({ control }: Daemon) => {
  const { clusters } = (await (await fetch(`${control}/api/v1/status`)).json()) as {
    clusters: { name: string; status: string }[]
  }
  return new Map(clusters.map(({ name, status }) => [name, status]))
}

export function ms(value: number): string {
  return `${value.toFixed(1)} ms`
}

/** Of the machine, over the last 1, 5 and 15 minutes. */
export const load = () =>
  loadavg()
    .map((value) => value.toFixed(1))
    .join(' ')

/** Everything that the daemons have written. */
export const tidy = () => rmSync(directory, { recursive: true, force: true })
