/** The config as the rest of evenkeel reads it: every key decided, milliseconds, bytes and ratios, frozen. */
import { join, resolve } from 'node:path'
import type { z } from 'zod'
import type { Secret } from '../lib/secret.ts'
import type { Address } from './address.ts'
import { type BoundClass, defaults, type overridable } from './balancing-schema.ts'
import type { ClusterBlock, ConfigFile } from './file-schema.ts'
import type { ReceiverConfig } from './notifications-schema.ts'
import type { Origins } from './origin.ts'
import { compileRebalance, type RebalanceConfig } from './rebalance.ts'
import type { TokenConfig } from './token-file.ts'

export interface CompiledConfig {
  /** Of what is not as it is by default. */
  origins: Origins
  clusters: ClusterConfig[]
  server: {
    metricsListen: Address
    controlListen: Address
    /** Who may use the control listener; absent: whoever reaches it. */
    tokens?: TokenConfig[]
  }
  /** An absolute path. */
  state: { directory: string }
  notifications: ReceiverConfig[]
  /** An absolute path; absent: what is written down ends with the process. */
  audit: { file?: string; keepMs: number }
  log: { level: 'debug' | 'info' | 'warn' | 'error'; format: 'json' | 'text' | 'live' }
}

export type ClusterConfig = { name: string } & ClusterSettings &
  (
    | { system: 'kafka'; kafka: KafkaConfig }
    | { system: 'pinot'; pinot: PinotConfig }
    | { system: 'simulator'; simulator: SimulatorConfig }
  )

export interface ClusterSettings {
  balancing: BalancingConfig
  leadership: LeadershipConfig
  throttle: ThrottleConfig
}

export interface BalancingConfig {
  mode: 'off' | 'node_add' | 'continuous'
  dryRun: boolean
  nodeAvailabilityTimeoutMs: number
  tickIntervalMs: number
  pulseIntervalMs: number
  nodeAddHoldMs: number
  /** Ratio of its fair share. */
  nodeAddBelow: number
  /** Ratio of a disk. */
  maxDiskUsage: number
  /** Ratio of a disk. */
  hardDiskUsage: number
  /** Ratio of the mean; absent: fullness is not evened out. */
  diskBalance?: number
  concurrentMoves: number
  concurrentMovesPerNode: number
  /** Absent: no limit. */
  bytesInFlightPerNode?: number
  /** Absent: no limit. */
  maxBytesPerDay?: number
  topicAware: boolean
  rackAwareness: 'require' | 'prefer' | 'ignore'
  unknownOutcomeHoldMs: number
  targetGraceMs: number
  windows: WindowConfig[]
  excludeTopics: RegExp[]
  excludeNodes: (number | string)[]
  excludeHard: boolean
}

export interface WindowConfig {
  /** Days of the week on which it begins, Sunday being 0. */
  days: number[]
  /** Minutes since midnight; where `to` is not after `from`, it ends on the next day. */
  fromMinute: number
  toMinute: number
  timezone: string
  classes: BoundClass[]
}

export interface LeadershipConfig {
  enabled: boolean
  strategy: 'random_hill_climbing' | 'greedy_balanced_shards'
  by: 'count' | 'traffic'
  idleTimeoutMs: number
  muteTimeoutMs: number
  maxTransfersPerTick: number
}

export interface ThrottleConfig {
  /** Bytes per second; absent: copying is not throttled. */
  ratePerNode?: number
  /** Bytes per second, at least `ratePerNode`. */
  maxRatePerNode: number
  /** Ratio of the write rate. */
  headroom: number
}

export interface KafkaConfig {
  bootstrap: Address[]
  /** Contents of the files named. Absent: plain text. */
  tls?: true | { ca?: string; cert?: string; key?: Secret; servername?: string }
  sasl?: { mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; username: string; password: Secret }
}

export interface PinotConfig {
  /** Without a slash at the end. */
  controllerUrls: string[]
  /** `connect` is `host:port,host:port/path`; absent: what is there is read through the controllers. `digest` is user:password. */
  zookeeper?: { connect?: string; digest?: Secret }
  auth?: { username: string; password: Secret } | { token: Secret }
  /** Contents of the files named. */
  tls?: true | { ca?: string; cert?: string; key?: Secret; servername?: string }
  rebalance: RebalanceConfig
}

type SimulatorConfig = Extract<ClusterBlock, { system: 'simulator' }>['simulator']

/** @param folder where relative paths start. */
export function compile(file: ConfigFile, folder: string): Omit<CompiledConfig, 'origins'> {
  const directory = resolve(folder, file.state?.directory ?? '/var/lib/evenkeel')
  return {
    clusters: file.clusters.map((cluster) => compileCluster(file, cluster)),
    server: {
      metricsListen: file.server?.metrics_listen ?? { host: '0.0.0.0', port: 9631 },
      controlListen: file.server?.control_listen ?? { host: '127.0.0.1', port: 9632 },
      ...(file.server?.auth && { tokens: file.server.auth.bearer_token_file }),
    },
    state: { directory },
    notifications: file.notifications ?? [],
    audit: { ...auditFile(file, folder, directory), keepMs: file.audit?.keep ?? KEEP_MS },
    log: { level: file.log?.level ?? 'info', format: file.log?.format ?? 'json' },
  }
}

const KEEP_MS = 90 * 24 * 3_600_000

