import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defaultSettings, type LoadOptions, loadConfig, parseConfig } from '../../src/config/load.ts'
import { ConfigError } from '../../src/config/problem.ts'

/** The problems of a config as the lines that people see; empty when it loads. */
function problems(text: string, options?: LoadOptions): string[] {
  try {
    parseConfig(text, 'c.yaml', options)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    expect(error.code).toBe('bad_config')
    return error.message.split('\n')
  }
}

const kafka = (more: string) => `version: 1
clusters:
  - name: orders
    system: kafka
    bootstrap_servers: [kafka-0:9092]
balancing: { mode: "off" }
${more}`

const cluster = (more: string) => `version: 1
clusters:
  - name: orders
    system: kafka
    bootstrap_servers: [kafka-0:9092]
    balancing: { mode: "off" }
    ${more}`

const simulator = (more: string) => `version: 1
balancing: { mode: "off" }
clusters:
  - name: sim
    system: simulator
    simulator:
      copy_rate: 1MiB/s
      ${more}`

describe('a config', () => {
  it('needs no more than a version, a name, a system, an address and a mode', () => {
    const { origins: _, ...config } = parseConfig(kafka(''), 'c.yaml')
    expect(config).toEqual({
      clusters: [
        {
          name: 'orders',
          system: 'kafka',
          kafka: { bootstrap: [{ host: 'kafka-0', port: 9092 }] },
          balancing: {
            mode: 'off',
            dryRun: false,
            tickIntervalMs: 30_000,
            pulseIntervalMs: 3000,
            nodeAvailabilityTimeoutMs: 900_000,
            nodeAddHoldMs: 300_000,
            nodeAddBelow: 0.5,
            maxDiskUsage: 0.8,
            hardDiskUsage: 0.9,
            concurrentMoves: 50,
            concurrentMovesPerNode: 5,
            topicAware: true,
            rackAwareness: 'prefer',
            unknownOutcomeHoldMs: 90_000,
            targetGraceMs: 300_000,
            windows: [],
            excludeTopics: [],
            excludeNodes: [],
            excludeHard: false,
          },
          leadership: {
            enabled: true,
            strategy: 'random_hill_climbing',
            by: 'count',
            idleTimeoutMs: 120_000,
            muteTimeoutMs: 300_000,
            maxTransfersPerTick: 50,
          },
          throttle: { ratePerNode: 50 * 2 ** 20, maxRatePerNode: 200 * 2 ** 20, headroom: 0.2 },
        },
      ],
      server: {
        metricsListen: { host: '0.0.0.0', port: 9631 },
        controlListen: { host: '127.0.0.1', port: 9632 },
      },
      state: { directory: '/var/lib/evenkeel' },
      notifications: [],
      audit: { file: '/var/lib/evenkeel/audit.jsonl', keepMs: 90 * 86_400_000 },
      log: { level: 'info', format: 'json' },
    })
  })

  it('is frozen all the way down', () => {
    const config = parseConfig(kafka(''), 'c.yaml')
    expect(() => Object.assign(config.clusters[0]!.balancing, { mode: 'continuous' })).toThrow(TypeError)
    expect(() => config.clusters[0]!.balancing.excludeNodes.push(1)).toThrow(TypeError)
  })

  it('takes off unquoted, and the false that YAML 1.1 and templates make of it', () => {
    for (const mode of ['off', 'false']) {
      const [orders] = parseConfig(kafka('').replace('"off"', mode), 'c.yaml').clusters
      expect(orders!.balancing.mode).toBe('off')
    }
    expect(parseConfig(kafka(''), 'c.yaml', { set: ['balancing.mode=false'] }).clusters[0]!.balancing.mode).toBe('off')
    expect(problems(kafka('').replace('"off"', 'no'))).toHaveLength(1)
  })

  it('merges the blocks of a cluster over those at the top, key by key', () => {
    const [first, second] = parseConfig(
      `version: 1
balancing: { mode: continuous, concurrent_moves: 7, exclude: { topics: ["^__"], nodes: [3] } }
leadership: { max_transfers_per_tick: 9 }
clusters:
  - { name: a, system: kafka, bootstrap_servers: ["[::1]:9092"] }
  - name: b
    system: kafka
    bootstrap_servers: [b:9092]
    balancing: { mode: "off", exclude: { nodes: [4] }, disk_balance_percent: 9, bytes_in_flight_per_node: 1GiB }
    leadership: { enabled: false }
`,
      'c.yaml',
    ).clusters
    expect(first).toMatchObject({
      kafka: { bootstrap: [{ host: '::1', port: 9092 }] },
      balancing: { mode: 'continuous', concurrentMoves: 7, excludeTopics: [/^__/], excludeNodes: [3] },
      leadership: { enabled: true, maxTransfersPerTick: 9 },
    })
    expect(second).toMatchObject({
      balancing: {
        mode: 'off',
        concurrentMoves: 7,
        excludeTopics: [/^__/],
        excludeNodes: [4],
        diskBalance: 0.09,
        bytesInFlightPerNode: 2 ** 30,
      },
      leadership: { enabled: false, maxTransfersPerTick: 9 },
    })
  })

  it('reads windows: all days and UTC unless it says otherwise, over midnight, to the end of the day', () => {
    const windows = (...texts: string[]) => {
      const text = kafka('').replace('"off"', `"off", windows: [${texts.join(', ')}]`)
      return parseConfig(text, 'c.yaml').clusters[0]!.balancing.windows
    }
    expect(
      windows(
        '{ days: [mon, fri], from: "22:00", to: "5:30", timezone: Europe/Berlin, classes: [disk_skew] }',
        '{ from: 00:00, to: "24:00", classes: [disk_skew, leader_skew] }',
      ),
    ).toEqual([
      { days: [1, 5], fromMinute: 1320, toMinute: 330, timezone: 'Europe/Berlin', classes: ['disk_skew'] },
      {
        days: [0, 1, 2, 3, 4, 5, 6],
        fromMinute: 0,
        toMinute: 1440,
        timezone: 'UTC',
        classes: ['disk_skew', 'leader_skew'],
      },
    ])
  })

  it('keeps the state directory relative to its own folder', () => {
    const directory = (file: string, path: string) =>
      parseConfig(kafka(`state: { directory: ${path} }`), file).state.directory
    expect(directory('/etc/evenkeel/c.yaml', 'state')).toBe('/etc/evenkeel/state')
    expect(directory('/etc/evenkeel/c.yaml', '/srv/state')).toBe('/srv/state')
  })

  it('replaces ${NAME} by the environment, and $${ by ${', () => {
    const text = cluster('sasl: { mechanism: PLAIN, username: "${USER}-$${X}", password: "${PASSWORD}" }')
    const [orders] = parseConfig(text, 'c.yaml', { env: { USER: 'me', PASSWORD: 'hunter2' } }).clusters
    const sasl = orders?.system === 'kafka' ? orders.kafka.sasl : undefined
    expect(sasl).toMatchObject({ mechanism: 'plain', username: 'me-${X}' })
    expect(sasl?.password.reveal()).toBe('hunter2')
    expect(`${inspect(orders, { depth: 9 })}${JSON.stringify(orders)}`).not.toContain('hunter2')
  })

  it('replaces ${NAME:-default} by the default where the variable is not set, or to nothing', () => {
    const host = (text: string, env: NonNullable<LoadOptions['env']>) => {
      const file = kafka('').replace('kafka-0:9092', `"${text}"`)
      const [orders] = parseConfig(file, 'c.yaml', { env }).clusters
      return orders?.system === 'kafka' ? `${orders.kafka.bootstrap[0]?.host}:${orders.kafka.bootstrap[0]?.port}` : ''
    }
    expect(host('${HOST:-kafka-1}:${PORT:-9093}', {})).toBe('kafka-1:9093')
    expect(host('${HOST:-kafka-1}:${PORT:-9093}', { HOST: 'a', PORT: '' })).toBe('a:9093')
    expect(host('${HOST}${PORT:-:1}${NOTHING:-}', { HOST: 'a' })).toBe('a:1')
  })

  it('cannot be given keys by the environment', () => {
    const env = { LEVEL: 'info }\nstate: { directory: /x' }
    expect(problems(kafka('log: { level: "${LEVEL}" }'), { env })).toEqual([
      'c.yaml:7:15: log.level: expected one of debug, info, warn, error',
    ])
  })

  it('describes a simulated cluster', () => {
    const [sim] = parseConfig(
      simulator(`seed: 3
      nodes: [{ id: 1, rack: a, disk: 1GiB }, { id: 2, disks: [1GiB, 2GiB] }]
      topics: [{ name: t, partitions: 4, replication_factor: 2, size: 1MiB, spread: 0, growth: 1KiB/s, nodes: [1, 2] }]
      events: [{ at: 8s, add_node: { id: 3, disk: 1GiB } }, { at: 1m, stop_node: 3 }, { at: 2m, start_node: 3 }]`),
      'c.yaml',
    ).clusters
    expect(sim).toMatchObject({
      system: 'simulator',
      simulator: {
        seed: 3,
        copyRate: 2 ** 20,
        nodes: [
          { id: 1, rack: 'a', disks: [2 ** 30] },
          { id: 2, disks: [2 ** 30, 2 ** 31] },
        ],
        topics: [
          { name: 't', partitions: 4, replicationFactor: 2, size: 2 ** 20, spread: 0, growth: 1024, nodes: [1, 2] },
        ],
        events: [
          { atMs: 8000, addNode: { id: 3, disks: [2 ** 30] } },
          { atMs: 60_000, stopNode: 3 },
          { atMs: 120_000, startNode: 3 },
        ],
      },
    })
  })
})

