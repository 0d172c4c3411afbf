import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { LoopEvent } from '../cluster/events.ts'
import { actionSources, operatorActions, type ProcessEvent } from '../cluster/process-events.ts'
import { ClusterSeries, type SettingsInForce } from './cluster-series.ts'
import { families, type Instruments } from './families.ts'

/** One request to a managed cluster, as its adapter reports it. */
interface UpstreamCall {
  cluster: string
  upstream: string
  operation: string
  durationMs: number
  /** `ok`, or one word of the adapter's closed list of reasons. */
  outcome: string
}

export interface Metrics {
  /** Its series exist from now on, at zero; events of clusters not registered are passed over. */
  registerCluster(cluster: { name: string; settings: SettingsInForce }): void
  /** Other settings of a registered cluster hold from now on. */
  settingsApplied(name: string, settings: SettingsInForce): void
  /** The config file was read: what it says is in force now, or was refused. */
  configRead(outcome: 'applied' | 'refused', atMs: number): void
  onEvent(event: LoopEvent): void
  onProcessEvent(event: ProcessEvent): void
  /** Its series exist from now on, at zero. */
  registerReceiver(name: string): void
  /** A notification, or several, was taken by its receiver, or could not be delivered. */
  notified(receiver: string, outcome: 'sent' | 'failed', count?: number): void
  auditFailed(count: number): void
  observeUpstream(call: UpstreamCall): void
  httpRequest(request: { handler: string; method: string; code: number }): void
  logMessage(level: string): void
  /** The text that Prometheus scrapes. */
  render(): Promise<{ contentType: string; body: string }>
}

const prefix = 'evenkeel_'

export function createMetrics(build: { version: string; revision: string; nodeVersion: string }): Metrics {
  const registry = new Registry()
  const instruments = createInstruments(registry)
  collectDefaultMetrics({ register: registry })
  // Gauges whose names end like counters, which promtool refuses; each has a twin by type that stays.
  for (const name of ['handles', 'requests', 'resources']) registry.removeSingleMetric(`nodejs_active_${name}_total`)

  const clusters = new Map<string, ClusterSeries>()
  const { version, revision, nodeVersion } = build
  instruments.set('build_info', { version, revision, node_version: nodeVersion }, 1)
  for (const level of ['debug', 'info', 'warn', 'error']) instruments.add('log_messages_total', { level }, 0)

  for (const action of operatorActions) {
    for (const source of actionSources) instruments.add('operator_actions_total', { action, source }, 0)
  }
  instruments.add('audit_write_failures_total', {}, 0)

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
    onEvent: (event) => clusters.get(event.cluster)?.onEvent(event),
    onProcessEvent: (event) => {
      if (event.type !== 'operator_action') return
      instruments.add('operator_actions_total', { action: event.action, source: event.source }, 1)
    },
    registerReceiver: (receiver) => {
      instruments.add('notifications_total', { receiver }, 0)
      instruments.add('notification_failures_total', { receiver }, 0)
    },
    notified: (receiver, outcome, count = 1) => {
      const name = outcome === 'sent' ? 'notifications_total' : 'notification_failures_total'
      instruments.add(name, { receiver }, count)
    },
    auditFailed: (count) => instruments.add('audit_write_failures_total', {}, count),
    observeUpstream: ({ cluster, upstream, operation, durationMs, outcome }) => {
      const labels = { managed_cluster: cluster, upstream, operation }
      instruments.add('upstream_requests_total', labels, 1)
      instruments.observe('upstream_request_duration_seconds', labels, durationMs / 1000)
      // A call that we gave up says nothing about the other side.
      if (outcome === 'ok' || outcome === 'aborted') return
      instruments.add('upstream_request_failures_total', { ...labels, reason: outcome }, 1)
    },
    httpRequest: ({ handler, method, code }) =>
      instruments.add('http_requests_total', { handler, method, code: String(code) }, 1),
    logMessage: (level) => instruments.add('log_messages_total', { level }, 1),
    render: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
  }
}

function createInstruments(registry: Registry): Instruments {
  const gauges = new Map<string, Gauge>()
  const counters = new Map<string, Counter>()
  const histograms = new Map<string, Histogram>()
  for (const family of families) {
    const { name, help } = family
    const options = { name: prefix + name, help, labelNames: [...family.labels], registers: [registry] }
    if (family.type === 'gauge') gauges.set(name, new Gauge(options))
    else if (family.type === 'counter') counters.set(name, new Counter(options))
    else histograms.set(name, new Histogram({ ...options, buckets: [...family.buckets] }))
  }
  return {
    set: (name, labels, value) => {
      if (Number.isNaN(value)) gauges.get(name)!.remove(labels)
      else gauges.get(name)!.set(labels, value)
    },
    remove: (name, labels) => gauges.get(name)!.remove(labels),
    add: (name, labels, value) => counters.get(name)!.inc(labels, Math.max(0, value)),
    observe: (name, labels, seconds) => histograms.get(name)!.observe(labels, seconds),
  }
}
