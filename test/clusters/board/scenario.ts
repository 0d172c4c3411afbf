/**
 * Some ninety seconds in the life of evenkeel, seen by a real Prometheus: one daemon keeps a real Kafka cluster and the simulated ones
 * of worlds.ts, another one has an operator without luck. What happens is in the order of an ordinary bad day: a broker joins and is
 * filled, somebody leaves a throttle behind, all brokers die, and in the end both daemons do too.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { ReleaseStack } from '../../../src/lib/release-stack.ts'
import { inRate, outRate, setThrottleKeys, sources, targets } from '../acceptance/throttle-keys.ts'
import { kafkaClient } from '../kafka/client.ts'
import { type KafkaCluster, startKafka } from '../kafka/cluster.ts'
import { fill } from '../kafka/fill.ts'
import { grants, permit } from '../kafka/permit.ts'
import { adminUser } from '../kafka/properties.ts'
import { hurriedRules } from '../prometheus/hurried.ts'
import { type Prometheus, startPrometheus } from '../prometheus/server.ts'
import { freshDir, mountTmpfs, remount } from '../sandbox.ts'
import { until } from '../wait.ts'
import { Daemon } from './daemon.ts'
import { receivers } from './receivers.ts'
import { twoMinds, type World, worlds } from './worlds.ts'

const MiB = 1024 * 1024
/** Where Cruise Control keeps what it has measured. */
const ofCruiseControl = '__KafkaCruiseControlPartitionMetricSamples'
const reader = { username: 'reader', password: 'reader' }

/** Hurried, so that a test sees much in little time. */
const balancing = {
  mode: 'continuous',
  tick_interval: '1s',
  pulse_interval: '250ms',
  node_add_hold: '1s',
  node_availability_timeout: '3s',
}

/** What is told of the clusters that are not simulated, and of the daemons: by cluster, `''` for none. */
export const further: Record<string, { fires: string[]; follows?: string[] }> = {
  kafka: {
    fires: ['EvenkeelConflict', 'EvenkeelNotSampling', 'EvenkeelUpstreamErrors'],
    follows: ['EvenkeelPausedLong', 'EvenkeelNodeDownUnhealed'],
  },
  // Another evenkeel that may look at the same cluster and not act on it.
  'kafka-read-only': {
    fires: ['EvenkeelPermissionDenied', 'EvenkeelMovesFailing', 'EvenkeelNotSampling', 'EvenkeelUpstreamErrors'],
    follows: ['EvenkeelConflict', 'EvenkeelViolationOld', 'EvenkeelNodeDownUnhealed'],
  },
  // Another one that has nothing to do there, with an operator without luck.
  frail: {
    fires: ['EvenkeelStateUnavailable', 'EvenkeelThrottleLeftBehind', 'EvenkeelNotSampling'],
    follows: [
      'EvenkeelConflict',
      'EvenkeelUpstreamErrors',
      'EvenkeelStalled',
      'EvenkeelViolationOld',
      'EvenkeelNodeDownUnhealed',
    ],
  },
  '': { fires: ['EvenkeelConfigReloadFailed', 'EvenkeelNotificationsFailing', 'EvenkeelRestarting', 'EvenkeelDown'] },
}

export interface Scenario {
  prometheus: Prometheus
  /** When the daemon of most clusters started; when all had been told but the end; when that had been told too: Unix seconds. */
  startedAt: number
  toldAt: number
  endedAt: number
}

