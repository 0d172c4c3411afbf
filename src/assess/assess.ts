/**
 * Judges a state: which violations are open, since when, what keeps each from being mended, and what the planner should go
 * for. Pure: time, memory and surroundings come in, a new memory goes out.
 *
 * Conditions with two edges begin at one and end at another, so that what was just repaired does not begin again by
 * noise: a node counts as added below half its fair share and is done within 5 % of it; a band is left for good a tenth
 * beyond its edge, or one percent, and regained at the edge; a dir over its limit is relieved until it is a margin below;
 * leadership begins at 10 % and ends at 5 % off the mean.
 */
import type { Memory } from '../cluster/memory.ts'
import type { Order } from '../cluster/orders.ts'
import { type Goals, noGoals, type Violation } from '../cluster/plan.ts'
import { rackFigures } from '../cluster/racks.ts'
import { type ViolationKind, violationKinds } from '../cluster/reasons.ts'
import type { BalanceSettings } from '../cluster/settings.ts'
import { sharesOf } from '../cluster/shares.ts'
import { type ClusterState, type NodeId, partitionLabel } from '../cluster/state.ts'
import { formatCount } from '../lib/units.ts'
import { overFullDirs } from './disks.ts'
import { driftOf, noTargets, type Targets } from './drift.ts'
import { type Circumstances, type Gate, gateFor, gateForAll, gateForOrder } from './gates.ts'
import { Judge } from './judge.ts'
import { leadersUneven } from './leaders.ts'
import { massFailure } from './mass-failure.ts'
import { addedNodes, drainingNodes, failedDirNodes, holdingsOf, lostNodes } from './nodes.ts'
import { skewedDomains } from './skew.ts'

export interface Assessment {
  /** In the one order in which they are mended. */
  violations: Violation[]
  /** What may be mended now; where nothing may, what would be. */
  goals: Goals
  /** Holds everything; absent when nothing does. */
  gate?: Gate
  /** What people ask for, as far as it is to be planned. */
  byHand: ByHand
  /** Conditions that must last a while longer before they count, one sentence each. */
  holding: string[]
  /** What is as good as it can be without being good, one sentence each. */
  notes: string[]
  /** Partitions whose replicas share a rack needlessly. */
  rackFaults: number
  /** Nodes whose filling has begun and that cannot be judged now: dead, back too lately, or full only with what is on its way. Remembered in any case. */
  waiting: NodeId[]
  memory: Memory
}

export interface ByHand {
  orders: readonly Order[]
  /** Why none of them is carried out now: what is planned of them is only shown. */
  gate?: Gate
}

export function assess(
  state: ClusterState,
  settings: BalanceSettings,
  memory: Memory,
  now: Circumstances,
  nowMs: number,
  targets: Targets = noTargets,
): Assessment {
  const shares = sharesOf(state)
  const holdings = holdingsOf(state)
  const judge = new Judge(memory, nowMs)
  const { criticalDirs, overDirs, relieving } = overFullDirs(state, settings, judge)
  const lost = lostNodes(state, holdings, settings, judge)
  const failed = failedDirNodes(state, holdings, settings, judge)
  const draining = drainingNodes(state, holdings, judge)
  const racks = rackFaults(state, settings, judge)
  const { held, ...drift } = driftOf(targets, new Set(draining.map((node) => state.names.nodes[node]!)), judge)
  const added = addedNodes(state, shares, settings, judge)
  const skew = skewedDomains(state, shares, settings, judge)
  const { balanceLeaders, ...leaders } = leadersUneven(state, shares, settings, judge)

  const failure = massFailure(state, holdings.replicas)
  const forAll = gateForAll(settings, now, failure, nowMs)
  for (const violation of judge.violations) {
    const gate = forAll ?? held.get(violation.subject) ?? gateFor(violation, settings, now, memory.baseline, nowMs)
    if (gate) violation.gate = gate
  }
  const goals: Goals = {
    criticalDirs,
    lostNodes: lost,
    failedDirNodes: failed,
    drainNodes: draining,
    overDirs,
    ...drift,
    repairRacks: racks.needless > 0 && settings.rackAwareness !== 'ignore',
    fillNodes: added,
    skewedDomains: skew.skewed,
    balanceLeaders,
  }
  const { leaderSamples: _samples, leaderIdleSinceMs: _idle, ...rest } = memory
  return {
    violations: inOrder(judge.violations),
    goals: goalsNow(goals, judge.violations),
    ...(forAll && { gate: forAll }),
    byHand: byHand(memory.orders, judge.violations, (order) =>
      gateForOrder(order, settings, now, failure, memory.baseline, nowMs),
    ),
    holding: judge.holding,
    notes: racks.notes,
    rackFaults: racks.needless,
    waiting: judge.waiting,
    memory: {
      ...rest,
      ...leaders,
      filling: [...added.map((node) => state.names.nodes[node]!), ...judge.waiting],
      skewedDomains: skew.begun,
      relieving,
      since: Object.fromEntries(judge.violations.map(({ kind, subject, sinceMs }) => [`${kind}/${subject}`, sinceMs])),
      pending: judge.pending,
    },
  }
}

