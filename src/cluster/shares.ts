/** What each node holds and what its fair share of its domain would be: the figures every judgement starts from. */
import { nodeStates } from './reasons.ts'
import { ADDING, type Columns, IN_SYNC, OFFLINE, REMOVING } from './state.ts'

const ALIVE = nodeStates.indexOf('alive')

export interface Shares {
  /** 1: takes part in balancing: alive, not excluded, with at least one online dir. */
  participates: Uint8Array
  /** Bytes used once what is in flight has landed and what is being deleted is gone. */
  usedBytes: Float64Array
  /** Over the online dirs. */
  capacityBytes: Float64Array
  /** Used ÷ capacity over the participating nodes of each domain; NaN where none has capacity. */
  domainRatio: Float64Array
  /** Of the used bytes those that are no replicas: what others keep on the volumes. Nobody can move them. */
  otherBytes: Float64Array
  /**
   * The same part of every node's capacity: nodes of unlike size need no special case. A node where others keep more than
   * that has just this as its share, and the rest is shared by the rest.
   */
  fairBytes: Float64Array
  /** Participating nodes per domain. */
  domainNodes: Int32Array
}

export function sharesOf(columns: Columns): Shares {
  const { nodeCount, shareByReplicas } = columns
  const participates = new Uint8Array(nodeCount)
  const held = heldBytes(columns)
  const usedBytes = shareByReplicas ? held : new Float64Array(nodeCount)
  const capacityBytes = new Float64Array(nodeCount)
  const domainUsed = new Float64Array(columns.domainCount)
  const domainCapacity = new Float64Array(columns.domainCount)
  const domainNodes = new Int32Array(columns.domainCount)
  for (let node = 0; node < nodeCount; node += 1) {
    let online = 0
    for (let dir = columns.nodeDirStart[node]!; dir < columns.nodeDirStart[node + 1]!; dir += 1) {
      if (columns.dirState[dir] !== 0) continue
      online += 1
      capacityBytes[node]! += columns.dirCapacityBytes[dir]!
      if (shareByReplicas) continue
      usedBytes[node]! +=
        columns.dirUsedBytes[dir]! + columns.dirArrivingBytes[dir]! - columns.dirPendingFreeBytes[dir]!
    }
    if (columns.nodeState[node] !== ALIVE || columns.nodeExcluded[node] === 1 || online === 0) continue
    participates[node] = 1
    const domain = columns.nodeDomain[node]!
    domainUsed[domain]! += usedBytes[node]!
    domainCapacity[domain]! += capacityBytes[node]!
    domainNodes[domain]! += 1
  }
  const domainRatio = domainUsed.map((used, domain) => used / domainCapacity[domain]!)
  const otherBytes = usedBytes.map((used, node) => used - held[node]!)
  const fairBytes = new Float64Array(nodeCount)
  const shares = { participates, usedBytes, capacityBytes, domainRatio, otherBytes, fairBytes, domainNodes }
  shareOut(columns, shares, usedBytes)
  return shares
}

/** Works out the fair shares when the nodes use so many bytes. */
export function shareOut(
  { nodeCount, nodeDomain, domainCount }: Columns,
  {
    participates,
    capacityBytes,
    otherBytes,
    fairBytes,
  }: Pick<Shares, 'participates' | 'capacityBytes' | 'otherBytes' | 'fairBytes'>,
  usedBytes: Float64Array,
): void {
  for (let domain = 0; domain < domainCount; domain += 1) {
    let sharing: number[] = []
    for (let node = 0; node < nodeCount; node += 1) if (nodeDomain[node] === domain) sharing.push(node)
    const sum = (bytes: Float64Array) =>
      sharing.reduce((total, node) => total + (participates[node] === 1 ? bytes[node]! : 0), 0)
    let used = sum(usedBytes)
    for (;;) {
      const ratio = used / sum(capacityBytes)
      const over = (node: number) => participates[node] === 1 && otherBytes[node]! > capacityBytes[node]! * ratio
      for (const node of sharing) fairBytes[node] = over(node) ? otherBytes[node]! : capacityBytes[node]! * ratio
      const rest = sharing.filter((node) => !over(node))
      if (rest.length === sharing.length) break
      used -= sharing.reduce((total, node) => total + (over(node) ? otherBytes[node]! : 0), 0)
      sharing = rest
    }
  }
}

/** Bytes that replicas make up; a copy that is still to arrive is counted at its full size, one on its way out not at all. */
function heldBytes(columns: Columns): Float64Array<ArrayBuffer> {
  const { partitionReplicaStart, replicaFlags, replicaBytes, replicaDir, replicaNode, dirState } = columns
  const held = new Float64Array(columns.nodeCount)
  for (let partition = 0; partition < columns.partitionCount; partition += 1) {
    const end = partitionReplicaStart[partition + 1]!
    let size = 0
    for (let replica = partitionReplicaStart[partition]!; replica < end; replica += 1)
      size = Math.max(size, replicaBytes[replica]! || 0)
    for (let replica = partitionReplicaStart[partition]!; replica < end; replica += 1) {
      const flags = replicaFlags[replica]!
      const dir = replicaDir[replica]!
      if ((flags & (OFFLINE | REMOVING)) !== 0 || (dir !== -1 && dirState[dir] !== 0)) continue
      const whole = (flags & ADDING) === 0 && (flags & IN_SYNC) !== 0
      held[replicaNode[replica]!]! += whole ? replicaBytes[replica]! || 0 : size
    }
  }
  return held
}

/** Replicas per node, those being removed left out. */
export function replicaCounts(columns: Columns): Int32Array {
  const counts = new Int32Array(columns.nodeCount)
  for (let replica = 0; replica < columns.replicaCount; replica += 1) {
    if ((columns.replicaFlags[replica]! & REMOVING) === 0) counts[columns.replicaNode[replica]!]! += 1
  }
  return counts
}

/** Partitions led per node. */
export function leaderCounts(columns: Columns): Int32Array {
  const counts = new Int32Array(columns.nodeCount)
  for (const leader of columns.partitionLeader) if (leader >= 0) counts[leader]! += 1
  return counts
}

/** Most leaders a node should have when `leaders` are spread over `nodes`. */
export function leaderLimit(leaders: number, nodes: number, tolerance: number): number {
  const mean = leaders / nodes
  return Math.max(Math.ceil(mean), Math.floor(mean * (1 + tolerance)))
}

/** Largest deviation from the mean over the mean, over the nodes that take part; 0 when there is nothing. */
export function imbalance(values: ArrayLike<number>, participates: Uint8Array): number {
  let sum = 0
  let count = 0
  for (let node = 0; node < participates.length; node += 1) {
    if (participates[node] === 0) continue
    sum += values[node]!
    count += 1
  }
  const mean = sum / count
  if (!(mean > 0)) return 0
  let worst = 0
  for (let node = 0; node < participates.length; node += 1) {
    if (participates[node] === 1) worst = Math.max(worst, Math.abs(values[node]! - mean) / mean)
  }
  return worst
}

/** Used ÷ capacity of each node. */
export function ratios(shares: Shares): Float64Array {
  return shares.usedBytes.map((used, node) =>
    shares.capacityBytes[node]! > 0 ? used / shares.capacityBytes[node]! : 0,
  )
}
