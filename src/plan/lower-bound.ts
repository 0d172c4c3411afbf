/**
 * Least bytes that any plan must copy to reach its goals, on the state as it is. Each goal has a bound of its own; one move
 * may serve several goals, so what is not known to be apart counts once: the largest bound holds.
 *
 * - Repair and drain: what must leave, in full, and beside it the least that repairs the racks of other partitions.
 * - Relief: what is over the line in each dir.
 * - Evenness: what must leave the nodes above their band or what must enter those below, whichever is more. Where every
 *   partition has one replica in each rack nothing may cross racks, so each rack has a bound of its own.
 *
 * Sizes and space can only make it more.
 */
import { openNodes, RackSpread } from '../cluster/racks.ts'
import { immovableReasons, nodeStates } from '../cluster/reasons.ts'
import { RELIEF_MARGIN } from '../cluster/settings.ts'
import { sharesOf } from '../cluster/shares.ts'
import { type Columns, OFFLINE, REMOVING } from '../cluster/state.ts'
import type { PlanRequest } from './request.ts'
import { copyBytes } from './sizes.ts'

const UNAVAILABLE = nodeStates.indexOf('unavailable')

export function lowerBoundBytes(columns: Columns, request: PlanRequest): number {
  const mustMove = mustMoveBytes(columns, request)
  const relief = reliefBytes(columns, request)
  // What repair and drain bring changes everybody's fair share: then the bands of now say nothing.
  const even = mustMove.evacuated > 0 ? 0 : evenBytes(columns, request)
  return Math.max(mustMove.evacuated + mustMove.racks, relief, even)
}

function mustMoveBytes(columns: Columns, request: PlanRequest): { evacuated: number; racks: number } {
  const lost = new Set(request.lostNodes)
  const failed = new Set(request.failedDirNodes)
  const drained = new Set(request.drainNodes)
  const repairRacks = request.repairRacks && request.rackAwareness !== 'ignore'
  const spread = new RackSpread(columns, openNodes(columns))
  const bytes = copyBytes(columns)
  let evacuated = 0
  let racks = 0
  for (let partition = 0; partition < columns.partitionCount; partition += 1) {
    const stays = immovableReasons[columns.partitionImmovable[partition]!]!
    // What is excluded leaves none the less, unless it is excluded from everything.
    const excluded = stays === 'excluded'
    if ((excluded ? request.excludeHard : stays !== '') || columns.partitionUnit[partition] !== -1) continue
    const first = columns.partitionReplicaStart[partition]!
    const end = columns.partitionReplicaStart[partition + 1]!
    let leaves = false
    let smallest = Number.POSITIVE_INFINITY
    for (let replica = first; replica < end; replica += 1) {
      const node = columns.replicaNode[replica]!
      const flags = columns.replicaFlags[replica]!
      smallest = Math.min(smallest, bytes[replica]!)
      const gone = lost.has(node) && columns.nodeState[node] === UNAVAILABLE
      const goes = gone || (failed.has(node) && (flags & OFFLINE) !== 0) || drained.has(node)
      if (!goes || (flags & REMOVING) !== 0) continue
      leaves = true
      evacuated += bytes[replica]! || 0
    }
    if (repairRacks && !leaves && !excluded) racks += spread.faults(partition) * smallest || 0
  }
  return { evacuated, racks }
}

function reliefBytes(columns: Columns, request: PlanRequest): number {
  const over = (dirs: number[], limit: number) =>
    dirs.map((dir) => {
      const used = columns.dirUsedBytes[dir]! + columns.dirArrivingBytes[dir]! - columns.dirPendingFreeBytes[dir]!
      return [dir, Math.max(0, used - columns.dirCapacityBytes[dir]! * (limit - RELIEF_MARGIN))] as const
    })
  const most = new Map(over(request.criticalDirs, request.hardDiskUsage))
  for (const [dir, bytes] of over(request.overDirs, request.maxDiskUsage)) {
    most.set(dir, Math.max(bytes, most.get(dir) ?? 0))
  }
  return [...most.values()].reduce((sum, bytes) => sum + bytes, 0)
}

function evenBytes(columns: Columns, request: PlanRequest): number {
  const { participates, fairBytes, usedBytes } = sharesOf(columns)
  // What relief brings from a node that takes no part lifts everybody's fair share, also in other racks than its own.
  const fromOutside = [...request.criticalDirs, ...request.overDirs].some((dir) => !participates[columns.dirNode[dir]!])
  const confined = request.rackAwareness !== 'ignore' && !fromOutside && oneReplicaPerRack(columns)
  // A legal set may reach into another domain; then a byte may leave one and enter the other at once.
  const apart = columns.legalNodes.length === 0
  const groups = apart ? columns.domainCount * (columns.rackCount + 1) : 1
  const groupOf = (node: number) =>
    apart ? columns.nodeDomain[node]! * (columns.rackCount + 1) + (confined ? columns.nodeRack[node]! + 1 : 0) : 0
  const bound = (nodes: number[], width: number) => {
    const leave = new Float64Array(groups)
    const enter = new Float64Array(groups)
    for (const node of nodes) {
      const fair = fairBytes[node]!
      leave[groupOf(node)]! += Math.max(0, usedBytes[node]! - fair * (1 + width))
      enter[groupOf(node)]! += Math.max(0, fair * (1 - width) - usedBytes[node]!)
    }
    return leave.reduce((sum, bytes, group) => sum + Math.max(bytes, enter[group]!), 0)
  }
  const skewed = [...participates.keys()].filter(
    (node) => participates[node] === 1 && request.skewedDomains.includes(columns.nodeDomain[node]!),
  )
  return Math.max(bound(request.fillNodes, request.fillTolerance), bound(skewed, request.band))
}

/** Whether no replica may leave its rack without worsening the spread. More than 30 racks are no case for bit sets. */
function oneReplicaPerRack(columns: Columns): boolean {
  const { rackCount, partitionReplicaStart, replicaNode, nodeRack } = columns
  if (rackCount === 0 || rackCount > 30 || nodeRack.includes(-1)) return false
  const all = 2 ** rackCount - 1
  for (let partition = 0; partition < columns.partitionCount; partition += 1) {
    const end = partitionReplicaStart[partition + 1]!
    let seen = 0
    for (let replica = partitionReplicaStart[partition]!; replica < end; replica += 1) {
      seen |= 1 << nodeRack[replicaNode[replica]!]!
    }
    if (seen !== all || end - partitionReplicaStart[partition]! !== rackCount) return false
  }
  return true
}