describe('a broken config', () => {
  const cases: [what: string, text: string, expected: string[]][] = [
    ['an empty file', '', ['c.yaml:1:1: is empty: give it keys or remove it']],
    ['a list', '- a', ['c.yaml:1:1: expected keys and values']],
    ['missing keys: at the parent', 'version: 1', ['c.yaml:1:1: clusters: is missing: a list of clusters']],
    [
      'another version',
      kafka('').replace('version: 1', 'version: 2'),
      ['c.yaml:1:10: version: expected 1, the version of this file’s format'],
    ],
    [
      'an unknown key: at the key, with the key that was meant',
      kafka('leadershp: {}'),
      ['c.yaml:7:1: leadershp: unknown key (did you mean leadership?)'],
    ],
    [
      'a key whose behaviour does not exist yet',
      kafka('high_availability: { elector: auto }'),
      ['c.yaml:7:1: high_availability: unknown key'],
    ],
    [
      'an unknown system',
      kafka('').replace('system: kafka', 'system: kafk'),
      ['c.yaml:4:13: clusters[0].system: expected kafka, pinot or simulator (did you mean kafka?)'],
    ],
    [
      'no system',
      kafka('')
        .replace('system: kafka', 'bootstrap_servers: []')
        .replace('    bootstrap_servers: [kafka-0:9092]\n', ''),
      ['c.yaml:3:5: clusters[0].system: is missing: kafka, pinot or simulator'],
    ],
    [
      'a mode that is true, or "false" in quotes',
      cluster('').replace('"off"', '"false"') + '\nbalancing: { mode: true }',
      [
        'c.yaml:6:24: clusters[0].balancing.mode: expected one of off, node_add, continuous',
        'c.yaml:8:20: balancing.mode: expected one of off, node_add, continuous',
      ],
    ],
    [
      'false where no mode is meant',
      kafka('').replace('"off"', '"off", rack_awareness: false'),
      ['c.yaml:6:43: balancing.rack_awareness: expected one of require, prefer, ignore'],
    ],
    [
      'no mode anywhere: at the cluster',
      kafka('').replace('balancing: { mode: "off" }', ''),
      [
        'c.yaml:3:5: clusters[0].balancing.mode: is missing: one of "off", node_add, continuous, here or in balancing at the top',
      ],
    ],
    [
      'a cluster twice',
      kafka('').replace('balancing:', '  - { name: orders, system: kafka, bootstrap_servers: [a:1] }\nbalancing:'),
      ['c.yaml:6:13: clusters[1].name: another cluster has this name'],
    ],
    [
      'a name that is no label',
      kafka('').replace('orders', '"a b"'),
      ['c.yaml:3:11: clusters[0].name: expected a name of letters, digits and . _ -, at most 63'],
    ],
    [
      'durations without unit, out of range',
      kafka('').replace('"off"', '"off", tick_interval: 30, pulse_interval: 1ms, node_add_hold: 5 minutes'),
      [
        'c.yaml:6:42: balancing.tick_interval: expected a duration from 500ms to 1h with its unit, such as 30s or 5m',
        'c.yaml:6:62: balancing.pulse_interval: expected a duration from 100ms to 1h with its unit, such as 30s or 5m',
        'c.yaml:6:82: balancing.node_add_hold: expected a duration from 0ms to 1d with its unit, such as 30s or 5m',
      ],
    ],
    [
      'numbers out of range',
      kafka('').replace('"off"', '"off", max_disk_usage_percent: 80%, concurrent_moves: 0, disk_balance_percent: .nan'),
      [
        'c.yaml:6:51: balancing.max_disk_usage_percent: expected a number from 5 to 100 (percent, without a unit)',
        'c.yaml:6:74: balancing.concurrent_moves: expected a whole number from 1 to 10000',
        'c.yaml:6:99: balancing.disk_balance_percent: expected a number from 1 to 100 (percent, without a unit)',
      ],
    ],
    [
      'windows that never open, or for nothing',
      kafka(`balancing:
  mode: "off"
  windows:
    - { from: "22:00", to: "22:00", classes: [disk_skew] }
    - { from: "24:00", to: "25:00", timezone: Europe/Berlim, days: [], classes: [] }
    - { from: 22, to: "24:01", days: [monday], classes: [disk_full] }`).replace('balancing: { mode: "off" }\n', ''),
      [
        'c.yaml:9:28: balancing.windows[0].to: is the same as from: a whole day is from "00:00" to "24:00"',
        'c.yaml:10:15: balancing.windows[1].from: expected a time of day in quotes, such as "22:00"',
        'c.yaml:10:28: balancing.windows[1].to: expected a time of day in quotes, such as "05:00"',
        'c.yaml:10:47: balancing.windows[1].timezone: expected a time zone such as Europe/Berlin',
        'c.yaml:10:68: balancing.windows[1].days: expected at least one of sun, mon, tue, wed, thu, fri, sat',
        'c.yaml:10:81: balancing.windows[1].classes: expected at least one class of moves',
        'c.yaml:11:15: balancing.windows[2].from: expected a time of day in quotes, such as "22:00"',
        'c.yaml:11:23: balancing.windows[2].to: expected a time of day in quotes, such as "05:00"',
        'c.yaml:11:39: balancing.windows[2].days[0]: expected one of sun, mon, tue, wed, thu, fri, sat',
        'c.yaml:11:58: balancing.windows[2].classes[0]: expected one of disk_critical, node_unavailable, node_draining, disk_over_limit, rack_violation, target_drift, node_underused, disk_skew, leader_skew',
      ],
    ],
    [
      'a hard limit below the other',
      kafka('').replace('"off"', '"off", max_disk_usage_percent: 70, hard_disk_usage_percent: 60'),
      [
        'c.yaml:6:80: balancing.hard_disk_usage_percent: is below max_disk_usage_percent (70): no disk could be filled as far as that',
      ],
    ],
    [
      'a limit beyond the default of the hard one',
      kafka('').replace('"off"', '"off", max_disk_usage_percent: 95'),
      [
        'c.yaml:6:51: balancing.max_disk_usage_percent: is above hard_disk_usage_percent (90), beyond which no disk is filled',
      ],
    ],
    [
      'a limit of a cluster that does not go with the one at the top',
      cluster('').replace('mode: "off"', 'mode: "off", max_disk_usage_percent: 85') +
        '\nbalancing: { hard_disk_usage_percent: 84 }',
      [
        'c.yaml:6:55: clusters[0].balancing.max_disk_usage_percent: is above hard_disk_usage_percent (84), beyond which no disk is filled',
      ],
    ],
    [
      'limits at the top that go together for none of two clusters: once',
      kafka('')
        .replace('"off"', '"off", hard_disk_usage_percent: 50')
        .replace('balancing:', '  - { name: b, system: kafka, bootstrap_servers: [a:1] }\nbalancing:'),
      [
        'c.yaml:7:52: balancing.hard_disk_usage_percent: is below max_disk_usage_percent (80): no disk could be filled as far as that',
      ],
    ],
    [
      'an empty state directory',
      kafka('state: { directory: "" }'),
      ['c.yaml:7:21: state.directory: expected the path of a directory, not an empty text'],
    ],
    [
      'a bad expression and a bad id',
      kafka('').replace('"off"', '"off", exclude: { topics: ["("], nodes: [1.5], hard: yes }'),
      [
        'c.yaml:6:47: balancing.exclude.topics[0]: expected a regular expression',
        'c.yaml:6:61: balancing.exclude.nodes[0]: expected a node id',
        'c.yaml:6:73: balancing.exclude.hard: expected true or false',
      ],
    ],
    [
      'a control address that others can reach',
      kafka('server: { control_listen: "0.0.0.0:9632", metrics_listen: 9631 }'),
      [
        'c.yaml:7:27: server.control_listen: others can reach this address: give auth.bearer_token_file, or a loopback address such as 127.0.0.1:9632',
        'c.yaml:7:59: server.metrics_listen: expected host:port, such as kafka-0:9092',
      ],
    ],
    ['an empty block', kafka('log:'), ['c.yaml:7:1: log: is empty: give it keys or remove it']],
    [
      'addresses that are none',
      kafka('').replace('[kafka-0:9092]', '[kafka-0, "a:0", "a:70000", "b c:1"]'),
      [25, 34, 41, 52].map(
        (column, index) =>
          `c.yaml:5:${column}: clusters[0].bootstrap_servers[${index}]: expected host:port, such as kafka-0:9092`,
      ),
    ],
    [
      'no address',
      kafka('').replace('[kafka-0:9092]', '[]'),
      ['c.yaml:5:24: clusters[0].bootstrap_servers: expected at least one host:port'],
    ],
    [
      'tls that is neither',
      cluster('tls: false'),
      ['c.yaml:7:10: clusters[0].tls: expected true or a block with ca_file, cert_file, key_file'],
    ],
    [
      'files that cannot be read',
      cluster('tls: { ca_file: nowhere.pem, cert_file: ., key_file: /dev/zero, serve_name: x }'),
      [
        'c.yaml:7:21: clusters[0].tls.ca_file: the file cannot be read: no such file (a relative path starts at the folder of the config)',
        'c.yaml:7:45: clusters[0].tls.cert_file: the file cannot be read: it is a directory',
        'c.yaml:7:58: clusters[0].tls.key_file: the file cannot be read: it is no regular file',
        'c.yaml:7:69: clusters[0].tls.serve_name: unknown key (did you mean server_name?)',
      ],
    ],
    [
      'both passwords',
      cluster('sasl: { mechanism: OAUTHBEARER, username: a, password: b, password_file: /dev/null }'),
      [
        'c.yaml:7:11: clusters[0].sasl: give password or password_file, not both',
        'c.yaml:7:24: clusters[0].sasl.mechanism: expected one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512',
        'c.yaml:7:78: clusters[0].sasl.password_file: the file cannot be read: it is no regular file',
      ],
    ],
    [
      'no password',
      cluster('sasl: { mechanism: PLAIN, username: 1 }'),
      [
        'c.yaml:7:11: clusters[0].sasl: password or password_file is missing',
        'c.yaml:7:41: clusters[0].sasl.username: expected a user name',
      ],
    ],
    [
      'variables that are not set or not written as such',
      cluster('sasl: { mechanism: PLAIN, username: "${NOBODY}", password: "${A B}${" }\nlog: { level: "${:-info}" }'),
      [
        'c.yaml:7:41: clusters[0].sasl.username: the environment variable NOBODY is not set',
        'c.yaml:7:64: clusters[0].sasl.password: expected ${NAME} or ${NAME:-default}; write $${ for a plain ${',
        'c.yaml:8:15: log.level: expected ${NAME} or ${NAME:-default}; write $${ for a plain ${',
      ],
    ],
    [
      'a simulated cluster that cannot be',
      simulator(`nodes: [{ id: 1, disk: 1GiB, disks: [1GiB] }, { id: 1, disk: 5 }, { id: 2 }]
      topics: [{ name: t, partitions: 1, replication_factor: 9, size: 1GiB, nodes: [1, 7] }, { name: t, spread: -1 }]
      events: [{ at: 1s, stop_node: 9 }, { at: 1s }]`),
      [
        'c.yaml:8:15: clusters[0].simulator.nodes[0]: give disk or disks, not both',
        'c.yaml:8:59: clusters[0].simulator.nodes[1].id: another node has this id',
        'c.yaml:8:68: clusters[0].simulator.nodes[1].disk: expected a size above 0 with its unit, such as 10GiB',
        'c.yaml:8:73: clusters[0].simulator.nodes[2]: disk or disks is missing',
        'c.yaml:9:62: clusters[0].simulator.topics[0].replication_factor: the topic has only 2 nodes to be on',
        'c.yaml:9:88: clusters[0].simulator.topics[0].nodes[1]: no node has this id at the start',
        'c.yaml:9:94: clusters[0].simulator.topics[1].partitions: is missing: a whole number from 1 to 100000',
        'c.yaml:9:94: clusters[0].simulator.topics[1].replication_factor: is missing: a whole number from 1 to 100',
        'c.yaml:9:94: clusters[0].simulator.topics[1].size: is missing: a size above 0 with its unit, such as 10GiB',
        'c.yaml:9:102: clusters[0].simulator.topics[1].name: another topic has this name',
        'c.yaml:9:113: clusters[0].simulator.topics[1].spread: expected a number from 0 to 3',
        'c.yaml:10:37: clusters[0].simulator.events[0].stop_node: no node has this id',
        'c.yaml:10:42: clusters[0].simulator.events[1]: give exactly one thing that happens, such as stop_node or fail_dir',
      ],
    ],
    [
      'a key twice, and what else is wrong',
      kafka('version: 1\nfoo: 1'),
      ['c.yaml:7:1: this key appears twice', 'c.yaml:8:1: foo: unknown key'],
    ],
    [
      'broken YAML',
      'version: 1\nclusters: [',
      ['c.yaml:2:12: not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]'],
    ],
    ['a tab', 'version: 1\nlog:\n\tlevel: info', ['c.yaml:3:1: not valid YAML: Tabs are not allowed as indentation']],
    [
      'a password that begins with a star',
      cluster('sasl: { mechanism: PLAIN, username: me, password: *hunter2 }'),
      ['c.yaml:7:55: not valid YAML: there is no such anchor; a text that begins with * stands in quotes'],
    ],
    [
      'a password without the space before it',
      cluster('sasl: { mechanism: PLAIN, username: me, password:hunter2 }'),
      [
        'c.yaml:7:11: clusters[0].sasl: password or password_file is missing',
        'c.yaml:7:45: clusters[0].sasl.?: unknown key',
      ],
    ],
    [
      'an unknown tag',
      kafka('log: !log { level: info }'),
      ['c.yaml:7:6: not valid YAML: there is no such tag; a text that begins with ! stands in quotes'],
    ],
  ]
  it.each(cases)('%s', (_, text, expected) => {
    expect(problems(text)).toEqual(expected)
  })

  it('looks through aliases', () => {
    const text = kafka('leadership: { enabled: *no }').replace('version: 1', 'version: &no 1')
    expect(problems(text)).toEqual(['c.yaml:7:24: leadership.enabled: expected true or false'])
  })

  it('does not let anchors grow without end', () => {
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]']
    for (const [from, to] of ['ab', 'bc', 'cd', 'de', 'ef'] as const)
      bomb.push(`${to}: &${to} [${`*${from},`.repeat(9)}]`)
    expect(problems(bomb.join('\n'))).toHaveLength(1)
    expect(problems('['.repeat(20_000))).not.toEqual([])
  })

  it('never shows a secret, even one in the wrong place', () => {
    const shown = problems(
      cluster('sasl: { mechanism: "hunter2", username: [hunter2], password: { a: hunter2 }, password_file: hunter2 }'),
    )
    expect(shown).toHaveLength(5)
    expect(shown.join('\n')).not.toContain('hunter2')
    expect(problems('a: "hunter2" "hunter2"\n').join()).not.toContain('hunter2')
  })

  it('is one clear error when the file is not there', () => {
    expect(() => loadConfig('/nonexistent/c.yaml')).toThrow(/^\/nonexistent\/c\.yaml:1:1: cannot be read: no such file/)
  })
})