/** Orders that may be carried out; where none may, all of them, unless something else may: that must not build on them. */
function byHand(
  orders: readonly Order[],
  violations: readonly Violation[],
  gateOf: (order: Order) => Gate | undefined,
): ByHand {
  const gates = orders.map(gateOf)
  const free = orders.filter((_, index) => gates[index] === undefined)
  if (free.length > 0 || orders.length === 0) return { orders: free }
  return { orders: violations.some(({ gate }) => gate === undefined) ? [] : orders, gate: gates[0]! }
}

/** Disks come in one go, critical ones first and the others where they belong. */
function inOrder(violations: Violation[]): Violation[] {
  return violations.toSorted((a, b) => violationKinds.indexOf(a.kind) - violationKinds.indexOf(b.kind))
}

/** Only what may be mended: a later pass must not build on what an earlier one is not allowed to do. */
function goalsNow(goals: Goals, violations: Violation[]): Goals {
  const free = violations.filter(({ gate }) => gate === undefined)
  const open = new Set(free.map(({ kind }) => kind))
  if (open.size === 0) return goals
  const subjects = new Set(free.map(({ subject }) => subject))
  const may = (kind: ViolationKind) => open.has(kind)
  return {
    criticalDirs: may('disk_critical') ? goals.criticalDirs : noGoals.criticalDirs,
    lostNodes: may('node_unavailable') ? goals.lostNodes : noGoals.lostNodes,
    failedDirNodes: may('node_unavailable') ? goals.failedDirNodes : noGoals.failedDirNodes,
    drainNodes: may('node_draining') ? goals.drainNodes : noGoals.drainNodes,
    overDirs: may('disk_over_limit') ? goals.overDirs : noGoals.overDirs,
    // One held table holds no other.
    driftedTopics: goals.driftedTopics.filter((topic) => subjects.has(`table ${topic}`)),
    staleBrokers: goals.staleBrokers.filter((topic) => subjects.has(`brokers of ${topic}`)),
    repairRacks: may('rack_violation') && goals.repairRacks,
    fillNodes: may('node_underused') ? goals.fillNodes : noGoals.fillNodes,
    skewedDomains: may('disk_skew') ? goals.skewedDomains : noGoals.skewedDomains,
    balanceLeaders: may('leader_skew') && goals.balanceLeaders,
  }
}

function rackFaults(
  state: ClusterState,
  settings: BalanceSettings,
  judge: Judge,
): { needless: number; notes: string[] } {
  const { needless, unavoidable } = rackFigures(state)
  if (settings.rackAwareness === 'ignore') return { needless: needless.length, notes: [] }
  if (needless.length > 0) {
    const named = needless.slice(0, 3).map((partition) => partitionLabel(state, partition))
    judge.open({
      kind: 'rack_violation',
      subject: 'cluster',
      size: needless.length,
      unit: 'partitions',
      text: `${formatCount(needless.length, 'partition')} with replicas that share a rack needlessly (${named.join(', ')}${needless.length > 3 ? ', …' : ''})`,
      closing: false,
    })
  }
  if (unavoidable === 0) return { needless: needless.length, notes: [] }
  const note = `${formatCount(unavoidable, 'partition')} with more replicas than there are racks to take them: spread as well as can be`
  return { needless: needless.length, notes: [note] }
}
