import { beforeEach, describe, expect, it } from 'vitest'
import { Reload } from '../../src/cli/reload.ts'
import { parseConfig } from '../../src/config/load.ts'
import type { LoopOptions } from '../../src/daemon/cluster-loop.ts'
import { VirtualClock } from '../../src/lib/clock.ts'
import { createLogger } from '../../src/observe/log.ts'

const config = (clusters: string, top = '') =>
  parseConfig(`version: 1\nclusters: [${clusters}]\nbalancing: { mode: continuous }\n${top}`, 'c.yaml')
const orders = '{ name: orders, system: kafka, bootstrap_servers: [a:1] }'
const ordersWith = (balancing: string) => orders.replace('a:1]', `a:1], balancing: { ${balancing} }`)
const clicks = '{ name: clicks, system: kafka, bootstrap_servers: [b:1] }'

let lines: string[]
let applied: [string, LoopOptions][]
let measured: unknown[]
let reload: Reload

beforeEach(() => start(config(`${orders}, ${clicks}`)))

function start(first: ReturnType<typeof config>): void {
  lines = []
  applied = []
  measured = []
  const clock = new VirtualClock()
  reload = new Reload(first, {
    clock,
    daemon: { apply: (name, options) => applied.push([name, options]) },
    metrics: {
      configRead: (outcome) => measured.push(outcome),
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
      `${orders.replace('a:1', 'a:2')}, { name: third, system: kafka, bootstrap_servers: [b:1] }`,
      'state: { directory: /x }',
    )
    for (let time = 0; time < 2; time++) {
      lines = []
      reload.take(later)
      expect(lines).toEqual([
        'orders  bootstrap_servers is [a:2] in the config: that needs a restart, [a:1] stays in force',
        'clicks  the cluster is absent in the config: that needs a restart',
        'third  the cluster is present in the config: that needs a restart',
        'evenkeel  state.directory is /x in the config: that needs a restart, /var/lib/evenkeel stays in force',
        'evenkeel  the config was read anew: no setting changes, 4 need a restart',
      ])
    }
    expect(applied).toEqual([])
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

  it('is reached as before until a restart, and no secret is told', () => {
    start(analytics('auth: { username: u, password: "first secret" }'))
    reload.take(
      analytics('auth: { username: u, password: "other secret" }, rebalance: { downtime: true }', 'http://b:9000'),
    )
    const [cluster] = reload.inForce.clusters
    if (cluster?.system !== 'pinot') throw new Error('no cluster of Pinot')
    expect(cluster.pinot.controllerUrls).toEqual(['http://a:9000'])
    expect(cluster.pinot.rebalance.base.parameters['downtime']).toBe(true)
    expect(lines.at(-1)).toBe('evenkeel  the config was read anew: 1 setting changed, 2 need a restart')
    expect(lines.join()).not.toMatch(/first|other/)
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
