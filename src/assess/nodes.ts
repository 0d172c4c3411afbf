/** Nodes that are gone, that have lost a dir, that are to be emptied, or that were added. */
import { openNodes } from '../cluster/racks.ts'
import { nodeStates } from '../cluster/reasons.ts'
import { type BalanceSettings, FILL_TOLERANCE, FLOOR_BYTES } from '../cluster/settings.ts'
import type { Shares } from '../cluster/shares.ts'
import { type ClusterState, OFFLINE, REMOVING } from '../cluster/state.ts'
import { formatBytes, formatCount, formatDuration, formatPercent } from '../lib/units.ts'
import type { Judge } from './judge.ts'

const UNAVAILABLE = nodeStates.indexOf('unavailable')

/** What of each node's replicas is still to be placed elsewhere. */
interface Holdings {
  /** All but those on their way out, and their bytes as far as known. */
  replicas: Int32Array
  bytes: Float64Array
  /** Those the cluster calls offline. */
  offline: Int32Array
}

export function holdingsOf(state: ClusterState): Holdings {
  const replicas = new Int32Array(state.nodeCount)
  const bytes = new Float64Array(state.nodeCount)
  const offline = new Int32Array(state.nodeCount)
  for (let partition = 0; partition < state.partitionCount; partition += 1) {
    const first = state.partitionReplicaStart[partition]!
    const end = state.partitionReplicaStart[partition + 1]!
    for (let replica = first; replica < end; replica += 1) {
      const flags = state.replicaFlags[replica]!
      if ((flags & REMOVING) !== 0) continue
      const node = state.replicaNode[replica]!
      replicas[node]! += 1
      bytes[node]! += state.replicaBytes[replica]! || 0
      if ((flags & OFFLINE) !== 0) offline[node]! += 1
    }
  }
  return { replicas, bytes, offline }
}

/** Nodes that are gone for longer than the timeout and still have replicas. */
export function lostNodes(state: ClusterState, holdings: Holdings, settings: BalanceSettings, judge: Judge): number[] {
  const lost: number[] = []
  for (let node = 0; node < state.nodeCount; node += 1) {
    if (state.nodeState[node] !== UNAVAILABLE || holdings.replicas[node] === 0) continue
    // What is to be emptied is so also when it is dead.
    if (state.nodeDraining[node] === 1) continue
    const id = state.names.nodes[node]!
    const goneMs = judge.nowMs - state.nodeUnavailableSinceMs[node]!
    const howLong = Number.isNaN(goneMs) ? ', nobody knows since when,' : ` for ${formatDuration(goneMs)}`
    const what = `node ${id} is gone${howLong} and has ${formatCount(holdings.replicas[node]!, 'replica')}`
    if (goneMs < settings.nodeAvailabilityTimeoutMs) {
      judge.holding.push(
        `${what}: they are made anew elsewhere in ${formatDuration(settings.nodeAvailabilityTimeoutMs - goneMs)}`,
      )
      continue
    }
    judge.open({
      kind: 'node_unavailable',
      subject: `node ${id}`,
      size: holdings.replicas[node]!,
      unit: 'replicas',
      text: what,
      closing: false,
    })
    lost.push(node)
  }
  return lost
}

/** Nodes that are there but have replicas in a dir that is gone for longer than the timeout. */
export function failedDirNodes(
  state: ClusterState,
  holdings: Holdings,
  settings: BalanceSettings,
  judge: Judge,
): number[] {
  const failed: number[] = []
  for (let node = 0; node < state.nodeCount; node += 1) {
    const count = holdings.offline[node]!
    if (state.nodeState[node] === UNAVAILABLE || count === 0) continue
    const id = state.names.nodes[node]!
    const goneMs = judge.nowMs - judge.seenSince(`offline replicas/node ${id}`)
    const what = `${formatCount(count, 'replica')} of node ${id} lie in a dir that is offline for ${formatDuration(goneMs)}`
    if (goneMs < settings.nodeAvailabilityTimeoutMs) {
      judge.holding.push(
        `${what}: they are made anew elsewhere in ${formatDuration(settings.nodeAvailabilityTimeoutMs - goneMs)}`,
      )
      continue
    }
    const subject = `dirs of node ${id}`
    judge.open({ kind: 'node_unavailable', subject, size: count, unit: 'replicas', text: what, closing: false })
    failed.push(node)
  }
  return failed
}

/** Nodes that are to be emptied and are not empty yet. */
export function drainingNodes(state: ClusterState, holdings: Holdings, judge: Judge): number[] {
  const draining: number[] = []
  for (let node = 0; node < state.nodeCount; node += 1) {
    if (state.nodeDraining[node] === 0 || holdings.replicas[node] === 0) continue
    const id = state.names.nodes[node]!
    const left = `${formatCount(holdings.replicas[node]!, 'replica')} (${formatBytes(holdings.bytes[node]!)})`
    judge.open({
      kind: 'node_draining',
      subject: `node ${id}`,
      size: holdings.replicas[node]!,
      unit: 'replicas',
      text: `node ${id} is to be emptied and holds ${left}`,
      closing: false,
    })
    draining.push(node)
  }
  return draining
}

/** Nodes that hold far less than their share: added, and alive for long enough. */
export function addedNodes(state: ClusterState, shares: Shares, settings: BalanceSettings, judge: Judge): number[] {
  const added: number[] = []
  const open = openNodes(state)
  for (let node = 0; node < state.nodeCount; node += 1) {
    const id = state.names.nodes[node]!
    const filling = judge.memory.filling.includes(id)
    // What takes nothing, be it cordoned altogether, cannot be filled.
    if (open[node] === 0) {
      if (filling && state.nodeDraining[node] === 0) judge.waiting.push(id)
      continue
    }
    const fair = shares.fairBytes[node]!
    const used = shares.usedBytes[node]!
    const deficit = fair * (1 - FILL_TOLERANCE) - used
    const closing = used >= fair * settings.nodeAddBelow
    if (!(deficit > FLOOR_BYTES) || (closing && !filling)) {
      // What is on its way may still be called off: then it is not filled yet.
      if (filling && receives(state, node)) judge.waiting.push(id)
      continue
    }
    const text = `node ${id} ${receives(state, node) ? 'holds or receives' : 'holds'} ${formatBytes(used)} of its fair share of ${formatBytes(fair)} (${formatPercent(used / fair)})`
    const aliveMs = judge.nowMs - state.nodeAliveSinceMs[node]!
    if (aliveMs < settings.nodeAddHoldMs) {
      const left = formatDuration(settings.nodeAddHoldMs - aliveMs)
      judge.holding.push(`${text} and has been alive for ${formatDuration(aliveMs)}: it counts as added in ${left}`)
      if (filling) judge.waiting.push(id)
      continue
    }
    judge.open({ kind: 'node_underused', subject: `node ${id}`, size: deficit, unit: 'bytes', text, closing })
    added.push(node)
  }
  return added
}

/** Whether some of what counts as used is still on its way. */
function receives(state: ClusterState, node: number): boolean {
  const arriving = state.dirArrivingBytes.subarray(state.nodeDirStart[node], state.nodeDirStart[node + 1])
  return arriving.some((bytes) => bytes > 0)
}
