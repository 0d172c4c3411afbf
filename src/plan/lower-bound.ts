/**
 * Least bytes that any plan must copy to reach the goal: what must leave the nodes above their band or what must enter
 * those below, whichever is more. Where every partition has one replica in each rack nothing may cross racks, so each
 * rack has a bound of its own. Sizes and space can only make it more.
 */
import type { Columns } from '../cluster/state.ts'
import type { PlanRequest } from './request.ts'

/** @param nodes indices of the nodes that the goal is about. */
export function lowerBoundBytes(
  columns: Columns,
  request: PlanRequest,
  nodes: number[],
  used: Float64Array,
  lower: Float64Array,
  upper: Float64Array,
): number {
  const confined = request.rackAwareness !== 'ignore' && oneReplicaPerRack(columns)
  const leave = new Float64Array(columns.rackCount + 1)
  const enter = new Float64Array(columns.rackCount + 1)
  for (const node of nodes) {
    const rack = confined ? columns.nodeRack[node]! + 1 : 0
    leave[rack]! += Math.max(0, used[node]! - upper[node]!)
    enter[rack]! += Math.max(0, lower[node]! - used[node]!)
  }
  return leave.reduce((sum, bytes, rack) => sum + Math.max(bytes, enter[rack]!), 0)
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
