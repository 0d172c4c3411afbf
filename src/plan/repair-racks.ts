/**
 * Spreads the replicas of partitions that share a rack needlessly over the racks there are. The first replica of a rack
 * stays, the surplus goes, the one on the fullest node first; where no better rack has room, room is made first.
 */
import { nodeStates, type RejectReason } from '../cluster/reasons.ts'
import type { Filters } from './filters.ts'
import type { Model } from './model.ts'

const ALIVE = nodeStates.indexOf('alive')
const DRAINING = nodeStates.indexOf('draining')

/** Replicas of a full node that are tried for leaving it. */
const LOOKS = 64

export function repairRacks(model: Model, filters: Filters): void {
  const { columns } = model
  const open = [...columns.nodeState.keys()].filter((node) => filters.open(node))
  for (let partition = 0; partition < columns.partitionCount; partition += 1) {
    for (let faults = filters.racks.faults(partition); faults > 0; faults -= 1) {
      const reason = model.stays(partition, 'rack_violation')
      if (reason !== '') {
        model.rejections.add(reason, partition, columns.replicaNode[columns.partitionReplicaStart[partition]!]!, -1)
        break
      }
      if (spreadOnce(model, filters, partition, open)) continue
      makeRoom(model, filters, partition, open)
      break
    }
  }
}

/** Moves one replica to a better rack, if any can. */
function spreadOnce(model: Model, filters: Filters, partition: number, open: number[]): boolean {
  for (const replica of surplus(model, partition)) {
    const stays = staysFor(model, replica)
    if (stays !== undefined) {
      model.rejections.add(stays, partition, model.replicaNode[replica]!, -1)
      continue
    }
    filters.candidate(replica, partition, 'rack_violation')
    let to = -1
    let best = [Number.POSITIVE_INFINITY, 0]
    for (const node of open) {
      const rank = [filters.racks.others(node), fullness(model, node)]
      const better = rank[0]! < best[0]! || (rank[0] === best[0] && rank[1]! < best[1]!)
      if (!better || !filters.allows(node)) continue
      to = node
      best = rank
    }
    if (to === -1) continue
    model.moveReplica(replica, partition, to, 'rack_violation')
    return true
  }
  return false
}

/**
 * First of two steps: where the better racks have no room, the smallest replica that makes enough of it leaves one of their
 * nodes for wherever it may be. The second step follows once its space is free, by the plan of that tick.
 */
function makeRoom(model: Model, filters: Filters, partition: number, open: number[]): boolean {
  const { room, columns } = model
  for (const replica of surplus(model, partition)) {
    if (staysFor(model, replica) !== undefined) continue
    const bytes = model.bytes[replica]!
    filters.candidate(replica, partition, 'rack_violation')
    const better = open.filter((node) => filters.lacksRoom(node))
    // Room is on its way already.
    if (better.some((node) => room.willFit(node, bytes, 'max'))) return false
    for (const node of better) {
      const list = model.replicasBySize(node)
      for (let i = list.length - 1, looks = 0; i >= 0 && looks < LOOKS; i -= 1) {
        const other = list[i]!
        const leaving = { dir: columns.replicaDir[other]!, bytes: model.bytes[other]! }
        if (model.moved[other] === 1 || !room.willFit(node, bytes, 'max', leaving)) continue
        looks += 1
        const otherPartition = model.partitionOf(other)
        filters.candidate(other, otherPartition, 'disk_skew')
        const to = open.find((target) => target !== node && !better.includes(target) && filters.allows(target))
        if (to === undefined) continue
        model.moveReplica(other, otherPartition, to, 'rack_violation')
        return true
      }
    }
  }
  return false
}

/** Replicas of racks that hold the most of the partition, fullest node first. */
function surplus(model: Model, partition: number): number[] {
  const { columns, replicaNode } = model
  const first = columns.partitionReplicaStart[partition]!
  const replicas = Array.from(
    { length: columns.partitionReplicaStart[partition + 1]! - first },
    (_, slot) => first + slot,
  )
  const rack = (replica: number) => columns.nodeRack[replicaNode[replica]!]!
  const inRack = (replica: number) => replicas.filter((other) => rack(other) === rack(replica)).length
  const most = Math.max(...replicas.map(inRack))
  return replicas
    .filter((replica) => inRack(replica) === most && model.moved[replica] === 0)
    .sort((a, b) => fullness(model, replicaNode[b]!) - fullness(model, replicaNode[a]!) || b - a)
}

/** Nothing is taken from a node that is excluded or gives no answer, nor what a person has put there. */
function staysFor(model: Model, replica: number): RejectReason | undefined {
  const { columns, replicaNode } = model
  const node = replicaNode[replica]!
  const state = columns.nodeState[node]
  if (columns.nodeExcluded[node] !== 0 || (state !== ALIVE && state !== DRAINING)) return 'excluded'
  return model.staysPlaced(replica, 'rack_violation') ? 'moved_by_hand' : undefined
}

function fullness(model: Model, node: number): number {
  return model.usedBytes[node]! / model.shares.capacityBytes[node]!
}
