/** From a compiled config to the parts it describes: the one place that knows every room's options. */
import type { BalanceSettings } from '../cluster/settings.ts'
import type { UpstreamCall } from '../cluster/upstream.ts'
import type { ClusterConfig, ClusterSettings, CompiledConfig, KafkaConfig, PinotConfig } from '../config/compile.ts'
import type { LoopOptions } from '../daemon/cluster-loop.ts'
import { DecisionFile, type DecisionStore } from '../execute/journal/decision-file.ts'
import { forgetfulJournal, type Journal } from '../execute/journal/journal.ts'
import { openJournal } from '../execute/journal/journal-file.ts'
import { type Clock, realClock } from '../lib/clock.ts'
import { EvenkeelError } from '../lib/errors.ts'
import { MemoryTrail } from '../observe/audit/memory-trail.ts'
import type { AuditTrail } from '../observe/audit/record.ts'
import { TrailFile, type TrailOptions } from '../observe/audit/trail-file.ts'
import type { SettingsInForce } from '../observe/cluster-series.ts'
import { createKafka } from '../systems/kafka/kafka.ts'
import { KafkaProbe } from '../systems/kafka/probe.ts'
import type { TransportOptions } from '../systems/kafka/transport.ts'
import { openPinot, type PinotConnection } from '../systems/pinot/open.ts'
import { PinotProbe } from '../systems/pinot/probe.ts'
import type { System } from '../systems/port.ts'
import { createSimulator } from '../systems/simulator/simulator.ts'

/** @param inForce the cluster's config as it is now, for what of it a system looks up each time. */
export async function createSystem(
  cluster: ClusterConfig,
  clock: Clock,
  observe: (call: UpstreamCall) => void = () => undefined,
  inForce: () => ClusterConfig | undefined = () => cluster,
): Promise<System> {
  if (cluster.system === 'simulator') return createSimulator({ name: cluster.name, ...cluster.simulator }, clock)
  if (cluster.system === 'pinot') {
    const rebalance = () => {
      const now = inForce()
      return now?.system === 'pinot' ? now.pinot.rebalance : cluster.pinot.rebalance
    }
    const told = (call: Omit<UpstreamCall, 'cluster'>) => observe({ ...call, cluster: cluster.name })
    return openPinot({ ...pinotConnection(cluster.name, cluster.pinot, rebalance), observe: told }, clock)
  }
  const transport = transportOptions(cluster.kafka)
  const { name } = cluster
  return createKafka({ name, ...transport, observe: (call) => observe({ ...call, cluster: name }) }, clock)
}

/** How to look at a Kafka cluster without becoming its daemon. */
export function openProbe(kafka: KafkaConfig): Promise<KafkaProbe> {
  return KafkaProbe.open(transportOptions(kafka))
}

/** How to look at a Pinot cluster before anything is read of it. */
export function openPinotProbe({ name, pinot }: ClusterConfig & { system: 'pinot' }): PinotProbe {
  return new PinotProbe(
    pinotConnection(name, pinot, () => pinot.rebalance),
    realClock,
  )
}

/** Where what must survive the process is kept: what is simulated ends with it, and so does what is known of that. */
export async function createJournal(cluster: ClusterConfig, directory: string, clock: Clock): Promise<Journal> {
  if (cluster.system === 'simulator') return forgetfulJournal()
  return openJournal({ directory, cluster: cluster.name, clock })
}

/** Beside the journal; what is simulated has none. */
export function createDecisionStore(cluster: ClusterConfig, directory: string): { decisions?: DecisionStore } {
  return cluster.system === 'simulator' ? {} : { decisions: new DecisionFile(directory, cluster.name) }
}

function pinotConnection(name: string, pinot: PinotConfig, rebalance: PinotConnection['rebalance']): PinotConnection {
  const { controllerUrls: urls, zookeeper: { connect, digest } = {}, auth, tls } = pinot
  const own = tls === undefined || tls === true ? {} : tls
  const httpTls = {
    ...(own.ca === undefined ? {} : { ca: own.ca }),
    ...(own.cert === undefined ? {} : { cert: own.cert }),
    ...(own.key === undefined ? {} : { key: own.key.reveal() }),
    ...(own.servername === undefined ? {} : { serverName: own.servername }),
  }
  return {
    name,
    controllers: { urls, ...(auth === undefined ? {} : { auth }), tls: httpTls },
    ...(connect === undefined ? {} : { zooKeeper: { connect, ...(digest === undefined ? {} : { digest }) } }),
    servers: { tls: httpTls },
    rebalance,
  }
}

