/** What the simulated cluster consists of. Sizes in bytes, rates in bytes per second, times in milliseconds since the start. */
import type { DirLine } from '../../cluster/lines.ts'
import type { NodeId, PartitionId } from '../../cluster/state.ts'

/** A broker. */
export interface Node {
  id: NodeId
  rack?: string
  /** Bytes per second of its own, instead of the cluster's. */
  copyRate?: number
  dirs: Dir[]
  /** The process runs. */
  up: boolean
  /** When the controller will hold a stopped node for dead; absent while it is up or already held for dead. */
  noticedAtMs?: number
  /** When the controller began to hold it for dead; absent while it does not. */
  deadSinceMs?: number
  /** It was started again, and is let in once its former life is held for dead. */
  returning?: boolean
  /** Until when it tells no figures although it is well. */
  silentUntilMs?: number
  /** What it told last; absent while it tells. */
  lastWord?: Figures
}

export interface Dir {
  path: string
  capacityBytes: number
  /** What others keep on the volume. */
  otherBytes: number
  /** Also holds the metadata of the cluster, without which the node cannot live. */
  metadata: boolean
  cordoned: boolean
  /** Offline, and why; a full one has its data still. */
  failed?: 'broken' | 'full'
  /** A good, empty disk waits for the next start of the node. */
  replaced: boolean
  /** Copies that were taken away while it was offline: the node will put them nowhere else before it starts again. */
  lost: Set<Partition>
  /** Removed replicas whose files still take space. */
  deleting: { bytes: number; atMs: number }[]
  /** Bytes of all copies in it, and what comes in per ms: as they were when last measured. */
  copiedBytes: number
  inflow: number
}

/** Its lists are never changed but replaced: several partitions, and what is read of them, share one. */
export interface Partition {
  topic: string
  id: PartitionId
  /** Of the log; every in-sync copy holds as many. */
  bytes: number
  /** Bytes per second written to it while it has a leader, enough in-sync replicas, and all of those answer. */
  growth: number
  /** What is really written, bytes per ms, as it was when last measured. */
  inflow: number
  /** With fewer in-sync replicas nothing is written. */
  minIsr: number
  replicas: NodeId[]
  adding: NodeId[]
  removing: NodeId[]
  /** Never names a node that the controller holds for dead; empty while leaderless. */
  isr: NodeId[]
  leader: NodeId | undefined
  /** The only node that may lead again while nobody does. */
  lastLeader: NodeId
  copies: Map<NodeId, Copy>
  /** Copies on their way to another dir of the same node; each takes the place of the one there once it is as large. */
  futures: ReadonlyMap<NodeId, Copy>
}

export interface Copy {
  dir: Dir
  bytes: number
}

/** What a broker tells of itself when asked. */
export interface Figures {
  dirs: DirLine[]
  copies: Map<Partition, CopyFigures>
}

export interface CopyFigures {
  bytes: number | null
  dir: string | null
  future?: { to: string; bytes: number }
}
