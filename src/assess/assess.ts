/**
 * Judges a state: which violations are open, since when, and what the planner should go for. Pure: time and memory come
 * in, a new memory goes out.
 *
 * Conditions with two edges begin at one and end at another, so that what was just repaired does not begin again by
 * noise: a node counts as added below half its fair share and is done within 5 % of it; a band is left for good a tenth
 * beyond its edge and regained at the edge; leadership begins at 10 % and ends at 5 % off the mean.
 */
import type { Memory } from '../cluster/memory.ts'
import { type Goals, noGoals, type Violation } from '../cluster/plan.ts'
import {
  type BalanceSettings,
  FILL_TOLERANCE,
  FLOOR_BYTES,
  LEADER_TOLERANCE,
  LEADER_TRIGGER,
  SKEW_HYSTERESIS,
} from '../cluster/settings.ts'
import { leaderCounts, leaderLimit, type Shares, sharesOf } from '../cluster/shares.ts'
import type { ClusterState, NodeId } from '../cluster/state.ts'
import { formatBytes, formatDuration, formatPercent } from '../lib/units.ts'

export interface Assessment {
  violations: Violation[]
  goals: Goals
  /** Conditions that must last a while longer before they count, one sentence each. */
  holding: string[]
  /** Nodes whose filling has begun and that cannot be judged now: dead, or back too lately. Remembered in any case. */
  waiting: NodeId[]
  memory: Memory
}

export function assess(state: ClusterState, settings: BalanceSettings, memory: Memory, nowMs: number): Assessment {
  const shares = sharesOf(state)
  const judge = new Judge(memory, nowMs)
  const goals: Goals = {
    ...noGoals,
    fillNodes: addedNodes(state, shares, settings, judge),
    skewedDomains: skewedDomains(state, shares, settings, judge),
    balanceLeaders: leadersUneven(state, shares, settings, judge),
  }
  return {
    violations: judge.violations,
    goals,
    holding: judge.holding,
    waiting: judge.waiting,
    memory: {
      ...memory,
      filling: [...goals.fillNodes.map((node) => state.names.nodes[node]!), ...judge.waiting],
      skewedDomains: goals.skewedDomains.map((domain) => state.names.domains[domain]!),
      leaderSkew: goals.balanceLeaders,
      since: Object.fromEntries(judge.violations.map(({ kind, subject, sinceMs }) => [`${kind}/${subject}`, sinceMs])),
    },
  }
}

/** Collects violations, with the time each was first seen. */
class Judge {
  readonly violations: Violation[] = []
  readonly holding: string[] = []
  readonly waiting: NodeId[] = []
  readonly memory: Memory
  readonly nowMs: number

  constructor(memory: Memory, nowMs: number) {
    this.memory = memory
    this.nowMs = nowMs
  }

  open(violation: Omit<Violation, 'sinceMs'>): void {
    const sinceMs = this.memory.since[`${violation.kind}/${violation.subject}`] ?? this.nowMs
    this.violations.push({ ...violation, sinceMs })
  }
}

function addedNodes(state: ClusterState, shares: Shares, settings: BalanceSettings, judge: Judge): number[] {
  const added: number[] = []
  for (let node = 0; node < state.nodeCount; node += 1) {
    const id = state.names.nodes[node]!
    const filling = judge.memory.filling.includes(id)
    if (shares.participates[node] === 0) {
      if (filling) judge.waiting.push(id)
      continue
    }
    const fair = shares.fairBytes[node]!
    const used = shares.usedBytes[node]!
    const deficit = fair * (1 - FILL_TOLERANCE) - used
    const closing = used >= fair * settings.nodeAddBelow
    if (!(deficit > FLOOR_BYTES) || (closing && !filling)) continue
    const text = `node ${id} ${receives(state, node) ? 'holds or receives' : 'holds'} ${formatBytes(used)} of its fair share of ${formatBytes(fair)} (${formatPercent(used / fair)})`
    const aliveMs = judge.nowMs - state.nodeAliveSinceMs[node]!
    if (aliveMs < settings.nodeAddHoldMs) {
      const left = formatDuration(settings.nodeAddHoldMs - aliveMs)
      judge.holding.push(`${text} and has been alive for ${formatDuration(aliveMs)}: it counts as added in ${left}`)
      if (filling) judge.waiting.push(id)
      continue
    }
    judge.open({ kind: 'node_underused', subject: `node ${id}`, size: deficit, unit: 'bytes', text, closing })
    added.push(node)
  }
  return added
}

