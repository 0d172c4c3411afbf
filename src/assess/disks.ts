/**
 * Disks over their limits. What is on its way out counts as free, what is on its way in as there: so a dir that is being
 * relieved is not relieved twice. A dir that went over a limit is relieved until it is a margin below it.
 */
import type { Memory } from '../cluster/memory.ts'
import { dirStates, nodeStates } from '../cluster/reasons.ts'
import { type BalanceSettings, RELIEF_MARGIN } from '../cluster/settings.ts'
import type { ClusterState } from '../cluster/state.ts'
import { formatBytes, formatPercent } from '../lib/units.ts'
import type { Judge } from './judge.ts'

const ONLINE = dirStates.indexOf('online')
const ALIVE = nodeStates.indexOf('alive')
const DRAINING = nodeStates.indexOf('draining')

export interface OverFull {
  criticalDirs: number[]
  overDirs: number[]
  relieving: Memory['relieving']
}

export function overFullDirs(state: ClusterState, settings: BalanceSettings, judge: Judge): OverFull {
  const critical = overLimit(state, 'disk_critical', settings.hardDiskUsage, judge)
  const over = overLimit(state, 'disk_over_limit', settings.maxDiskUsage, judge)
  return {
    criticalDirs: critical.dirs,
    overDirs: over.dirs,
    relieving: { disk_critical: critical.begun, disk_over_limit: over.begun },
  }
}

function overLimit(
  state: ClusterState,
  kind: 'disk_critical' | 'disk_over_limit',
  limit: number,
  judge: Judge,
): { dirs: number[]; begun: string[] } {
  const dirs: number[] = []
  const relieved: string[] = []
  for (let dir = 0; dir < state.dirCount; dir += 1) {
    const node = state.dirNode[dir]!
    // Nobody can move anything off a node that does not answer; one that is gone is a matter of repair.
    if (state.nodeState[node] !== ALIVE && state.nodeState[node] !== DRAINING) continue
    if (state.dirState[dir] !== ONLINE || state.nodeExcluded[node] === 1) continue
    const capacity = state.dirCapacityBytes[dir]!
    const used = state.dirUsedBytes[dir]! + state.dirArrivingBytes[dir]! - state.dirPendingFreeBytes[dir]!
    const begun = judge.memory.relieving[kind].includes(nameOf(state, dir))
    const closing = used <= capacity * limit
    if (used <= capacity * (limit - RELIEF_MARGIN) || (closing && !begun)) {
      // What is on its way out may still stay: then it is not relieved yet.
      if (begun && state.dirPendingFreeBytes[dir]! > state.dirFreeingBytes[dir]!) relieved.push(nameOf(state, dir))
      continue
    }
    const id = state.names.nodes[node]!
    const path = state.names.dirs[dir]!
    judge.open({
      kind,
      subject: `node ${id} ${path}`,
      size: Math.max(0, used - capacity * limit),
      unit: 'bytes',
      text: `${path} of node ${id} is ${formatPercent(used / capacity)} full (${formatBytes(used)} of ${formatBytes(capacity)}), the limit is ${formatPercent(limit)}`,
      closing,
    })
    dirs.push(dir)
    relieved.push(nameOf(state, dir))
  }
  return { dirs, begun: relieved }
}

function nameOf(state: ClusterState, dir: number): string {
  return `${state.names.nodes[state.dirNode[dir]!]}/${state.names.dirs[dir]}`
}
