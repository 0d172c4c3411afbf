/** The shipped rules with their real times, and the shipped config of Alertmanager: what arrives, with whom, and what makes it superfluous. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ReleaseStack } from '../../../src/lib/release-stack.ts'
import { guardLeaks } from '../leaks.ts'
import { mustRun } from '../make.ts'
import { type Alertmanager, type ReceivedAlert, startAlertmanager } from '../prometheus/alertmanager.ts'
import { type Prometheus, startPrometheus } from '../prometheus/server.ts'
import { until } from '../wait.ts'
import { Daemon } from './daemon.ts'

guardLeaks()

const config = 'config/prometheus/alertmanager.yaml'
const minute = 60_000
const nodes = ['a', 'b', 'c'].map((rack, index) => ({ id: index + 1, rack, disk: '200MiB' }))
const simulator = {
  copy_rate: '50MiB/s',
  nodes,
  topics: [{ name: 'orders', partitions: 5, replication_factor: 3, size: '10MiB', spread: 0 }],
}
/** Its disks run full, and then nobody answers any more. */
const events = [
  ...nodes.map(({ id: node }) => ({ at: '8s', fill_dir: { node, dir: '/disk0', other_data: '142MiB' } })),
  { at: '20s', blind: { for: '2h', code: 'unreachable' } },
]

const open = new ReleaseStack()
let alertmanager: Alertmanager
let prometheus: Prometheus
let daemon: Daemon

beforeAll(async () => {
  alertmanager = await startAlertmanager(config)
  open.push('Alertmanager', () => alertmanager.stop())
  daemon = await Daemon.prepare({
    balancing: { mode: 'continuous', tick_interval: '1s' },
    clusters: [
      { name: 'full', system: 'simulator', simulator: { ...simulator, events } },
      { name: 'well', system: 'simulator', simulator },
    ],
  })
  open.push('the daemon', () => daemon.stop())
  prometheus = await startPrometheus({
    jobs: { evenkeel: [daemon.target] },
    rules: { 'alerts.yaml': readFileSync('config/prometheus/alerts.yaml', 'utf8') },
    alertmanager: alertmanager.address,
  })
  open.push('Prometheus', () => prometheus.stop())
})
afterAll(() => open.close())

/** Waits until Alertmanager has it. */
const arrived = (name: string, deadlineMs: number, holds: (alert: ReceivedAlert) => boolean = () => true) =>
  until(`${name} at Alertmanager`, deadlineMs, async () => {
    const alerts = await alertmanager.alerts()
    return alerts.find((alert) => alert.labels['alertname'] === name && holds(alert))
  })

/** Since when it was pending and firing, Unix seconds. */
async function since(name: string): Promise<{ pending: number; firing: number }> {
  const now = Date.now() / 1000
  const first = async (state: string) => {
    const [series] = await prometheus.queryRange(`ALERTS{alertname="${name}", alertstate="${state}"}`, now - 1800, now)
    return series!.values[0]![0]
  }
  return { pending: await first('pending'), firing: await first('firing') }
}

test('its config is what amtool wants', async () => {
  await mustRun('amtool', ['check-config', config], { deadlineMs: 20_000, otherwise: 'amtool refuses the config' })
})

test('alerts go to who is to get them, after five minutes, and one of them makes others superfluous', async () => {
  await daemon.start()
  const full = await arrived('EvenkeelDiskAlmostFull', 8 * minute)
  expect(full.receivers).toEqual([{ name: 'pager' }])
  const { fingerprint } = await arrived('EvenkeelNotSampling', 3 * minute)
  await arrived('EvenkeelDiskAlmostFull', minute, ({ status }) => {
    return status.state === 'suppressed' && status.inhibitedBy.includes(fingerprint)
  })
  for (const name of ['EvenkeelDiskAlmostFull', 'EvenkeelNotSampling']) {
    const { pending, firing } = await since(name)
    console.info(`${name}: pending for ${(firing - pending).toFixed(0)} s before it fired`)
    expect(firing - pending, name).toBeGreaterThanOrEqual(299)
  }
  const alerts = await alertmanager.alerts()
  expect(alerts.filter(({ labels }) => labels['managed_cluster'] === 'well')).toEqual([])
})

test('without evenkeel its own absence is all that is told', async () => {
  for (let life = 0; life < 3; life++) {
    const start = `process_start_time_seconds{instance="${daemon.target}"}`
    const [before] = await prometheus.has('its start', start, minute)
    await daemon.kill()
    await daemon.start()
    await prometheus.has('its next life', `${start} > ${before!.values[0]![1]}`, minute)
  }
  const restarting = await arrived('EvenkeelRestarting', minute)
  expect(restarting.receivers).toEqual([{ name: 'tickets' }])
  await daemon.kill()
  const down = await arrived('EvenkeelDown', 8 * minute)
  expect(down.receivers).toEqual([{ name: 'pager' }])
  await arrived('EvenkeelRestarting', minute, ({ status }) => status.inhibitedBy.includes(down.fingerprint))
  const active = (await alertmanager.alerts()).filter(({ status }) => status.state === 'active')
  expect(active.map(({ labels }) => labels['alertname'])).toEqual(['EvenkeelDown'])
})
