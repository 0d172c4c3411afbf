import type { families } from '../../src/observe/families.ts'

export type FamilyName = (typeof families)[number]['name']
type HistogramName = Extract<(typeof families)[number], { type: 'histogram' }>['name']

/** One of several jobs, and the one cluster that is looked at. */
const oneCluster = 'job=~"$job", managed_cluster="$managed_cluster"'
export const someNodes = 'node_id=~"$node_id"'

/**
 * A selector of the cluster that is looked at, of whichever instance acts on it. Never by `instance`: when another one
 * takes over, the series go on under its name.
 */
export function own(family: FamilyName, more = ''): string {
  return selector(`evenkeel_${family}`, oneCluster, more)
}

/** Of the whole job: what its processes tell of themselves, or all clusters. */
export function ofJob(family: FamilyName, more = ''): string {
  return selector(`evenkeel_${family}`, 'job=~"$job"', more)
}

/** A metric that is not ours: of the runtime or of Prometheus itself. */
export function foreign(metric: string, more = ''): string {
  return selector(metric, 'job=~"$job"', more)
}

/** The greatest by the labels, or over all: two instances that tell the same fact count once. */
export function max(expr: string, ...labels: string[]): string {
  return `max${by(labels)} (${expr})`
}

export function sum(expr: string, ...labels: string[]): string {
  return `sum${by(labels)} (${expr})`
}

export function rate(selected: string): string {
  return `rate(${selected}[$__rate_interval])`
}

/** What was counted over the whole time range that is looked at. */
export function inRange(selected: string): string {
  return `increase(${selected}[$__range])`
}

/** How many observations fell into each bucket of a histogram of the cluster, as a heat map wants it. */
export function buckets(family: HistogramName): string {
  return sum(`increase(${bucket(family)}[$__rate_interval])`, 'le')
}

/** A quantile of a histogram of the cluster; absent, not NaN, where nothing was observed. */
export function quantile(q: number, family: HistogramName, ...labels: string[]): string {
  return `histogram_quantile(${q}, ${sum(rate(bucket(family)), 'le', ...labels)}) >= 0`
}

/**
 * The series, or, where there are none while evenkeel runs, one whose label says so: a panel that shows names would be
 * blank.
 */
export function orNone(expr: string, label: string, text: string): string {
  return `(${expr}) or label_replace(${max(own('status'))} unless on () (${expr}), "${label}", "${text}", "", "")`
}

/** Of each chosen node: the part of its disks that these bytes are. */
export function ofCapacity(bytes: 'node_disk_used_bytes' | 'node_disk_peak_bytes' | 'node_disk_final_bytes'): string {
  const capacity = max(own('node_disk_capacity_bytes', someNodes), 'node_id')
  return `${max(own(bytes, someNodes), 'node_id')} / (${capacity} > 0)`
}

function bucket(family: HistogramName): string {
  return selector(`evenkeel_${family}_bucket`, oneCluster, '')
}

function selector(metric: string, scope: string, more: string): string {
  return `${metric}{${more === '' ? scope : `${scope}, ${more}`}}`
}

function by(labels: readonly string[]): string {
  return labels.length === 0 ? '' : ` by (${labels.join(', ')})`
}
