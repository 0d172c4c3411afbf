/**
 * The lines of a snapshot: one JSON object each, in snake_case as they stand in the file.
 * Systems describe what they sampled in these very shapes, so a snapshot and a live sample take the same way in.
 */
import type { DirState, Immovable, NodeState } from './reasons.ts'
import type { NodeId, PartitionId } from './state.ts'
import type { TableLine } from './table-lines.ts'

export interface ClusterLine {
  type: 'cluster'
  version: 1
  name: string
  system: string
  /** ISO 8601. */
  taken_at: string
  cluster_id?: string
  cluster_version?: string
  /** What a node's share is measured by; absent: what its disks hold. `replicas`: the disks hold much else, or several nodes share one. */
  share_by?: 'replicas'
}

export interface DirLine {
  path?: string
  capacity_bytes: number
  used_bytes: number
  /** Part of the used bytes that is known to be on its way out: deleted replicas that still lie on the volume. */
  freeing_bytes?: number
  state?: DirState
  cordoned?: boolean
  metadata?: boolean
}

export interface NodeLine {
  type: 'node'
  id: NodeId
  host?: string
  rack?: string
  state: NodeState
  alive_since?: string
  unavailable_since?: string
  excluded?: boolean
  /** To be emptied; of a node that is alive the state says so already. */
  draining?: boolean
  max_replicas?: number
  domain?: string
  dirs: DirLine[]
}

export interface PartitionLine {
  id: PartitionId
  /** Absent or null: no leader. */
  leader?: NodeId | null
  /** Every replica there is, those of `adding` and `removing` too; the preferred leader first. */
  replicas: NodeId[]
  isr?: NodeId[]
  /** Per replica, or one figure for all; null where not known. */
  bytes?: number | (number | null)[]
  /** Per replica the path of its dir; null where not known. */
  dirs?: (string | null)[]
  adding?: NodeId[]
  removing?: NodeId[]
  /** Replicas that the cluster itself calls offline. */
  offline?: NodeId[]
  /** Copies on their way to another dir of the same node. */
  dir_moves?: DirMoveLine[]
  bytes_in_per_second?: number
  bytes_out_per_second?: number
  /** Why it stays where it is, where the rest of the line does not say so. */
  immovable?: Immovable
}

interface DirMoveLine {
  node: NodeId
  to: string
  bytes: number
}

export interface TopicConstraints {
  domain?: string
  /** Most replicas of the topic on one node. */
  cap?: number
  /** Partitions with the same unit move only together. */
  units?: Record<string, string>
  /** Per partition id and replica slot the only nodes it may be on; null for any. */
  legal?: Record<string, (NodeId[] | null)[]>
  /** Why partitions of this topic stay where they are. */
  excluded?: boolean
}

export interface TopicLine {
  type: 'topic'
  name: string
  topic_id?: string
  min_isr?: number
  constraints?: TopicConstraints
  /** Nobody leads here, and nobody is missed. */
  leaderless?: boolean
  partitions: PartitionLine[]
}

/**
 * A topic in flat arrays, for systems with very many partitions: the same as a `TopicLine`, never written to a file. Replicas of
 * partition p are `start[p]` up to, not including, `start[p + 1]`.
 */
export interface TopicColumns {
  name: string
  constraints?: Pick<TopicConstraints, 'domain' | 'cap' | 'excluded'>
  /** In the order of `compareIds`, none twice. */
  ids: PartitionId[]
  start: Int32Array
  /** The nodes that `node` is an index into. */
  nodes: NodeId[]
  node: Int32Array
  /** NaN where not known. */
  bytes: Float64Array
  /** As of `replicaFlags`. */
  flags: Uint8Array
  /** Why a partition stays where it is, beside what flags and sizes say; as of `partitionImmovable`. Such a topic has no leaders to miss. */
  immovable: Uint8Array
}

export interface MoveLine {
  type: 'move'
  topic: string
  partition: PartitionId
  target: NodeId[]
  adding: NodeId[]
  removing: NodeId[]
  /** Of a copy between dirs of one node: which node, and the dir it goes to. */
  node?: NodeId
  to_dir?: string
  bytes_done?: number
  bytes_total?: number
  /** Ours, by the journal of the daemon that wrote the snapshot. */
  ours?: boolean
}

/** What the daemon remembers beside the cluster's own state (see cluster/memory.ts). */
export interface MemoryLine {
  type: 'memory'
  /** Nodes being filled since they were added. */
  filling?: NodeId[]
  skewed_domains?: string[]
  /** Dirs, as `NODE/PATH`, being relieved because they went over the limit of that name. */
  relieving?: { disk_critical: string[]; disk_over_limit: string[] }
  leader_skew?: boolean
  /** Samples in a row that showed leadership uneven, or even while it was being evened out. */
  leader_samples?: number
  leader_idle_since?: string
  /** When conditions that must last were first seen, by a name of their own. */
  pending?: Record<string, string>
  /** Nodes that partitions left lately, and when. */
  left?: { topic: string; partition: PartitionId; node: NodeId; at: string }[]
  /** Partitions whose leadership is left alone for a while. */
  muted?: { topic: string; partition: PartitionId; until: string }[]
  /** What failed lately and is left alone for a while. */
  hold?: {
    partitions: { topic: string; partition: PartitionId; until: string; exhausted: boolean }[]
    /** Those that are moved as a whole. */
    topics?: { topic: string; until: string; exhausted: boolean; why: string }[]
    nodes: { node: NodeId; until: string }[]
  }
  /** What people asked to be moved. */
  orders?: OrderLine[]
  /** What they have put somewhere. */
  placed?: PlacementLine[]
  /** Health when the moves in flight began. */
  baseline?: { offline: number; under_min_isr: number }
  /** First moment each open violation was seen. */
  since?: Record<string, string>
}

export interface OrderLine {
  kind: 'replica' | 'leader'
  topic: string
  partition: PartitionId
  /** Of a replica. */
  from?: NodeId
  to: NodeId
  from_dir?: string
  to_dir?: string
  reason: string
  at: string
  override?: boolean
  failures?: number
  until?: string
}

export interface PlacementLine {
  what: 'replica' | 'leader'
  topic: string
  partition: PartitionId
  node: NodeId
  until: string
}

/** What the adapter judged beside the placement: gates depend on it. */
export interface HealthLine {
  type: 'health'
  under_replicated: { own_move: number; node: number; other: number }
  offline: number
  under_min_isr: number
  /** Those of the two that no lost node or dir explains; absent: all of them are explained. */
  unexplained?: { offline: number; under_min_isr: number }
  missing_nodes: NodeId[]
  notes: string[]
}

export type SnapshotLine = ClusterLine | NodeLine | TopicLine | MoveLine | HealthLine | MemoryLine | TableLine
