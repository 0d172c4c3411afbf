import { formatTime } from '../lib/iso-time.ts'
import type { TickReport } from './events.ts'
import type { Move } from './move.ts'
import type { NodeForecast } from './plan.ts'

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
    violations: violations.map(({ kind, subject, sinceMs, size, unit }) => ({
      kind,
      subject,
      since: formatTime(sinceMs),
      size,
      unit,
    })),
    blocked: plan.blocked.map(({ reason, count, examples }) => ({ reason, count, examples })),
    planning_seconds: plan.planningMs / 1000,
  }
}

export function moveJson(move: Move) {
  const { id, kind, group, topic, partition, from, to, reason } = move
  return {
    id,
    kind,
    ...(group === undefined ? {} : { group }),
    topic,
    partition,
    from,
    to,
    ...(move.kind === 'replica' && move.fromDir !== undefined ? { from_dir: move.fromDir } : {}),
    ...(move.kind === 'replica' && move.toDir !== undefined ? { to_dir: move.toDir } : {}),
    ...(move.kind === 'replica' ? { bytes: move.bytes } : {}),
    reason,
  }
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
