/** What the planner is asked and what it answers, in indices of the state's columns. */

import type { Hold, Memory } from '../cluster/memory.ts'
import type { Order, OrderOutcome, Placement } from '../cluster/orders.ts'
import type { Goals } from '../cluster/plan.ts'
import type { MoveReason, RejectReason } from '../cluster/reasons.ts'
import {
  type BalanceSettings,
  FILL_TOLERANCE,
  type LeadershipMeasure,
  type LeadershipStrategy,
  type RackAwareness,
} from '../cluster/settings.ts'
import { type ClusterState, partitionFinder } from '../cluster/state.ts'

export interface PlanRequest extends Goals {
  /** How far from its fair share a filled node may stay, as a ratio. */
  fillTolerance: number
  /** Half width of the band around the mean, as a ratio. */
  band: number
  /** Most of a dir that a move for balance or racks may fill, as a ratio. */
  maxDiskUsage: number
  /** Most of a dir that any move may fill, as a ratio. */
  hardDiskUsage: number
  rackAwareness: RackAwareness
  topicAware: boolean
  /** Excluded topics stay even where repair or drain would move them. */
  excludeHard: boolean
  /** Whether the system can move replicas between dirs of a node. */
  dirMoves: boolean
  /** Nodes that partitions left lately. */
  left: { partition: number; node: number }[]
  /** Partitions whose leadership is left alone. */
  muted: number[]
  leadership: { strategy: LeadershipStrategy; by: LeadershipMeasure; seed: number }
  /** What people ask for, in the order in which they did. */
  orders: PlannedOrder[]
  /** What they have put where it is; `node` may hold it no more. */
  placed: { what: Placement['what']; partition: number; node: number }[]
}

/** An order in indices, -1 for what there is not. */
export interface PlannedOrder {
  kind: Order['kind']
  partition: number
  /** Of a replica. */
  from: number
  to: number
  /** Of a replica that goes to another dir of its node; no `from`: wherever it lies. */
  dirs?: { from?: number; to: number }
  /** It failed a short while ago, or its target has to rest. */
  waits: boolean
  /** It failed so often that it is given up. */
  spent?: boolean
}

/** A transfer that was asked for is tried so often. */
const TRANSFERS = 3
/** The random strategy draws the same candidates for the same state, so that a snapshot gives the plan of its tick. */
const SEED = 1

export function planRequest(
  state: ClusterState,
  goals: Goals,
  settings: BalanceSettings,
  memory: Pick<Memory, 'left' | 'muted' | 'orders' | 'placed' | 'hold'>,
  dirMoves: boolean,
): PlanRequest {
  const find = partitionFinder(state)
  const nodes = new Map(state.names.nodes.map((id, node) => [id, node]))
  const left = memory.left.map(({ topic, partition, node }) => ({
    partition: find(topic, partition),
    node: nodes.get(node) ?? -1,
  }))
  return {
    ...goals,
    fillTolerance: FILL_TOLERANCE,
    band: settings.diskBalance ?? 0,
    maxDiskUsage: settings.maxDiskUsage,
    hardDiskUsage: settings.hardDiskUsage,
    rackAwareness: settings.rackAwareness,
    topicAware: settings.topicAware,
    excludeHard: settings.excludeHard,
    dirMoves,
    left: left.filter(({ partition, node }) => partition !== -1 && node !== -1),
    muted: memory.muted.map(({ topic, partition }) => find(topic, partition)).filter((partition) => partition !== -1),
    leadership: { strategy: settings.leadershipStrategy, by: settings.leadershipBy, seed: SEED },
    orders: memory.orders.map((order) => {
      const found = { partition: find(order.topic, order.partition), to: nodes.get(order.to) ?? -1 }
      const from = order.kind === 'replica' ? (nodes.get(order.from) ?? -1) : -1
      return plannedOrder(state, order, { ...found, from }, memory.hold)
    }),
    placed: memory.placed
      .filter(({ untilMs }) => untilMs > state.takenAtMs)
      .map(({ what, topic, partition, node }) => ({
        what,
        partition: find(topic, partition),
        node: nodes.get(node) ?? -1,
      }))
      .filter(({ partition, node }) => partition !== -1 && node !== -1),
  }
}

function plannedOrder(
  state: ClusterState,
  order: Order,
  indices: Pick<PlannedOrder, 'partition' | 'from' | 'to'>,
  hold: Hold,
): PlannedOrder {
  const { takenAtMs } = state
  const rests = hold.nodes.some(({ node, untilMs }) => node === order.to && untilMs > takenAtMs)
  const found = { kind: order.kind, ...indices }
  if (order.kind === 'leader') {
    const { failures = 0, untilMs = takenAtMs } = order
    return { ...found, waits: untilMs > takenAtMs, spent: failures >= TRANSFERS }
  }
  if (order.toDir === undefined) return { ...found, waits: rests }
  const dirs = {
    ...(order.fromDir !== undefined && { from: dirIndex(state, found.from, order.fromDir) }),
    to: dirIndex(state, found.to, order.toDir),
  }
  return { ...found, dirs, waits: rests }
}

function dirIndex({ names, nodeDirStart }: ClusterState, node: number, path: string): number {
  if (node === -1) return -1
  const first = nodeDirStart[node]!
  const at = names.dirs.slice(first, nodeDirStart[node + 1]).indexOf(path)
  return at === -1 ? -1 : first + at
}

export interface PlannedMove {
  kind: 'replica' | 'leader'
  partition: number
  from: number
  to: number
  bytes: number
  reason: MoveReason
  /** Of a move between dirs of one node, where `from` and `to` are equal: indices of the dirs. */
  dirs?: { from: number; to: number }
  /** Moves of the same number are carried out as one. */
  group?: number
  /** Node indices of the replica list before the move. */
  replicas: number[]
  /** Node that leads the partition before the move. */
  leader: number
}

/** A candidate that was rejected: replica or partition index and the node it would have gone to. */
export interface RejectedExample {
  partition: number
  from: number
  to: number
}

export interface PlanResult {
  moves: PlannedMove[]
  bytes: number
  lowerBoundBytes: number
  peakBytes: Float64Array
  finalBytes: Float64Array
  finalReplicas: Int32Array
  finalLeaders: Int32Array
  rejected: { reason: RejectReason; count: number; examples: RejectedExample[] }[]
  /** What became of each order of the request. */
  orders: OrderOutcome[]
  /** What the verifier found wrong; a plan with problems is never carried out. */
  problems: string[]
}
