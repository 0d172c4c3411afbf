/**
 * From a sample to a judged plan: fold in what is in flight, exclude, assess, plan, describe. The loop does this at every tick,
 * the plan command once; both by this one way, so that what is shown is what would be done.
 */
import { type Assessment, assess } from '../assess/assess.ts'
import { applyExclusions } from '../cluster/exclusions.ts'
import { foldInFlight } from '../cluster/influence.ts'
import type { Memory } from '../cluster/memory.ts'
import type { Move } from '../cluster/move.ts'
import type { Plan } from '../cluster/plan.ts'
import type { Sample } from '../cluster/sample.ts'
import type { BalanceSettings } from '../cluster/settings.ts'
import { stopwatch } from '../lib/clock.ts'
import { describePlan } from '../plan/describe.ts'
import type { Planner } from '../plan/planner.ts'
import { planRequest } from '../plan/request.ts'

export interface Thought {
  assessment: Assessment
  plan: Plan
  /** What the verifier found wrong: such a plan is never carried out. */
  problems: string[]
}

/**
 * @param inFlight our own moves in flight.
 * @throws EvenkeelError when the planner failed.
 */
export async function think(
  sample: Sample,
  inFlight: Move[],
  memory: Memory,
  settings: BalanceSettings,
  planner: Planner,
  nowMs: number,
  signal: AbortSignal,
): Promise<Thought> {
  const { state } = sample
  foldInFlight(state, inFlight)
  applyExclusions(state, settings)
  const assessment = assess(state, settings, memory, nowMs)
  const watch = stopwatch()
  const result = await planner.plan(state, planRequest(state, assessment.goals, settings, memory), signal)
  return { assessment, plan: describePlan(state, result, watch()), problems: result.problems }
}
