/** A compiled config in the words of a file, key by key: what a person who edits it would call a setting and its value. */
import { formatBytes, formatDuration, parseBytes, parseDuration } from '../lib/units.ts'
import type { Address } from './address.ts'
import { weekdays } from './balancing-schema.ts'
import type {
  BalancingConfig,
  ClusterConfig,
  CompiledConfig,
  KafkaConfig,
  LeadershipConfig,
  PinotConfig,
  ThrottleConfig,
  WindowConfig,
} from './compile.ts'
import type { RebalanceLayer } from './rebalance.ts'

export interface Setting {
  /** `balancing.mode` of a cluster, `log.level` of the process. */
  key: string
  /** What it is; two settings are alike when these are. May hold secrets. */
  value: unknown
  /** For people, never with a secret in it. */
  text: string
}

/** Every setting of one cluster but its name. */
export function clusterSettings(cluster: ClusterConfig): Setting[] {
  return [
    setting('system', cluster.system),
    ...ownSettings(cluster),
    ...inWords('balancing', balancingWords, cluster.balancing),
    ...inWords('leadership', leadershipWords, cluster.leadership),
    ...inWords('throttle', throttleWords, cluster.throttle),
  ]
}

function ownSettings(cluster: ClusterConfig): Setting[] {
  if (cluster.system === 'kafka') return kafkaSettings(cluster.kafka)
  return cluster.system === 'pinot' ? pinotSettings(cluster.pinot) : simulatorSettings(cluster.simulator)
}

/** Every setting that belongs to no cluster. */
export function processSettings({ server, state, log }: CompiledConfig): Setting[] {
  return [
    setting('server.metrics_listen', addressText(server.metricsListen)),
    setting('server.control_listen', addressText(server.controlListen)),
    setting('state.directory', state.directory),
    setting('log.level', log.level),
    setting('log.format', log.format),
  ]
}

/** A key's name in a file and how its value is written there. Of each block all keys, so that none is forgotten. */
type Words<Block> = {
  [Key in keyof Block]-?: readonly [name: string, show: (value: NonNullable<Block[Key]>) => string]
}

const balancingWords: Words<BalancingConfig> = {
  mode: ['mode', String],
  dryRun: ['dry_run', String],
  tickIntervalMs: ['tick_interval', durationText],
  pulseIntervalMs: ['pulse_interval', durationText],
  nodeAvailabilityTimeoutMs: ['node_availability_timeout', durationText],
  nodeAddHoldMs: ['node_add_hold', durationText],
  nodeAddBelow: ['node_add_below_percent', percentText],
  maxDiskUsage: ['max_disk_usage_percent', percentText],
  hardDiskUsage: ['hard_disk_usage_percent', percentText],
  diskBalance: ['disk_balance_percent', percentText],
  concurrentMoves: ['concurrent_moves', String],
  concurrentMovesPerNode: ['concurrent_moves_per_node', String],
  bytesInFlightPerNode: ['bytes_in_flight_per_node', bytesText],
  maxBytesPerDay: ['max_bytes_per_day', bytesText],
  topicAware: ['topic_aware', String],
  rackAwareness: ['rack_awareness', String],
  unknownOutcomeHoldMs: ['unknown_outcome_hold', durationText],
  targetGraceMs: ['target_grace', durationText],
  windows: ['windows', (windows) => listText(windows.map(windowText))],
  excludeTopics: ['exclude.topics', (topics) => listText(topics.map(({ source }) => JSON.stringify(source)))],
  excludeNodes: ['exclude.nodes', (nodes) => listText(nodes.map(String))],
  excludeHard: ['exclude.hard', String],
}

const leadershipWords: Words<LeadershipConfig> = {
  enabled: ['enabled', String],
  strategy: ['strategy', String],
  by: ['by', String],
  idleTimeoutMs: ['idle_timeout', durationText],
  muteTimeoutMs: ['mute_timeout', durationText],
  maxTransfersPerTick: ['max_transfers_per_tick', String],
}

const throttleWords: Words<ThrottleConfig> = {
  ratePerNode: ['rate_per_node', rateText],
  maxRatePerNode: ['max_rate_per_node', rateText],
  headroom: ['headroom_percent', percentText],
}

