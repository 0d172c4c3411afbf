/** What the control listener answers: pure functions of the view and the query. */
import type { MoveProgress } from '../cluster/events.ts'
import { type Move, totalBytes } from '../cluster/move.ts'
import { moveJson, planJson } from '../cluster/plan-json.ts'
import type { ClusterView, DaemonView } from '../daemon/view.ts'
import { formatTime } from '../lib/iso-time.ts'
import { Problem } from './problem.ts'

/** As parsed from the address: a list when a name is repeated. */
export type Query = Readonly<Record<string, string | readonly string[] | undefined>>

/** Of one cluster, or of all. @throws Problem */
export function statusJson(view: DaemonView, query: Query) {
  const { cluster } = read(query, ['cluster'])
  const clusters = cluster === undefined ? view.clusters() : [find(view, cluster)]
  return { clusters: clusters.map(clusterJson) }
}

/** @throws Problem `not_sampled_yet` before the first complete tick */
export function currentPlanJson(view: DaemonView, query: Query) {
  const { cluster } = read(query, ['cluster'])
  const { name, report } = only(view, cluster)
  if (!report) throw new Problem('not_sampled_yet', `the cluster ${name} has not been sampled completely yet`)
  return planJson(report)
}

/** Waiting, running and lately ended moves, in this order. @throws Problem */
export function movesJson(view: DaemonView, query: Query) {
  const { cluster, state } = read(query, ['cluster', 'state'])
  const { pending, running, ended } = only(view, cluster)
  const groups = {
    pending: pending.map(waitingJson),
    running: running.map(progressJson),
    ended: ended.map(progressJson),
  }
  if (state === undefined) return { moves: Object.values(groups).flat() }
  if (state !== 'pending' && state !== 'running' && state !== 'ended') {
    throw new Problem('bad_query', 'state is one of pending, running, ended')
  }
  return { moves: groups[state] }
}

function clusterJson({ name, status, statusSinceMs, report, running, pending, error }: ClusterView) {
  return {
    name,
    status,
    status_since: formatTime(statusSinceMs),
    ...(report ? { mode: report.mode, dry_run: report.dryRun, verdict: report.verdict } : {}),
    ...(report ? { last_sample: formatTime(report.takenAtMs) } : {}),
    ...(error === undefined ? {} : { error }),
    violations: (report?.violations ?? []).map(({ kind, subject, sinceMs, size, unit, text }) => ({
      kind,
      subject,
      since: formatTime(sinceMs),
      size,
      unit,
      text,
    })),
    moves: { running: running.length, pending: pending.length },
    bytes: {
      done: sum(running.map(({ bytesDone }) => bytesDone)),
      remaining: sum(running.map(({ bytesDone, bytesTotal }) => bytesTotal - bytesDone)) + totalBytes(pending),
    },
    missing_nodes: report?.missingNodes ?? [],
    foreign_moves: report?.foreignMoves ?? 0,
    notes: report?.notes ?? [],
  }
}

function waitingJson(move: Move) {
  return { ...moveJson(move), state: 'planned' }
}

function progressJson({ move, state, text, startedAtMs, bytesDone, bytesTotal }: MoveProgress) {
  return {
    ...moveJson(move),
    state,
    ...(text === undefined ? {} : { text }),
    started_at: formatTime(startedAtMs),
    ...(move.kind === 'replica' ? { bytes_done: bytesDone, bytes_total: bytesTotal } : {}),
  }
}

/** The parameters that a route knows, each at most once. */
function read<Name extends string>(query: Query, names: readonly Name[]): { [name in Name]?: string } {
  for (const [name, value] of Object.entries(query)) {
    if (!names.some((known) => known === name)) {
      throw new Problem('bad_query', `unknown parameter; known here: ${names.join(', ')}`)
    }
    if (typeof value !== 'string') throw new Problem('bad_query', `${name} is given more than once`)
  }
  return query as { [name in Name]?: string }
}

function only(view: DaemonView, name: string | undefined): ClusterView {
  if (name !== undefined) return find(view, name)
  const clusters = view.clusters()
  if (clusters.length === 1) return clusters[0]!
  throw new Problem('bad_query', `cluster is required: ${namesOf(clusters)}`)
}

function find(view: DaemonView, name: string): ClusterView {
  const clusters = view.clusters()
  const found = clusters.find((cluster) => cluster.name === name)
  if (found) return found
  throw new Problem('unknown_cluster', `no cluster has this name; there are: ${namesOf(clusters)}`)
}

function namesOf(clusters: readonly ClusterView[]): string {
  return clusters.map(({ name }) => name).join(', ')
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
