/** Act, or do not act because of one code and one sentence with the number that decides. */
import type { LoopStatus } from '../cluster/events.ts'
import { foreignJobText, type Move, type RunningJob, routeOf, subjectOf, totalBytes } from '../cluster/move.ts'
import type { Plan, Verdict, Violation } from '../cluster/plan.ts'
import type { VerdictCode, ViolationKind } from '../cluster/reasons.ts'
import type { BalanceSettings } from '../cluster/settings.ts'
import { formatBytes, formatCount } from '../lib/units.ts'
import type { Assessment } from './assess.ts'

export interface Findings {
  settings: BalanceSettings
  assessment: Assessment
  plan: Plan
  /** Our moves in flight. */
  running: number
  /** Those of them that people asked for. */
  runningByHand: readonly Move[]
  /** Why some of those do not get on; undefined when all do. */
  stalled?: string | undefined
  /** Nodes that could take part. */
  participants: number
  /** Why nothing of the plan begins although the budgets would let it: more is written than may be copied. */
  tooLow?: string | undefined
  /** What the verifier found wrong with the plan. */
  problems: string[]
  /** The system places topics by itself: what its own targets leave uneven stays so. */
  tableJobs: boolean
  /** Of somebody else: no target is known of their topics. */
  foreignJobs: readonly RunningJob[]
}

export function verdictOf(found: Findings): Verdict {
  const { assessment, plan, problems } = found
  const { gate } = assessment.byHand
  const planned = gate ? [] : plan.moves.filter(isByHand)
  if (planned.length > 0 && problems.length > 0) return rejected(problems)
  const held = assessment.gate !== undefined && assessment.gate.code !== 'mode_off'
  const running = held ? [] : found.runningByHand
  const rest = { ...found, plan: { ...plan, moves: plan.moves.filter((move) => !isByHand(move)) } }
  if (planned.length + running.length > 0) return byHandVerdict(rest, planned, running)
  const quiet = found.running === 0 && assessment.violations.length === 0
  if (gate && !assessment.gate && quiet) return no(gate.code, `${gate.text}; what a person asked for waits`)
  return verdictOfRest(found)
}

/** A person asked for it: that is done, whatever else is. */
function byHandVerdict(rest: Findings, planned: readonly Move[], running: readonly Move[]): Verdict {
  const { running: count, runningByHand } = rest
  const others = verdictOfRest({ ...rest, running: count - runningByHand.length })
  const asked = [
    ...(running.length > 0
      ? [`${formatCount(running.length, 'move')} running as a person asked (${few(running)})`]
      : []),
    ...(planned.length > 0 ? [`${movesText(planned)} as a person asked (${few(planned)})`] : []),
  ].join(', then ')
  const tooLow = rest.tooLow !== undefined && count === 0 && planned.some(({ kind }) => kind === 'replica')
  if (tooLow && !others.act) return no('rate_too_low', `${rest.tooLow}; ${asked}`)
  const besides = others.act || others.code !== 'balanced' ? `; besides that: ${others.text}` : ''
  return { act: true, code: 'acting', text: `${asked}${besides}` }
}

function few(moves: readonly Move[]): string {
  const named = moves.slice(0, 3).map((move) => {
    const { from, to } = routeOf(move)
    return move.kind === 'leader'
      ? `leadership of ${subjectOf(move)} to ${to}`
      : `${subjectOf(move)} from ${from} to ${to}`
  })
  return `${named.join(', ')}${moves.length > named.length ? ', …' : ''}`
}

function isByHand({ reason }: Move): boolean {
  return reason === 'manual'
}

function verdictOfRest(found: Findings): Verdict {
  const { assessment, plan } = found
  const { violations, gate } = assessment
  const why = violations.map((violation) => violation.text).join('; ')
  if (gate) return heldAltogether(found, why)
  const stalled = found.stalled === undefined ? '' : ` (${found.stalled})`
  if (violations.length === 0) {
    if (found.running > 0)
      return { act: true, code: 'acting', text: `the last ${formatCount(found.running, 'move')} running${stalled}` }
    return assessment.holding.length > 0
      ? no('holding', assessment.holding.join('; '))
      : no('balanced', 'no violation is open')
  }
  const held = violations.filter((violation) => violation.gate !== undefined)
  const first = held[0]?.gate
  if (held.length === violations.length && found.running === 0) return no(first!.code, `${first!.text}; ${why}`)
  if (found.problems.length > 0) return rejected(found.problems)
  const waiting =
    held.length === 0 ? '' : `; ${held.map(({ kind, gate }) => `${kind} waits: ${gate!.text}`).join('; ')}`
  const open = violations.filter((violation) => violation.gate === undefined)
  const moves = open.length > 0 ? plan.moves.length : 0
  const whyOpen = open.map((violation) => violation.text).join('; ')
  if (moves === 0 && found.running === 0) {
    // What waits says more than what is as good as it can be.
    if (first && open.every(mayStay)) return no(first.code, `${first.text}; ${why}`)
    return nothingHelps(found, whyOpen, waiting)
  }
  if (moves === 0) return { act: true, code: 'acting', text: `the last moves are running${stalled}; ${why}${waiting}` }
  if (found.tooLow !== undefined && found.running === 0) return no('rate_too_low', `${found.tooLow}; ${why}`)
  const underWay = found.running > 0 ? `${found.running} running${stalled}, then ` : ''
  return { act: true, code: 'acting', text: `${underWay}${planText(plan)}: ${whyOpen}${waiting}` }
}