function inWords<Block extends object>(block: string, words: Words<Block>, values: Block): Setting[] {
  return (Object.keys(words) as (keyof Block)[]).map((key) => {
    const [name, show] = words[key]
    const value = values[key]
    return { key: `${block}.${name}`, value, text: value === undefined || value === null ? 'null' : show(value) }
  })
}

function kafkaSettings({ bootstrap, tls, sasl }: KafkaConfig): Setting[] {
  return [
    setting('bootstrap_servers', listText(bootstrap.map(addressText))),
    ...tlsSettings(tls),
    setting('sasl.mechanism', sasl?.mechanism ?? 'absent'),
    setting('sasl.username', sasl?.username ?? 'absent'),
    secret('sasl.password', sasl?.password.reveal()),
  ]
}

function pinotSettings({ controllerUrls, zookeeper, auth, tls, rebalance }: PinotConfig): Setting[] {
  return [
    setting('controller_urls', listText(controllerUrls)),
    setting('zookeeper.connect', zookeeper?.connect ?? 'absent'),
    secret('zookeeper.digest_file', zookeeper?.digest?.reveal()),
    setting('auth.username', auth && 'username' in auth ? auth.username : 'absent'),
    secret('auth.password', auth && 'password' in auth ? auth.password.reveal() : undefined),
    secret('auth.token', auth && 'token' in auth ? auth.token.reveal() : undefined),
    ...tlsSettings(tls),
    ...layerSettings('rebalance', rebalance.base),
    ...Object.entries(rebalance.tenants).flatMap(([name, layer]) => layerSettings(`rebalance.tenants.${name}`, layer)),
    ...Object.entries(rebalance.tables).flatMap(([name, layer]) => layerSettings(`rebalance.tables.${name}`, layer)),
  ]
}

function layerSettings(block: string, layer: RebalanceLayer): Setting[] {
  const { parameters, onPrecheckWarn, untagDeadServers, resetErrorSegments, priority } = layer
  const values = {
    ...parameters,
    on_precheck_warn: onPrecheckWarn,
    untag_dead_servers: untagDeadServers,
    reset_error_segments: resetErrorSegments,
    priority,
  }
  return Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [setting(`${block}.${name}`, String(value))],
  )
}

function tlsSettings(tls: KafkaConfig['tls']): Setting[] {
  const { ca, cert, key, servername } = tls === undefined || tls === true ? {} : tls
  return [
    setting('tls', tls === undefined ? 'absent' : tls === true ? 'true' : 'a block'),
    content('tls.ca_file', ca),
    content('tls.cert_file', cert),
    secret('tls.key_file', key?.reveal()),
    setting('tls.server_name', servername ?? 'absent'),
  ]
}

function simulatorSettings(simulator: object): Setting[] {
  return Object.entries(simulator).map(([name, value]) => {
    const text = JSON.stringify(value)
    return { key: `simulator.${name}`, value, text: text.length > 60 ? `${text.slice(0, 60)}…` : text }
  })
}

function setting(key: string, text: string): Setting {
  return { key, value: text, text }
}

function content(key: string, text: string | undefined): Setting {
  return { key, value: text, text: text === undefined ? 'absent' : `a file of ${text.length} characters` }
}

function secret(key: string, text: string | undefined): Setting {
  return { key, value: text, text: text === undefined ? 'absent' : '[redacted]' }
}

function durationText(ms: number): string {
  const text = formatDuration(ms)
  return parseDuration(text) === ms ? text : `${ms}ms`
}

function bytesText(bytes: number): string {
  const text = formatBytes(bytes)
  return parseBytes(text) === bytes ? text : `${bytes}B`
}

function rateText(bytesPerSecond: number): string {
  return `${bytesText(bytesPerSecond)}/s`
}

function percentText(ratio: number): string {
  return String(Number((ratio * 100).toPrecision(12)))
}

function windowText({ days, fromMinute, toMinute, timezone, classes }: WindowConfig): string {
  const names = days.length === weekdays.length ? 'every day' : days.map((day) => weekdays[day]).join(' ')
  return `${names} ${timeText(fromMinute)}-${timeText(toMinute)} ${timezone} for ${classes.join(' ')}`
}

function timeText(minute: number): string {
  return [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, '0')).join(':')
}

function addressText({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function listText(items: string[]): string {
  return `[${items.join(', ')}]`
}
