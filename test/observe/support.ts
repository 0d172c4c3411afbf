/** Events of a small cluster, with only what a test says being unusual. */
import type { LoopEvent, MoveProgress, TickReport } from '../../src/cluster/events.ts'
import { type LeaderMove, moveId, type ReplicaMove } from '../../src/cluster/move.ts'
import type { NodeForecast } from '../../src/cluster/plan.ts'

export const GiB = 2 ** 30
export const settingsInForce = {
  mode: 'continuous',
  dryRun: false,
  tickIntervalMs: 30_000,
  maxDiskUsage: 0.8,
  diskBalance: 0.09,
  nodeAvailabilityTimeoutMs: 900_000,
  concurrentMoves: 50,
} as const
export const noon = Date.UTC(2026, 0, 1, 12)

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never

export function event(event: Without<LoopEvent, 'cluster' | 'atMs'>, atMs = noon, cluster = 'demo'): LoopEvent {
  return { cluster, atMs, ...event }
}

export function replica(partition: number, from: number, to: number, bytes: number): ReplicaMove {
  const moved = { topic: 'orders', partition, from, to, bytes, replicas: [from, 9], leader: from }
  return { kind: 'replica', id: moveId('replica', 'orders', partition, from, to), reason: 'node_underused', ...moved }
}

export function leader(partition: number, from: number, to: number): LeaderMove {
  const moved = { topic: 'orders', partition, from, to, replicas: [from, to], leader: from }
  return { kind: 'leader', id: moveId('leader', 'orders', partition, from, to), reason: 'leader_skew', ...moved }
}

export function progress(move: ReplicaMove | LeaderMove, more: Partial<MoveProgress> = {}): MoveProgress {
  const bytesTotal = move.kind === 'replica' ? move.bytes : 0
  return { move, state: 'running', startedAtMs: noon, bytesDone: 0, bytesTotal, ...more }
}

/** A node of 20 GiB with figures of now and of the end of the plan. */
export function forecast(
  id: number,
  gib: [now: number, final: number],
  replicas: [number, number] = [10, 10],
  leaders: [number, number] = [5, 5],
): NodeForecast {
  return {
    id,
    rack: `r${id % 2}`,
    state: 'alive',
    diskBytes: { now: gib[0] * GiB, peak: Math.max(...gib) * GiB, final: gib[1] * GiB },
    capacityBytes: 20 * GiB,
    dirs: [],
    replicas: { now: replicas[0], final: replicas[1] },
    leaders: { now: leaders[0], final: leaders[1] },
  }
}

export function report(nodes: NodeForecast[], more: Partial<TickReport> = {}): TickReport {
  return {
    cluster: { name: 'demo', system: 'simulator' },
    takenAtMs: noon,
    sampleMs: 1,
    tickMs: 2,
    status: 'in_progress',
    mode: 'node_add',
    dryRun: false,
    verdict: { act: true, code: 'acting', text: 'node 3 has 4% of its fair share and is being filled' },
    violations: [],
    plan: { moves: [], bytes: 0, lowerBoundBytes: 0, nodes, blocked: [], planningMs: 1 },
    health: {
      underReplicated: { own_move: 0, node: 0, other: 0 },
      offline: 0,
      underMinIsr: 0,
      unexplained: { offline: 0, underMinIsr: 0 },
    },
    partitions: 12,
    rackViolations: 0,
    imbalance: { disk: 0, replicas: 0, leaders: 0 },
    missingNodes: [],
    foreignMoves: 0,
    nodesAvailable: { alive: nodes.length, unavailable: 0, unreachable: 0, draining: 0 },
    notes: [],
    unavailableSince: [],
    windowOpen: true,
    maxDiskUsage: 0.8,
    ...more,
  }
}
