/**
 * Leadership: uneven in several samples in a row begins it, even in several ends it, and for a while after that it does not
 * begin again. It waits while nodes come and go.
 */
import { drains, leaderLimits, leaderLoads, meanLoad, measureOf } from '../cluster/leader-loads.ts'
import type { Memory } from '../cluster/memory.ts'
import { nodeStates } from '../cluster/reasons.ts'
import {
  type BalanceSettings,
  LEADER_SAMPLES_OFF,
  LEADER_SAMPLES_ON,
  LEADER_TOLERANCE,
  LEADER_TRIGGER,
  type LeadershipMeasure,
} from '../cluster/settings.ts'
import type { Shares } from '../cluster/shares.ts'
import type { ClusterState } from '../cluster/state.ts'
import { formatBytes, formatDuration } from '../lib/units.ts'
import type { Judge } from './judge.ts'

type LeaderMemory = Pick<Memory, 'leaderSkew' | 'leaderSamples' | 'leaderIdleSinceMs'>

export function leadersUneven(
  state: ClusterState,
  shares: Shares,
  settings: BalanceSettings,
  judge: Judge,
): LeaderMemory & { balanceLeaders: boolean } {
  const { leaderSamples, leaderIdleSinceMs } = judge.memory
  const counted = leaderSamples !== undefined
  const remembered = leaderIdleSinceMs === undefined ? {} : { leaderIdleSinceMs }
  const still = { leaderSkew: false, ...(counted && { leaderSamples: 0 }), ...remembered, balanceLeaders: false }
  if (!settings.leadershipEnabled) return still
  const found = measure(state, shares, settings.leadershipBy)
  if (!found) return still
  const unrest = leadersUnrest(state, settings, judge.nowMs)
  if (unrest !== undefined) {
    if (found.most > found.ends) judge.holding.push(`leadership waits: ${unrest}`)
    return { ...still, leaderSkew: judge.memory.leaderSkew }
  }
  return judge.memory.leaderSkew ? goesOn(found, judge, remembered) : mayBegin(found, settings, judge, remembered)
}

interface Found {
  /** Of the node that is furthest over what it should lead. */
  most: number
  begins: number
  ends: number
  unit: 'leaders' | 'bytes'
  text: string
}

function goesOn(found: Found, judge: Judge, remembered: Pick<Memory, 'leaderIdleSinceMs'>) {
  const counted = judge.memory.leaderSamples !== undefined
  if (found.most > found.ends) {
    open(found, judge)
    return { leaderSkew: true, ...(counted && { leaderSamples: 0 }), ...remembered, balanceLeaders: true }
  }
  const even = (judge.memory.leaderSamples ?? LEADER_SAMPLES_OFF) + 1
  if (even < LEADER_SAMPLES_OFF) {
    return { leaderSkew: true, leaderSamples: even, ...remembered, balanceLeaders: false }
  }
  return {
    leaderSkew: false,
    ...(counted && { leaderSamples: 0 }),
    leaderIdleSinceMs: judge.nowMs,
    balanceLeaders: false,
  }
}

function mayBegin(
  found: Found,
  settings: BalanceSettings,
  judge: Judge,
  remembered: Pick<Memory, 'leaderIdleSinceMs'>,
) {
  const { leaderSamples, leaderIdleSinceMs } = judge.memory
  const off = { leaderSkew: false, ...remembered, balanceLeaders: false }
  if (found.most <= found.begins) return { ...off, ...(leaderSamples !== undefined && { leaderSamples: 0 }) }
  const uneven = (leaderSamples ?? LEADER_SAMPLES_ON) + 1
  const idleMs = judge.nowMs - (leaderIdleSinceMs ?? Number.NEGATIVE_INFINITY)
  if (uneven < LEADER_SAMPLES_ON) {
    judge.holding.push(`${found.text}: seen in ${uneven} of ${LEADER_SAMPLES_ON} samples in a row`)
    return { ...off, leaderSamples: uneven }
  }
  if (idleMs < settings.leadershipIdleMs) {
    const left = formatDuration(settings.leadershipIdleMs - idleMs)
    judge.holding.push(`${found.text}: leadership was evened out ${formatDuration(idleMs)} ago and rests for ${left}`)
    return { ...off, ...(leaderSamples !== undefined && { leaderSamples: uneven }) }
  }
  open(found, judge)
  return { ...off, leaderSkew: true, ...(leaderSamples !== undefined && { leaderSamples: 0 }), balanceLeaders: true }
}

function open({ most, begins, ends, unit, text }: Found, judge: Judge): void {
  judge.open({
    kind: 'leader_skew',
    subject: 'cluster',
    size: most - ends,
    unit,
    text,
    closing: most <= begins,
  })
}

/** Undefined where there is nothing to even out between. */
function measure(state: ClusterState, shares: Shares, by: LeadershipMeasure): Found | undefined {
  const nodes = shares.participates.reduce((count, one) => count + one, 0)
  if (nodes < 2) return undefined
  const loads = leaderLoads(state, by)
  const begins = leaderLimits(state, shares, by, LEADER_TRIGGER)
  const ends = leaderLimits(state, shares, by, LEADER_TOLERANCE)
  let worst = -1
  for (let node = 0; node < state.nodeCount; node += 1) {
    if (shares.participates[node] === 0 && !drains(state, node)) continue
    if (worst === -1 || loads[node]! - ends[node]! > loads[worst]! - ends[worst]!) worst = node
  }
  const mean = meanLoad(state, shares, loads)
  const id = state.names.nodes[worst]
  const found = { most: loads[worst]!, begins: begins[worst]!, ends: ends[worst]! }
  return measureOf(state, by) === 'count'
    ? {
        ...found,
        unit: 'leaders',
        text: `node ${id} leads ${loads[worst]!} partitions, the mean is ${mean.toFixed(1)}`,
      }
    : {
        ...found,
        unit: 'bytes',
        text: `node ${id} leads partitions of ${formatBytes(loads[worst]!)}/s, the mean is ${formatBytes(mean)}/s`,
      }
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
    const how = alive ? 'here' : nodeStates[state.nodeState[node]!] === 'unreachable' ? 'silent' : 'gone'
    return `node ${state.names.nodes[node]} is ${how} for ${formatDuration(nowMs - since)} only`
  }
  return undefined
}