/** Plays it to its end; what is then to be closed is pushed onto `open`, also when it throws. */
export async function play(open: ReleaseStack): Promise<Scenario> {
  const kafka = await startCluster(open)
  const access = (user: typeof reader) => ({
    system: 'kafka',
    bootstrap_servers: kafka.bootstrap,
    sasl: { mechanism: 'PLAIN', ...user },
  })
  const daemon = await Daemon.prepare({
    balancing,
    notifications: await receivers(open),
    clusters: [
      {
        name: 'kafka',
        ...access(adminUser),
        // Wide enough that nothing follows from it.
        balancing: { disk_balance_percent: 90 },
        throttle: { rate_per_node: '2MiB/s' },
        leadership: { enabled: false },
      },
      // Leadership waits while brokers are new: until Prometheus has seen that nothing has failed.
      { name: 'kafka-read-only', ...access(reader), balancing: { node_add_hold: '6s' } },
      ...worlds.map(simulated),
    ],
  })
  open.push('the daemon', () => daemon.stop())
  const disk = join(await freshDir('state'), 'disk')
  open.push('its disk', await mountTmpfs(disk, 1))
  const frail = await Daemon.prepare({
    balancing: { ...balancing, exclude: { topics: ['.*'], hard: true } },
    leadership: { enabled: false },
    state: { directory: disk },
    // A file that is open for writing would keep the disk from becoming read-only.
    audit: { file: 'audit.jsonl' },
    clusters: [
      { name: 'frail', ...access(adminUser) },
      ...worlds.filter(({ name }) => name === twoMinds).map(simulated),
    ],
  })
  open.push('the frail daemon', () => frail.stop())
  const rules = {
    'shipped.yaml': readFileSync('config/prometheus/alerts.yaml', 'utf8'),
    'hurried.yaml': hurriedRules(),
  }
  // First, so that it sees every count begin at 0. A scrape has as long as there is to the next one: on a busy machine a second is short,
  // and one that is missed begins `for` anew.
  const prometheus = await startPrometheus({
    jobs: { evenkeel: [daemon.target, frail.target] },
    rules,
    scrapeSeconds: 2,
  })
  open.push('Prometheus', () => prometheus.stop())
  await Promise.all([daemon.start(), frail.start()])
  const startedAt = await startOf(daemon, prometheus)

  const told = (alert: string, cluster: string, deadlineMs = 40_000) =>
    prometheus.has(`${alert} of ${cluster || 'no cluster'}`, fired(alert, cluster), deadlineMs)
  const cruiseControl = likeCruiseControl(kafka)
  open.push('the writer', () => cruiseControl.stop())
  await Promise.all([
    pauseOne(daemon, prometheus),
    fillBroker(kafka, { daemon, prometheus, told }),
    mistreat(frail, disk, prometheus, told),
  ])
  await leaveThrottles(kafka)
  await crash(frail, prometheus)
  await Promise.all([
    told('EvenkeelRestarting', ''),
    told('EvenkeelThrottleLeftBehind', 'frail'),
    told('EvenkeelConflict', 'kafka'),
  ])
  await cruiseControl.stop()
  await kafka.kill(4)
  const since = 'evenkeel_node_unavailable_since_timestamp_seconds'
  await prometheus.has('broker 4 being gone', `${since}{managed_cluster="kafka"}`, 30_000)
  await Promise.all([1, 2, 3].map((id) => kafka.kill(id)))
  const others = expected().filter(([, alert]) => alert !== 'EvenkeelDown')
  await Promise.all(others.map(([cluster, alert]) => told(alert, cluster, 90_000)))
  const toldAt = now()
  await Promise.all([daemon.kill(), frail.kill()])
  // Now: before they had started it was told as well.
  await prometheus.has('EvenkeelDown', `ALERTS{alertname="EvenkeelDown", alertstate="firing", hurried!=""}`, 40_000)
  return { prometheus, startedAt, toldAt, endedAt: now() }
}

function simulated({ name, simulator, balancing: own = {}, throttle = {} }: World) {
  return { name, system: 'simulator', simulator, balancing: own, throttle }
}

/** Cluster and alert, of all that has to be told. */
export function expected(): [cluster: string, alert: string][] {
  const all = [...worlds.map(({ name, fires }) => [name, fires] as const), ...entriesOf(further)]
  return all.flatMap(([cluster, alerts]) => alerts.map((alert): [string, string] => [cluster, alert]))
}

type Told = (alert: string, cluster: string) => Promise<unknown>

async function startCluster(open: ReleaseStack): Promise<KafkaCluster> {
  const cluster = await startKafka({
    brokerProperties: { 'log.segment.delete.delay.ms': 1000 },
    brokers: [1, 2, 3].map((id) => ({ id, tmpfsMiB: 200 })),
    sasl: { [reader.username]: reader.password },
    authorizer: true,
  })
  open.push('Kafka', () => cluster.close())
  await permit(cluster, { [reader.username]: grants('observe') })
  const admin = kafkaClient(cluster).admin()
  await admin.connect()
  // Broker 1 leads everything: what the one that may not act would change.
  const assignment = Array.from({ length: 12 }, (_, p) => ({ partition: p, replicas: [1, 2 + (p % 2)] }))
  await admin.createTopics({
    topics: [
      { topic: 'orders', replicaAssignment: assignment },
      { topic: ofCruiseControl, replicaAssignment: [{ partition: 0, replicas: [2, 3] }] },
    ],
  })
  await admin.disconnect()
  await fill(cluster, 'orders', Array<number>(assignment.length).fill(3 * MiB))
  return cluster
}

