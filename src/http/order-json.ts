/** What people asked to be moved, and what they have put somewhere, as the status tells of it. */
import { partitionName } from '../cluster/move.ts'
import type { Placement } from '../cluster/orders.ts'
import type { OrderView } from '../daemon/view.ts'
import { formatTime } from '../lib/iso-time.ts'

export function orderJson({ order, state }: OrderView) {
  const { kind, to, reason, atMs, override } = order
  return {
    partition: partitionName(order),
    kind,
    ...(order.kind === 'replica' && { from: order.from }),
    to,
    ...(order.kind === 'replica' && order.toDir !== undefined && { to_dir: order.toDir }),
    reason,
    since: formatTime(atMs),
    ...(override && { override }),
    state,
  }
}

export function placementJson(placement: Placement) {
  const { what, node, untilMs } = placement
  return { partition: partitionName(placement), kind: what, node, until: formatTime(untilMs) }
}
