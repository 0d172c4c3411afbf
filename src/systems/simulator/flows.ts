/** Who copies from whom, and how fast. */
import type { NodeId } from '../../cluster/state.ts'
import type { Partition } from './partition.ts'

/** A replica that is behind and catches up from its leader. */
export interface Flow {
  partition: Partition
  to: NodeId
  bytesPerMs: number
  /** Until it has caught up, the growth of the partition counted; Infinity when it never does at this rate. */
  msLeft: number
}

/**
 * A node divides its rate equally over the copies it sends, and its rate for receiving over those it receives;
 * a copy gets the smaller of its two parts.
 * @param rate bytes per second of every node and direction.
 */
export function flowsOf(partitions: Partition[], isUp: (node: NodeId) => boolean, rate: number): Flow[] {
  const flows: Flow[] = []
  const sending = new Map<NodeId, number>()
  const receiving = new Map<NodeId, number>()
  for (const partition of partitions) {
    const { leader, isr, replicas } = partition
    if (leader === undefined || isr.length === replicas.length || !isUp(leader)) continue
    for (const to of replicas) {
      if (isr.includes(to) || !isUp(to)) continue
      flows.push({ partition, to, bytesPerMs: 0, msLeft: 0 })
      sending.set(leader, (sending.get(leader) ?? 0) + 1)
      receiving.set(to, (receiving.get(to) ?? 0) + 1)
    }
  }
  for (const flow of flows) {
    const { partition, to } = flow
    flow.bytesPerMs = rate / 1000 / Math.max(sending.get(partition.leader!)!, receiving.get(to)!)
    const missing = partition.bytes - partition.copies.get(to)!.bytes
    const gain = flow.bytesPerMs - growthPerMs(partition, isUp)
    flow.msLeft = missing === 0 ? 0 : gain > 0 ? missing / gain : Number.POSITIVE_INFINITY
  }
  return flows
}

/** A write is acknowledged by all in-sync replicas or not made at all, so nothing is ever lost. */
export function growthPerMs(partition: Partition, isUp: (node: NodeId) => boolean): number {
  const { growth, leader, isr } = partition
  return growth > 0 && leader !== undefined && isr.every(isUp) ? growth / 1000 : 0
}
