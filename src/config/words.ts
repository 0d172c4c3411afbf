/** A compiled config in the words of a file, key by key: what a person who edits it would call a setting and its value. */

import { formatTimeOfDay } from '../lib/units.ts'
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
import type { ReceiverConfig } from './notifications-schema.ts'
import type { RebalanceLayer } from './rebalance.ts'
import { simulatorWords } from './simulator-words.ts'
import { addressText, bytesText, durationText, percentOf, rateText, yamlText } from './value-texts.ts'

export interface Setting {
  /** `balancing.mode` of a cluster, `log.level` of the process. */
  key: string
  /** The same step by step: names of tables may have dots in them. */
  path: string[]
  /** What it is; two settings are alike when these are. May hold secrets. */
  value: unknown
  /** As a file says it, never with a secret in it; undefined where the file would say nothing, or says it by other keys. */
  words: unknown
  /** The words for people. */
  text: string
}

const redacted = '<redacted>'

/** Every setting of one cluster but its name. */
export function clusterSettings(cluster: ClusterConfig): Setting[] {
  return [
    plain('system', cluster.system),
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
export function processSettings({
  server,
  state,
  notifications,
  audit,
  log,
}: Omit<CompiledConfig, 'clusters' | 'origins'>): Setting[] {
  return [
    plain('server.metrics_listen', addressText(server.metricsListen)),
    plain('server.control_listen', addressText(server.controlListen)),
    tokenSetting(server.tokens),
    plain('state.directory', state.directory),
    notificationsSetting(notifications),
    plain('audit.file', audit.file),
    setting(['audit', 'keep'], audit.keepMs, durationText(audit.keepMs)),
    plain('log.level', log.level),
    plain('log.format', log.format),
  ]
}

/** A key's name in a file and how its value is written there. Of each block all keys, so that none is forgotten. */
type Words<Block> = {
  [Key in keyof Block]-?: readonly [name: string, show: (value: NonNullable<Block[Key]>) => unknown]
}

const asItIs = (value: unknown) => value

const balancingWords: Words<BalancingConfig> = {
  mode: ['mode', asItIs],
  dryRun: ['dry_run', asItIs],
  tickIntervalMs: ['tick_interval', durationText],
  pulseIntervalMs: ['pulse_interval', durationText],
  nodeAvailabilityTimeoutMs: ['node_availability_timeout', durationText],
  nodeAddHoldMs: ['node_add_hold', durationText],
  nodeAddBelow: ['node_add_below_percent', percentOf],
  maxDiskUsage: ['max_disk_usage_percent', percentOf],
  hardDiskUsage: ['hard_disk_usage_percent', percentOf],
  diskBalance: ['disk_balance_percent', percentOf],
  concurrentMoves: ['concurrent_moves', asItIs],
  concurrentMovesPerNode: ['concurrent_moves_per_node', asItIs],
  bytesInFlightPerNode: ['bytes_in_flight_per_node', bytesText],
  maxBytesPerDay: ['max_bytes_per_day', bytesText],
  topicAware: ['topic_aware', asItIs],
  rackAwareness: ['rack_awareness', asItIs],
  unknownOutcomeHoldMs: ['unknown_outcome_hold', durationText],
  targetGraceMs: ['target_grace', durationText],
  windows: ['windows', (windows) => windows.map(windowWords)],
  excludeTopics: ['exclude.topics', (topics) => topics.map(({ source }) => source)],
  excludeNodes: ['exclude.nodes', asItIs],
  excludeHard: ['exclude.hard', asItIs],
}

const leadershipWords: Words<LeadershipConfig> = {
  enabled: ['enabled', asItIs],
  strategy: ['strategy', asItIs],
  by: ['by', asItIs],
  idleTimeoutMs: ['idle_timeout', durationText],
  muteTimeoutMs: ['mute_timeout', durationText],
  maxTransfersPerTick: ['max_transfers_per_tick', asItIs],
}

const throttleWords: Words<ThrottleConfig> = {
  ratePerNode: ['rate_per_node', rateText],
  maxRatePerNode: ['max_rate_per_node', rateText],
  headroom: ['headroom_percent', percentOf],
}

function inWords<Block extends object>(block: string, words: Words<Block>, values: Block): Setting[] {
  return (Object.keys(words) as (keyof Block)[]).map((key) => {
    const [name, show] = words[key]
    const value = values[key]
    return setting([block, ...name.split('.')], value, value === undefined || value === null ? null : show(value))
  })
}

function kafkaSettings({ bootstrap, tls, sasl }: KafkaConfig): Setting[] {
  return [
    plain('bootstrap_servers', bootstrap.map(addressText)),
    ...tlsSettings(tls),
    plain('sasl.mechanism', sasl?.mechanism.toUpperCase()),
    plain('sasl.username', sasl?.username),
    secret('sasl.password', sasl?.password.reveal()),
  ]
}

function pinotSettings({ controllerUrls, zookeeper, auth, tls, rebalance }: PinotConfig): Setting[] {
  return [
    plain('controller_urls', controllerUrls),
    plain('zookeeper.connect', zookeeper?.connect),
    secret('zookeeper.digest_file', zookeeper?.digest?.reveal()),
    plain('auth.username', auth && 'username' in auth ? auth.username : undefined),
    secret('auth.password', auth && 'password' in auth ? auth.password.reveal() : undefined),
    secret('auth.token', auth && 'token' in auth ? auth.token.reveal() : undefined),
    ...tlsSettings(tls),
    ...layerSettings(['rebalance'], rebalance.base),
    ...Object.entries(rebalance.tenants).flatMap(([name, layer]) =>
      layerSettings(['rebalance', 'tenants', name], layer),
    ),
    ...Object.entries(rebalance.tables).flatMap(([name, layer]) => layerSettings(['rebalance', 'tables', name], layer)),
  ]
}

function layerSettings(block: string[], layer: RebalanceLayer): Setting[] {
  const { parameters, onPrecheckWarn, untagDeadServers, resetErrorSegments, priority } = layer
  const values = {
    ...parameters,
    on_precheck_warn: onPrecheckWarn,
    untag_dead_servers: untagDeadServers,
    reset_error_segments: resetErrorSegments,
    priority,
  }
  return Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [setting([...block, name], value, value)],
  )
}

function tlsSettings(tls: KafkaConfig['tls']): Setting[] {
  const { ca, cert, key, servername } = tls === undefined || tls === true ? {} : tls
  const isBlock = tls !== undefined && tls !== true
  return [
    isBlock ? { ...plain('tls', undefined), value: 'a block', text: 'a block' } : plain('tls', tls),
    content('tls.ca_file', ca),
    content('tls.cert_file', cert),
    secret('tls.key_file', key?.reveal()),
    plain('tls.server_name', servername),
  ]
}

function simulatorSettings(simulator: object): Setting[] {
  return Object.entries(simulatorWords(simulator)).map(([name, words]) => {
    const whole = setting(['simulator', name], words, words)
    return whole.text.length > 60 ? { ...whole, text: `${whole.text.slice(0, 60)}…` } : whole
  })
}

function tokenSetting(tokens: CompiledConfig['server']['tokens']): Setting {
  const value = tokens?.map(({ role, token, name }) => [role, token.reveal(), name])
  const words = tokens?.map(({ role, name }) => `${role} ${name}`)
  return setting(['server', 'auth', 'bearer_token_file'], value, words)
}

function notificationsSetting(receivers: readonly ReceiverConfig[]): Setting {
  const value = receivers.map(({ url, secret, ...rest }) => ({ ...rest, url: url.reveal(), secret: secret?.reveal() }))
  const words = receivers.map(({ name, type, events, clusters, secret }) => ({
    name,
    type,
    url: redacted,
    ...(secret === undefined ? {} : { secret_file: redacted }),
    events,
    ...(clusters === undefined ? {} : { clusters }),
  }))
  return setting(['notifications'], value, words)
}

function windowWords({ days, fromMinute, toMinute, timezone, classes }: WindowConfig) {
  return {
    ...(days.length === weekdays.length ? {} : { days: days.map((day) => weekdays[day]) }),
    from: formatTimeOfDay(fromMinute),
    to: formatTimeOfDay(toMinute),
    timezone,
    classes,
  }
}

function setting(path: string[], value: unknown, words: unknown): Setting {
  return { key: path.join('.'), path, value, words, text: textOf(words) }
}

function textOf(words: unknown): string {
  if (words === undefined) return 'absent'
  if (typeof words === 'string') return words
  // What is no list or block is the same in JSON, and sooner written.
  return typeof words === 'object' ? yamlText(words) : JSON.stringify(words)
}

function plain(key: string, words: unknown): Setting {
  return setting(key.split('.'), words, words)
}

/** Of a file that is no secret, but says nothing to people. */
function content(key: string, text: string | undefined): Setting {
  return setting(key.split('.'), text, text === undefined ? undefined : `a file of ${text.length} characters`)
}

function secret(key: string, text: string | undefined): Setting {
  return setting(key.split('.'), text, text === undefined ? undefined : redacted)
}