/** Whether some of what counts as used is still on its way. */
function receives(state: ClusterState, node: number): boolean {
  const arriving = state.dirArrivingBytes.subarray(state.nodeDirStart[node], state.nodeDirStart[node + 1])
  return arriving.some((bytes) => bytes > 0)
}

function skewedDomains(state: ClusterState, shares: Shares, settings: BalanceSettings, judge: Judge): number[] {
  const band = settings.diskBalance
  // Evening out fullness belongs to the continuous mode; `off` shows what that mode would do.
  if (band === undefined || settings.mode === 'node_add') return []
  const skewed: number[] = []
  for (let domain = 0; domain < state.domainCount; domain += 1) {
    const name = state.names.domains[domain]!
    const begun = judge.memory.skewedDomains.includes(name)
    let worst = -1
    let most = 0
    for (let node = 0; node < state.nodeCount; node += 1) {
      if (shares.participates[node] === 0 || state.nodeDomain[node] !== domain) continue
      const off = Math.abs(shares.usedBytes[node]! - shares.fairBytes[node]!)
      if (off > FLOOR_BYTES && off / shares.fairBytes[node]! > most) {
        worst = node
        most = off / shares.fairBytes[node]!
      }
    }
    const closing = most <= band * SKEW_HYSTERESIS
    if (worst === -1 || most <= band || (closing && !begun)) continue
    const fair = shares.fairBytes[worst]!
    const ratio = formatPercent(shares.usedBytes[worst]! / fair)
    judge.open({
      kind: 'disk_skew',
      subject: name === '' ? 'cluster' : `domain ${name}`,
      size: (most - band) * fair,
      unit: 'bytes',
      text: `node ${state.names.nodes[worst]} holds ${ratio} of its fair share of ${formatBytes(fair)}, the band is ±${formatPercent(band)}`,
      closing,
    })
    skewed.push(domain)
  }
  return skewed
}

function leadersUneven(state: ClusterState, shares: Shares, settings: BalanceSettings, judge: Judge): boolean {
  if (!settings.leadershipEnabled) return false
  const leaders = leaderCounts(state)
  let total = 0
  let nodes = 0
  let worst = -1
  for (let node = 0; node < state.nodeCount; node += 1) {
    if (shares.participates[node] === 0) continue
    total += leaders[node]!
    nodes += 1
    if (worst === -1 || leaders[node]! > leaders[worst]!) worst = node
  }
  if (nodes < 2) return false
  const unrest = leadersUnrest(state, settings, judge.nowMs)
  if (unrest !== undefined) {
    judge.holding.push(`leadership waits: ${unrest}`)
    return false
  }
  const begins = leaderLimit(total, nodes, LEADER_TRIGGER)
  const ends = leaderLimit(total, nodes, LEADER_TOLERANCE)
  const closing = leaders[worst]! <= begins
  if (leaders[worst]! <= ends || (closing && !judge.memory.leaderSkew)) return false
  const mean = (total / nodes).toFixed(1)
  judge.open({
    kind: 'leader_skew',
    subject: 'cluster',
    size: leaders[worst]! - ends,
    unit: 'leaders',
    text: `node ${state.names.nodes[worst]} leads ${leaders[worst]!} partitions, the mean is ${mean}`,
    closing,
  })
  return true
}

/**
 * A broker that restarts takes its leaders with it and gets them back by Kafka's own means: as long as somebody has
 * come or gone lately leadership is left alone. Undefined when all is calm.
 */
function leadersUnrest(state: ClusterState, settings: BalanceSettings, nowMs: number): string | undefined {
  for (let node = 0; node < state.nodeCount; node += 1) {
    const alive = state.nodeState[node] === 0
    const since = alive ? state.nodeAliveSinceMs[node]! : state.nodeUnavailableSinceMs[node]!
    if (!(nowMs - since < settings.nodeAddHoldMs)) continue
    return `node ${state.names.nodes[node]} is ${alive ? 'here' : 'gone'} for ${formatDuration(nowMs - since)} only`
  }
  return undefined
}
