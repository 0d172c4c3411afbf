import { formatTime } from '../lib/iso-time.ts'
import type { TickReport } from './events.ts'
import { copies, isOfPartition, type Move, type TableMove } from './move.ts'
import type { NodeForecast, Violation } from './plan.ts'
import type { NodeShare } from './target.ts'

/** A plan as `plan -o json` prints it and the API answers it; absent fields are left out. */
export function planJson({
  status,
  verdict,
  plan,
  violations,
}: Pick<TickReport, 'status' | 'verdict' | 'plan' | 'violations'>) {
  return {
    status,
    verdict: { act: verdict.act, code: verdict.code, text: verdict.text },
    moves: plan.moves.map(moveJson),
    bytes: plan.bytes,
    lower_bound_bytes: plan.lowerBoundBytes,
    nodes: plan.nodes.map(nodeJson),
    violations: violations.map(violationJson),
    blocked: plan.blocked.map(({ reason, count, examples }) => ({ reason, count, examples })),
    planning_seconds: plan.planningMs / 1000,
  }
}

export function violationJson({
  kind,
  subject,
  sinceMs,
  size,
  unit,
}: Pick<Violation, 'kind' | 'subject' | 'sinceMs' | 'size' | 'unit'>) {
  return { kind, subject, since: formatTime(sinceMs), size, unit }
}

export function moveJson(move: Move) {
  const { id, kind, group, topic, reason } = move
  return {
    id,
    kind,
    ...(group === undefined ? {} : { group }),
    topic,
    ...(isOfPartition(move) ? { partition: move.partition, from: move.from, to: move.to } : {}),
    ...(move.kind === 'table' ? tableJson(move) : {}),
    ...(move.kind === 'brokers' ? { before: move.before, after: move.after } : {}),
    ...(move.kind === 'replica' && move.fromDir !== undefined ? { from_dir: move.fromDir } : {}),
    ...(move.kind === 'replica' && move.toDir !== undefined ? { to_dir: move.toDir } : {}),
    ...(copies(move) ? { bytes: move.bytes } : {}),
    reason,
  }
}

function tableJson({ causes, adds, shares, parameters, batch }: TableMove) {
  return {
    causes,
    replicas: adds,
    nodes: sharesJson(shares),
    batch: batchJson({ batch }),
    parameters,
  }
}

export function sharesJson(shares: readonly NodeShare[]) {
  return shares.map(({ node, adds, addBytes, removes, removeBytes }) => ({
    id: node,
    replicas_added: adds,
    bytes_added: addBytes,
    replicas_removed: removes,
    bytes_removed: removeBytes,
  }))
}

export function batchJson({ batch }: Pick<TableMove, 'batch'>) {
  return { replicas: batch.adds, bytes: batch.bytes }
}

export function nodeJson({ id, diskBytes, capacityBytes, dirs, replicas, leaders }: NodeForecast) {
  return {
    id,
    disk_bytes: { now: diskBytes.now, peak: diskBytes.peak, final: diskBytes.final },
    capacity_bytes: capacityBytes,
    dirs: dirs.map((dir) => ({ path: dir.path, used_bytes: dir.usedBytes, capacity_bytes: dir.capacityBytes })),
    replicas: { now: replicas.now, final: replicas.final },
    leaders: { now: leaders.now, final: leaders.final },
  }
}
