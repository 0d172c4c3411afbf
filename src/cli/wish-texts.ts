/** What is wished of a cluster, in sentences for people. */
import type { StatusAnswer } from '../http/answers.ts'
import { formatBytes, formatCount } from '../lib/units.ts'

export type ClusterStatus = StatusAnswer['clusters'][number]
export type Drain = ClusterStatus['drains'][number]

export function drainText({ node, replicas, bytes, safe_to_stop: safe }: Drain): string {
  if (safe) return `node ${node} is empty: safe to stop`
  const left = `node ${node}: ${formatCount(replicas, 'replica')}, ${formatBytes(bytes)} left`
  return replicas === 0 ? `${left}, not safe to stop yet` : left
}

export function pauseText({ by, reason, since, until }: NonNullable<ClusterStatus['pause']>): string {
  const whom = by === 'operator' ? 'by an operator' : 'by evenkeel itself'
  const end = until === undefined ? 'until `evenkeel resume`' : `until ${until}`
  return `paused ${whom} since ${since}, ${end}: ${reason}`
}

/** Why a wish to move something has no effect for now; undefined when nothing stands in the way. */
export function standstillText({ mode, dry_run: dryRun, pause }: ClusterStatus): string | undefined {
  if (mode === 'off') return 'the mode is off: nothing moves until it is another one'
  if (dryRun) return 'dry_run is set: nothing moves until it is not'
  return pause && `nothing moves while it is ${pauseText(pause)}`
}
