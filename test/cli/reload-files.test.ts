/** What docs/configuration.md says of what may happen to a config file while it is followed: real files, the real watch, the log. */
import {
  appendFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Reload } from '../../src/cli/reload.ts'
import type { LoopEvent } from '../../src/cluster/events.ts'
import type { ClusterConfig } from '../../src/config/compile.ts'
import { parseConfig, readConfig } from '../../src/config/load.ts'
import { NamedFiles } from '../../src/config/named-files.ts'
import { ConfigWatch } from '../../src/config/watch.ts'
import { realClock } from '../../src/lib/clock.ts'
import { Emitter } from '../../src/lib/emitter.ts'
import { createLogger } from '../../src/observe/log.ts'
import type { System } from '../../src/systems/port.ts'

let root: string
let folder: string
let path: string
let followed: Awaited<ReturnType<typeof follow>> | undefined

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'evenkeel-reload-'))
  folder = join(root, 'etc')
  path = join(folder, 'evenkeel.yaml')
  mkdirSync(folder)
})
afterEach(async () => {
  await followed?.watch.close()
  rmSync(root, { recursive: true, force: true })
})

/** A config that is known by its number. */
const text = (moves: number, more = '') => `version: 1
clusters:
  - { name: orders, system: kafka, bootstrap_servers: [a:1]${more} }
balancing: { mode: continuous, concurrent_moves: ${moves} }
`

