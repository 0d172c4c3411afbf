/** Orders and placements as the lines of a snapshot have them. */
import { formatTime, parseTime } from '../lib/iso-time.ts'
import type { OrderLine, PlacementLine } from './lines.ts'
import type { Order, Placement } from './orders.ts'

export function orderLine(order: Order): OrderLine {
  const { kind, topic, partition, to, reason, atMs, override } = order
  const more =
    order.kind === 'replica'
      ? {
          from: order.from,
          ...(order.fromDir !== undefined && { from_dir: order.fromDir }),
          ...(order.toDir !== undefined && { to_dir: order.toDir }),
        }
      : {
          ...(order.failures !== undefined && { failures: order.failures }),
          ...(order.untilMs !== undefined && { until: formatTime(order.untilMs) }),
        }
  return { kind, topic, partition, to, ...more, reason, at: formatTime(atMs), ...(override && { override }) }
}

export function readOrder(line: OrderLine): Order {
  const { topic, partition, to, reason, from, from_dir: fromDir, to_dir: toDir, failures, until } = line
  const common = {
    topic,
    partition,
    to,
    reason,
    atMs: parseTime(line.at),
    ...(line.override && { override: true as const }),
  }
  if (line.kind === 'leader') {
    return {
      kind: 'leader',
      ...common,
      ...(failures !== undefined && { failures }),
      ...(until !== undefined && { untilMs: parseTime(until) }),
    }
  }
  return {
    kind: 'replica',
    ...common,
    from: from ?? to,
    ...(fromDir !== undefined && { fromDir }),
    ...(toDir !== undefined && { toDir }),
  }
}

export function placementLine({ untilMs, ...placement }: Placement): PlacementLine {
  return { ...placement, until: formatTime(untilMs) }
}

export function readPlacement({ until, ...placement }: PlacementLine): Placement {
  return { ...placement, untilMs: parseTime(until) }
}
