/** Redpanda's own names for settings of ours. */
import { describe, expect, it } from 'vitest'
import { type LoadOptions, parseConfig } from '../../src/config/load.ts'
import { ConfigError } from '../../src/config/problem.ts'

const file = (own: string, top = '') => `version: 1
clusters:
  - name: orders
    system: kafka
    bootstrap_servers: [a:1]
    ${own}
${top}
`

/** Lines as `rpk cluster config export` writes them. */
const exported = `balancing:
  # Mode of partition balancing for a cluster.
  partition_autobalancing_mode: "node_add"
  partition_autobalancing_tick_interval_ms: 20000
  partition_autobalancing_node_availability_timeout_sec: 600
  partition_autobalancing_max_disk_usage_percent: 70
  partition_autobalancing_concurrent_moves: 40
  partition_autobalancing_topic_aware: false
leadership:
  enable_leader_balancer: false
  leader_balancer_mode: greedy_balanced_shards
  leader_balancer_idle_timeout: 90000
  leader_balancer_mute_timeout: 240000`

const settings = (text: string, options?: LoadOptions) => parseConfig(text, 'c.yaml', options).clusters[0]!

function problems(text: string, options?: LoadOptions): string[] {
  try {
    parseConfig(text, 'c.yaml', options)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.message.split('\n')
  }
}

describe('names of Redpanda', () => {
  it('mean what they mean there, in its units', () => {
    const ours = `balancing:
  mode: node_add
  tick_interval: 20s
  node_availability_timeout: 10m
  max_disk_usage_percent: 70
  concurrent_moves: 40
  topic_aware: false
leadership:
  enabled: false
  strategy: greedy_balanced_shards
  idle_timeout: 90s
  mute_timeout: 4m`
    const { balancing, leadership } = settings(file('', exported))
    expect({ balancing, leadership }).toEqual(
      (({ balancing, leadership }) => ({ balancing, leadership }))(settings(file('', ours))),
    )
    expect(balancing).toMatchObject({ mode: 'node_add', tickIntervalMs: 20_000, nodeAvailabilityTimeoutMs: 600_000 })
    expect(leadership).toMatchObject({ idleTimeoutMs: 90_000, muteTimeoutMs: 240_000 })
  })

  it('of a cluster win over our names at the top, and the other way round', () => {
    const alias = settings(
      file(
        'balancing: { partition_autobalancing_concurrent_moves: 3 }',
        'balancing: { mode: off, concurrent_moves: 4 }',
      ),
    )
    expect(alias.balancing).toMatchObject({ mode: 'off', concurrentMoves: 3 })
    const own = settings(file('balancing: { concurrent_moves: 3, mode: continuous }', exported))
    expect(own.balancing).toMatchObject({ mode: 'continuous', concurrentMoves: 3, tickIntervalMs: 20_000 })
  })

  it('take part in the rules over several keys, also where something else is wrong', () => {
    expect(
      problems(
        file(
          '',
          'balancing: { partition_autobalancing_mode: false, partition_autobalancing_max_disk_usage_percent: 95, topic_aware: 1 }',
        ),
      ),
    ).toEqual([
      'c.yaml:7:99: balancing.max_disk_usage_percent: is above hard_disk_usage_percent (90), beyond which no disk is filled',
      'c.yaml:7:116: balancing.topic_aware: expected true or false',
    ])
    expect(problems(file('', exported.replace(': 70', ': 95')))).toEqual([
      'c.yaml:12:51: balancing.max_disk_usage_percent: is above hard_disk_usage_percent (90), beyond which no disk is filled',
    ])
  })

  it('are overridden with --set by either name', () => {
    for (const name of ['tick_interval=7s', 'partition_autobalancing_tick_interval_ms=7000']) {
      const set = [`balancing.${name}`]
      expect(settings(file('', exported), { set }).balancing.tickIntervalMs).toBe(7000)
      const own = file('balancing: { tick_interval: 3s }', 'balancing: { mode: off, tick_interval: 4s }')
      expect(settings(own, { set }).balancing.tickIntervalMs).toBe(7000)
    }
    expect(problems(file('', exported), { set: ['balancing.tick_interval=7'] })).toEqual([
      '--set balancing.tick_interval=7:1:25: balancing.tick_interval: expected a duration from 500ms to 1h with its unit, such as 30s or 5m',
    ])
  })

  const cases: [what: string, text: string, expected: string[]][] = [
    [
      'beside ours',
      file('', exported.replace('leadership:', '  tick_interval: 5s\nleadership:\n  enabled: false')),
      [
        'c.yaml:10:45: balancing.partition_autobalancing_tick_interval_ms: is Redpanda’s name of tick_interval, which is given too: give one of them',
        'c.yaml:18:27: leadership.enable_leader_balancer: is Redpanda’s name of enabled, which is given too: give one of them',
      ],
    ],
    [
      'with units of ours, out of range, not whole',
      file(
        '',
        'balancing: { mode: off, partition_autobalancing_tick_interval_ms: 30s, partition_autobalancing_node_availability_timeout_sec: 86401 }\nleadership: { leader_balancer_mute_timeout: 0.5, leader_balancer_idle_timeout: -1 }',
      ),
      [
        'c.yaml:7:67: balancing.partition_autobalancing_tick_interval_ms: expected a duration from 500ms to 1h, as a whole number of milliseconds',
        'c.yaml:7:127: balancing.partition_autobalancing_node_availability_timeout_sec: expected a duration from 0ms to 1d, as a whole number of seconds',
        'c.yaml:8:45: leadership.leader_balancer_mute_timeout: expected a duration from 0ms to 1d, as a whole number of milliseconds',
        'c.yaml:8:80: leadership.leader_balancer_idle_timeout: expected a duration from 0ms to 1d, as a whole number of milliseconds',
      ],
    ],
    [
      'that evenkeel has no counterpart of, that it does not know, in the wrong place',
      file(
        '',
        'partition_autobalancing_mode: off\nbalancing: { mode: off, partition_autobalancing_min_size_threshold: 1, partition_autobalancing_mod: off, enable_leader_balancer: true }\nleadership: { leader_balancer_transfer_limit_per_shard: 512, leader_balancer_mode: calibrated }',
      ),
      [
        'c.yaml:7:1: partition_autobalancing_mode: belongs into the block balancing',
        'c.yaml:8:25: balancing.partition_autobalancing_min_size_threshold: has no counterpart in evenkeel: remove it',
        'c.yaml:8:72: balancing.partition_autobalancing_mod: unknown key (did you mean partition_autobalancing_mode?)',
        'c.yaml:8:106: balancing.enable_leader_balancer: unknown key',
        'c.yaml:9:15: leadership.leader_balancer_transfer_limit_per_shard: has no counterpart in evenkeel: remove it',
        'c.yaml:9:84: leadership.leader_balancer_mode: expected one of random_hill_climbing, greedy_balanced_shards',
      ],
    ],
  ]
  it.each(cases)('are refused %s', (_, text, expected) => {
    expect(problems(text)).toEqual(expected)
  })
})
