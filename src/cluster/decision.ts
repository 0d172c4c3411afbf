/**
 * A decision: one planning round that came to something else than the one before it, and what followed from it until the next.
 *
 * Kept is what answers "why did that move, and why did nothing move then": the verdict, the violations, what was planned, which
 * moves began and how they ended, which candidates the filters rejected. Not kept is what a new reading of the cluster tells as
 * well: sizes, placements, forecasts. Lists are cut and counted, texts are cut: five hundred decisions must stay small enough
 * to be held in memory, a plan may have ten thousand moves.
 */
import { formatTime } from '../lib/iso-time.ts'
import type { LoopStatus, Mode, MoveResult } from './events.ts'
import type { Move } from './move.ts'
import type { Blocked, Verdict, Violation } from './plan.ts'
import { violationJson } from './plan-json.ts'
import type { MoveReason } from './reasons.ts'
import type { NodeId, PartitionId } from './state.ts'

/** What is kept of a move. */
export interface DecidedMove {
  id: string
  kind: Move['kind']
  topic: string
  partition?: PartitionId
  from?: NodeId
  to?: NodeId
  bytes: number
  reason: MoveReason
}

/** A move that began after the decision, and what became of it. */
export interface BegunMove extends DecidedMove {
  startedAtMs: number
  /** Absent while it runs, and when nobody saw its end. */
  end?: MoveEnd
}

export interface MoveEnd {
  atMs: number
  result: MoveResult
  /** Copied. */
  bytes: number
  durationMs: number
  text?: string
}

export type DecidedViolation = Omit<Violation, 'closing'>

export interface Decision {
  /** The time of the first round, as in `20260131T123000`; the same for ever. */
  id: string
  /** The first and the last round that came to it, and how many did. */
  fromMs: number
  untilMs: number
  rounds: number
  mode: Mode
  dryRun: boolean
  status: LoopStatus
  verdict: Verdict
  /** The first few, and how many there are. */
  violations: DecidedViolation[]
  violationCount: number
  planned: DecidedMove[]
  plannedCount: number
  plannedBytes: number
  begun: BegunMove[]
  begunCount: number
  rejected: Blocked[]
  notes: string[]
}

/** As the API answers it, newest first. */
export function decisionsJson(decisions: readonly Decision[]) {
  return { decisions: decisions.map(decisionJson) }
}

export function decisionJson(decision: Decision) {
  const { id, fromMs, untilMs, rounds, mode, dryRun, status, verdict, rejected, notes } = decision
  return {
    id,
    from: formatTime(fromMs),
    until: formatTime(untilMs),
    rounds,
    mode,
    dry_run: dryRun,
    status,
    verdict: { act: verdict.act, code: verdict.code, text: verdict.text },
    violations: {
      count: decision.violationCount,
      first: decision.violations.map((violation) => {
        const { text, gate } = violation
        return { ...violationJson(violation), text, ...(gate && { gate }) }
      }),
    },
    planned: { count: decision.plannedCount, bytes: decision.plannedBytes, first: decision.planned.map(decidedJson) },
    begun: { count: decision.begunCount, first: decision.begun.map(begunJson) },
    rejected: rejected.map(({ reason, count, examples }) => ({ reason, count, examples })),
    notes,
  }
}

function decidedJson({ id, kind, topic, partition, from, to, bytes, reason }: DecidedMove) {
  return {
    id,
    kind,
    topic,
    ...(partition !== undefined && { partition }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    bytes,
    reason,
  }
}

function begunJson(move: BegunMove) {
  const { startedAtMs, end } = move
  return { ...decidedJson(move), started_at: formatTime(startedAtMs), ...(end && { end: endJson(end) }) }
}

function endJson({ atMs, result, bytes, durationMs, text }: MoveEnd) {
  return {
    at: formatTime(atMs),
    result,
    bytes,
    duration_seconds: durationMs / 1000,
    ...(text !== undefined && { text }),
  }
}
