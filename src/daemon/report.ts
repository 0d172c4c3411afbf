/** What one tick came to, gathered for observers. */
import type { Assessment } from '../assess/assess.ts'
import type { LoopStatus, OthersReport, ThrottleReport, TickReport } from '../cluster/events.ts'
import { loadsOf } from '../cluster/leader-loads.ts'
import { foreignJobText, type RunningJob } from '../cluster/move.ts'
import type { Plan, Verdict } from '../cluster/plan.ts'
import { nodeStates } from '../cluster/reasons.ts'
import type { Sample } from '../cluster/sample.ts'
import type { BalanceSettings } from '../cluster/settings.ts'
import { imbalance, leaderCounts, ratios, replicaCounts, type Shares, sharesOf } from '../cluster/shares.ts'
import type { ClusterState } from '../cluster/state.ts'
import type { Pause } from '../cluster/wishes.ts'

export interface TickFacts {
  sampleMs: number
  tickMs: number
  status: LoopStatus
  settings: BalanceSettings
  foreignMoves: number
  others?: OthersReport | undefined
  /** Running jobs that are not ours. */
  foreignJobs: readonly RunningJob[]
  throttle?: ThrottleReport | undefined
  pause: Pause | undefined
  windowOpen: boolean
  /** Of the executor. */
  notes: string[]
}

export function reportTick(
  sample: Sample,
  assessment: Assessment,
  plan: Plan,
  verdict: Verdict,
  facts: TickFacts,
): TickReport {
  const { state } = sample
  const shares = sharesOf(state)
  const available = { alive: 0, unavailable: 0, unreachable: 0, draining: 0 }
  for (const code of state.nodeState) available[nodeStates[code]!] += 1
  return {
    cluster: state.cluster,
    takenAtMs: state.takenAtMs,
    sampleMs: facts.sampleMs,
    tickMs: facts.tickMs,
    status: facts.status,
    mode: facts.settings.mode,
    dryRun: facts.settings.dryRun,
    verdict,
    violations: assessment.violations,
    plan,
    health: sample.health,
    partitions: state.partitionCount,
    rackViolations: assessment.rackFaults,
    maxDiskUsage: facts.settings.maxDiskUsage,
    imbalance: {
      disk: imbalance(ratios(shares), shares.participates),
      replicas: imbalance(replicaCounts(state), shares.participates),
      leaders: imbalance(leaderCounts(state), shares.participates),
      ...ingressOf(state, shares),
    },
    missingNodes: sample.missingNodes,
    foreignMoves: facts.foreignMoves,
    ...(facts.others && { others: facts.others }),
    ...(facts.throttle && { throttle: facts.throttle }),
    nodesAvailable: available,
    notes: [
      ...(facts.others?.conflicts ?? sample.balancers ?? []).map(({ text }) => text),
      ...sample.notes,
      ...assessment.notes,
      ...facts.notes,
      ...facts.foreignJobs.map(foreignJobText),
    ],
    ...(facts.pause && { pause: facts.pause }),
    unavailableSince: state.names.nodes.flatMap((node, index) =>
      nodeStates[state.nodeState[index]!] === 'unavailable'
        ? [{ node, sinceMs: state.nodeUnavailableSinceMs[index]! }]
        : [],
    ),
    windowOpen: facts.windowOpen,
    ...tablesOf(sample, facts.foreignJobs),
  }
}

function ingressOf(state: ClusterState, { participates }: Shares): { ingress?: number } {
  if (state.partitionBytesIn.every(Number.isNaN)) return {}
  const known = state.partitionBytesIn.map((bytesPerSecond) => (Number.isNaN(bytesPerSecond) ? 0 : bytesPerSecond))
  return { ingress: imbalance(loadsOf(state, known, state.partitionLeader), participates) }
}

function tablesOf({ topics, targets, jobs }: Sample, foreign: readonly RunningJob[]) {
  return {
    ...(topics && { topics }),
    ...(targets && { targets }),
    ...(jobs && { jobs: jobs.map((job) => ({ ...job, ours: !foreign.includes(job) })) }),
  }
}
