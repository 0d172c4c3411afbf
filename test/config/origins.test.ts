/** Which settings are in force, and where each comes from. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withLive } from '../../src/config/changes.ts'
import { configYaml } from '../../src/config/config-yaml.ts'
import { type LoadOptions, parseConfig } from '../../src/config/load.ts'
import { effectiveSettings } from '../../src/config/origins.ts'

const text = `version: 1
clusters:
  - name: orders
    system: kafka
    bootstrap_servers: ["\${HOST:-kafka-0}:9092", "\${OTHER:-kafka-1}:9092"]
    sasl: { mechanism: PLAIN, username: me, password: "\${PASSWORD}" }
    balancing:
      partition_autobalancing_concurrent_moves: \${MOVES:-7}0
      dry_run: true
  - name: clicks
    system: kafka
    bootstrap_servers: [b:1]
    balancing: &same
      exclude: { nodes: [1] }
balancing:
  mode: off
  partition_autobalancing_tick_interval_ms: 5000
  dry_run: false
  exclude: { topics: ["^__"] }
log: { level: debug }
`.replace('${MOVES:-7}0', '70')

const env = { PASSWORD: 'hunter2', OTHER: 'kafka-9' }

/** As `KEY TEXT < ORIGIN`, of one cluster, or of the process where none is named. */
function shown(cluster?: string, options: LoadOptions = { env }, config = parseConfig(text, 'c.yaml', options)) {
  const own = effectiveSettings(config).filter((setting) => setting.cluster === cluster)
  return own.map(({ key, text, origin }) => `${key} ${text} < ${origin}`)
}

describe('each setting in force', () => {
  it('says where it comes from', () => {
    expect(shown('orders')).toEqual(
      expect.arrayContaining([
        'system kafka < c.yaml:4',
        'bootstrap_servers [kafka-0:9092, kafka-9:9092] < environment variable OTHER (c.yaml:5)',
        'sasl.password <redacted> < environment variable PASSWORD (c.yaml:6)',
        'balancing.mode off < c.yaml:16',
        'balancing.dry_run true < cluster override (c.yaml:9)',
        'balancing.tick_interval 5s < alias partition_autobalancing_tick_interval_ms (c.yaml:17)',
        'balancing.concurrent_moves 70 < cluster override, alias partition_autobalancing_concurrent_moves (c.yaml:8)',
        'balancing.exclude.topics [^__] < c.yaml:19',
        'balancing.exclude.nodes [] < default',
        'throttle.rate_per_node 50MiB/s < default',
      ]),
    )
    expect(shown('clicks')).toEqual(
      expect.arrayContaining([
        'balancing.dry_run false < c.yaml:18',
        'balancing.exclude.nodes [1] < cluster override (c.yaml:14)',
      ]),
    )
    expect(shown()).toEqual([
      'server.metrics_listen 0.0.0.0:9631 < default',
      'server.control_listen 127.0.0.1:9632 < default',
      'state.directory /var/lib/evenkeel < default',
      'notifications [] < default',
      'audit.file /var/lib/evenkeel/audit.jsonl < default',
      'audit.keep 90d < default',
      'log.level debug < c.yaml:20',
      'log.format json < default',
    ])
  })

  it('is that of --set where that wins, and the default where it says nothing of a block that it replaces', () => {
    const set = ['balancing.concurrent_moves=8', 'balancing.exclude={ hard: true }', 'balancing.tick_interval=9s']
    expect(shown('orders', { env, set })).toEqual(
      expect.arrayContaining([
        'balancing.concurrent_moves 8 < --set',
        'balancing.tick_interval 9s < --set',
        'balancing.exclude.hard true < --set',
        'balancing.exclude.topics [] < default',
        'balancing.dry_run true < cluster override (c.yaml:9)',
      ]),
    )
  })

  it('shows no secret', () => {
    const config = parseConfig(text, 'c.yaml', { env })
    expect(JSON.stringify(effectiveSettings(config)) + configYaml(config) + JSON.stringify(config)).not.toContain(
      'hunter2',
    )
  })

  it('is where it is now while it is the same, and where it was while another one waits for a restart', () => {
    const before = parseConfig(text, 'c.yaml', { env })
    const read = text
      .replace('version: 1', '# later\n\nversion: 1')
      .replace('b:1', 'b:2')
      .replace('debug }', 'debug, format: text }')
    const inForce = withLive(before, parseConfig(read.replace('dry_run: true', 'dry_run: false'), 'c.yaml', { env }))
    expect(shown('clicks', {}, inForce)).toContain('bootstrap_servers [b:1] < c.yaml:12')
    expect(shown('clicks', {}, inForce)).toContain('system kafka < c.yaml:13')
    expect(shown('orders', {}, inForce)).toContain('balancing.dry_run false < cluster override (c.yaml:11)')
    expect(shown(undefined, {}, inForce).slice(-2)).toEqual([
      'log.level debug < c.yaml:22',
      'log.format json < default',
    ])
  })
})