/** Beside the rest of what outlives the process: what is simulated leaves nothing behind unless a file is named. */
function auditFile({ audit, clusters }: ConfigFile, folder: string, directory: string): { file?: string } {
  if (audit?.file !== undefined) return { file: resolve(folder, audit.file) }
  return clusters.every(({ system }) => system === 'simulator') ? {} : { file: join(directory, 'audit.jsonl') }
}

/** Other defaults for a system that loads segments, which are small, and has no leaders; racks are a matter of its own rules. */
const pinotDefaults: SettingsLayer = {
  balancing: { concurrent_moves_per_node: 100, rack_awareness: 'ignore' },
  leadership: { enabled: false },
}

function compileCluster(file: ConfigFile, cluster: ClusterBlock): ClusterConfig {
  const layers = [...(cluster.system === 'pinot' ? [pinotDefaults] : []), file, cluster]
  const common = { name: cluster.name, ...compileSettings(layers) }
  if (cluster.system === 'simulator') return { ...common, system: 'simulator', simulator: cluster.simulator }
  if (cluster.system === 'pinot') {
    const { controller_urls: controllerUrls, zookeeper, auth, tls } = cluster
    const rebalance = compileRebalance([file.rebalance, cluster.rebalance])
    const pinot: PinotConfig = {
      controllerUrls,
      ...(zookeeper === undefined ? {} : { zookeeper }),
      ...(auth === undefined ? {} : { auth }),
      ...(tls === undefined ? {} : { tls }),
      rebalance,
    }
    return { ...common, system: 'pinot', pinot }
  }
  const { bootstrap_servers: bootstrap, tls, sasl } = cluster
  const kafka = { bootstrap, ...(tls === undefined ? {} : { tls }), ...(sasl === undefined ? {} : { sasl }) }
  return { ...common, system: 'kafka', kafka }
}

/** Blocks that may be overridden, as they stand in the file. */
export type SettingsLayer = {
  [Name in keyof typeof overridable]?: NonNullable<z.output<(typeof overridable)[Name]>>
}

/** The defaults overridden by each layer in turn, key by key; one of them must give the mode. */
export function compileSettings(layers: readonly SettingsLayer[]): ClusterSettings {
  const balancing: SettingsLayer['balancing'] & typeof defaults.balancing = Object.assign(
    {},
    defaults.balancing,
    ...layers.map((layer) => layer.balancing),
  )
  const exclude: typeof defaults.balancing.exclude = Object.assign(
    {},
    defaults.balancing.exclude,
    ...layers.map((layer) => layer.balancing?.exclude),
  )
  const leadership: typeof defaults.leadership = Object.assign(
    {},
    defaults.leadership,
    ...layers.map((layer) => layer.leadership),
  )
  const throttle: typeof defaults.throttle = Object.assign(
    {},
    defaults.throttle,
    ...layers.map((layer) => layer.throttle),
  )
  const { disk_balance_percent: diskBalance, bytes_in_flight_per_node: bytesInFlightPerNode } = balancing
  const { max_bytes_per_day: maxBytesPerDay } = balancing
  const { rate_per_node: ratePerNode } = throttle
  return {
    balancing: {
      mode: balancing.mode!,
      dryRun: balancing.dry_run,
      tickIntervalMs: balancing.tick_interval,
      pulseIntervalMs: balancing.pulse_interval,
      nodeAvailabilityTimeoutMs: balancing.node_availability_timeout,
      nodeAddHoldMs: balancing.node_add_hold,
      nodeAddBelow: balancing.node_add_below_percent / 100,
      maxDiskUsage: balancing.max_disk_usage_percent / 100,
      hardDiskUsage: balancing.hard_disk_usage_percent / 100,
      ...(diskBalance === null ? {} : { diskBalance: diskBalance / 100 }),
      concurrentMoves: balancing.concurrent_moves,
      concurrentMovesPerNode: balancing.concurrent_moves_per_node,
      ...(bytesInFlightPerNode === null ? {} : { bytesInFlightPerNode }),
      ...(maxBytesPerDay === null ? {} : { maxBytesPerDay }),
      topicAware: balancing.topic_aware,
      rackAwareness: balancing.rack_awareness,
      unknownOutcomeHoldMs: balancing.unknown_outcome_hold,
      targetGraceMs: balancing.target_grace,
      windows: balancing.windows,
      excludeTopics: exclude.topics,
      excludeNodes: exclude.nodes,
      excludeHard: exclude.hard,
    },
    leadership: {
      enabled: leadership.enabled,
      strategy: leadership.strategy,
      by: leadership.by,
      idleTimeoutMs: leadership.idle_timeout,
      muteTimeoutMs: leadership.mute_timeout,
      maxTransfersPerTick: leadership.max_transfers_per_tick,
    },
    throttle: {
      ...(ratePerNode === null ? {} : { ratePerNode }),
      maxRatePerNode: Math.max(throttle.max_rate_per_node, ratePerNode ?? 0),
      headroom: throttle.headroom_percent / 100,
    },
  }
}

/** Plain objects and lists all the way down; secrets and expressions guard themselves. */
export function deepFreeze<Value>(value: Value): Value {
  if (Array.isArray(value) || (typeof value === 'object' && value !== null && isPlain(value))) {
    for (const inner of Object.values(value)) deepFreeze(inner)
    Object.freeze(value)
  }
  return value
}

function isPlain(value: object): boolean {
  return Object.getPrototypeOf(value) === Object.prototype
}
