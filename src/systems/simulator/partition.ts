/**
 * A partition and the controller's rules for it, as real Kafka has them.
 *
 * While a reassignment runs, `replicas` is the target followed by what will be removed. It ends in the moment when every
 * added replica is in sync. Whoever takes a new target while one runs supersedes it: what the former one was adding is
 * then removed at the end, and reverting leaves it a member for good.
 */
import { compareIds } from '../../cluster/builder.ts'
import type { NodeId } from '../../cluster/state.ts'
import type { Partition } from './model.ts'

export function isMoving(partition: Partition): boolean {
  return partition.adding.length > 0 || partition.removing.length > 0
}

/** The replica list once what runs is done. */
export function targetOf(partition: Partition): NodeId[] {
  return without(partition.replicas, partition.removing)
}

/** Takes a new target. Nothing is copied or dropped yet: see `settle`. */
export function reassign(partition: Partition, target: NodeId[]): void {
  const all = partition.replicas
  partition.adding = target.filter((node) => !all.includes(node) || partition.adding.includes(node))
  partition.removing = without(all, target).toSorted(compareIds)
  partition.replicas = [...target, ...partition.removing]
}

/** Takes back what runs; the nodes whose copies are dropped, or why it cannot be. */
export function revert(partition: Partition): NodeId[] | string {
  if (!isMoving(partition)) return 'no reassignment is in progress'
  if (without(partition.isr, partition.adding).length === 0) {
    return 'reverting would require an unclean leader election'
  }
  const dropped = partition.adding
  partition.replicas = without(partition.replicas, dropped)
  partition.isr = without(partition.isr, dropped)
  partition.adding = []
  partition.removing = []
  keepLed(partition)
  return dropped
}

/** Ends the reassignment if it can end; the nodes whose copies are dropped. */
export function settle(partition: Partition): NodeId[] {
  if (!isMoving(partition)) return []
  const isr = without(partition.isr, partition.removing)
  if (isr.length === 0 || partition.adding.some((node) => !isr.includes(node))) return []
  const dropped = partition.removing
  partition.replicas = targetOf(partition)
  partition.isr = isr
  partition.adding = []
  partition.removing = []
  keepLed(partition)
  return dropped
}

export function joinIsr(partition: Partition, node: NodeId): void {
  partition.isr = [...partition.isr, node]
}

/** A node died, or its dir, as the controller sees it. */
export function leaveIsr(partition: Partition, node: NodeId): void {
  partition.isr = without(partition.isr, [node])
  keepLed(partition)
}

/** A dead node is back: it leads at once what waited for it, and catches up with the rest before it is in sync. */
export function comeBack(partition: Partition, node: NodeId): void {
  if (partition.leader !== undefined || partition.lastLeader !== node) return
  partition.isr = [node]
  keepLed(partition)
}

/** The first of the list becomes leader, or why it cannot. */
export function electPreferred(partition: Partition): string | undefined {
  const preferred = partition.replicas[0]!
  if (!partition.isr.includes(preferred)) return `the preferred leader ${preferred} is not alive and in sync`
  partition.leader = preferred
  partition.lastLeader = preferred
  return undefined
}

/** A leader stays while it is in sync; else the first in-sync one of the list takes over. */
function keepLed(partition: Partition): void {
  if (partition.leader !== undefined && partition.isr.includes(partition.leader)) return
  partition.leader = partition.replicas.find((node) => partition.isr.includes(node))
  if (partition.leader !== undefined) partition.lastLeader = partition.leader
}

function without(nodes: NodeId[], gone: NodeId[]): NodeId[] {
  return nodes.filter((node) => !gone.includes(node))
}
