/** Act, or do not act because of one code and one sentence with the number that decides. */
import type { LoopStatus } from '../cluster/events.ts'
import { partitionName, type RunningMove, totalBytes } from '../cluster/move.ts'
import type { Plan, Verdict } from '../cluster/plan.ts'
import type { Health } from '../cluster/sample.ts'
import type { BalanceSettings } from '../cluster/settings.ts'
import { formatBytes, formatCount } from '../lib/units.ts'
import type { Assessment } from './assess.ts'

export interface Circumstances {
  settings: BalanceSettings
  assessment: Assessment
  plan: Plan
  health: Health
  /** What is in flight and not ours. */
  foreign: RunningMove[]
  /** Our moves in flight. */
  running: number
  /** Why some of those do not get on; undefined when all do. */
  stalled?: string | undefined
  /** Two complete samples in a row agreed since the start. */
  agreed: boolean
  participants: number
  /** Why the cluster refused our acts for want of a permission, while that is recent. */
  denied?: string | undefined
  /** What the verifier found wrong with the plan. */
  problems: string[]
}

export function verdictOf(now: Circumstances): Verdict {
  const { settings, assessment, plan } = now
  const why = assessment.violations.map((violation) => violation.text).join('; ')
  const stalled = now.stalled === undefined ? '' : ` (${now.stalled})`
  const held = assessment.holding.map((sentence) => `; ${sentence}`).join('')
  const would = plan.moves.length === 0 ? '' : `; would make ${planText(plan)}`
  if (!now.agreed) return no('sample_incomplete', 'the first two complete samples must agree before anything is done')
  if (settings.mode === 'off') return no('mode_off', `the mode is off; ${why || 'no violation is open'}${would}${held}`)
  if (assessment.violations.length === 0) {
    if (now.running > 0)
      return { act: true, code: 'acting', text: `the last ${formatCount(now.running, 'move')} running${stalled}` }
    return assessment.holding.length > 0
      ? no('holding', assessment.holding.join('; '))
      : no('balanced', 'no violation is open')
  }
  if (settings.dryRun) return no('dry_run', `dry_run is set; ${why}${would}${held}`)
  if (now.health.underReplicated.other > 0) {
    const count = now.health.underReplicated.other
    return no(
      'under_replicated',
      `${count} partitions are under-replicated without a move or a lost node behind it; ${why}`,
    )
  }
  if (now.denied !== undefined) return no('permission_denied', `${now.denied}; ${why}`)
  if (now.foreign.length > 0) return no('foreign_moves', `${foreignText(now.foreign)}; ${why}`)
  if (now.problems.length > 0) {
    return no('plan_rejected', `the plan failed its own verification and was dropped: ${now.problems[0]}`)
  }
  if (plan.moves.length === 0 && now.running === 0) return nothingHelps(now, why)
  if (plan.moves.length === 0)
    return { act: true, code: 'acting', text: `the last moves are running${stalled}; ${why}` }
  const underWay = now.running > 0 ? `${now.running} running${stalled}, then ` : ''
  return { act: true, code: 'acting', text: `${underWay}${planText(plan)}: ${why}` }
}

/** What is as even as racks and replicas allow is nothing to be stalled about. */
function nothingHelps(now: Circumstances, why: string): Verdict {
  if (now.assessment.holding.length > 0) return no('holding', now.assessment.holding.join('; '))
  if (now.assessment.violations.every(({ closing, kind }) => closing || kind === 'leader_skew')) {
    return no('balanced', `it is as even as the constraints allow: ${why}`)
  }
  if (now.participants < 2) return no('too_few_nodes', `only ${now.participants} node can take part; ${why}`)
  const most = now.plan.blocked.toSorted((a, b) => b.count - a.count)[0]
  const blocked = most ? `; most candidates were rejected by ${most.reason} (${most.count})` : ''
  return no('no_capacity', `no allowed move improves it: ${why}${blocked}`)
}

/** The status that goes with a verdict. */
export function statusOf(now: Circumstances, verdict: Verdict): LoopStatus {
  if (now.settings.mode === 'off') return 'off'
  if (!now.agreed) return 'starting'
  if (verdict.act || now.running > 0) return 'in_progress'
  return verdict.code === 'no_capacity' || verdict.code === 'too_few_nodes' ? 'stalled' : 'ready'
}

/** The first few by name: the operator has to know whom to ask. */
function foreignText(foreign: RunningMove[]): string {
  const named = foreign.slice(0, 3).map((move) => `${partitionName(move)} to ${move.target.join(', ')}`)
  const more = foreign.length > named.length ? ', …' : ''
  return `${formatCount(foreign.length, 'partition')} being moved by somebody else (${named.join('; ')}${more})`
}

function planText(plan: Plan): string {
  const replicas = plan.moves.filter((move) => move.kind === 'replica').length
  const leaders = plan.moves.length - replicas
  const parts = [
    ...(replicas > 0 ? [`${formatCount(replicas, 'replica move')} of ${formatBytes(totalBytes(plan.moves))}`] : []),
    ...(leaders > 0 ? [formatCount(leaders, 'leadership transfer')] : []),
  ]
  return parts.join(' and ')
}

function no(code: Verdict['code'], text: string): Verdict {
  return { act: false, code, text }
}
