import { describe, expect, it } from 'vitest'
import { changesBetween, withConnection, withLive } from '../../src/config/changes.ts'
import type { ClusterConfig } from '../../src/config/compile.ts'
import { parseConfig } from '../../src/config/load.ts'
import { reloadEffect } from '../../src/config/reload-effect.ts'
import { clusterSettings, processSettings } from '../../src/config/words.ts'

const config = (more = '', orders = '') =>
  parseConfig(
    `version: 1
clusters:
  - name: orders
    system: kafka
    bootstrap_servers: [a:1, "[::1]:2"]
    ${orders}
${more.includes('balancing:') ? '' : 'balancing: { mode: continuous }'}
${more}
`,
    'c.yaml',
  )

const suffix = { live: '', reconnects: ' by a new connection', restart: ' at a restart' }

/** As they are logged, more or less. */
const changes = (after: ReturnType<typeof config>, before = config()) =>
  changesBetween(before, after).map(
    ({ cluster, key, before, after, effect }) => `${cluster ?? ''} ${key}: ${before} → ${after}${suffix[effect]}`,
  )

describe('what changed', () => {
  it('is nothing between two readings of one text', () => {
    const text =
      'balancing: { mode: off, exclude: { topics: ["^__"] }, windows: [{ from: "1:00", to: "2:00", classes: [disk_skew] }] }'
    expect(changes(config(text), config(text))).toEqual([])
  })

  it('is told in the words of the file', () => {
    expect(
      changes(
        config(`balancing:
  mode: "off"
  dry_run: true
  tick_interval: 90500ms
  pulse_interval: 1m30s
  node_availability_timeout: 1h
  node_add_hold: 0s
  node_add_below_percent: 7
  max_disk_usage_percent: 57.5
  hard_disk_usage_percent: 58
  disk_balance_percent: 9
  concurrent_moves: 7
  concurrent_moves_per_node: 2
  bytes_in_flight_per_node: 50GiB
  topic_aware: false
  rack_awareness: require
  unknown_outcome_hold: 2m
  target_grace: 10m
  windows:
    - { days: [mon, fri], from: "22:00", to: "5:00", timezone: Europe/Berlin, classes: [disk_skew, leader_skew] }
    - { from: "00:00", to: "24:00", classes: [rack_violation] }
  exclude: { topics: ["^__"], nodes: [1, x], hard: true }
leadership:
  enabled: false
  strategy: greedy_balanced_shards
  by: traffic
  idle_timeout: 1s
  mute_timeout: 1h
  max_transfers_per_tick: 9
log: { level: debug }`),
      ),
    ).toEqual([
      'orders balancing.mode: continuous → off',
      'orders balancing.dry_run: false → true',
      'orders balancing.tick_interval: 30s → 90500ms',
      'orders balancing.pulse_interval: 3s → 1m30s',
      'orders balancing.node_availability_timeout: 15m → 1h',
      'orders balancing.node_add_hold: 5m → 0ms',
      'orders balancing.node_add_below_percent: 50 → 7',
      'orders balancing.max_disk_usage_percent: 80 → 57.5',
      'orders balancing.hard_disk_usage_percent: 90 → 58',
      'orders balancing.disk_balance_percent: null → 9',
      'orders balancing.concurrent_moves: 50 → 7',
      'orders balancing.concurrent_moves_per_node: 5 → 2',
      'orders balancing.bytes_in_flight_per_node: null → 50GiB',
      'orders balancing.topic_aware: true → false',
      'orders balancing.rack_awareness: prefer → require',
      'orders balancing.unknown_outcome_hold: 1m30s → 2m',
      'orders balancing.target_grace: 5m → 10m',
      'orders balancing.windows: [] → [{days: [mon, fri], from: "22:00", to: "05:00", timezone: Europe/Berlin, classes: [disk_skew, leader_skew]}, {from: "00:00", to: "24:00", timezone: UTC, classes: [rack_violation]}]',
      'orders balancing.exclude.topics: [] → [^__]',
      'orders balancing.exclude.nodes: [] → [1, x]',
      'orders balancing.exclude.hard: false → true',
      'orders leadership.enabled: true → false',
      'orders leadership.strategy: random_hill_climbing → greedy_balanced_shards',
      'orders leadership.by: count → traffic',
      'orders leadership.idle_timeout: 2m → 1s',
      'orders leadership.mute_timeout: 5m → 1h',
      'orders leadership.max_transfers_per_tick: 50 → 9',
      ' log.level: info → debug',
    ])
  })

  it('is told of a cluster of its own, whether it stands there or at the top', () => {
    const two = (top: string, own: string) =>
      config(
        `balancing: { mode: ${top} }`,
        `balancing: { mode: ${own} }\n  - { name: b, system: kafka, bootstrap_servers: [b:1] }`,
      )
    expect(changes(two('off', 'node_add'), two('continuous', 'continuous'))).toEqual([
      'orders balancing.mode: continuous → node_add',
      'b balancing.mode: continuous → off',
    ])
  })

  it('takes a new connection where that is concerned, and a restart for a listener or a directory', () => {
    const after = config(
      'server: { metrics_listen: "[::1]:1", control_listen: "127.0.0.1:2" }\nstate: { directory: /x }\nlog: { format: text }',
      'sasl: { mechanism: PLAIN, username: me, password: hunter2 }\n    tls: { server_name: kafka }',
    )
    expect(changes(after)).toEqual([
      'orders tls: absent → a block by a new connection',
      'orders tls.server_name: absent → kafka by a new connection',
      'orders sasl.mechanism: absent → PLAIN by a new connection',
      'orders sasl.username: absent → me by a new connection',
      'orders sasl.password: absent → <redacted> by a new connection',
      ' server.metrics_listen: 0.0.0.0:9631 → [::1]:1 at a restart',
      ' server.control_listen: 127.0.0.1:9632 → 127.0.0.1:2 at a restart',
      ' state.directory: /var/lib/evenkeel → /x at a restart',
      ' audit.file: /var/lib/evenkeel/audit.jsonl → /x/audit.jsonl at a restart',
      ' log.format: json → text at a restart',
    ])
  })

  it('sees another secret and shows neither', () => {
    const sasl = (password: string) => config('', `sasl: { mechanism: PLAIN, username: me, password: ${password} }`)
    expect(changes(sasl('hunter3'), sasl('hunter2'))).toEqual([
      'orders sasl.password: <redacted> → <redacted> by a new connection',
    ])
    expect(JSON.stringify(changesBetween(sasl('hunter2'), sasl('hunter3')))).not.toContain('hunter')
  })

  it('names clusters that came and went', () => {
    const other = parseConfig(
      `version: 1
balancing: { mode: off }
clusters:
  - name: sim
    system: simulator
    simulator: { copy_rate: 1MiB/s, nodes: [{ id: 1, disk: 1GiB }], topics: [] }
`,
      'c.yaml',
    )
    expect(changes(other)).toEqual([
      'orders : present → absent at a restart',
      'sim : absent → present at a restart',
      ' audit.file: /var/lib/evenkeel/audit.jsonl → absent at a restart',
    ])
  })

  it('sees a cluster that is another one by the same name', () => {
    const simulated = (seed: number) =>
      parseConfig(
        `version: 1
balancing: { mode: continuous }
clusters:
  - name: orders
    system: simulator
    simulator: { seed: ${seed}, copy_rate: 1MiB/s, nodes: [{ id: 1, disk: 1GiB }], topics: [] }
`,
        'c.yaml',
      )
    expect(changes(simulated(2), simulated(1))).toEqual(['orders simulator.seed: 1 → 2 at a restart'])
    expect(changes(simulated(1)).slice(0, 3)).toEqual([
      'orders system: kafka → simulator at a restart',
      'orders bootstrap_servers: [a:1, "[::1]:2"] → absent at a restart',
      'orders simulator.seed: absent → 1 at a restart',
    ])
  })
})

