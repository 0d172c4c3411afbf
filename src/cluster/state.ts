/**
 * ClusterState: one reading of a cluster in flat typed arrays, the same for every system.
 *
 * Nodes, racks, topics and partitions are dense indices in the order of their ids, so that equal clusters give equal
 * states whatever order they were read in. The numeric columns travel to the planner's worker and back without being
 * copied; the names stay behind. -1 is "none" in index columns, NaN is "not known" in figures.
 */
export type NodeId = number | string
export type PartitionId = number | string

/** Bits of `replicaFlags`. */
export const IN_SYNC = 1
export const ADDING = 2
export const REMOVING = 4
/** The cluster itself calls the replica offline: its node or its dir is gone. */
export const OFFLINE = 8

type F64 = Float64Array<ArrayBuffer>
type I32 = Int32Array<ArrayBuffer>
type U8 = Uint8Array<ArrayBuffer>

/** The numeric part: all the planner needs. */
export interface Columns {
  takenAtMs: number
  /** Shares are measured by what replicas make up, not by what the disks hold. */
  shareByReplicas: boolean
  nodeCount: number
  rackCount: number
  domainCount: number
  dirCount: number
  topicCount: number
  partitionCount: number
  replicaCount: number

  nodeRack: I32
  /** Index into `nodeStates`. */
  nodeState: U8
  /** Milliseconds since the epoch; NaN for "long enough". */
  nodeAliveSinceMs: F64
  nodeUnavailableSinceMs: F64
  /** The domain whose fair share the node belongs to: a tenant, or the whole cluster (0). */
  nodeDomain: I32
  /** 1: neither source nor target of balancing. */
  nodeExcluded: U8
  /** 1: to be emptied, by the operator's wish or the cluster's own; a node that is alive then has the state draining. */
  nodeDraining: U8
  /** Capacity in replicas; Infinity where the system has none. */
  nodeMaxReplicas: F64
  /** Dirs of node n are `nodeDirStart[n]` up to, not including, `nodeDirStart[n + 1]`. */
  nodeDirStart: I32

  dirNode: I32
  dirCapacityBytes: F64
  /** As measured: everything on the volume. */
  dirUsedBytes: F64
  /** Part of the used bytes that is being deleted already. */
  dirFreeingBytes: F64
  /** That and what moves in flight will leave: free when asking for a violation, used when asking what fits. */
  dirPendingFreeBytes: F64
  /** Still to arrive by copies in flight. */
  dirArrivingBytes: F64
  /** Index into `dirStates`. */
  dirState: U8
  dirCordoned: U8
  /** 1: also holds the broker's metadata log. */
  dirMetadata: U8

  topicDomain: I32
  /** Most replicas of the topic that one node may hold; 0 for no such limit. */
  topicCap: I32
  /** 1: left alone, whatever else keeps its partitions from moving. */
  topicExcluded: U8
  /** min.insync.replicas; 0 when not known. */
  topicMinIsr: I32
  topicPartitionStart: I32

  partitionTopic: I32
  /** Node that leads, -1 for none. */
  partitionLeader: I32
  partitionBytesIn: F64
  partitionBytesOut: F64
  /** Partitions of one unit move only together; -1 for a unit of its own. */
  partitionUnit: I32
  /** Index into `immovableReasons`; 0 is movable. */
  partitionImmovable: U8
  partitionReplicaStart: I32

  replicaNode: I32
  /** The dir it lies in, -1 when not known. */
  replicaDir: I32
  replicaBytes: F64
  replicaFlags: U8
  /** The dir of the same node it is being copied to, -1 for none, and how much of it is there. */
  replicaFutureDir: I32
  replicaFutureBytes: F64
  /** Index into the legal sets: the only nodes this slot may be on; -1 for every node of the domain. */
  replicaLegal: I32
  /** Legal sets one after another: set s is `legalNodes[legalStart[s]]` up to `legalStart[s + 1]`. */
  legalStart: I32
  legalNodes: I32
}

export interface Names {
  nodes: NodeId[]
  /** `host:port` or empty. */
  hosts: string[]
  racks: string[]
  domains: string[]
  dirs: string[]
  topics: string[]
  /** The system's own ids of them, empty where it has none: a topic that is made anew has another one. */
  topicIds: string[]
  partitions: PartitionId[]
}

export interface ClusterFacts {
  name: string
  system: string
  /** The system's own id of the cluster, where it has one. */
  clusterId?: string
  version?: string
}

export interface ClusterState extends Columns {
  cluster: ClusterFacts
  names: Names
}

/** Every buffer of the columns once: the transfer list of a message. */
export function buffersOf(columns: Columns): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>()
  for (const value of Object.values(columns)) {
    if (ArrayBuffer.isView(value)) buffers.add(value.buffer as ArrayBuffer)
  }
  return [...buffers]
}

/** The columns without the names, sharing the arrays. */
export function columnsOf(state: ClusterState): Columns {
  const { cluster: _cluster, names: _names, ...columns } = state
  return columns
}

/** `t-3` of a partition index. */
export function partitionLabel(state: ClusterState, partition: number): string {
  return `${state.names.topics[state.partitionTopic[partition]!]}-${state.names.partitions[partition]}`
}

/** Looks up partitions by their names, -1 where there is none; made once for many of them. */
export function partitionFinder({ names, topicPartitionStart }: ClusterState) {
  const topics = new Map(names.topics.map((name, topic) => [name, topic]))
  return (topic: string, id: PartitionId): number => {
    const at = topics.get(topic)
    if (at === undefined) return -1
    const first = topicPartitionStart[at]!
    const end = topicPartitionStart[at + 1]!
    // Mostly they are counted from 0 without gaps.
    const guess = first + Number(id)
    if (guess < end && names.partitions[guess] === id) return guess
    const found = names.partitions.slice(first, end).indexOf(id)
    return found === -1 ? -1 : first + found
  }
}

/** Node indices of a partition's replicas, in list order. */
export function replicaNodesOf(columns: Columns, partition: number): number[] {
  return Array.from(
    columns.replicaNode.subarray(
      columns.partitionReplicaStart[partition],
      columns.partitionReplicaStart[partition + 1],
    ),
  )
}

/** Nodes that have a replica of a partition and are to keep it; none of -1, which is no partition. */
export function membersOf(state: ClusterState, partition: number): Set<NodeId> {
  const members = new Set<NodeId>()
  if (partition === -1) return members
  for (let r = state.partitionReplicaStart[partition]!; r < state.partitionReplicaStart[partition + 1]!; r += 1) {
    if ((state.replicaFlags[r]! & REMOVING) === 0) members.add(state.names.nodes[state.replicaNode[r]!]!)
  }
  return members
}
