/** One reading of a Pinot cluster in Pinot's own words: what the sample, the drift of tables and our acts are derived from. */

export const roles = ['server', 'broker', 'controller', 'minion'] as const
export type Role = (typeof roles)[number]

/** A member of the cluster, by its InstanceConfig and LiveInstance. */
export interface Instance {
  /** `Server_host_8098`. */
  name: string
  role: Role
  host: string
  /** Has a live session. */
  live: boolean
  /** Neither disabled in Helix nor by an instance operation. */
  enabled: boolean
  /** Helix was told to empty it. */
  evacuating: boolean
  tags: string[]
  /** Tag → pool, a failure domain. */
  pools: Record<string, string>
  shuttingDown: boolean
  queriesDisabled: boolean
  /** Base URL of its admin API; absent where the config names no port. */
  adminUrl?: string
  /** Of the software; absent where unknown. */
  version?: string
  /** Messages that wait for it in Helix; absent where that cannot be seen. */
  queueDepth?: number
}

/** States of a segment on a server; an index into this list is kept. The last two are of the ExternalView only. */
export const segmentStates = ['ONLINE', 'CONSUMING', 'OFFLINE', 'ERROR', 'DROPPED'] as const
export type SegmentState = (typeof segmentStates)[number]

/**
 * Segment → server → state in flat arrays: entries of segment s are `start[s]` up to, not including, `start[s + 1]`. Segments
 * are in the order of their names, entries of one segment in the order of the servers' names.
 */
export interface Placement {
  segments: string[]
  servers: string[]
  start: Int32Array<ArrayBuffer>
  /** Index into `servers`. */
  server: Int32Array<ArrayBuffer>
  /** Index into `segmentStates`. */
  state: Uint8Array<ArrayBuffer>
}

export interface IdealState {
  /** Of the znode. */
  version: number
  placement: Placement
  /** False: somebody disabled the table. */
  enabled: boolean
  /** REPLICAS of the record; absent or odd in some. */
  replicas?: number
  /** Ingestion is paused. */
  consumptionPaused: boolean
}

/** Server lists by `PARTITION_REPLICAGROUP`. */
export interface InstancePartitions {
  /** `orders_OFFLINE`, `orders__TIER__cold`. */
  name: string
  version: number
  lists: Record<string, string[]>
}

export interface Table {
  /** With its type: `orders_OFFLINE`. */
  name: string
  type: 'OFFLINE' | 'REALTIME'
  /** The table config as JSON, its members parsed. */
  config: Record<string, unknown>
  configVersion: number
  idealState: IdealState
  /** Absent until a first replica is there. */
  externalView?: { version: number; placement: Placement }
  /** Those that are persisted, by type or tier. */
  instancePartitions: InstancePartitions[]
  /** Segments are being replaced: entries of the lineage in progress. */
  lineageInProgress: number
}

export const jobStatuses = ['IN_PROGRESS', 'DONE', 'NO_OP', 'FAILED', 'ABORTED', 'CANCELLED', 'UNKNOWN_ERROR'] as const
export type JobStatus = (typeof jobStatuses)[number]

/** A table rebalance as the controllers keep it in their list of jobs. */
export interface Job {
  id: string
  /** Of the first attempt; equal to `id` for that. */
  originalId: string
  attempt: number
  table: string
  status: JobStatus
  startedAtMs: number
  /** When its entry was written last: a living job writes at least every `heartbeatIntervalMs`. */
  updatedAtMs: number
  heartbeatIntervalMs: number
  heartbeatTimeoutMs: number
  allowRetries: boolean
  /** Parameters as the controller keeps them. */
  config: Record<string, unknown>
  /** Replicas still to be added and deleted; absent where the entry does not tell. */
  adds?: { total: number; left: number }
  deletes?: { total: number; left: number }
  /** Segment replicas that IdealState has and ExternalView has not yet. */
  notConverged?: number
  message?: string
}

export interface PinotReading {
  takenAtMs: number
  /** Name of the cluster in Helix. */
  clusterName: string
  instances: Instance[]
  tables: Table[]
  /** Table → brokers, as the broker resource has it, and its version. */
  brokerResource: { version: number; brokers: Map<string, string[]> }
  jobs: Job[]
  /** Helix is told to do nothing. */
  maintenance: boolean
  paused: boolean
  /** Cluster-wide limits on segment operations that are set, by Pinot's names. */
  throttles: Record<string, string>
  /** What could not be read, one sentence each. */
  notes: string[]
}