describe('what is in force then', () => {
  it('is the live part of the new and the rest of the old config', () => {
    const before = config()
    const after = config(
      'balancing: { mode: off }\nlog: { level: debug, format: text }\nserver: { metrics_listen: "127.0.0.1:1" }',
      'tls: true\n    leadership: { enabled: false }\n  - { name: b, system: kafka, bootstrap_servers: [b:1] }',
    )
    const inForce = withLive(before, after)
    expect(inForce).toEqual({
      ...before,
      origins: inForce.origins,
      clusters: [
        { ...before.clusters[0], balancing: after.clusters[0]!.balancing, leadership: after.clusters[0]!.leadership },
      ],
      log: { level: 'debug', format: 'json' },
    })
    expect(changesBetween(inForce, after).filter(({ effect }) => effect === 'live')).toEqual([])
    expect(() => inForce.clusters.push(after.clusters[1]!)).toThrow(TypeError)
  })

  it('keeps a cluster that went', () => {
    const before = config('', 'tls: true\n  - { name: b, system: kafka, bootstrap_servers: [b:1] }')
    expect(withLive(before, config()).clusters.map(({ name }) => name)).toEqual(['orders', 'b'])
  })

  it('is the connection of one cluster and the rest of the old config, once that works', () => {
    const before = config('', 'tls: true\n  - { name: b, system: kafka, bootstrap_servers: [b:1] }')
    const after = config(
      'balancing: { mode: off }',
      'sasl: { mechanism: PLAIN, username: me, password: x }\n  - { name: b, system: kafka, bootstrap_servers: [b:2] }',
    )
    const inForce = withConnection(before, after, 'orders')
    expect(inForce.clusters).toEqual([
      { ...before.clusters[0], kafka: (after.clusters[0] as ClusterConfig & { system: 'kafka' }).kafka },
      before.clusters[1],
    ])
    expect(changes(after, inForce)).toEqual([
      'orders balancing.mode: continuous → off',
      'b bootstrap_servers: [b:1] → [b:2] by a new connection',
      'b balancing.mode: continuous → off',
    ])
    expect(withConnection(before, config(), 'nobody').clusters).toEqual(before.clusters)
  })
})

describe('what a change takes', () => {
  it('is known of every key, and of no other', () => {
    const every = [
      config('', 'tls: { server_name: a }\n    sasl: { mechanism: PLAIN, username: a, password: b }'),
      parseConfig(
        `version: 1
balancing: { mode: off }
clusters:
  - { name: p, system: pinot, controller_urls: [http://a:1] }
  - { name: s, system: simulator, simulator: { seed: 1, copy_rate: 1MiB/s, nodes: [{ id: 1, disk: 1GiB }] } }
`,
        'c.yaml',
      ),
    ].flatMap((one) => [...one.clusters.flatMap((cluster) => clusterSettings(cluster)), ...processSettings(one)])
    const having = (effect: string) => every.map(({ key }) => key).filter((key) => reloadEffect(key) === effect)
    expect(having('live')).toContain('rebalance.bestEfforts')
    expect(having('restart')).toContain('log.format')
    expect(having('reconnects')).toEqual(
      expect.arrayContaining(['bootstrap_servers', 'zookeeper.digest_file', 'auth.token']),
    )
    expect(() => reloadEffect('balance.mode')).toThrow('what a change of balance.mode takes is not in the table')
  })
})
