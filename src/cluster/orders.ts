/**
 * Orders: what a person asks to be moved by hand, one for a partition at a time. And placements: what was moved so, which is left
 * there for a day by all that can wait.
 */
import { type Move, partitionName } from './move.ts'
import type { RejectReason } from './reasons.ts'
import type { NodeId, PartitionId } from './state.ts'

interface AnyOrder {
  topic: string
  partition: PartitionId
  to: NodeId
  reason: string
  atMs: number
  /** It is carried out although the mode is off. */
  override?: true
}

/** A replica goes from one node to another, or to another dir of its node: then `from` and `to` are equal. */
export interface ReplicaOrder extends AnyOrder {
  kind: 'replica'
  from: NodeId
  /** Where it must lie; absent: wherever it does. */
  fromDir?: string
  toDir?: string
}

/** Leadership goes to another replica of the partition. */
export interface LeaderOrder extends AnyOrder {
  kind: 'leader'
  /** Transfers that failed; and until when the next one waits. Those of copies are kept with the partition. */
  failures?: number
  untilMs?: number
}

export type Order = ReplicaOrder | LeaderOrder

/** A replica, or the leadership, that is on the node because a person wanted it there. */
export interface Placement {
  what: Order['kind']
  topic: string
  partition: PartitionId
  node: NodeId
  untilMs: number
}

/** Why an order cannot be carried out, beside what any candidate may be rejected for. */
export const orderFaults = [
  'partition_unknown',
  'node_unknown',
  'dir_unknown',
  'not_there',
  'there_already',
  'dir_elsewhere',
  'dir_unusable',
  'source_lost',
  'target_not_alive',
  'target_draining',
  'no_replica',
  'not_in_sync',
] as const
export type OrderFault = (typeof orderFaults)[number] | RejectReason

/** What the planner makes of an order; `done`: it is so already, `waits`: it failed a short while ago. */
export type OrderOutcome = 'planned' | 'done' | 'waits' | Refused

export interface Refused {
  fault: OrderFault
  /** Of `would_exceed_limit`: ratios of the capacity of the dir it might land in. */
  fullness?: { would: number; limit: number }
}

/** An order that was looked at. */
export interface JudgedOrder {
  order: Order
  outcome: OrderOutcome
  /** Of a fault, or of what is done: one sentence. */
  text?: string
}

/** `t-3 from 1 to 4`, `leadership of t-3 to 2`. */
export function orderName(order: Order): string {
  return orderNameOf({ toDir: undefined, ...order, partition: partitionName(order) })
}

/** Of one whose partition is known by its name only. */
export function orderNameOf(order: {
  kind: Order['kind']
  partition: string
  from?: NodeId | undefined
  to: NodeId
  toDir: string | undefined
}): string {
  const { kind, partition, from, to, toDir } = order
  if (kind === 'leader') return `leadership of ${partition} to ${to}`
  return toDir === undefined ? `${partition} from ${from} to ${to}` : `${partition} to ${toDir} of ${to}`
}

/** Whether the move is what was ordered. */
export function carriesOut(move: Move, order: Order): boolean {
  if (move.reason !== 'manual' || move.kind !== order.kind) return false
  if (partitionName(move) !== partitionName(order) || move.to !== order.to) return false
  if (order.kind === 'leader') return true
  return move.from === order.from && move.kind === 'replica' && move.toDir === order.toDir
}

/** A topic may have dashes in its name: the partition is what follows the last one. Undefined where none does. */
export function parsePartition(text: string): { topic: string; partition: number } | undefined {
  const [, topic, partition] = /^(.+)-(0|[1-9]\d{0,8})$/.exec(text) ?? []
  return topic === undefined ? undefined : { topic, partition: Number(partition) }
}
