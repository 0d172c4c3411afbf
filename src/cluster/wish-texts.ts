/** What is wished of a cluster, in sentences for people: those of the commands and of the page. They are given it as the API tells it. */
import { formatBytes, formatCount } from '../lib/units.ts'
import { orderNameOf } from './orders.ts'
import type { NodeId } from './state.ts'

export interface DrainJson {
  node: NodeId
  replicas: number
  bytes: number
  safe_to_stop: boolean
}

export interface OrderJson {
  kind: 'replica' | 'leader'
  /** As in `t-3`. */
  partition: string
  /** Absent for leadership. */
  from?: NodeId
  to: NodeId
  to_dir?: string
  reason: string
  state: 'waits' | 'planned' | 'running'
}

export interface PlacementJson {
  partition: string
  kind: 'replica' | 'leader'
  node: NodeId
  until: string
}

export interface PauseJson {
  /** `operator`, or `circuit_breaker`: evenkeel itself. */
  by: string
  reason: string
  since: string
  /** Absent: until somebody ends it. */
  until?: string
}

export function drainText({ node, replicas, bytes, safe_to_stop: safe }: DrainJson): string {
  if (safe) return `node ${node} is empty: safe to stop`
  const left = `node ${node}: ${formatCount(replicas, 'replica')}, ${formatBytes(bytes)} left`
  return replicas === 0 ? `${left}, not safe to stop yet` : left
}

/** `t-3 from 1 to 4`, `leadership of t-3 to 2`. */
export function orderName({ to_dir: toDir, ...order }: Omit<OrderJson, 'reason' | 'state'>): string {
  return orderNameOf({ ...order, toDir })
}

export function orderText(order: OrderJson): string {
  const states = { waits: 'waits', planned: 'waits for its turn', running: 'is under way' } as const
  return `${orderName(order)} was asked for (${order.reason}) and ${states[order.state]}`
}

/** The first few by name. */
export function placedText(placed: readonly PlacementJson[]): string {
  const named = placed.slice(0, 5).map(({ partition, kind, node, until }) => {
    const what = kind === 'leader' ? `leadership of ${partition}` : partition
    return `${what} on ${node} until ${until}`
  })
  return `stays where a person put it: ${named.join(', ')}${placed.length > named.length ? `, and ${placed.length - named.length} more` : ''}`
}

export function pauseText({ by, reason, since, until }: PauseJson): string {
  const whom = by === 'operator' ? 'by an operator' : 'by evenkeel itself'
  const end = until === undefined ? 'until it is resumed' : `until ${until}`
  return `paused ${whom} since ${since}, ${end}: ${reason}`
}
