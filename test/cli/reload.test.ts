import { beforeEach, describe, expect, it } from 'vitest'
import { daemonConfig } from '../../src/cli/daemon-config.ts'
import { Reload } from '../../src/cli/reload.ts'
import type { LoopEvent } from '../../src/cluster/events.ts'
import type { ProcessEvent } from '../../src/cluster/process-events.ts'
import type { ClusterConfig, CompiledConfig } from '../../src/config/compile.ts'
import { parseConfig } from '../../src/config/load.ts'
import type { LoopOptions } from '../../src/daemon/cluster-loop.ts'
import { configAnswer, reloadAnswer } from '../../src/http/answers.ts'
import { VirtualClock } from '../../src/lib/clock.ts'
import { Emitter } from '../../src/lib/emitter.ts'
import { createLogger } from '../../src/observe/log.ts'
import type { System } from '../../src/systems/port.ts'

const config = (clusters: string, top = '') =>
  parseConfig(`version: 1\nclusters: [${clusters}]\nbalancing: { mode: continuous }\n${top}`, 'c.yaml')
const orders = '{ name: orders, system: kafka, bootstrap_servers: [a:1] }'
const ordersWith = (balancing: string) => orders.replace('a:1]', `a:1], balancing: { ${balancing} }`)
const clicks = '{ name: clicks, system: kafka, bootstrap_servers: [b:1] }'

let lines: string[]
let applied: [string, LoopOptions][]
let measured: unknown[]
let measuredHash = Number.NaN
let reload: Reload
let events: Emitter<LoopEvent>
/** Addresses that were connected to, and what was done with them. */
let connected: string[]
/** What observers hear, and what they go by. */
let heard: ProcessEvent[]
let observing: CompiledConfig[]
let connecting: (cluster: ClusterConfig) => Promise<System>

beforeEach(() => start(config(`${orders}, ${clicks}`)))

function start(first: ReturnType<typeof config>): void {
  lines = []
  applied = []
  measured = []
  connected = []
  heard = []
  observing = []
  events = new Emitter<LoopEvent>((error) => {
    throw error
  })
  connecting = async (cluster) => {
    const address = addressOf(cluster)
    connected.push(`connect ${address}`)
    return { address, close: async () => void connected.push(`close ${address}`) } as unknown as System
  }
  const clock = new VirtualClock()
  reload = new Reload(first, {
    clock,
    daemon: {
      apply: (name, options) => applied.push([name, options]),
      replaceSystem: (name, system) => {
        connected.push(
          `${name} ${system ? `is to be reached at ${(system as unknown as { address: string }).address}` : 'stays'}`,
        )
      },
      events,
    },
    connect: (cluster) => connecting(cluster),
    emit: (event) => heard.push(event),
    applyToObservers: (changed) => observing.push(changed),
    metrics: {
      configRead: (outcome) => measured.push(outcome),
      configInForce: (hash) => void (measuredHash = hash),
      settingsApplied: (name, { maxDiskUsage }) => measured.push([name, maxDiskUsage]),
    },
    logger: createLogger({
      level: 'info',
      format: 'text',
      clock,
      out: { write: (text) => lines.push(text.slice(9).trimEnd()) },
    }),
  })
}

/** What was begun has got as far as it can. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve))

function addressOf(cluster: ClusterConfig): string {
  if (cluster.system === 'kafka') return cluster.kafka.bootstrap.map(({ port }) => port).join()
  return cluster.system === 'pinot' ? cluster.pinot.controllerUrls.join() : ''
}

/** What the daemon says of a new connection. */
function said(event: { type: 'connection_replaced' } | { type: 'connection_refused'; text: string; final: boolean }) {
  events.emit({
    cluster: 'orders',
    atMs: 0,
    ...(event.type === 'connection_refused' ? { code: 'x' } : {}),
    ...event,
  } as LoopEvent)
}

function refused(text: string): unknown {
  try {
    return parseConfig(text, 'c.yaml')
  } catch (error) {
    return error
  }
}

