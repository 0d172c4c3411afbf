/**
 * Turns targets of the system's own (Pinot tables) into moves: which of them serve what is to be mended, in which order, how much of
 * each may be on its way at once, and whether all of them together fit on the disks at their peak. Pure.
 */
import type { Hold } from '../cluster/memory.ts'
import type { BrokersMove, TableMove } from '../cluster/move.ts'
import type { Blocked, Goals } from '../cluster/plan.ts'
import { isUrgent, type RejectReason, type ViolationKind, violationKinds } from '../cluster/reasons.ts'
import type { ClusterState, NodeId } from '../cluster/state.ts'
import type { BrokersTarget, NodeShare, Target } from '../cluster/target.ts'
import { formatBytes, formatCount, formatPercent } from '../lib/units.ts'

export interface TablesRequest {
  goals: Goals
  targets: readonly Target[]
  brokers: readonly BrokersTarget[]
  held: Hold['topics']
  /** What may be on its way to one node at once. */
  batch: { adds: number; bytes: number }
  /** Most of a disk that any move may fill, and that one for balance may, as ratios. */
  hardDiskUsage: number
  maxDiskUsage: number
}

export interface TablesPlan {
  moves: (TableMove | BrokersMove)[]
  blocked: Blocked[]
  /** What runs alone because it is larger than what may be on its way at once, one sentence each. */
  notes: string[]
}

const EXAMPLES = 3

export function planTables(state: ClusterState, request: TablesRequest): TablesPlan {
  const rejected = new Map<RejectReason, string[]>()
  const reject = (reason: RejectReason, example: string) =>
    rejected.set(reason, [...(rejected.get(reason) ?? []), example])
  const disks = new Disks(state)
  const moves: TablesPlan['moves'] = request.brokers
    .filter(({ topic }) => request.goals.staleBrokers.includes(topic))
    .map(({ topic, before, after }) => ({
      kind: 'brokers',
      id: `brokers:${topic}:${after.join(',')}`,
      topic,
      reason: 'target_drift',
      before,
      after,
    }))
  for (const { target, reason } of inOrder(wanted(state, request))) {
    const { topic, held } = target
    const hold = request.held.find((one) => one.topic === topic)
    if (held) reject('target_held', `${topic}: ${held.text}`)
    else if (hold) reject(hold.exhausted ? 'retry_exhausted' : 'retry_wait', `${topic}: ${hold.why}`)
    else {
      const limit = isUrgent(reason) || reason === 'target_drift' ? request.hardDiskUsage : request.maxDiskUsage
      const full = disks.take(target.shares, limit)
      if (full === undefined) moves.push(moveOf(target, reason, request))
      else reject('would_exceed_limit', `${topic}: ${full}`)
    }
  }
  const blocked = [...rejected].map(([reason, examples]) => ({
    reason,
    count: examples.length,
    examples: examples.slice(0, EXAMPLES),
  }))
  const notes = moves.flatMap((move) => (move.kind === 'table' ? aloneNote(move, request.batch) : []))
  return { moves, blocked, notes }
}

interface Wanted {
  target: Target
  reason: ViolationKind
}

/** Those that serve a goal, with the weightiest one. */
function wanted(state: ClusterState, { goals, targets }: TablesRequest): Wanted[] {
  const idsOf = (nodes: readonly number[]) => new Set(nodes.map((node) => state.names.nodes[node]!))
  const draining = idsOf(goals.drainNodes)
  const filling = idsOf(goals.fillNodes)
  const drifted = new Set(goals.driftedTopics)
  const reasonOf = ({ topic, shares }: Target): ViolationKind | undefined => {
    if (shares.some(({ node, removes }) => removes > 0 && draining.has(node))) return 'node_draining'
    if (drifted.has(topic)) return 'target_drift'
    return shares.some(({ node, adds }) => adds > 0 && filling.has(node)) ? 'node_underused' : undefined
  }
  return targets.flatMap((target) => {
    const reason = reasonOf(target)
    return reason === undefined ? [] : [{ target, reason }]
  })
}