describe('--set', () => {
  it('wins over the file and over every cluster', () => {
    const text = cluster('leadership: { enabled: true }')
    const set = ['balancing.mode=continuous', 'leadership.enabled=false', 'balancing.exclude.nodes=[1, 2]']
    expect(parseConfig(text, 'c.yaml', { set }).clusters[0]).toMatchObject({
      balancing: { mode: 'continuous', excludeNodes: [1, 2] },
      leadership: { enabled: false },
    })
  })

  it('takes Pinot’s own names; what single tables have of their own stays', () => {
    const text = `version: 1
clusters:
  - name: a
    system: pinot
    controller_urls: [http://a:9000]
    rebalance: { bestEfforts: false, batchSizePerServer: 3, tables: { orders: { batchSizePerServer: 4 } } }
balancing: { mode: "off" }
`
    const set = ['rebalance.batchSizePerServer=9', 'rebalance.tables.click_s.downtime=true']
    expect(parseConfig(text, 'c.yaml', { set }).clusters[0]).toMatchObject({
      pinot: {
        rebalance: {
          base: { parameters: { batchSizePerServer: 9, bestEfforts: false } },
          tables: { orders: { parameters: { batchSizePerServer: 4 } }, click_s: { parameters: { downtime: true } } },
        },
      },
    })
    expect(problems(text, { set: ['rebalance.batchSize=9'] })).toEqual([
      expect.stringMatching(/^--set rebalance\.batchSize=9:1:1: rebalance\.batchSize: unknown key/),
    ])
  })

  it('goes together with what the file says of the disk limits, or is refused in its own place', () => {
    const text = kafka('').replace('"off"', '"off", max_disk_usage_percent: 70')
    expect(problems(text, { set: ['balancing.hard_disk_usage_percent=60'] })).toEqual([
      '--set balancing.hard_disk_usage_percent=60:1:35: balancing.hard_disk_usage_percent: is below max_disk_usage_percent (70): no disk could be filled as far as that',
    ])
    expect(problems(text, { set: ['balancing.hard_disk_usage_percent=70'] })).toEqual([])
    expect(() => defaultSettings('off', ['balancing.max_disk_usage_percent=91'])).toThrow('is above')
  })

  it('has places of its own', () => {
    const set = [
      'balancing.mode=of',
      'balancing.mod=x',
      'log.level=info',
      'balancing.tick_interval=[',
      'balancing.__proto__=1',
    ]
    expect(problems(kafka('foo: 1'), { set })).toEqual([
      'c.yaml:7:1: foo: unknown key',
      '--set log.level=info:1:1: expected BLOCK.KEY=VALUE, BLOCK being one of balancing, leadership, throttle and rebalance',
      '--set balancing.__proto__=1:1:1: expected BLOCK.KEY=VALUE, BLOCK being one of balancing, leadership, throttle and rebalance',
      '--set balancing.mod=x:1:1: balancing.mod: unknown key (did you mean mode?)',
      '--set balancing.mode=of:1:16: balancing.mode: expected one of off, node_add, continuous (did you mean off?)',
      '--set balancing.tick_interval=[:1:25: the value is not YAML',
    ])
  })

  it('also works without a config', () => {
    expect(defaultSettings('node_add').balancing).toMatchObject({ mode: 'node_add', tickIntervalMs: 30_000 })
    expect(
      defaultSettings('node_add', ['balancing.mode=off', 'balancing.disk_balance_percent=9']).balancing,
    ).toMatchObject({ mode: 'off', diskBalance: 0.09 })
    expect(() => defaultSettings('off', ['balancing.x=1'])).toThrow('--set balancing.x=1:1:1: balancing.x: unknown key')
  })
})

