/** What the control listener tells: pure functions of the view. */
import type { MoveProgress, ThrottleReport } from '../cluster/events.ts'
import { copies, type Move, sharesOfMove, totalBytes } from '../cluster/move.ts'
import { moveJson, nodeJson, planJson, violationJson } from '../cluster/plan-json.ts'
import type { NodeId } from '../cluster/state.ts'
import type { Pause } from '../cluster/wishes.ts'
import type { ClusterView, DaemonView } from '../daemon/view.ts'
import { formatTime } from '../lib/iso-time.ts'
import type { MovesAnswer, NodesAnswer, StatusAnswer } from './answers.ts'
import type { moveGroups } from './fields.ts'
import { orderJson, placementJson } from './order-json.ts'
import { Problem } from './problem.ts'
import type { RouteParts } from './route.ts'

/** Which cluster is meant; absent: the only one. */
export interface OfCluster {
  cluster?: string
}

/**
 * Of one cluster, or of all.
 * @param configRefused why the config as it is on disk is not in force.
 * @throws Problem
 */
export function statusJson(view: DaemonView, { cluster }: OfCluster, configRefused?: string): StatusAnswer {
  const clusters = cluster === undefined ? view.clusters() : [find(view, cluster)]
  return {
    clusters: clusters.map(clusterJson),
    ...(configRefused === undefined ? {} : { config_refused: configRefused }),
  }
}

export function clustersJson(view: DaemonView) {
  return {
    clusters: view.clusters().map(({ name, status, report }) => ({
      name,
      status,
      ...(report && { system: report.cluster.system }),
    })),
  }
}

/** The nodes of a cluster as they are and as the plan leaves them. @throws Problem */
export function nodesJson(view: DaemonView, { cluster }: OfCluster): NodesAnswer {
  const { report, drains, running, name } = only(view, cluster)
  if (!report) throw notSampled(name)
  const unavailable = new Map(report.unavailableSince.map(({ node, sinceMs }) => [node, sinceMs]))
  const moving = replicasMoving(running)
  return {
    nodes: report.plan.nodes.map((node) => {
      const sinceMs = unavailable.get(node.id)
      return {
        ...nodeJson(node),
        ...(node.rack === undefined ? {} : { rack: node.rack }),
        state: node.state,
        draining: drains.some((drain) => drain.node === node.id),
        ...(sinceMs === undefined ? {} : { unavailable_since: formatTime(sinceMs) }),
        moves: moving.get(node.id) ?? { in: 0, out: 0 },
      }
    }),
  }
}

/** @throws Problem `not_sampled_yet` before the first complete tick */
export function currentPlanJson(view: DaemonView, { cluster }: OfCluster) {
  const { name, report } = only(view, cluster)
  if (!report) throw notSampled(name)
  return planJson(report)
}

/** What a tick would plan now. @throws Problem */
export async function freshPlanJson({ cluster }: OfCluster, { view, explanations }: RouteParts) {
  const { name, report } = only(view, cluster, 'bad_body')
  if (!report) throw notSampled(name)
  return planJson(await explanations.planNow(name))
}

/** Waiting, running and lately ended moves, in this order. @throws Problem */
export function movesJson(
  view: DaemonView,
  { cluster, state }: OfCluster & { state?: (typeof moveGroups)[number] },
): MovesAnswer {
  const { pending, running, ended } = only(view, cluster)
  const groups = {
    pending: pending.map(waitingJson),
    running: running.map(progressJson),
    ended: ended.map(progressJson),
  }
  return { moves: state === undefined ? Object.values(groups).flat() : groups[state] }
}

/** Replicas on their way into and out of a node. */
export interface NodeMoves {
  in: number
  out: number
}

