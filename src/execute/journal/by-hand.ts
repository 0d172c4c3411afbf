/** Orders of people and what they have put somewhere, as a journal has them. Pure. */
import type { MoveResult } from '../../cluster/events.ts'
import type { Memory } from '../../cluster/memory.ts'
import { isOfPartition, type Move, type PartitionMove, partitionName, subjectOf } from '../../cluster/move.ts'
import { carriesOut, type Order } from '../../cluster/orders.ts'
import { PLACED_MS } from '../../cluster/settings.ts'
import { isExhausted } from '../tries.ts'
import type { Change, Journal } from './journal.ts'
import type { TriesRecord } from './records.ts'

type Readable = Pick<Journal, 'read'>

/** Waits between transfers of leadership that failed, the first of them; they double. */
const FIRST_WAIT_MS = 60_000

/** @param moving moves of ours that are under way, or were a moment ago: what is asked for of the same partition waits for them. */
export function byHandOf(journal: Readable, moving: readonly Move[], nowMs: number): Pick<Memory, 'orders' | 'placed'> {
  const busy = new Set(moving.map(subjectOf))
  const orders = [...journal.read('order').values()].filter((order) => !busy.has(partitionName(order)))
  return {
    orders: orders.toSorted((a, b) => a.atMs - b.atMs),
    placed: [...journal.read('placed').values()].filter(({ untilMs }) => untilMs > nowMs),
  }
}

/** A person asks for it, whatever was asked for of the partition before: what failed is not waited for, but enough failures are enough. */
export function ordering(journal: Readable, order: Order, nowMs: number): Change[] {
  const key = partitionName(order)
  const tries: TriesRecord | undefined = journal.read('tries').get(key)
  return [
    { kind: 'order', key, value: order },
    ...(tries && !isExhausted(tries) ? [{ kind: 'tries' as const, key, value: { ...tries, untilMs: nowMs } }] : []),
  ]
}

/** The order is over: carried out, refused or taken back. */
export function orderOver(order: Pick<Order, 'topic' | 'partition'>): Change {
  return { kind: 'order', key: partitionName(order), value: undefined }
}

/** Written together with the end of the move: whoever dies over it does not do it again, and knows what to leave alone. */
export function afterOrdered(journal: Readable, move: Move, result: MoveResult, nowMs: number): Change[] {
  if (!isOfPartition(move)) return []
  const order = journal.read('order').get(partitionName(move))
  if (!order || !carriesOut(move, order)) return []
  if (result === 'done') return [orderOver(order), ...placing(journal, move, nowMs)]
  if (order.kind === 'replica') return []
  const failures = (order.failures ?? 0) + 1
  const untilMs = nowMs + FIRST_WAIT_MS * 2 ** (failures - 1)
  return [{ kind: 'order', key: partitionName(order), value: { ...order, failures, untilMs } }]
}

/** What is now where a person wanted it stays there. */
export function placing(
  journal: Readable,
  { kind, topic, partition, from, to }: Pick<PartitionMove, 'kind' | 'topic' | 'partition' | 'from' | 'to'>,
  nowMs: number,
): Change[] {
  const name = partitionName({ topic, partition })
  const value = { what: kind, topic, partition, node: to, untilMs: nowMs + PLACED_MS }
  if (kind === 'leader') return [{ kind: 'placed', key: name, value }]
  const left = [`${name}@${from}`, name].filter((key) => from !== to && journal.read('placed').get(key)?.node === from)
  return [
    ...left.map((key): Change => ({ kind: 'placed', key, value: undefined })),
    { kind: 'placed', key: `${name}@${to}`, value },
  ]
}

export function outdatedPlacements(journal: Readable, nowMs: number): Change[] {
  return [...journal.read('placed')].flatMap(([key, { untilMs }]) =>
    untilMs <= nowMs ? [{ kind: 'placed' as const, key, value: undefined }] : [],
  )
}