describe('files that a config names', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'evenkeel-config-'))
    writeFileSync(join(folder, 'password'), 'hunter2\n')
    writeFileSync(join(folder, 'ca.pem'), certificate)
    writeFileSync(join(folder, 'key.pem'), key)
    writeFileSync(join(folder, 'junk.pem'), '-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n')
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('are read, from the folder of the config', () => {
    const file = join(folder, 'c.yaml')
    writeFileSync(
      file,
      cluster(`tls: { ca_file: ca.pem, cert_file: ca.pem, key_file: key.pem, server_name: kafka }
    sasl: { mechanism: SCRAM-SHA-256, username: me, password_file: password }`),
    )
    const [orders] = loadConfig(file).clusters
    const connection = orders?.system === 'kafka' ? orders.kafka : undefined
    expect(connection?.tls).toMatchObject({ ca: certificate, cert: certificate, servername: 'kafka' })
    expect(connection?.sasl?.password.reveal()).toBe('hunter2')
    expect(JSON.stringify(orders)).not.toContain('PRIVATE KEY')
  })

  it('must hold what they are for', () => {
    const file = join(folder, 'c.yaml')
    const text = cluster('tls: { ca_file: junk.pem, cert_file: ca.pem, key_file: ca.pem }')
    expect(() => parseConfig(text, file)).toThrow(
      new ConfigError([
        {
          file,
          line: 7,
          column: 21,
          path: 'clusters[0].tls.ca_file',
          message: 'the file does not hold certificates in PEM format',
        },
        {
          file,
          line: 7,
          column: 60,
          path: 'clusters[0].tls.key_file',
          message: 'the file does not hold an unencrypted private key in PEM format',
        },
      ]),
    )
  })
})

