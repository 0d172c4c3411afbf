/** What people ask to be moved by hand: looked at when they ask, by the planner itself on the last sample, and told when it is over. */

import type { MoveProgress } from '../cluster/events.ts'
import { applyHolds } from '../cluster/holds.ts'
import type { Memory } from '../cluster/memory.ts'
import { isOfPartition, type Move, moveId, type PartitionMove, partitionName, subjectOf } from '../cluster/move.ts'
import { carriesOut, type JudgedOrder, type Order, orderName } from '../cluster/orders.ts'
import { noGoals } from '../cluster/plan.ts'
import type { BalanceSettings } from '../cluster/settings.ts'
import { type ClusterState, columnsOf } from '../cluster/state.ts'
import { orderOver, placing } from '../execute/journal/by-hand.ts'
import type { Change, Journal } from '../execute/journal/journal.ts'
import { EvenkeelError } from '../lib/errors.ts'
import { describePlan } from '../plan/describe.ts'
import { judgedOrders } from '../plan/order-texts.ts'
import type { Planner } from '../plan/planner.ts'
import { planRequest } from '../plan/request.ts'
import type { Capabilities } from '../systems/port.ts'
import type { Thought } from './think.ts'
import type { OrderView, Weighed } from './view.ts'

/** What an order is looked at before. */
export interface Ground {
  /** The last sample; absent before the first. */
  state: ClusterState | undefined
  /** Our moves. */
  inFlight: readonly Move[]
  memory: Pick<Memory, 'hold' | 'orders' | 'placed'>
  settings: BalanceSettings
  capabilities: Pick<Capabilities, 'replicaMoves' | 'leaderTransfer' | 'dirMoves'>
}

/**
 * What would come of it, beside what was asked for before.
 * @throws EvenkeelError `not_found`, `usage` with the reason, `sample_incomplete` before the first sample.
 */
export async function weighed(
  order: Order,
  { state: last, inFlight, memory, settings, capabilities }: Ground,
  planner: Planner,
  signal: AbortSignal,
): Promise<Weighed> {
  if (!last) throw new EvenkeelError('sample_incomplete', 'the cluster has not been sampled completely yet')
  const { system } = last.cluster
  const may = order.kind === 'leader' ? capabilities.leaderTransfer : capabilities.replicaMoves
  if (!may) throw new EvenkeelError('usage', `of ${system} no partition is moved by itself`)
  if (order.kind === 'replica' && order.toDir !== undefined && !capabilities.dirMoves) {
    throw new EvenkeelError('usage', `${system} moves no replicas between dirs of a node`)
  }
  const name = partitionName(order)
  const busy = inFlight.find((move) => subjectOf(move) === name)
  if (busy) {
    const what = busy.reason === 'manual' ? 'as a person asked' : `for ${busy.reason}`
    throw new EvenkeelError(
      'usage',
      `${name} is being moved by evenkeel ${what}; \`evenkeel cancel ${name}\` takes that back`,
    )
  }
  // The planner takes the columns away for a while.
  const state = { ...structuredClone(columnsOf(last)), cluster: last.cluster, names: last.names }
  applyHolds(state, memory.hold)
  const orders = [...memory.orders.filter((other) => partitionName(other) !== name), order]
  const request = planRequest(
    state,
    noGoals,
    settings,
    { ...memory, orders, left: [], muted: [] },
    capabilities.dirMoves,
  )
  const result = await planner.plan(state, request, signal)
  const { outcome, text } = judgedOrders(state, orders, result.orders).at(-1)!
  const plan = describePlan(state, result, 0)
  if (typeof outcome === 'object') {
    throw new EvenkeelError(outcome.fault === 'partition_unknown' ? 'not_found' : 'usage', text!)
  }
  if (outcome === 'done') throw new EvenkeelError('usage', text!)
  const move = plan.moves.filter(isOfPartition).find((one) => carriesOut(one, order)) ?? unmade(order)
  return { move, nodes: plan.nodes.filter(({ id }) => [move.from, move.to].includes(id)) }
}

/** For how long what was given up is told. */
const TOLD_MS = 3_600_000

interface Refused {
  order: Order
  text: string
  progress: MoveProgress
}

export class Orders {
  #refused: { order: Order; text: string; atMs: number }[] = []

  /** Those that a tick found to be over; where nothing may be done now, or the plan is not to be trusted, none is. */
  settle({ orders, assessment, problems }: Thought, nowMs: number): { over: JudgedOrder[]; refused: Refused[] } {
    if (assessment.byHand.gate || problems.length > 0) return { over: [], refused: [] }
    const over = orders.filter(({ outcome }) => outcome !== 'planned' && outcome !== 'waits')
    const refused = over.flatMap(({ order, outcome, text = '' }) =>
      typeof outcome === 'object' ? [{ order, text, progress: ended(order, text, nowMs) }] : [],
    )
    this.#refused.push(...refused.map(({ order, text }) => ({ order, text, atMs: nowMs })))
    return { over, refused }
  }

  /** What was given up lately, one sentence each. */
  notes(nowMs: number): string[] {
    this.#refused = this.#refused.filter(({ atMs }) => nowMs - atMs < TOLD_MS).slice(-10)
    return this.#refused.map(({ order, text }) => `${orderName(order)} was asked for and is given up: ${text}`)
  }
}

/** Unless something else was asked for of the partition meanwhile. */
export function endOf(journal: Pick<Journal, 'read'>, { order, outcome }: JudgedOrder, nowMs: number): Change[] {
  const name = partitionName(order)
  if (journal.read('order').get(name)?.atMs !== order.atMs) return []
  const from = order.kind === 'replica' ? order.from : order.to
  return [orderOver(order), ...(outcome === 'done' ? placing(journal, { ...order, from }, nowMs) : [])]
}

export function orderViews(
  journal: Pick<Journal, 'read'>,
  inFlight: readonly Move[],
  pending: readonly Move[],
): OrderView[] {
  return [...journal.read('order').values()].map((order) => {
    const isIn = (moves: readonly Move[]) => moves.some((move) => carriesOut(move, order))
    return { order, state: isIn(inFlight) ? 'running' : isIn(pending) ? 'planned' : 'waits' }
  })
}

/** A move that was never begun, as one that failed. */
function ended(order: Order, text: string, nowMs: number): MoveProgress {
  return { move: unmade(order), state: 'failed', text, startedAtMs: nowMs, bytesDone: 0, bytesTotal: 0 }
}

function unmade(order: Order): PartitionMove {
  const { topic, partition, to } = order
  const from = order.kind === 'replica' ? order.from : to
  const common = { topic, partition, from, to, reason: 'manual' as const, replicas: [], leader: from }
  const id = moveId(order.kind, topic, partition, from, to)
  if (order.kind === 'leader') return { kind: 'leader', id, ...common }
  const { fromDir, toDir } = order
  return {
    kind: 'replica',
    id,
    ...common,
    bytes: 0,
    ...(fromDir !== undefined && { fromDir }),
    ...(toDir !== undefined && { toDir }),
  }
}
