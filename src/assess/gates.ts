/**
 * Gates: what keeps a class from acting, the weightiest first. Some hold everything; repair, drain and critical disks are
 * else stopped only by health that got worse since we began and by windows that name them; the rest also waits for calm.
 */
import { partitionName, type RunningMove } from '../cluster/move.ts'
import type { Order } from '../cluster/orders.ts'
import type { Violation } from '../cluster/plan.ts'
import { isUrgent, type VerdictCode, type ViolationKind } from '../cluster/reasons.ts'
import type { Health } from '../cluster/sample.ts'
import type { BalanceSettings } from '../cluster/settings.ts'
import type { NodeId } from '../cluster/state.ts'
import type { Pause } from '../cluster/wishes.ts'
import { formatCount, formatDuration } from '../lib/units.ts'
import { windowAllows } from './windows.ts'

export interface Gate {
  code: VerdictCode
  text: string
}

/** What of the surroundings decides whether anything may be done. */
export interface Circumstances {
  /** Two complete samples in a row agreed since the start. */
  agreed: boolean
  /** Why the state directory cannot be written. */
  stateProblem?: string | undefined
  pause?: Pause | undefined
  /** Why the cluster refused our acts for want of a permission, while that is recent. */
  denied?: string | undefined
  health: Health
  strangers: Strangers
  /** Why only what cannot wait is begun today. */
  dayFull?: string | undefined
  /** Node → why it cannot be taken out of use although it is to be emptied, or is gone. */
  unsafe?: ReadonlyMap<NodeId, string>
}

/** Who else moves replicas. */
export interface Strangers {
  /** What is in flight and not ours. */
  moving: RunningMove[]
  /** How long what they ended last still counts as their being at it. */
  restLeftMs: number
  /** Nodes that they are taking replicas from, and get on with it. */
  emptying: NodeId[]
}

export const noStrangers: Strangers = { moving: [], restLeftMs: 0, emptying: [] }

/** Health before the moves in flight began. */
type Baseline = { offline: number; underMinIsr: number } | undefined

/** What holds every class; undefined when nothing does. */
export function gateForAll(
  settings: BalanceSettings,
  now: Circumstances,
  massFailure: string | undefined,
  nowMs: number,
): Gate | undefined {
  const { pause } = now
  if (!now.agreed) {
    return { code: 'sample_incomplete', text: 'the first two complete samples must agree before anything is done' }
  }
  if (settings.mode === 'off') return { code: 'mode_off', text: 'the mode is off' }
  if (now.stateProblem !== undefined) return { code: 'state_unavailable', text: now.stateProblem }
  if (pause) {
    const until = pause.untilMs === undefined ? '' : `, ends in ${formatDuration(pause.untilMs - nowMs)}`
    const since = `for ${formatDuration(nowMs - pause.sinceMs)}${until}`
    return pause.by === 'operator'
      ? { code: 'paused', text: `paused ${since}: ${pause.reason}` }
      : { code: 'circuit_breaker', text: `evenkeel paused itself ${since} and needs resume: ${pause.reason}` }
  }
  if (massFailure !== undefined) return { code: 'mass_failure', text: massFailure }
  if (settings.dryRun) return { code: 'dry_run', text: 'dry_run is set' }
  if (now.denied !== undefined) return { code: 'permission_denied', text: now.denied }
  return undefined
}

/** What holds that class beyond what holds all. */
export function gateFor(
  { kind, subject }: Pick<Violation, 'kind' | 'subject'>,
  settings: BalanceSettings,
  now: Circumstances,
  baseline: Baseline,
  nowMs: number,
): Gate | undefined {
  if (settings.mode === 'node_add' && !inNodeAdd.includes(kind)) {
    return { code: 'mode_node_add', text: `the mode node_add leaves ${kind} alone` }
  }
  if (!windowAllows(kind, settings.windows, nowMs)) {
    return { code: 'window_closed', text: `no window for ${kind} is open` }
  }
  const grown = grownSince(baseline, now.health)
  if (grown !== undefined) return { code: 'unhealthy', text: grown }
  if (kind === 'node_draining' || kind === 'node_unavailable') {
    const unsafe = [...(now.unsafe ?? [])].find(([node]) => subject === `node ${node}`)
    const cannot = kind === 'node_draining' ? 'cannot be emptied' : 'is not given up'
    if (unsafe) return { code: 'target_held', text: `node ${unsafe[0]} ${cannot}: ${unsafe[1]}` }
  }
  const { moving, restLeftMs, emptying } = now.strangers
  if (isUrgent(kind)) {
    // Two who empty the same node would do it twice.
    const node = emptying.find((id) => subject === `node ${id}` || subject === `dirs of node ${id}`)
    return node === undefined
      ? undefined
      : { code: 'foreign_moves', text: `somebody else is taking replicas off node ${node}: ${foreignText(moving)}` }
  }
  const unexplained = now.health.underReplicated.other
  if (unexplained > 0) {
    const text = `${formatCount(unexplained, 'partition')} under-replicated without a move or a lost node behind it`
    return { code: 'under_replicated', text }
  }
  if (moving.length > 0) return { code: 'foreign_moves', text: foreignText(moving) }
  if (restLeftMs > 0) {
    const text = `somebody else was moving replicas a moment ago: what he does next is waited for, ${formatDuration(restLeftMs)} more`
    return { code: 'foreign_moves', text }
  }
  if (now.dayFull !== undefined && kind !== 'leader_skew') return { code: 'budget_full', text: now.dayFull }
  return undefined
}

/** What holds an order of a person: what holds all, but for the mode where it was overridden, health, and the bytes of the day. */
export function gateForOrder(
  { kind, override }: Order,
  settings: BalanceSettings,
  now: Circumstances,
  massFailure: string | undefined,
  baseline: Baseline,
  nowMs: number,
): Gate | undefined {
  const forAll = gateForAll(override ? { ...settings, mode: 'continuous' } : settings, now, massFailure, nowMs)
  if (forAll) return forAll
  const grown = grownSince(baseline, now.health)
  if (grown !== undefined) return { code: 'unhealthy', text: grown }
  if (now.dayFull !== undefined && kind === 'replica') return { code: 'budget_full', text: now.dayFull }
  return undefined
}

/** Classes that the mode node_add acts on. */
const inNodeAdd: readonly ViolationKind[] = ['node_draining', 'target_drift', 'node_underused', 'leader_skew']

/** How unexplained health is worse than before the moves in flight; undefined when it is not. */
export function grownSince(baseline: Baseline, { unexplained }: Health): string | undefined {
  if (baseline === undefined) return undefined
  if (unexplained.offline > baseline.offline) {
    return `${unexplained.offline} partitions without a leader, ${baseline.offline} when the moves began`
  }
  if (unexplained.underMinIsr > baseline.underMinIsr) {
    return `${unexplained.underMinIsr} partitions below min.insync.replicas, ${baseline.underMinIsr} when the moves began`
  }
  return undefined
}

/** The first few by name: the operator has to know whom to ask. */
function foreignText(foreign: RunningMove[]): string {
  const named = foreign.slice(0, 3).map((move) => `${partitionName(move)} to ${move.target.join(', ')}`)
  const more = foreign.length > named.length ? ', …' : ''
  return `${formatCount(foreign.length, 'partition')} being moved by somebody else (${named.join('; ')}${more})`
}