function transportOptions({ bootstrap, tls, sasl }: KafkaConfig): TransportOptions {
  return {
    bootstrap,
    clientId: 'evenkeel',
    ...(tls === undefined ? {} : { tls: tls === true ? true : { ...tls, key: tls.key?.reveal() } }),
    ...(sasl === undefined ? {} : { sasl }),
  }
}

/** What only simulated clusters did ends with the process, unless a file is named. */
export function createTrail(
  { file, keepMs }: CompiledConfig['audit'],
  clock: Clock,
  told: Pick<TrailOptions, 'onFailed' | 'onTrouble'>,
): AuditTrail {
  return file === undefined ? new MemoryTrail() : new TrailFile({ file, keepMs, clock, ...told })
}

/** Where no limit is set on bytes in flight: what the rate copies in this time. */
const IN_FLIGHT_S = 600

export function loopOptions(settings: ClusterSettings): LoopOptions {
  const { balancing, leadership, throttle } = settings
  const { ratePerNode } = throttle
  const bytesInFlightPerNode =
    balancing.bytesInFlightPerNode ?? (ratePerNode === undefined ? undefined : ratePerNode * IN_FLIGHT_S)
  return {
    balance: balanceSettings(settings),
    execution: {
      concurrentMoves: balancing.concurrentMoves,
      concurrentMovesPerNode: balancing.concurrentMovesPerNode,
      ...(bytesInFlightPerNode === undefined ? {} : { bytesInFlightPerNode }),
      ...(balancing.maxBytesPerDay === undefined ? {} : { maxBytesPerDay: balancing.maxBytesPerDay }),
      ...(ratePerNode === undefined
        ? {}
        : { throttle: { rate: ratePerNode, maxRate: throttle.maxRatePerNode, headroom: throttle.headroom } }),
      maxTransfersPerTick: leadership.maxTransfersPerTick,
      unknownHoldMs: balancing.unknownOutcomeHoldMs,
      targetGraceMs: balancing.targetGraceMs,
    },
    tickIntervalMs: balancing.tickIntervalMs,
    pulseIntervalMs: balancing.pulseIntervalMs,
  }
}

export function balanceSettings({ balancing, leadership }: ClusterSettings): BalanceSettings {
  const { mode, dryRun, nodeAddHoldMs, nodeAddBelow, maxDiskUsage, diskBalance } = balancing
  return {
    mode,
    dryRun,
    nodeAvailabilityTimeoutMs: balancing.nodeAvailabilityTimeoutMs,
    nodeAddHoldMs,
    nodeAddBelow,
    maxDiskUsage,
    hardDiskUsage: balancing.hardDiskUsage,
    ...(diskBalance === undefined ? {} : { diskBalance }),
    topicAware: balancing.topicAware,
    rackAwareness: balancing.rackAwareness,
    leadershipEnabled: leadership.enabled,
    leadershipStrategy: leadership.strategy,
    leadershipBy: leadership.by,
    leadershipIdleMs: leadership.idleTimeoutMs,
    leadershipMuteMs: leadership.muteTimeoutMs,
    windows: balancing.windows,
    excludeTopics: balancing.excludeTopics,
    excludeNodes: balancing.excludeNodes,
    excludeHard: balancing.excludeHard,
  }
}

/** What of a cluster's settings is exported beside the figures that it governs. */
export function settingsInForce(cluster: ClusterSettings): SettingsInForce {
  const { tickIntervalMs, concurrentMoves } = cluster.balancing
  return { ...balanceSettings(cluster), tickIntervalMs, concurrentMoves }
}

/** @throws EvenkeelError `usage` when the name is unknown, or missing although there are several clusters. */
export function pickCluster(clusters: readonly ClusterConfig[], name: string | undefined): ClusterConfig {
  const names = clusters.map((cluster) => cluster.name).join(', ')
  if (name === undefined) {
    if (clusters.length === 1) return clusters[0]!
    throw new EvenkeelError('usage', `there are several clusters, name one with --cluster: ${names}`)
  }
  const found = clusters.find((cluster) => cluster.name === name)
  if (!found) throw new EvenkeelError('usage', `no cluster is called ${name}; there are: ${names}`)
  return found
}