/** Made for this test alone, with openssl: self-signed, valid for a hundred years, trusted by nobody. */
const certificate = `-----BEGIN CERTIFICATE-----
MIIBhzCCAS2gAwIBAgIUYbsFinGqQf+hdha2zXTvGwj708gwCgYIKoZIzj0EAwIw
GDEWMBQGA1UEAwwNZXZlbmtlZWwtdGVzdDAgFw0yNjExMjExMTM4MzBaGA8yMTI2
MTAyODExMzgzMFowGDEWMBQGA1UEAwwNZXZlbmtlZWwtdGVzdDBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABEDJMq07WZml03JmxVxMMcNOTQWulUzjpButxC72B8pw
V2J7JuAChNim8ELrm5X4NCAckltEAbeJqsJmGgrhAtSjUzBRMB0GA1UdDgQWBBS+
bWWASI3i33wdEc09D6wAJiXSPjAfBgNVHSMEGDAWgBS+bWWASI3i33wdEc09D6wA
JiXSPjAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQCJ+KJCwdIW
A9yPiZYSUoS7rmTrQAf+VdKCACphcJ6avgIgO0bP6z5yw6gVwdhiXxXH8z0DscSk
yJuwCmi7PdF/7VY=
-----END CERTIFICATE-----
`
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg/AGDmDSY1JHc+iNJ
4+SOzOSEqNK19IRgdFolCthvd6ChRANCAARAyTKtO1mZpdNyZsVcTDHDTk0FrpVM
46QbrcQu9gfKcFdieybgAoTYpvBC65uV+DQgHJJbRAG3iarCZhoK4QLU
-----END PRIVATE KEY-----
`