/** Writes what Cruise Control would: it is known by that. */
function likeCruiseControl(cluster: KafkaCluster): { stop(): Promise<void> } {
  const end = new AbortController()
  const writing = (async () => {
    while (!end.signal.aborted) {
      await fill(cluster, ofCruiseControl, [16 * 1024])
      await setTimeout(500)
    }
  })()
  writing.catch(() => undefined)
  return {
    async stop() {
      end.abort()
      await writing
    },
  }
}

async function pauseOne(daemon: Daemon, prometheus: Prometheus): Promise<void> {
  await prometheus.has('a cluster to pause', 'evenkeel_up{managed_cluster="asked-to-pause"} == 1', 20_000)
  await daemon.command('pause', '--cluster', 'asked-to-pause', '--reason', 'to see who forgets it')
}

/** A broker joins and is filled, slowly enough to be seen. */
async function fillBroker(
  cluster: KafkaCluster,
  { daemon, prometheus, told }: { daemon: Daemon; prometheus: Prometheus; told: Told },
): Promise<void> {
  // Before there is anything else to do: leadership waits while a broker is new.
  const refused = 'sum(evenkeel_moves_finished_total{managed_cluster="kafka-read-only", result="failed"})'
  await prometheus.has('leadership being refused', `${refused} >= 3`, 30_000)
  await cluster.addBroker({ id: 4, tmpfsMiB: 200 })
  const running = 'sum(evenkeel_moves{managed_cluster="kafka", state="running"})'
  await prometheus.has('broker 4 being filled', `${running} > 0`, 30_000)
  const end = 'evenkeel_plan_estimated_completion_timestamp_seconds{managed_cluster="kafka"}'
  await prometheus.has('the end being known', end, 30_000)
  const filled = `${running} == 0 and sum(evenkeel_moves_finished_total{managed_cluster="kafka", result="done"}) > 0`
  await prometheus.has('broker 4 being full', filled, 60_000)
  await daemon.command('pause', '--cluster', 'kafka', '--reason', 'enough for today')
  await told('EvenkeelPermissionDenied', 'kafka-read-only')
}

/** As somebody does who moved a partition by hand: evenkeel sees them when it starts, and every ten minutes. */
async function leaveThrottles(cluster: KafkaCluster): Promise<void> {
  const left: [string, string][] = [
    [`4 ${inRate}`, `${MiB}`],
    [`4 ${outRate}`, `${MiB}`],
    [`orders ${sources}`, '0:1'],
    [`orders ${targets}`, '0:4'],
  ]
  await setThrottleKeys(cluster, new Map(left))
}

/** A config that is wrong, then a disk that is read-only, then two of three crashes. */
async function mistreat(daemon: Daemon, disk: string, prometheus: Prometheus, told: Told): Promise<void> {
  const mine = `{instance="${daemon.target}"}`
  await prometheus.has('frail being read', `evenkeel_up${mine} == 1`, 20_000)
  await daemon.write('version: 1\nclusters: []\n')
  await told('EvenkeelConfigReloadFailed', '')
  await daemon.write()
  await prometheus.has('the config being right', `evenkeel_config_last_reload_successful${mine} == 1`, 20_000)

  await until('the disk being read-only', 10_000, () => remount(disk, 'ro').then(() => true))
  await daemon.command('pause', '--reason', 'needs to be written down').catch(() => '')
  await told('EvenkeelStateUnavailable', 'frail')
  await remount(disk, 'rw')
  await crash(daemon, prometheus)
  await crash(daemon, prometheus)
}

/** It is killed and started again, and Prometheus has seen that. */
async function crash(daemon: Daemon, prometheus: Prometheus): Promise<void> {
  const before = await startOf(daemon, prometheus)
  await daemon.kill()
  await daemon.start()
  await until('its next life', 20_000, async () => (await startOf(daemon, prometheus)) > before)
}

/** When it started as Prometheus has seen it last, Unix seconds. */
async function startOf({ target }: Daemon, prometheus: Prometheus): Promise<number> {
  const [found] = await prometheus.has('its start', `process_start_time_seconds{instance="${target}"}`, 20_000)
  return found!.values[0]![1]
}

/** Has fired, maybe no longer. */
function fired(alert: string, cluster: string): string {
  return `max_over_time(ALERTS{alertname="${alert}", alertstate="firing", hurried!="", managed_cluster="${cluster}"}[10m])`
}

const now = () => Date.now() / 1000

function entriesOf(table: typeof further) {
  return Object.entries(table).map(([cluster, { fires }]) => [cluster, fires] as const)
}
