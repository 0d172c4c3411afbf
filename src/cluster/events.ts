/** What a cluster's loop says as it works. Observers subscribe; the loop knows none of them. */
import type { Conflict } from './conflicts.ts'
import type { Move, RunningJob } from './move.ts'
import type { Order } from './orders.ts'
import type { Plan, Verdict, Violation } from './plan.ts'
import type { RejectReason } from './reasons.ts'
import type { Health } from './sample.ts'
import type { ClusterFacts, NodeId } from './state.ts'
import type { Target, TopicReport } from './target.ts'
import type { Pause } from './wishes.ts'

/**
 * - `off`: mode off, sampled and assessed only.
 * - `starting`: not yet two agreeing samples.
 * - `ready`: nothing to do.
 * - `in_progress`: moves are planned or running.
 * - `stalled`: violations that no allowed move improves.
 * - `paused`: held by a person or by the daemon itself.
 * - `standby`: another replica of the daemon acts.
 * - `unreachable`: the cluster could not be sampled.
 */
export const loopStatuses = [
  'off',
  'starting',
  'ready',
  'in_progress',
  'stalled',
  'paused',
  'standby',
  'unreachable',
] as const
export type LoopStatus = (typeof loopStatuses)[number]

export const modes = ['off', 'node_add', 'continuous'] as const
export type Mode = (typeof modes)[number]

export const moveResults = ['done', 'failed', 'cancelled', 'reverted', 'superseded'] as const
export type MoveResult = (typeof moveResults)[number]

/**
 * A move while it lives. `planned → submitting → running →` one of the results, with `unknown` (an answer that never
 * came), `cancelling` and `stalled` (no bytes although leader and target live) on the way.
 */
export const operatorStates = [
  'planned',
  'submitting',
  'running',
  'unknown',
  'cancelling',
  'stalled',
  ...moveResults,
] as const
export type OperatorState = (typeof operatorStates)[number]

/** A move and how far it is, for people and metrics. */
export interface MoveProgress {
  move: Move
  state: OperatorState
  /** Why it is in that state, where there is more to say. */
  text?: string
  startedAtMs: number
  bytesDone: number
  bytesTotal: number
  /** Over the last minute; absent until it is known. */
  bytesPerSecond?: number
  /** Until its end at that speed; absent where that says nothing. */
  remainingMs?: number
}

/** What became of settings of the cluster that are ours for a while, such as throttles, by `SCOPE/OF/NAME`. */
export interface SettingChanges {
  /** Ours from now on. */
  set: string[]
  /** As they were before. */
  restored: string[]
  /** Somebody else changed them: they stay as he set them. */
  left: string[]
  /** Could not be put back; tried again. */
  failed: { key: string; text: string }[]
}

/** Limits on copying that stand on the cluster, ours and those of others. */
export interface ThrottleReport {
  /** Bytes per second that we have set per node; the highest where they differ. Absent while none is set. */
  bytesPerSecond?: number
  self: { nodes: NodeId[]; topics: string[] }
  foreign: { nodes: NodeId[]; topics: string[] }
  /** Attempts to put something back that failed, since the start. */
  cleanupFailures: number
}

/** A running job of the system's own, and whose it is. */
export interface ReportedJob extends RunningJob {
  ours: boolean
}

/** What somebody else does to the cluster. */
export interface OthersReport {
  /** Partitions whose placement he changed, and done moves of ours among them that he undid; since the start of the loop. */
  changes: number
  undone: number
  conflicts: Conflict[]
}

/** What sampling, assessing and planning of one tick came to. */
export interface TickReport {
  cluster: ClusterFacts
  takenAtMs: number
  sampleMs: number
  tickMs: number
  status: LoopStatus
  mode: Mode
  dryRun: boolean
  /** In force; absent: none is. */
  pause?: Pause
  verdict: Verdict
  violations: Violation[]
  plan: Plan
  health: Health
  partitions: number
  rackViolations: number
  /** Ratio: the disk use that balancing fills no disk beyond. */
  maxDiskUsage: number
  /** `ingress`: of what is written to the partitions that a node leads; absent while no rate is known. */
  imbalance: { disk: number; replicas: number; leaders: number; ingress?: number }
  missingNodes: NodeId[]
  foreignMoves: number
  /** Absent where one look cannot tell. */
  others?: OthersReport
  /** Absent where the system has no such limits. */
  throttle?: ThrottleReport
  /** Nodes that are down, and since when. */
  unavailableSince: { node: NodeId; sinceMs: number }[]
  nodesAvailable: { alive: number; unavailable: number; unreachable: number; draining: number }
  notes: string[]
  /** Whether any window that binds a class is open; true where there is none. */
  windowOpen: boolean
  /** Topics whose placement the system computes itself, what it would make of them, and its jobs; absent where it has none. */
  topics?: TopicReport[]
  targets?: Target[]
  jobs?: ReportedJob[]
}

/** What was being read when a sample failed; `unknown` where the adapter does not say. */
export const sampleStages = ['metadata', 'disk', 'liveness', 'reassignments', 'unknown'] as const
export type SampleStage = (typeof sampleStages)[number]

interface OfCluster {
  cluster: string
  atMs: number
}

export type LoopEvent = OfCluster &
  (
    | { type: 'tick'; report: TickReport }
    | { type: 'sample_failed'; code: string; text: string; durationMs: number; stage?: SampleStage }
    | { type: 'tick_failed'; text: string }
    | { type: 'plan_rejected'; text: string }
    /** The daemon paused the cluster by itself. */
    | { type: 'paused'; by: 'circuit_breaker'; reason: string }
    | { type: 'status_changed'; from: LoopStatus; to: LoopStatus }
    | { type: 'node_appeared'; node: NodeId }
    | { type: 'node_lost'; node: NodeId }
    | { type: 'node_returned'; node: NodeId }
    /** `adopted`: an earlier process began it. */
    | { type: 'move_started'; progress: MoveProgress; adopted?: boolean }
    /** `refusal`: the code with which the cluster, or our own last look at it, refused the move. */
    | { type: 'move_ended'; progress: MoveProgress; result: MoveResult; durationMs: number; refusal?: string }
    /** From now on the cluster is reached by the config as it was read last. */
    | { type: 'connection_replaced' }
    /** It still is as it was before. `final`: the new connection is not tried again. */
    | { type: 'connection_refused'; code: string; text: string; final: boolean }
    | ({ type: 'settings_changed' } & SettingChanges)
    /** `movedBytes` counts from the start of the loop. */
    | { type: 'progress'; moves: MoveProgress[]; pending: number; pendingBytes: number; movedBytes: number }
    /** What a person asked for is not possible any more and given up. */
    | { type: 'order_refused'; order: Order; text: string }
    | { type: 'candidates_rejected'; counts: Partial<Record<RejectReason, number>> }
  )
