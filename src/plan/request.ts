/** What the planner is asked and what it answers, in indices of the state's columns. */

import type { Goals } from '../cluster/plan.ts'
import type { RejectReason, ViolationKind } from '../cluster/reasons.ts'
import { type BalanceSettings, FILL_TOLERANCE, type RackAwareness } from '../cluster/settings.ts'

export interface PlanRequest extends Goals {
  /** How far from its fair share a filled node may stay, as a ratio. */
  fillTolerance: number
  /** Half width of the band around the mean, as a ratio. */
  band: number
  /** Most of a dir that a move may fill, as a ratio. */
  maxDiskUsage: number
  rackAwareness: RackAwareness
  topicAware: boolean
}

export function planRequest(goals: Goals, settings: BalanceSettings): PlanRequest {
  return {
    ...goals,
    fillTolerance: FILL_TOLERANCE,
    band: settings.diskBalance ?? 0,
    maxDiskUsage: settings.maxDiskUsage,
    rackAwareness: settings.rackAwareness,
    topicAware: settings.topicAware,
  }
}

export interface PlannedMove {
  kind: 'replica' | 'leader'
  partition: number
  from: number
  to: number
  bytes: number
  reason: ViolationKind
  /** Node indices of the replica list before the move. */
  replicas: number[]
  /** Node that leads the partition before the move. */
  leader: number
}

/** A candidate that was rejected: replica or partition index and the node it would have gone to. */
export interface RejectedExample {
  partition: number
  from: number
  to: number
}

export interface PlanResult {
  moves: PlannedMove[]
  bytes: number
  lowerBoundBytes: number
  peakBytes: Float64Array
  finalBytes: Float64Array
  finalReplicas: Int32Array
  finalLeaders: Int32Array
  rejected: { reason: RejectReason; count: number; examples: RejectedExample[] }[]
  /** What the verifier found wrong; a plan with problems is never carried out. */
  problems: string[]
}
