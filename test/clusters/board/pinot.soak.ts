/**
 * The dashboard over a real Pinot cluster: a server joins and is filled, another one cannot load what it is given, and in the end the
 * cluster dies bit by bit.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ReleaseStack } from '../../../src/lib/release-stack.ts'
import { guardLeaks } from '../leaks.ts'
import type { PinotCluster } from '../pinot/cluster.ts'
import { startPinot } from '../pinot/start.ts'
import { createTable, updateTags, uploadSegments } from '../pinot/tables.ts'
import { hurriedRules } from '../prometheus/hurried.ts'
import { type Prometheus, startPrometheus } from '../prometheus/server.ts'
import { Daemon } from './daemon.ts'
import { panels, queries, tryQueries } from './panels.ts'
import { receivers } from './receivers.ts'

guardLeaks()

const KiB = 1024
/** On a disk of its own, for on a shared one all servers look alike. */
const tmpfsMiB = 96
const tags = ['DefaultTenant_OFFLINE']
const mine = 'managed_cluster="pinot"'
const ofSegments = ['EvenkeelSegmentsInError', 'EvenkeelSegmentsDiverged']
const blind = 'EvenkeelNotSampling'
const firing = (alert: string) => `ALERTS{alertname="${alert}", alertstate="firing", ${mine}}`

const open = new ReleaseStack()
let prometheus: Prometheus
let daemon: Daemon
let from: number

beforeAll(async () => {
  const cluster = await startPinot({
    servers: [{ tmpfsMiB }, { tmpfsMiB }, { tmpfsMiB }],
    controllerProperties: {
      'controller.resource.utilization.checker.initial.delay': 1,
      'controller.resource.utilization.checker.frequency': 3,
    },
  })
  open.push('Pinot', () => cluster.close())
  await createTable(cluster, { name: 'orders', replication: 2 })
  await uploadSegments(cluster, 'orders', Array<number>(24).fill(200 * KiB))
  daemon = await Daemon.prepare({
    balancing: {
      mode: 'continuous',
      tick_interval: '1s',
      pulse_interval: '250ms',
      node_add_hold: '1s',
      max_disk_usage_percent: 98,
      hard_disk_usage_percent: 99,
      disk_balance_percent: 90,
      node_availability_timeout: '10m',
    },
    rebalance: { heartbeatIntervalInMs: 5_000, heartbeatTimeoutInMs: 30_000 },
    notifications: await receivers(open),
    clusters: [
      {
        name: 'pinot',
        system: 'pinot',
        controller_urls: [cluster.controllerUrl],
        zookeeper: { connect: cluster.zkConnect },
      },
    ],
  })
  open.push('the daemon', () => daemon.stop())
  prometheus = await startPrometheus({
    jobs: { evenkeel: [daemon.target] },
    rules: { 'hurried.yaml': hurriedRules() },
  })
  open.push('Prometheus', () => prometheus.stop())
  from = Date.now() / 1000
  await daemon.start()
  await prometheus.has('Pinot being read', `evenkeel_up{${mine}} == 1`, 60_000)
  await joins(cluster, { downloadBytesPerSecond: 100 * KiB })
  await prometheus.has('a job', `evenkeel_table_rebalance_progress_ratio{${mine}} > 0`, 60_000)
  const done = `sum(evenkeel_moves_finished_total{${mine}, kind="table", result="done"}) > 0`
  await prometheus.has('the job being done', done, 120_000)
  await joins(cluster, { failLoads: '.*' })
  await Promise.all(ofSegments.map((alert) => prometheus.has(alert, firing(alert), 240_000)))
  await cluster.kill(cluster.servers[0]!.name)
  await prometheus.has('its loss', `evenkeel_node_unavailable_since_timestamp_seconds{${mine}}`, 60_000)
  await daemon.command('pause', '--reason', 'enough for today')
  await prometheus.has('the pause', `evenkeel_paused{${mine}} == 1`, 60_000)
  await cluster.kill('zookeeper')
  await cluster.kill('controller')
  await prometheus.has(blind, firing(blind), 60_000)
  // Long enough ago that a look every other second has it.
  const failed = `sum(rate(evenkeel_sample_failures_total{${mine}}[5m] offset 3s)) > 0`
  await prometheus.has('a sample that failed', failed, 120_000)
})
afterAll(() => open.close())

/** A server that does not load as it should joins the tenant. */
async function joins(cluster: PinotCluster, knobs: Parameters<PinotCluster['setKnobs']>[1]): Promise<void> {
  const name = await cluster.addServer({ tmpfsMiB, tags: ['server_untagged'] })
  await cluster.setKnobs(name, knobs)
  await updateTags(cluster, name, tags)
}

test.each([...ofSegments, blind])('%s is pending and then firing', async (alert) => {
  const [fired] = await prometheus.samples(firing(alert), Date.now() / 1000 - from)
  const [waited] = await prometheus.samples(firing(alert).replace('firing', 'pending'), Date.now() / 1000 - from)
  expect(waited!.values[0]![0]).toBeLessThan(fired!.values[0]![0])
})

const noThrottle = 'servers bound their downloads themselves: evenkeel sets no rate'
/** Queries that have nothing to show of Pinot, and why. */
const empty: Record<string, string> = {
  'Now: Limit per node A': noThrottle,
  'Moves: Copy rate and throttle B': noThrottle,
}

test('every query of the dashboard has a value', async () => {
  const tried = await tryQueries(prometheus, ['pinot'], { from, to: Date.now() / 1000 })
  const without = tried.filter(({ values }) => values === 0).map(({ name }) => name)
  console.info(
    `pinot: ${panels} panels × ${queries.length} queries: ${queries.length - without.length} with values, ${without.length} without`,
  )
  expect(without).toEqual(tried.map(({ name }) => name).filter((name) => name in empty))
  expect(tried.filter(({ missingLabels }) => missingLabels.length > 0)).toEqual([])
})