/** Class, then turn, then priority, then evenness gained per byte, then name. */
function inOrder(wanted: Wanted[]): Wanted[] {
  const rank = ({ reason }: Wanted) => violationKinds.indexOf(reason)
  return wanted.toSorted(
    (a, b) =>
      rank(a) - rank(b) ||
      a.target.turn - b.target.turn ||
      b.target.priority - a.target.priority ||
      gain(b.target) - gain(a.target) ||
      (a.target.topic < b.target.topic ? -1 : 1),
  )
}

function gain({ evenness: { before, after }, bytes }: Target): number {
  return (before.bytes - after.bytes) / Math.max(1, bytes)
}

/** What of each disk is spoken for: used, on its way, and all that was planned before. What leaves is not counted as free until it has left. */
class Disks {
  readonly #state: ClusterState
  readonly #planned = new Map<NodeId, number>()

  constructor(state: ClusterState) {
    this.#state = state
  }

  /** Takes the room on all nodes or on none. @returns why it does not fit. */
  take(shares: readonly NodeShare[], limit: number): string | undefined {
    for (const { node: id, addBytes } of shares) {
      const node = this.#state.names.nodes.indexOf(id)
      if (addBytes === 0 || node === -1) continue
      const { capacity, used } = this.#figures(node)
      const peak = used + (this.#planned.get(id) ?? 0) + addBytes
      if (capacity > 0 && peak > capacity * limit) {
        return `${id} would be ${formatPercent(peak / capacity)} full at the peak (${formatBytes(peak)} of ${formatBytes(capacity)}), the limit is ${formatPercent(limit)}`
      }
    }
    for (const { node, addBytes } of shares) this.#planned.set(node, (this.#planned.get(node) ?? 0) + addBytes)
    return undefined
  }

  #figures(node: number): { capacity: number; used: number } {
    const { nodeDirStart, dirCapacityBytes, dirUsedBytes, dirArrivingBytes } = this.#state
    let capacity = 0
    let used = 0
    for (let dir = nodeDirStart[node]!; dir < nodeDirStart[node + 1]!; dir += 1) {
      capacity += dirCapacityBytes[dir]!
      used += dirUsedBytes[dir]! + dirArrivingBytes[dir]!
    }
    return { capacity, used }
  }
}

function moveOf(target: Target, reason: ViolationKind, { batch }: TablesRequest): TableMove {
  const { topic, causes, parameters, shares, adds, bytes, evenness, fingerprint } = target
  return {
    kind: 'table',
    id: `table:${topic}:${fingerprint}`,
    topic,
    reason,
    causes: causes.map(({ cause }) => cause),
    parameters,
    shares,
    adds,
    bytes,
    batch: batchOf(target, batch),
    counts: {
      before: evenness.before.nodes.map(({ node, replicas }) => ({ node, replicas })),
      after: evenness.after.nodes.map(({ node, replicas }) => ({ node, replicas })),
    },
    fingerprint,
  }
}

function aloneNote({ topic, batch }: TableMove, budget: TablesRequest['batch']): string[] {
  if (batch.adds <= budget.adds && batch.bytes <= budget.bytes) return []
  const size = `${formatCount(batch.adds, 'replica')} of ${formatBytes(batch.bytes)}`
  const most = Number.isFinite(budget.bytes) ? `${budget.adds} of ${formatBytes(budget.bytes)}` : `${budget.adds}`
  return [
    `${topic}: ${size} move only together, more than the ${most} that may be on their way to a node at once: it runs alone`,
  ]
}

/** What may be on its way to one node at once: the policy's batch within the budget, but never less than what moves only together. */
function batchOf(
  { largestBytes, unitAdds, unitBytes, maxBatch = Number.POSITIVE_INFINITY }: Target,
  budget: { adds: number; bytes: number },
): { adds: number; bytes: number } {
  const byBytes = largestBytes > 0 ? Math.floor(budget.bytes / largestBytes) : Number.POSITIVE_INFINITY
  const adds = Math.max(1, Math.min(maxBatch, budget.adds, byBytes))
  if (unitAdds > adds) return { adds: unitAdds, bytes: unitBytes }
  return { adds, bytes: adds * largestBytes }
}
