/**
 * Folds what is in flight into a sample, so that nothing is ever planned on a reading that our own acts have overtaken.
 *
 * Copies count at their full size where they go. What leaves counts as free when asking for a violation and as used when
 * asking what fits, until the system has really freed it (a Kafka broker does so about 60 s after the move).
 */
import { isDirMove, isOfPartition, type Move, partitionName } from './move.ts'
import { dirStates, immovableReasons } from './reasons.ts'
import { ADDING, type ClusterState, IN_SYNC, OFFLINE, REMOVING } from './state.ts'

const ONLINE = dirStates.indexOf('online')
const ALREADY_MOVING = immovableReasons.indexOf('already_moving')

/**
 * Sets the arriving and pending-free bytes of every dir, and marks partitions of our moves that the sample does not
 * show yet. Folding twice gives the same as folding once.
 */
export function foldInFlight(state: ClusterState, inFlight: Move[]): void {
  state.dirArrivingBytes.fill(0)
  state.dirPendingFreeBytes.set(state.dirFreeingBytes)
  foldVisible(state)
  foldInvisible(state, inFlight)
}

function foldVisible(state: ClusterState): void {
  for (let partition = 0; partition < state.partitionCount; partition += 1) {
    const start = state.partitionReplicaStart[partition]!
    const end = state.partitionReplicaStart[partition + 1]!
    let size = 0
    let plain = true
    for (let replica = start; replica < end; replica += 1) {
      size = Math.max(size, state.replicaBytes[replica]! || 0)
      if (state.replicaFlags[replica] !== IN_SYNC || state.replicaFutureDir[replica] !== -1) plain = false
    }
    if (plain) continue
    for (let replica = start; replica < end; replica += 1) {
      const flags = state.replicaFlags[replica]!
      const dir = dirOf(state, replica)
      if (dir === -1) continue
      const bytes = state.replicaBytes[replica]! || 0
      const future = state.replicaFutureDir[replica]!
      if (future !== -1) {
        state.dirArrivingBytes[future]! += Math.max(0, bytes - state.replicaFutureBytes[replica]!)
        state.dirPendingFreeBytes[dir]! += bytes
        continue
      }
      // What is gone brings nothing and frees nothing until it is back.
      if ((flags & OFFLINE) !== 0 && (flags & (ADDING | REMOVING)) === 0) continue
      if ((flags & REMOVING) !== 0) state.dirPendingFreeBytes[dir]! += bytes
      else if ((flags & ADDING) !== 0 || (flags & IN_SYNC) === 0) state.dirArrivingBytes[dir]! += size - bytes
    }
  }
}

function foldInvisible(state: ClusterState, inFlight: Move[]): void {
  if (inFlight.length === 0) return
  const wanted = new Map(inFlight.filter(isOfPartition).map((move) => [partitionName(move), move]))
  for (let topic = 0; topic < state.topicCount; topic += 1) {
    for (let p = state.topicPartitionStart[topic]!; p < state.topicPartitionStart[topic + 1]!; p += 1) {
      const move = wanted.get(`${state.names.topics[topic]}-${state.names.partitions[p]}`)
      if (!move || isVisiblyMoving(state, p)) continue
      state.partitionImmovable[p] = ALREADY_MOVING
      if (move.kind !== 'replica') continue
      const to = state.names.nodes.indexOf(move.to)
      const from = state.names.nodes.indexOf(move.from)
      for (let replica = state.partitionReplicaStart[p]!; replica < state.partitionReplicaStart[p + 1]!; replica += 1) {
        const node = state.replicaNode[replica]!
        // The sample may already show the end of the move: then there is nothing left to fold.
        if (node !== from) continue
        const source = dirOf(state, replica)
        const target = isDirMove(move) ? dirNamed(state, to, move.toDir) : fullestDir(state, to)
        // A copy between dirs that has landed is shown by where the replica lies.
        if (isDirMove(move) && source === target) continue
        if (source !== -1) state.dirPendingFreeBytes[source]! += state.replicaBytes[replica]! || 0
        if (target !== -1) state.dirArrivingBytes[target]! += move.bytes
      }
    }
  }
}

function isVisiblyMoving(state: ClusterState, partition: number): boolean {
  return state.replicaFlags
    .subarray(state.partitionReplicaStart[partition], state.partitionReplicaStart[partition + 1])
    .some(
      (flags, slot) =>
        (flags & (ADDING | REMOVING)) !== 0 ||
        state.replicaFutureDir[state.partitionReplicaStart[partition]! + slot] !== -1,
    )
}

function dirNamed(state: ClusterState, node: number, path: string): number {
  if (node === -1) return -1
  const first = state.nodeDirStart[node]!
  const at = state.names.dirs.slice(first, state.nodeDirStart[node + 1]).indexOf(path)
  return at === -1 ? -1 : first + at
}

/** Where the replica lies, or would lie at worst: the fullest healthy dir of its node. */
function dirOf(state: ClusterState, replica: number): number {
  const dir = state.replicaDir[replica]!
  return dir === -1 ? fullestDir(state, state.replicaNode[replica]!) : dir
}

/** -1 when the node has no online dir. */
function fullestDir(state: ClusterState, node: number): number {
  let fullest = -1
  let least = Number.POSITIVE_INFINITY
  if (node === -1) return -1
  for (let dir = state.nodeDirStart[node]!; dir < state.nodeDirStart[node + 1]!; dir += 1) {
    if (state.dirState[dir] !== ONLINE) continue
    const free = state.dirCapacityBytes[dir]! - state.dirUsedBytes[dir]!
    if (free < least) {
      least = free
      fullest = dir
    }
  }
  return fullest
}
