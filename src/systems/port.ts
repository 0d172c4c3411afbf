/**
 * The port: what the rest of evenkeel knows of a cluster. Implemented once per system; nothing else talks to one.
 * Every call obeys its signal and ends by itself within the adapter's own deadlines.
 */
import type { DirTarget, Move } from '../cluster/move.ts'
import type { Pulse, Sample } from '../cluster/sample.ts'
import type { NodeId, PartitionId } from '../cluster/state.ts'

/** What a system can do, never who made it. */
export interface Capabilities {
  leaderTransfer: boolean
  replicaMoves: boolean
  /** Replicas can be moved between the dirs of one node. */
  dirMoves: boolean
}

/**
 * One idempotent act on a partition, with what must still be true for it to happen:
 * - `set`: the replica list becomes `replicas`; data is copied to `adds`.
 * - `order`: the same set in another order, at once.
 * - `elect`: the first of the list becomes leader.
 * - `relocate`: the replica on `dir.node` goes to the dir `dir.path` of that node; the list stays.
 */
export interface Step {
  kind: 'set' | 'order' | 'elect' | 'relocate'
  topic: string
  partition: PartitionId
  /** The replica list that must be in force before the step. */
  expect: NodeId[]
  replicas: NodeId[]
  adds: NodeId[]
  /** Of `relocate` only. */
  dir?: DirTarget
}

/** Why a step was refused, by our own look just before it or by the cluster. */
export const refusals = [
  'replicas_changed',
  'already_moving',
  'no_leader',
  'leader_not_in_sync',
  'target_not_alive',
  'target_not_in_sync',
  'partition_gone',
  'dir_unusable',
  'not_sent',
  'not_permitted',
  'rejected',
] as const
export type Refusal = (typeof refusals)[number]

export type StepResult =
  | { outcome: 'accepted' }
  | { outcome: 'refused'; code: Refusal; text: string }
  /** No answer: it may have happened, or may still happen. */
  | { outcome: 'unknown'; text: string }

/** What became of a move, judged from the placement that the cluster shows now. */
export type Outcome =
  | { outcome: 'running'; bytesDone?: number; bytesTotal?: number }
  | { outcome: 'landed' }
  /** As it was before the move. */
  | { outcome: 'reverted' }
  /** The replica set is neither the old nor the new one. */
  | { outcome: 'superseded'; text: string }
  /** The set is right, not yet in sync, led or gone. */
  | { outcome: 'partial'; text: string }
  | { outcome: 'unknown'; text: string }

export interface System {
  capabilities(): Capabilities
  /**
   * A complete reading.
   * @throws EvenkeelError `sample_incomplete` naming what is missing and the permission that would show it.
   */
  sample(signal: AbortSignal): Promise<Sample>
  /** Liveness and what is running, with bytes; cheap. */
  pulse(signal: AbortSignal): Promise<Pulse>
  /** Pure: what the move consists of here, in order. */
  steps(move: Move): Step[]
  /** Looks, acts and reports per step. Never throws for one bad step. */
  perform(steps: Step[], signal: AbortSignal): Promise<StepResult[]>
  /** Judges moves that are no longer listed as running. */
  judge(moves: Move[], signal: AbortSignal): Promise<Outcome[]>
  /** Takes back only what is still exactly as we submitted it. */
  cancel(moves: Move[], signal: AbortSignal): Promise<StepResult[]>
  close(): Promise<void>
}