/** Of every node that the moves bring something to or take something from. */
export function replicasMoving(running: readonly MoveProgress[]): Map<NodeId, NodeMoves> {
  const moving = new Map<NodeId, NodeMoves>()
  for (const { node, adds, removes } of running.flatMap(({ move }) => sharesOfMove(move))) {
    const before = moving.get(node) ?? { in: 0, out: 0 }
    moving.set(node, { in: before.in + adds, out: before.out + removes })
  }
  return moving
}

/** What is to be copied still, by what runs and what waits. */
export function remainingBytes({ running, pending }: Pick<ClusterView, 'running' | 'pending'>): number {
  return sum(running.map(({ bytesDone, bytesTotal }) => bytesTotal - bytesDone)) + totalBytes(pending)
}

export function notSampled(name: string): Problem {
  return new Problem('not_sampled_yet', `the cluster ${name} has not been sampled completely yet`)
}

/** What the status tells of one cluster. */
export function clusterJson(view: ClusterView) {
  const { name, status, statusSinceMs, report, running, pending, drains, pause, asked, orders, placed, error } = view
  return {
    name,
    status,
    status_since: formatTime(statusSinceMs),
    ...(report ? { mode: report.mode, dry_run: report.dryRun, verdict: report.verdict } : {}),
    ...(report ? { last_sample: formatTime(report.takenAtMs) } : {}),
    ...(error === undefined ? {} : { error }),
    violations: (report?.violations ?? []).map((violation) => ({ ...violationJson(violation), text: violation.text })),
    drains: drains.map(({ node, replicas, bytes, safeToStop }) => ({
      node,
      replicas,
      bytes,
      safe_to_stop: safeToStop,
    })),
    ...(pause === undefined ? {} : { pause: pauseJson(pause) }),
    ...(asked && { asked }),
    ...(orders && { orders: orders.map(orderJson) }),
    ...(placed && { placed: placed.map(placementJson) }),
    moves: { running: running.length, pending: pending.length },
    bytes: {
      done: sum(running.map(({ bytesDone }) => bytesDone)),
      remaining: remainingBytes(view),
    },
    missing_nodes: report?.missingNodes ?? [],
    foreign_moves: report?.foreignMoves ?? 0,
    ...(report?.throttle && { throttle: throttleJson(report.throttle) }),
    notes: report?.notes ?? [],
  }
}

function throttleJson({ bytesPerSecond, self, foreign }: ThrottleReport) {
  return { ...(bytesPerSecond !== undefined && { bytes_per_second: bytesPerSecond }), self, foreign }
}

export function pauseJson({ by, reason, sinceMs, untilMs }: Pause) {
  return {
    by,
    reason,
    since: formatTime(sinceMs),
    ...(untilMs === undefined ? {} : { until: formatTime(untilMs) }),
  }
}

function waitingJson(move: Move) {
  return { ...moveJson(move), state: 'planned' as const }
}

function progressJson(progress: MoveProgress) {
  const { move, state, text, startedAtMs, bytesDone, bytesTotal, bytesPerSecond, remainingMs } = progress
  return {
    ...moveJson(move),
    state,
    ...(text === undefined ? {} : { text }),
    started_at: formatTime(startedAtMs),
    ...(copies(move) ? { bytes_done: bytesDone, bytes_total: bytesTotal } : {}),
    ...(bytesPerSecond !== undefined && { bytes_per_second: Math.round(bytesPerSecond) }),
    ...(remainingMs !== undefined && { eta_seconds: Math.round(remainingMs / 100) / 10 }),
  }
}

/** The cluster of that name; without a name the only one there is. @throws Problem */
export function only(
  view: DaemonView,
  name: string | undefined,
  missing: 'bad_query' | 'bad_body' = 'bad_query',
): ClusterView {
  if (name !== undefined) return find(view, name)
  const clusters = view.clusters()
  if (clusters.length === 1) return clusters[0]!
  throw new Problem(missing, `cluster is required: ${namesOf(clusters)}`)
}

/** @throws Problem `unknown_cluster` */
export function find(view: DaemonView, name: string): ClusterView {
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