describe('a config that was read anew', () => {
  it('goes live where it may, for the clusters that it concerns', () => {
    reload.take(config(`${ordersWith('mode: off, max_disk_usage_percent: 70, tick_interval: 10s')}, ${clicks}`))
    expect(applied).toMatchObject([['orders', { balance: { mode: 'off', maxDiskUsage: 0.7 }, tickIntervalMs: 10_000 }]])
    expect(measured).toEqual(['applied', ['orders', 0.7], 'applied'])
    expect(lines).toEqual([
      'orders  balancing.mode is now off, was continuous',
      'orders  balancing.tick_interval is now 10s, was 30s',
      'orders  balancing.max_disk_usage_percent is now 70, was 80',
      'evenkeel  the config was read anew: 3 settings changed',
    ])
  })

  it('is compared with what came before it, not with the start', () => {
    reload.take(config(`${ordersWith('mode: off')}, ${clicks}`))
    lines = []
    reload.take(config(`${ordersWith('mode: off')}, ${clicks}`))
    expect(lines).toEqual(['evenkeel  the config was read anew: no setting changes'])
    reload.take(config(`${orders}, ${clicks}`))
    expect(lines[1]).toBe('orders  balancing.mode is now continuous, was off')
    expect(applied).toHaveLength(2)
  })

  it('names what needs a restart and leaves it as it was, each time', () => {
    const later = config(
      `${orders}, { name: third, system: kafka, bootstrap_servers: [b:1] }`,
      'state: { directory: /x }',
    )
    for (let time = 0; time < 2; time++) {
      lines = []
      reload.take(later)
      expect(lines).toEqual([
        'clicks  the cluster is absent in the config: that needs a restart',
        'third  the cluster is present in the config: that needs a restart',
        'evenkeel  state.directory is /x in the config: that needs a restart, /var/lib/evenkeel stays in force',
        'evenkeel  audit.file is /x/audit.jsonl in the config: that needs a restart, /var/lib/evenkeel/audit.jsonl stays in force',
        'evenkeel  the config was read anew: no setting changes, 4 need a restart',
      ])
    }
    expect(applied).toEqual([])
  })

  it('is told to those who write down what happens and tell it on, and they go by it from then on', () => {
    const receiver = (url: string) => `notifications: [{ name: ops, type: slack, url: "${url}" }]`
    reload.take(config(`${orders}, ${clicks}`, `${receiver('http://a/hunter2')}\naudit: { keep: 1d }`))
    reload.take(config(`${orders}, ${clicks}`, `${receiver('http://a/hunter3')}\naudit: { keep: 1d }`))
    reload.refuse(new Error('it is gone'))
    expect(heard).toMatchObject([
      {
        type: 'config_applied',
        changes: [{ key: 'notifications' }, { key: 'audit.keep', before: '90d', after: '1d' }],
      },
      { type: 'config_applied', changes: [{ key: 'notifications', effect: 'live' }] },
      { type: 'config_refused', problems: ['it is gone'] },
    ])
    expect(observing.map(({ notifications, audit }) => [notifications[0]!.url.reveal(), audit.keepMs])).toEqual([
      ['http://a/hunter2', 86_400_000],
      ['http://a/hunter3', 86_400_000],
    ])
    expect(lines).toContain('evenkeel  notifications has changed')
    expect(JSON.stringify([heard, lines])).not.toContain('hunter')
  })

  it('changes what is written to the log', () => {
    reload.take(config(`${orders}, ${clicks}`, 'log: { level: warn }'))
    expect(lines).toEqual([])
    reload.take(config(`${orders}, ${clicks}`))
    expect(lines).toEqual([
      'evenkeel  log.level is now info, was warn',
      'evenkeel  the config was read anew: 1 setting changed',
    ])
  })
})

