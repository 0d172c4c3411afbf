/** Topics whose placement their system computes itself (Pinot tables), as the API and `-o json` tell of them; absent fields are left out. */
import { formatTime } from '../lib/iso-time.ts'
import type { ReportedJob, TickReport } from './events.ts'
import type { Hold } from './memory.ts'
import type { TableMove } from './move.ts'
import { batchJson, sharesJson } from './plan-json.ts'
import { approvableHolds } from './reasons.ts'
import type { NodeId } from './state.ts'
import type { Evenness, Target, TopicReport } from './target.ts'

/** What people want of tables, and what is left alone. */
export interface TableWishes {
  asked?: readonly string[]
  approved?: readonly string[]
  waiting?: Hold['topics']
}

export type TableJson = ReturnType<typeof tableJson>
export type DriftJson = NonNullable<TableJson['drift']>

/** Every table of the report, by name. */
export function tablesOf(
  report: Pick<TickReport, 'topics' | 'targets' | 'jobs' | 'plan'>,
  wishes: TableWishes,
): TableJson[] {
  const { topics = [], targets = [], jobs = [], plan } = report
  const targetOf = new Map(targets.map((target) => [target.topic, target]))
  const jobOf = new Map(jobs.map((job) => [job.topic, job]))
  const moveOf = new Map(plan.moves.flatMap((move) => (move.kind === 'table' ? [[move.topic, move] as const] : [])))
  return topics
    .toSorted((a, b) => (a.topic < b.topic ? -1 : 1))
    .map((topic) => {
      const of = { target: targetOf.get(topic.topic), job: jobOf.get(topic.topic), move: moveOf.get(topic.topic) }
      return tableJson(topic, of, wishes)
    })
}

interface OfTable {
  target: Target | undefined
  job: ReportedJob | undefined
  move: TableMove | undefined
}

function tableJson(report: TopicReport, { target, job, move }: OfTable, wishes: TableWishes) {
  const { topic, tenant, domain, partitions, replicas, bytes, evenness, notConverged, inError, verdict } = report
  const waiting = wishes.waiting?.find((hold) => hold.topic === topic)
  return {
    name: topic,
    tenant,
    domain,
    segments: partitions,
    replicas,
    bytes,
    servers: evenness.nodes.map((node) => ({ id: node.node, replicas: node.replicas, bytes: node.bytes })),
    evenness: { replicas: evenness.replicas, bytes: evenness.bytes },
    not_converged: notConverged,
    in_error: inError,
    ...(target && { drift: driftJson(target, move, wishes.approved ?? []) }),
    ...(job && { job: jobJson(job) }),
    ...(wishes.asked?.includes(topic) && { asked: true }),
    ...(waiting && {
      left_alone: { until: formatTime(waiting.untilMs), text: waiting.why, exhausted: waiting.exhausted },
    }),
    ...(verdict && { controller: { text: verdict.text, at: formatTime(verdict.atMs) } }),
  }
}

function driftJson(target: Target, move: TableMove | undefined, approved: readonly string[]) {
  const { causes, adds, bytes, shares, evenness, parameters, checks, held, fingerprint, summary } = target
  return {
    causes,
    replicas: adds,
    bytes,
    servers_added: joining(evenness.before, evenness.after),
    servers_removed: joining(evenness.after, evenness.before),
    servers: sharesJson(shares),
    evenness: {
      before: { replicas: evenness.before.replicas, bytes: evenness.before.bytes },
      after: { replicas: evenness.after.replicas, bytes: evenness.after.bytes },
    },
    checks,
    ...(held && { held: { ...held, approvable: approvableHolds.includes(held.code) } }),
    ...(approved.includes(fingerprint) && { approved: true }),
    parameters,
    ...(move && { reason: move.reason, batch: batchJson(move) }),
    fingerprint,
    ...(summary === undefined ? {} : { summary }),
  }
}

/** Nodes that hold something of the second and nothing of the first. */
function joining(before: Evenness, after: Evenness): NodeId[] {
  const held = new Map(before.nodes.map(({ node, replicas }) => [node, replicas]))
  return after.nodes.flatMap(({ node, replicas }) => (replicas > 0 && (held.get(node) ?? 0) === 0 ? [node] : []))
}

function jobJson({ id, ours, startedAtMs, adds, bytesDone, bytesTotal, text, broken }: ReportedJob) {
  return {
    id,
    ours,
    started_at: formatTime(startedAtMs),
    ...(adds && {
      replicas_done: adds.done,
      replicas_total: adds.total,
      progress: adds.total > 0 ? adds.done / adds.total : 1,
    }),
    ...(bytesDone === undefined ? {} : { bytes_done: bytesDone }),
    ...(bytesTotal === undefined ? {} : { bytes_total: bytesTotal }),
    ...(text === undefined ? {} : { text }),
    ...(broken === undefined ? {} : { broken }),
  }
}

/**
 * Tables of that name: a name without a type (`_OFFLINE`, `_REALTIME`) is that of both.
 * @param by one of them at most; neither: all.
 */
export function pickTables<Table extends { name: string; tenant: string }>(
  tables: readonly Table[],
  { table, tenant }: { table?: string | undefined; tenant?: string | undefined },
): Table[] {
  if (tenant !== undefined) return tables.filter((one) => one.tenant === tenant)
  if (table === undefined) return [...tables]
  const names = tableNames(table)
  return tables.filter(({ name }) => names.includes(name))
}

/** What a table may be called in full whose name may lack the type. */
export function tableNames(name: string): string[] {
  return [name, `${name}_OFFLINE`, `${name}_REALTIME`]
}

const SHOWN = 20

/** Why nothing was picked, naming what there is. */
export function nonePicked(
  tables: readonly { name: string; tenant: string }[],
  { tenant }: { tenant?: string | undefined },
): string {
  const what = tenant === undefined ? 'no table has this name' : 'no table has this tenant'
  const all = [...new Set(tables.map((table) => (tenant === undefined ? table.name : table.tenant)))].sort()
  if (all.length === 0) return `${what}; there is none`
  const more = all.length > SHOWN ? ` and ${all.length - SHOWN} more` : ''
  return `${what}; there are: ${all.slice(0, SHOWN).join(', ')}${more}`
}
