/** What is wished of a cluster, in sentences for people. */
import type { StatusAnswer } from '../http/answers.ts'
import { formatBytes, formatCount } from '../lib/units.ts'
import type { Io } from './io.ts'

export type ClusterStatus = StatusAnswer['clusters'][number]
export type Drain = ClusterStatus['drains'][number]

export function drainText({ node, replicas, bytes, safe_to_stop: safe }: Drain): string {
  if (safe) return `node ${node} is empty: safe to stop`
  const left = `node ${node}: ${formatCount(replicas, 'replica')}, ${formatBytes(bytes)} left`
  return replicas === 0 ? `${left}, not safe to stop yet` : left
}

export type Order = NonNullable<ClusterStatus['orders']>[number]
export type Placement = NonNullable<ClusterStatus['placed']>[number]

/** `t-3 from 1 to 4`, `leadership of t-3 to 2`. */
export function orderName({
  kind,
  partition,
  from,
  to,
  to_dir: toDir,
}: Omit<Order, 'reason' | 'since' | 'state'>): string {
  if (kind === 'leader') return `leadership of ${partition} to ${to}`
  return toDir === undefined ? `${partition} from ${from} to ${to}` : `${partition} to ${toDir} of ${to}`
}

export function orderText(order: Order): string {
  const states = { waits: 'waits', planned: 'waits for its turn', running: 'is under way' } as const
  return `${orderName(order)} was asked for (${order.reason}) and ${states[order.state]}`
}

/** The first few by name. */
export function placedText(placed: readonly Placement[]): string {
  const named = placed.slice(0, 5).map(({ partition, kind, node, until }) => {
    const what = kind === 'leader' ? `leadership of ${partition}` : partition
    return `${what} on ${node} until ${until}`
  })
  return `stays where a person put it: ${named.join(', ')}${placed.length > named.length ? `, and ${placed.length - named.length} more` : ''}`
}

export function pauseText({ by, reason, since, until }: NonNullable<ClusterStatus['pause']>): string {
  const whom = by === 'operator' ? 'by an operator' : 'by evenkeel itself'
  const end = until === undefined ? 'until `evenkeel resume`' : `until ${until}`
  return `paused ${whom} since ${since}, ${end}: ${reason}`
}

/** Whoever wishes something is told at once that it has no effect for now. */
export function warnOfStandstill({ clusters }: StatusAnswer, io: Pick<Io, 'err'>): void {
  const warning = standstillText(clusters[0]!)
  if (warning !== undefined) io.err.write(`warning: ${warning}\n`)
}

/** Why a wish to move something has no effect for now; undefined when nothing stands in the way. */
export function standstillText({ mode, dry_run: dryRun, pause }: ClusterStatus): string | undefined {
  if (mode === 'off') return 'the mode is off: nothing moves until it is another one'
  if (dryRun) return 'dry_run is set: nothing moves until it is not'
  return pause && `nothing moves while it is ${pauseText(pause)}`
}
