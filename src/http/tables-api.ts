/** What the control listener tells of topics whose placement their system computes itself: Pinot tables. */
import type { TickReport } from '../cluster/events.ts'
import { nonePicked, pickTables, type TableJson, tablesOf } from '../cluster/table-json.ts'
import type { TopicReport } from '../cluster/target.ts'
import type { ClusterView, DaemonView } from '../daemon/view.ts'
import { formatTime } from '../lib/iso-time.ts'
import { notSampled, type OfCluster, only } from './control-api.ts'
import { Problem } from './problem.ts'

export interface TablesQuery {
  table?: string
  tenant?: string
}

/** All tables of a cluster, those of a tenant, or those of a name. @throws Problem */
export function tablesJson(
  view: DaemonView,
  { cluster: name, ...by }: OfCluster & TablesQuery,
): { cluster: string; sampled_at: string; tables: TableJson[] } {
  if (by.table !== undefined && by.tenant !== undefined) {
    throw new Problem('bad_query', 'table and tenant exclude each other')
  }
  const cluster = only(view, name)
  const report = sampled(cluster)
  const tables = pickTables(tablesOf(report, cluster), by)
  if (tables.length === 0 && (by.table ?? by.tenant) !== undefined) {
    throw new Problem('unknown_table', nonePicked(rowsOf(report.topics), by))
  }
  return { cluster: cluster.name, sampled_at: formatTime(report.takenAtMs), tables }
}

/** The tables that a request is about. @throws Problem */
export function topicsFor(cluster: ClusterView, by: TablesQuery): string[] {
  const rows = rowsOf(sampled(cluster).topics)
  const picked = pickTables(rows, by)
  if (picked.length === 0) throw new Problem('unknown_table', nonePicked(rows, by))
  return picked.map(({ name }) => name)
}

function rowsOf(topics: readonly TopicReport[]) {
  return topics.map(({ topic, tenant }) => ({ name: topic, tenant }))
}

/** @throws Problem before the first sample, and where the system moves partitions, not tables. */
function sampled({ name, report }: ClusterView): TickReport & { topics: TopicReport[] } {
  if (!report) throw notSampled(name)
  const { topics } = report
  if (!topics) {
    const { system } = report.cluster
    throw new Problem(
      'not_possible',
      `the cluster ${name} has no tables: only a cluster of Pinot has, and its system is ${system}`,
    )
  }
  return { ...report, topics }
}