/** Moves of the plan that may be started; those that people asked for come first in it, and do not need the others. */
export function startable(found: Findings): Move[] {
  const { assessment, plan, problems } = found
  if (problems.length > 0) return []
  const others = assessment.gate === undefined && assessment.violations.some(({ gate }) => gate === undefined)
  return plan.moves.filter((move) => (isByHand(move) ? assessment.byHand.gate === undefined : others))
}

/** One code for all, with what would be done where it is shown for that. */
function heldAltogether({ assessment, plan }: Findings, why: string): Verdict {
  const { code, text } = assessment.gate!
  if (code === 'sample_incomplete') return no(code, text)
  const would = plan.moves.length === 0 ? '' : `; would make ${planText(plan)}`
  const holding = assessment.holding.map((sentence) => `; ${sentence}`).join('')
  if (code === 'dry_run' && why === '' && would === '') {
    return assessment.holding.length > 0
      ? no('holding', assessment.holding.join('; '))
      : no('balanced', 'no violation is open')
  }
  return no(code, `${text}; ${why || 'no violation is open'}${would}${holding}`)
}

/** What is as even as racks and replicas allow is nothing to be stalled about. */
function mayStay({ closing, kind }: Violation): boolean {
  return closing || kind === 'leader_skew'
}

/** What only moves of single partitions could mend. */
const leftToTheSystem: readonly ViolationKind[] = ['node_underused', 'disk_skew', 'rack_violation']

function nothingHelps(found: Findings, why: string, waiting: string): Verdict {
  const { violations, holding } = found.assessment
  const open = violations.filter(({ gate }) => gate === undefined)
  const most = found.plan.blocked.toSorted((a, b) => b.count - a.count)[0]
  if (found.foreignJobs.length > 0 && !most) {
    return no('foreign_moves', `${found.foreignJobs.map(foreignJobText).join('; ')}: ${why}`)
  }
  if (found.tableJobs && !most && open.every(({ kind }) => leftToTheSystem.includes(kind))) {
    return no('as_assigned', `every table is where its own rules put it: ${why}`)
  }
  if (open.every(mayStay)) {
    if (holding.length > 0) return no('holding', holding.join('; '))
    return no('balanced', `it is as even as the constraints allow: ${why}`)
  }
  if (found.participants < 2) return no('too_few_nodes', `only ${found.participants} node can take part; ${why}`)
  if (most?.reason === 'target_held') return no('target_held', `${most.examples.join('; ')}: ${why}`)
  if (most?.reason === 'retry_wait')
    return no('holding', `what failed or was taken back a short while ago is left alone for a while: ${why}`)
  if (most?.reason === 'retry_exhausted') {
    return no('retry_exhausted', `three tries a day are used up for ${formatCount(most.count, 'candidate')}: ${why}`)
  }
  const blocked = most ? `; most candidates were rejected by ${most.reason} (${most.count})` : ''
  return no('no_capacity', `no allowed move improves it: ${why}${blocked}${waiting}`)
}

/** The status that goes with a verdict. */
export function statusOf(found: Findings, verdict: Verdict): LoopStatus {
  const code = found.assessment.gate?.code
  if (found.settings.mode === 'off') return 'off'
  if (code === 'sample_incomplete') return 'starting'
  if (code === 'paused' || code === 'circuit_breaker') return 'paused'
  if (verdict.act || found.running > 0) return 'in_progress'
  return stalledCodes.includes(verdict.code) ? 'stalled' : 'ready'
}

const stalledCodes: readonly VerdictCode[] = ['no_capacity', 'too_few_nodes', 'rate_too_low', 'retry_exhausted']

function planText({ moves }: Plan): string {
  return movesText(moves)
}

function movesText(moves: readonly Move[]): string {
  const of = (kind: Move['kind']) => moves.filter((move) => move.kind === kind)
  const replicas = of('replica')
  const tables = of('table')
  const leaders = of('leader').length
  const brokers = of('brokers').length
  const parts = [
    ...(tables.length > 0
      ? [`${formatCount(tables.length, 'table rebalance')} of ${formatBytes(totalBytes(tables))}`]
      : []),
    ...(replicas.length > 0
      ? [`${formatCount(replicas.length, 'replica move')} of ${formatBytes(totalBytes(replicas))}`]
      : []),
    ...(leaders > 0 ? [formatCount(leaders, 'leadership transfer')] : []),
    ...(brokers > 0 ? [formatCount(brokers, 'broker list')] : []),
  ]
  return parts.join(' and ')
}

function rejected([first]: readonly string[]): Verdict {
  return no('plan_rejected', `the plan failed its own verification and was dropped: ${first}`)
}

function no(code: Verdict['code'], text: string): Verdict {
  return { act: false, code, text }
}