describe('a cluster of Pinot', () => {
  const analytics = (own: string, controller = 'http://a:9000') =>
    config(`{ name: analytics, system: pinot, controller_urls: [${controller}], ${own} }`)

  it('is rebalanced as the new config says from the next tick on, which is asked for', () => {
    start(analytics('rebalance: { batchSizePerServer: 5 }'))
    reload.take(analytics('rebalance: { batchSizePerServer: 7, tables: { orders: { bestEfforts: true } } }'))
    const [cluster] = reload.inForce.clusters
    if (cluster?.system !== 'pinot') throw new Error('no cluster of Pinot')
    expect(cluster.pinot.rebalance.base.parameters['batchSizePerServer']).toBe(7)
    expect(cluster.pinot.rebalance.tables).toEqual({ orders: { parameters: { bestEfforts: true } } })
    expect(applied.map(([name]) => name)).toEqual(['analytics'])
    expect(lines).toEqual([
      'analytics  rebalance.batchSizePerServer is now 7, was 5',
      'analytics  rebalance.tables.orders.bestEfforts is now true, was absent',
      'evenkeel  the config was read anew: 2 settings changed',
    ])
  })

  it('is reached by a new connection, and no secret is told', async () => {
    start(analytics('auth: { username: u, password: "first secret" }'))
    reload.take(
      analytics('auth: { username: u, password: "other secret" }, rebalance: { downtime: true }', 'http://b:9000'),
    )
    await settle()
    expect(connected).toEqual(['connect http://b:9000', 'analytics is to be reached at http://b:9000'])
    const pinot = () => {
      const [cluster] = reload.inForce.clusters
      if (cluster?.system !== 'pinot') throw new Error('no cluster of Pinot')
      return cluster.pinot
    }
    expect(pinot().controllerUrls).toEqual(['http://a:9000'])
    expect(pinot().rebalance.base.parameters['downtime']).toBe(true)
    events.emit({ cluster: 'analytics', atMs: 0, type: 'connection_replaced' })
    expect(pinot().controllerUrls).toEqual(['http://b:9000'])
    expect(lines).toEqual([
      'analytics  controller_urls is [http://b:9000] in the config, was [http://a:9000]: a new connection is made, the old one stays until that works',
      'analytics  auth.password has changed: a new connection is made, the old one stays until that works',
      'analytics  rebalance.downtime is now true, was false',
      'evenkeel  the config was read anew: 1 setting changed, 2 with a new connection',
    ])
  })
})

describe('a cluster that is to be reached otherwise', () => {
  const at = (address: string, balancing = 'concurrent_moves: 50') =>
    config(`${ordersWith(balancing).replace('a:1', `a:${address}`)}, ${clicks}`)
  const inForce = () => addressOf(reload.inForce.clusters[0]!)

  it('is so once the daemon says that the new connection is taken', async () => {
    reload.take(at('2', 'mode: off'))
    await settle()
    expect(connected).toEqual(['connect 2', 'orders is to be reached at 2'])
    expect([inForce(), reload.inForce.clusters[0]!.balancing.mode, reload.refusal]).toEqual(['1', 'off', undefined])
    said({ type: 'connection_replaced' })
    expect(inForce()).toBe('2')
    lines = []
    reload.take(at('2', 'mode: off'))
    await settle()
    expect(lines).toEqual(['evenkeel  the config was read anew: no setting changes'])
    expect(connected).toHaveLength(2)
  })

  it('is not connected to twice while that is tried, whatever else changes', async () => {
    reload.take(at('2'))
    await settle()
    said({ type: 'connection_refused', text: 'nobody answers', final: false })
    expect(reload.refusal).toBe('orders: the new connection is not taken: nobody answers')
    reload.take(at('2', 'mode: off'))
    await settle()
    expect(connected).toEqual(['connect 2', 'orders is to be reached at 2'])
    said({ type: 'connection_replaced' })
    expect([inForce(), reload.refusal]).toEqual(['2', undefined])
  })

  it('is tried by the newest config alone', async () => {
    reload.take(at('2'))
    reload.take(at('3'))
    await settle()
    expect(connected).toEqual(['connect 2', 'connect 3', 'close 2', 'orders is to be reached at 3'])
    said({ type: 'connection_replaced' })
    expect(inForce()).toBe('3')
  })

  it('stays as it is when the config says so again', async () => {
    reload.take(at('2'))
    await settle()
    said({ type: 'connection_refused', text: 'nobody answers', final: false })
    reload.take(at('1'))
    await settle()
    expect(connected.slice(2)).toEqual(['orders stays'])
    expect([inForce(), reload.refusal]).toEqual(['1', undefined])
    // It comes too late.
    said({ type: 'connection_replaced' })
    expect(inForce()).toBe('1')
  })

  it('is left alone once the new connection was refused for good, until the config is read anew', async () => {
    reload.take(at('2'))
    await settle()
    said({ type: 'connection_refused', text: 'it leads elsewhere', final: true })
    expect([inForce(), reload.refusal]).toEqual(['1', 'orders: the new connection is not taken: it leads elsewhere'])
    reload.refuse(new Error('no room'))
    expect(reload.refusal).toBe('no room\norders: the new connection is not taken: it leads elsewhere')
    reload.take(at('2'))
    await settle()
    expect(connected.slice(2)).toEqual(['connect 2', 'orders is to be reached at 2'])
    expect(reload.refusal).toBeUndefined()
  })

  it('stays as it is where there is nothing to connect with', async () => {
    connecting = () => Promise.reject(new Error('not that key'))
    reload.take(at('2'))
    await settle()
    expect(lines.at(-1)).toBe('orders  the new connection is not taken, the old one stays in force: not that key')
    expect([inForce(), reload.refusal]).toEqual(['1', 'orders: the new connection is not taken: not that key'])
  })
})

