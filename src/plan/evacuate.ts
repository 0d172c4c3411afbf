/**
 * Gives replicas that are lost, or on a node that is to be emptied, a new place. Only what must move moves: healthy nodes
 * exchange nothing.
 *
 * Partitions with the fewest replicas in sync go first, the largest of those before the smaller, which spreads them
 * evenly. Each goes to the best rack there is, among like racks to the node that will be least full (in steps of 5 %, so
 * that topics can spread), then to the one with fewest replicas of the topic.
 */
import { nodeStates, type ViolationKind } from '../cluster/reasons.ts'
import { OFFLINE, REMOVING } from '../cluster/state.ts'
import type { Filters } from './filters.ts'
import type { Model } from './model.ts'

const UNAVAILABLE = nodeStates.indexOf('unavailable')
const FULLNESS_STEPS = 20

interface Homeless {
  replica: number
  partition: number
  inSync: number
}

/** Replicas on nodes that are gone for too long, and in dirs that are. */
export function replaceLost(model: Model, filters: Filters): void {
  const { lostNodes, failedDirNodes } = model.request
  const lost = new Set(lostNodes)
  const failed = new Set(failedDirNodes)
  if (lost.size + failed.size === 0) return
  evacuate(model, filters, 'node_unavailable', (replica, node) => {
    if (lost.has(node)) return model.columns.nodeState[node] === UNAVAILABLE
    return failed.has(node) && (model.columns.replicaFlags[replica]! & OFFLINE) !== 0
  })
}

/** Replicas on nodes that are to be emptied. */
export function drain(model: Model, filters: Filters): void {
  const nodes = new Set(model.request.drainNodes)
  if (nodes.size > 0) evacuate(model, filters, 'node_draining', (_, node) => nodes.has(node))
}

function evacuate(
  model: Model,
  filters: Filters,
  kind: ViolationKind,
  mustGo: (replica: number, node: number) => boolean,
): void {
  const { columns } = model
  const homeless: Homeless[] = []
  for (let partition = 0; partition < columns.partitionCount; partition += 1) {
    const first = columns.partitionReplicaStart[partition]!
    const end = columns.partitionReplicaStart[partition + 1]!
    for (let replica = first; replica < end; replica += 1) {
      const node = columns.replicaNode[replica]!
      if (!mustGo(replica, node) || model.moved[replica] === 1) continue
      // It is on its way out already.
      if ((columns.replicaFlags[replica]! & REMOVING) !== 0) continue
      const reason = model.stays(partition, kindFor(model, partition, kind))
      if (reason !== '') model.rejections.add(reason, partition, node, -1)
      else if (Number.isNaN(model.bytes[replica]!)) model.rejections.add('size_unknown', partition, node, -1)
      else homeless.push({ replica, partition, inSync: inSyncCount(model, first, end) })
    }
  }
  homeless.sort(
    (a, b) => a.inSync - b.inSync || model.bytes[b.replica]! - model.bytes[a.replica]! || a.replica - b.replica,
  )
  const targets = [...columns.nodeState.keys()].filter((node) => filters.open(node))
  for (const { replica, partition } of homeless) {
    filters.candidate(replica, partition, kind)
    const to = bestTarget(model, filters, replica, partition, targets)
    if (to !== -1) model.moveReplica(replica, partition, to, kind)
  }
}

/** What is gone with a node that is to be emptied, or with a dir of it, is lost like any other: it cannot be in sync. */
function kindFor(model: Model, partition: number, kind: ViolationKind): ViolationKind {
  if (kind !== 'node_draining') return kind
  const { columns } = model
  const drains = model.request.drainNodes
  for (let r = columns.partitionReplicaStart[partition]!; r < columns.partitionReplicaStart[partition + 1]!; r += 1) {
    const node = columns.replicaNode[r]!
    // Any other replica that is behind, or lost, comes first.
    const gone = columns.nodeState[node] === UNAVAILABLE || (columns.replicaFlags[r]! & OFFLINE) !== 0
    if (!model.inSync(r) && !(drains.includes(node) && gone)) return kind
  }
  return 'node_unavailable'
}

function inSyncCount(model: Model, first: number, end: number): number {
  let count = 0
  for (let replica = first; replica < end; replica += 1) if (model.inSync(replica)) count += 1
  return count
}

function bestTarget(model: Model, filters: Filters, replica: number, partition: number, targets: number[]): number {
  const { columns, shares, topicReplicas, usedBytes, request } = model
  const bytes = model.bytes[replica]!
  const row = columns.partitionTopic[partition]! * columns.nodeCount
  let best = -1
  let bestRank: number[] = []
  for (const to of targets) {
    if (!filters.allows(to)) continue
    const fullness = (usedBytes[to]! + bytes) / shares.capacityBytes[to]!
    const rank = [
      filters.racks.others(to),
      request.topicAware ? Math.floor(fullness * FULLNESS_STEPS) : 0,
      request.topicAware ? topicReplicas[row + to]! : 0,
      fullness,
    ]
    if (best === -1 || isLess(rank, bestRank)) {
      best = to
      bestRank = rank
    }
  }
  return best
}

function isLess(a: number[], b: number[]): boolean {
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return a[i]! < b[i]!
  return false
}