/** As `run` does it, with a poll in a second instead of ten. */
function follow(pollMs = 1000) {
  const lines: string[] = []
  const all: string[] = []
  const passwords: string[] = []
  const waiting = new Set<() => void>()
  const note = (line: string) => {
    lines.push(line)
    all.push(line)
    for (const look of waiting) look()
  }
  const content = readConfig(path)
  const named = new NamedFiles()
  const config = parseConfig(content, path, { read: named.read })
  const events = new Emitter<LoopEvent>((error) => note(String(error)))
  const logger = createLogger({
    level: 'info',
    format: 'text',
    clock: realClock,
    out: { write: (line) => note(line.slice(9).trimEnd()) },
  })
  const reload = new Reload(config, {
    clock: realClock,
    logger,
    metrics: { configRead: () => undefined, configInForce: () => undefined, settingsApplied: () => undefined },
    emit: () => undefined,
    applyToObservers: () => undefined,
    daemon: {
      apply: () => undefined,
      // One that is proposed works at once.
      replaceSystem: (cluster) => events.emit({ cluster, atMs: 0, type: 'connection_replaced' }),
      events,
    },
    connect: async (cluster) => {
      passwords.push(passwordOf(cluster))
      note('connected')
      return { close: async () => undefined } as unknown as System
    },
  })
  const watch = new ConfigWatch(path, content, named, {
    clock: realClock,
    debounceMs: 50,
    pollMs,
    onConfig: (read) => reload.take(read),
    onRefused: (error) => reload.refuse(error),
  })
  return {
    watch,
    all,
    passwords,
    reload,
    moves: () => reload.inForce.clusters[0]!.balancing.concurrentMoves,
    /** Resolves once a line after the last one that was waited for matches. */
    said: (what: RegExp) =>
      new Promise<void>((resolve) => {
        const look = () => {
          const at = lines.findIndex((line) => what.test(line))
          if (at === -1) return
          lines.splice(0, at + 1)
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      }),
  }
}

function passwordOf(cluster: ClusterConfig): string {
  return cluster.system === 'kafka' ? (cluster.kafka.sasl?.password.reveal() ?? '') : ''
}

const changed = /read anew: 1 setting changed/

/** A ConfigMap or a Secret as the kubelet mounts it: the files are links through `..data`, which is swapped. */
function publish(mount: string, version: string, files: Record<string, string>): void {
  mkdirSync(join(mount, version), { recursive: true })
  for (const [name, content] of Object.entries(files)) writeFileSync(join(mount, version, name), content)
  symlinkSync(version, join(mount, '..data_tmp'))
  renameSync(join(mount, '..data_tmp'), join(mount, '..data'))
}

it('a ConfigMap that is swapped, twice', async () => {
  publish(folder, '..2026_a', { 'evenkeel.yaml': text(1) })
  symlinkSync('..data/evenkeel.yaml', path)
  followed = follow()
  publish(folder, '..2026_b', { 'evenkeel.yaml': text(2) })
  rmSync(join(folder, '..2026_a'), { recursive: true })
  await followed.said(changed)
  publish(folder, '..2026_c', { 'evenkeel.yaml': text(3) })
  rmSync(join(folder, '..2026_b'), { recursive: true })
  await followed.said(changed)
  expect(followed.moves()).toBe(3)
})

it('an editor that puts another file in its place, and one that writes over it', async () => {
  writeFileSync(path, text(1))
  followed = follow()
  writeFileSync(`${path}.swp`, text(2))
  renameSync(path, `${path}~`)
  renameSync(`${path}.swp`, path)
  await followed.said(/concurrent_moves is now 2, was 1/)
  writeFileSync(path, text(3))
  await followed.said(/concurrent_moves is now 3, was 2/)
  utimesSync(path, new Date(), new Date())
  writeFileSync(path, text(4))
  await followed.said(/concurrent_moves is now 4, was 3/)
})

it('a file that is written slowly', async () => {
  writeFileSync(path, text(1))
  followed = follow()
  writeFileSync(path, text(2).slice(0, -20))
  await followed.said(/refused for 1 problem, what was in force stays so/)
  await followed.said(/evenkeel\.yaml:4:\d+: not valid YAML/)
  expect([followed.moves(), followed.reload.refusal]).toEqual([1, expect.stringContaining('not valid YAML')])
  appendFileSync(path, text(2).slice(-20))
  await followed.said(changed)
  expect([followed.moves(), followed.reload.refusal]).toEqual([2, undefined])
})

it('a file that is gone, and comes back', async () => {
  writeFileSync(path, text(1))
  followed = follow()
  unlinkSync(path)
  await followed.said(/evenkeel\.yaml:1:1: cannot be read: no such file/)
  expect(followed.moves()).toBe(1)
  writeFileSync(path, text(2))
  await followed.said(changed)
  expect([followed.moves(), followed.reload.refusal]).toEqual([2, undefined])
})

it('a file that is no config, and one that is another config', async () => {
  writeFileSync(path, text(1))
  followed = follow()
  writeFileSync(path, readFileSync('package.json'))
  await followed.said(/refused for \d+ problems/)
  await followed.said(/version: expected 1/)
  writeFileSync(path, readFileSync('config/demo.yaml'))
  await followed.said(/orders {2}the cluster is absent in the config: that needs a restart/)
  await followed.said(/demo {2}the cluster is present in the config: that needs a restart/)
  await followed.said(/no setting changes, 4 need a restart/)
  expect([followed.moves(), followed.reload.inForce.clusters.map(({ name }) => name)]).toEqual([1, ['orders']])
})

it('a file that is mounted by itself: written in place it is seen, by the poll; replaced outside it is not', async () => {
  // As such a mount does, a second name of the file leads past the folder in which others change it.
  const outside = join(root, 'outside.yaml')
  writeFileSync(outside, text(1))
  linkSync(outside, path)
  followed = follow(200)
  writeFileSync(outside, text(2))
  await followed.said(changed)
  expect(followed.moves()).toBe(2)
  writeFileSync(join(root, 'new.yaml'), text(3))
  renameSync(join(root, 'new.yaml'), outside)
  followed.watch.reload()
  await followed.said(/no setting changes/)
  expect(followed.moves()).toBe(2)
})

it('a secret that is renewed in its own folder: connected to anew; nothing is told of what it is', async () => {
  const secrets = join(root, 'secrets')
  publish(secrets, '..2026_a', { password: 'first-one' })
  symlinkSync('..data/password', join(secrets, 'password'))
  writeFileSync(
    path,
    text(1, `, sasl: { mechanism: PLAIN, username: me, password_file: ${join(secrets, 'password')} }`),
  )
  followed = follow(100)
  publish(secrets, '..2026_b', { password: 'second-one\n' })
  await followed.said(/sasl\.password has changed: a new connection is made, the old one stays until that works/)
  await followed.said(/no setting changes, 1 with a new connection/)
  await followed.said(/connected/)
  expect([followed.passwords, passwordOf(followed.reload.inForce.clusters[0]!)]).toEqual([['second-one'], 'second-one'])
  publish(secrets, '..2026_c', { password: '' })
  await followed.said(/password_file: the file is empty/)
  expect(passwordOf(followed.reload.inForce.clusters[0]!)).toBe('second-one')
  publish(secrets, '..2026_d', { password: 'third-one' })
  await followed.said(/connected/)
  expect(followed.passwords).toEqual(['second-one', 'third-one'])
  expect(followed.all.join('\n')).not.toMatch(/-one/)
})
