import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { LoopEvent } from '../cluster/events.ts'
import type { ProcessEvent } from '../cluster/process-events.ts'
import type { UpstreamCall } from '../cluster/upstream.ts'
import { ClusterSeries, type SettingsInForce } from './cluster-series.ts'
import { type Family, helpOf, prefix } from './families.ts'
import { createInstruments, type Meter } from './instruments.ts'
import { httpMethods, receiver as receiverLabel } from './labels.ts'

export interface Metrics {
  /** Its series exist from now on, at zero; events of clusters not registered are passed over. */
  registerCluster(cluster: { name: string; settings: SettingsInForce }): void
  /** Other settings of a registered cluster hold from now on. */
  settingsApplied(name: string, settings: SettingsInForce): void
  /** The config file was read: what it says is in force now, or was refused. */
  configRead(outcome: 'applied' | 'refused', atMs: number): void
  /** @param hash alike where the settings in force are. */
  configInForce(hash: number): void
  onEvent(event: LoopEvent): void
  onProcessEvent(event: ProcessEvent): void
  /** Its series exist from now on, at zero. */
  registerReceiver(name: string): void
  /** The series of all others are gone. */
  keepReceivers(names: ReadonlySet<string>): void
  /** A notification, or several, was taken by its receiver, or could not be delivered. */
  notified(receiver: string, outcome: 'sent' | 'failed', count?: number): void
  auditFailed(count: number): void
  observeUpstream(call: UpstreamCall): void
  httpRequest(request: { handler: string; method: string; code: number }): void
  logMessage(level: string): void
  /** The text that Prometheus scrapes. */
  render(): Promise<{ contentType: string; body: string }>
}

export function createMetrics(build: { version: string; revision: string; nodeVersion: string }): Metrics {
  const registry = new Registry()
  const instruments = createInstruments((family) => meterIn(registry, family))
  instruments.begin()
  collectDefaultMetrics({ register: registry })
  // Gauges whose names end like counters, which promtool refuses; each has a twin by type that stays.
  for (const name of ['handles', 'requests', 'resources']) registry.removeSingleMetric(`nodejs_active_${name}_total`)

  const clusters = new Map<string, ClusterSeries>()
  const { version, revision, nodeVersion } = build
  instruments.set('build_info', { version, revision, node_version: nodeVersion }, 1)

  return {
    registerCluster: ({ name, settings }) => void clusters.set(name, new ClusterSeries(instruments, name, settings)),
    settingsApplied: (name, settings) => clusters.get(name)?.settingsApplied(settings),
    configRead: (outcome, atMs) => {
      const applied = outcome === 'applied'
      instruments.set('config_last_reload_successful', {}, Number(applied))
      if (applied) instruments.set('config_last_reload_success_timestamp_seconds', {}, atMs / 1000)
      instruments.add('config_reloads_total', {}, 1)
      instruments.add('config_reload_failures_total', {}, Number(!applied))
    },
    configInForce: (hash) => instruments.set('config_hash', {}, hash),
    onEvent: (event) => clusters.get(event.cluster)?.onEvent(event),
    onProcessEvent: (event) => {
      if (event.type !== 'operator_action') return
      instruments.add('operator_actions_total', { action: event.action, source: event.source }, 1)
    },
    registerReceiver: (receiver) => {
      instruments.add('notifications_total', { receiver }, 0)
      instruments.add('notification_failures_total', { receiver }, 0)
    },
    keepReceivers: (names) => instruments.keep({}, receiverLabel.name, names),
    notified: (receiver, outcome, count = 1) => {
      const name = outcome === 'sent' ? 'notifications_total' : 'notification_failures_total'
      instruments.add(name, { receiver }, count)
    },
    auditFailed: (count) => instruments.add('audit_write_failures_total', {}, count),
    observeUpstream: ({ cluster, upstream, operation, durationMs, outcome }) => {
      if (!clusters.has(cluster)) return
      const labels = { managed_cluster: cluster, upstream, operation }
      instruments.add('upstream_requests_total', labels, 1)
      instruments.observe('upstream_request_duration_seconds', labels, durationMs / 1000)
      // A call that we gave up says nothing about the other side.
      if (outcome === 'ok' || outcome === 'aborted') return
      instruments.add('upstream_request_failures_total', { ...labels, reason: outcome }, 1)
    },
    httpRequest: ({ handler, method: asked, code }) => {
      const method = httpMethods.find((known) => known === asked) ?? 'other'
      instruments.add('http_requests_total', { handler, method, code: String(code) }, 1)
    },
    logMessage: (level) => instruments.add('log_messages_total', { level }, 1),
    render: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  }
}

function meterIn(registry: Registry, family: Family): Meter {
  const labelNames = family.labels.map(({ name }) => name)
  const options = { name: prefix + family.name, help: helpOf(family), labelNames, registers: [registry] }
  if (family.type === 'gauge') {
    const gauge = new Gauge(options)
    return {
      take: (labels, value) => gauge.set(labels, value),
      create: (labels) => gauge.set(labels, 0),
      remove: (labels) => gauge.remove(labels),
    }
  }
  if (family.type === 'counter') {
    const counter = new Counter(options)
    return {
      take: (labels, value) => counter.inc(labels, value),
      create: (labels) => counter.inc(labels, 0),
      remove: (labels) => counter.remove(labels),
    }
  }
  const histogram = new Histogram({ ...options, buckets: [...(family.buckets ?? [])] })
  return {
    take: (labels, value) => histogram.observe(labels, value),
    create: (labels) => histogram.zero(labels),
    remove: (labels) => histogram.remove(labels),
  }
}
