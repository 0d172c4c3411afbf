/**
 * From a sample to a judged plan: fold in what is in flight, mark what is excluded or to be emptied, assess, plan, describe.
 * The loop does this at every tick, the plan command once; both by this one way, so that what is shown is what would be done.
 */
import { type Assessment, assess } from '../assess/assess.ts'
import type { Circumstances } from '../assess/gates.ts'
import { applyDrains } from '../cluster/drains.ts'
import { applyExclusions } from '../cluster/exclusions.ts'
import { applyHolds } from '../cluster/holds.ts'
import { foldInFlight } from '../cluster/influence.ts'
import { foldJobs } from '../cluster/job-influence.ts'
import type { Memory } from '../cluster/memory.ts'
import type { Move } from '../cluster/move.ts'
import type { JudgedOrder } from '../cluster/orders.ts'
import { noGoals, type Plan } from '../cluster/plan.ts'
import { approvableHolds } from '../cluster/reasons.ts'
import type { Sample } from '../cluster/sample.ts'
import type { BalanceSettings } from '../cluster/settings.ts'
import type { NodeId } from '../cluster/state.ts'
import type { Target } from '../cluster/target.ts'
import { stopwatch } from '../lib/clock.ts'
import { describePlan, withTables } from '../plan/describe.ts'
import { judgedOrders } from '../plan/order-texts.ts'
import type { Planner } from '../plan/planner.ts'
import { planRequest } from '../plan/request.ts'
import { planTables } from '../plan/tables.ts'
import type { Capabilities } from '../systems/port.ts'

export interface Question {
  sample: Sample
  /** Our own moves in flight. */
  inFlight: Move[]
  memory: Memory
  /** Nodes that the operator wants emptied. */
  drains: readonly NodeId[]
  settings: BalanceSettings
  circumstances: Omit<Circumstances, 'health'>
  /** What the system can do. */
  capabilities: Pick<Capabilities, 'replicaMoves' | 'dirMoves'>
  /** What may be on its way to one node at once. */
  batch: { adds: number; bytes: number }
  /** Fingerprints of targets that a person lets run although they are held. */
  approved?: ReadonlySet<string>
  nowMs: number
}

export interface Thought {
  assessment: Assessment
  plan: Plan
  /** What became of each order that was planned for. */
  orders: JudgedOrder[]
  /** What the verifier found wrong: such a plan is never carried out. */
  problems: string[]
  /** What is worth knowing of the plan, one sentence each. */
  notes: string[]
}

/** @throws EvenkeelError when the planner failed. */
export async function think(question: Question, planner: Planner, signal: AbortSignal): Promise<Thought> {
  const { sample, settings, memory, nowMs } = question
  const { state } = sample
  foldInFlight(state, question.inFlight)
  foldJobs(state, question.inFlight, sample.jobs ?? [])
  applyExclusions(state, settings)
  applyDrains(state, question.drains)
  applyHolds(state, memory.hold)
  const circumstances = { ...question.circumstances, health: sample.health }
  const { targets = [], brokers = [] } = sample
  const allowed = targets.map((target) => letRun(target, question.approved))
  const assessment = assess(state, settings, memory, circumstances, nowMs, { targets: allowed, brokers })
  const { capabilities } = question
  // Where single replicas cannot be moved the passes have nothing to do; what is now is forecast all the same.
  const goals = capabilities.replicaMoves ? assessment.goals : noGoals
  const { orders } = assessment.byHand
  const request = planRequest(state, goals, settings, { ...memory, orders }, capabilities.dirMoves)
  const watch = stopwatch()
  const result = await planner.plan(state, request, signal)
  const plan = describePlan(state, result, watch())
  const { hardDiskUsage, maxDiskUsage } = settings
  const tables = planTables(state, {
    goals: assessment.goals,
    targets: allowed,
    brokers,
    held: memory.hold.topics,
    batch: question.batch,
    hardDiskUsage,
    maxDiskUsage,
  })
  return {
    assessment,
    plan: withTables(plan, tables),
    orders: judgedOrders(state, orders, result.orders),
    problems: result.problems,
    notes: tables.notes,
  }
}

function letRun(target: Target, approved: ReadonlySet<string> | undefined): Target {
  const { held, ...free } = target
  return held && approvableHolds.includes(held.code) && approved?.has(target.fingerprint) ? free : target
}