describe('a config with files', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'evenkeel-origins-'))
    writeFileSync(join(folder, 'digest'), 'hunter2:hunter2\n')
    writeFileSync(join(folder, 'token'), 'hunter2\n')
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const pinot = `version: 1
clusters:
  - name: a.b
    system: pinot
    controller_urls: [http://a:9000]
    zookeeper: { connect: "zk-0:2181/pinot", digest_file: digest }
    auth: { token_file: token }
    rebalance: { tables: { db.orders_OFFLINE: { priority: 3 }, "off": { downtime: true } } }
balancing:
  mode: continuous
  windows: [{ days: [mon], from: "22:00", to: "24:00", classes: [disk_skew] }]
  bytes_in_flight_per_node: 1500MB
  exclude: { topics: ["^a, b: c#", "\\"'"], nodes: [1, "1", x] }
throttle: { rate_per_node: null }
rebalance: { bestEfforts: true, tables: { orders: { priority: 2 } } }
state: { directory: "/var/lib/$\${x}: #" }
`

  it('names them instead of what they hold', () => {
    const config = parseConfig(pinot, join(folder, 'c.yaml'))
    const lines = effectiveSettings(config).map(
      ({ key, text, origin }) => `${key} ${text} < ${origin.replace(folder, '.')}`,
    )
    expect(lines).toEqual(
      expect.arrayContaining([
        'zookeeper.connect zk-0:2181/pinot < ./c.yaml:6',
        'zookeeper.digest_file digest < ./c.yaml:6',
        'auth.token_file token < ./c.yaml:7',
        'rebalance.bestEfforts true < ./c.yaml:15',
        'rebalance.tables.db.orders_OFFLINE.priority 3 < cluster override (./c.yaml:8)',
        'rebalance.tables.orders.priority 2 < ./c.yaml:15',
      ]),
    )
    expect(lines.join()).not.toContain('hunter2')
  })

  it.each([
    ['demo.yaml', readFileSync('config/demo.yaml', 'utf8')],
    [
      'kafka.yaml',
      readFileSync('config/kafka.yaml', 'utf8').replace('password: ${KAFKA_PASSWORD}', 'password_file: token'),
    ],
    ['pinot.yaml', readFileSync('config/pinot.yaml', 'utf8').replace('token: ${PINOT_TOKEN}', 'token_file: token')],
    ['one of Pinot', pinot],
    ['the first of these tests', text.replace('"${PASSWORD}"', '"<redacted>"')],
  ])('is one again when it is shown as YAML: %s', (_, content) => {
    const { origins: _o, ...config } = parseConfig(content, join(folder, 'c.yaml'))
    const yaml = configYaml(parseConfig(content, join(folder, 'c.yaml')))
    const { origins: _p, ...again } = parseConfig(yaml, join(folder, 'c.yaml'))
    expect(again).toEqual(config)
  })
})