describe('as the control listener tells of it', () => {
  const told = (reread: () => void) => daemonConfig(reload, reread)

  it('is what is in force, without secrets, and what reading it anew comes to', () => {
    start(config(orders.replace('a:1]', 'a:1], sasl: { mechanism: PLAIN, username: u, password: hunter2 }')))
    const before = told(() => undefined).inForce()
    expect(before.settings).toContainEqual({
      cluster: 'orders',
      key: 'balancing.mode',
      text: 'continuous',
      origin: 'c.yaml:3',
    })
    expect(JSON.stringify(before)).not.toContain('hunter2')
    expect(configAnswer.parse(before)).toEqual(before)

    const other = config(ordersWith('mode: off'), 'state: { directory: /x }')
    const changes = told(() => reload.take(other)).reload()
    expect(reloadAnswer.parse({ changes }).changes.map(({ key, effect }) => `${key}: ${effect}`)).toEqual([
      'sasl.mechanism: reconnects',
      'sasl.username: reconnects',
      'sasl.password: reconnects',
      'balancing.mode: live',
      'state.directory: restart',
      'audit.file: restart',
    ])
    expect(changes.map(({ text }) => lines.some((line) => line.endsWith(text)))).toEqual(changes.map(() => true))
    expect(JSON.stringify(changes)).not.toContain('hunter2')
    expect(told(() => undefined).inForce().hash).not.toBe(before.hash)
  })

  it('has a number that is the beginning of its hash, whenever what is in force changes', () => {
    const hash = () =>
      Number.parseInt(
        told(() => undefined)
          .inForce()
          .hash.slice(0, 12),
        16,
      )
    start(config(orders))
    const first = measuredHash
    expect(first).toBe(hash())
    expect(Number.isSafeInteger(first)).toBe(true)
    reload.take(config(orders.replace('name: orders', '"name": "orders"')))
    expect(measuredHash).toBe(first)
    reload.take(config(ordersWith('mode: off')))
    expect(measuredHash).toBe(hash())
    const second = measuredHash
    expect(second).not.toBe(first)
    reload.refuse(refused('version: 2\nclusters: []\n'))
    expect(measuredHash).toBe(second)
    reload.take(config(orders.replace('a:1', 'a:2')))
    const waiting = measuredHash
    said({ type: 'connection_replaced' })
    expect(measuredHash).toBe(hash())
    expect(measuredHash).not.toBe(waiting)
  })

  it('refuses a wrong file with its places', () => {
    const wrong = told(() => reload.refuse(refused('version: 2\nclusters: []\n')))
    expect(() => wrong.reload()).toThrow(
      expect.objectContaining({
        code: 'config_refused',
        problems: [
          expect.objectContaining({ file: 'c.yaml', line: 1, column: 10, key: 'version' }),
          expect.objectContaining({ file: 'c.yaml', line: 2, column: 11, key: 'clusters' }),
        ],
      }),
    )
    expect(wrong.refusal()).toContain('c.yaml:2:11')
  })
})

describe('a config that is wrong', () => {
  it('is told with its places and changes nothing', () => {
    expect(reload.refusal).toBeUndefined()
    reload.refuse(refused('version: 2\nclusters: []\n'))
    expect(lines).toEqual([
      'evenkeel  the config is refused for 2 problems, what was in force stays so',
      'evenkeel  c.yaml:1:10: version: expected 1, the version of this file’s format',
      'evenkeel  c.yaml:2:11: clusters: expected at least one cluster',
    ])
    expect(measured).toEqual(['applied', 'refused'])
    expect(reload.refusal).toContain('c.yaml:2:11')
    reload.take(config(`${orders}, ${clicks}`))
    expect(reload.refusal).toBeUndefined()
  })

  it('may be so for a reason of its own', () => {
    reload.refuse(new Error('no room'))
    expect(lines).toEqual(['evenkeel  the config is refused, what was in force stays so: no room'])
  })
})
