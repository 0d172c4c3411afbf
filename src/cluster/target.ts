/**
 * A target: what a system that computes placement by itself would make of a topic (a Pinot table) now. It is carried out as one
 * job of that system, as a `table` move; what is inside is known beforehand, so that budgets, peaks and people can count it.
 */
import type { DriftCause, TargetHold } from './reasons.ts'
import type { NodeId } from './state.ts'

/** Replicas that the job makes and removes on one node. */
export interface NodeShare {
  node: NodeId
  adds: number
  addBytes: number
  removes: number
  removeBytes: number
}

export interface Target {
  topic: string
  /** Why the topic is not there, the weightiest first. */
  causes: { cause: DriftCause; text: string }[]
  /** Nodes with a change, by id. */
  shares: NodeShare[]
  /** Replicas that are made, and their bytes. */
  adds: number
  bytes: number
  /** The largest single addition: less than this cannot be in flight. */
  largestBytes: number
  /** What moves only together, in replicas on one node: 1, or the size of a partition of a strict topic. */
  unitAdds: number
  unitBytes: number
  /** Replicas per node before and after, and how uneven: (max − mean) ÷ mean of counts and of bytes over the nodes that should hold the topic. */
  evenness: { before: Evenness; after: Evenness }
  /** As the system names them, but for the batch size, which is set when the job begins. */
  parameters: Record<string, string>
  /** Most replicas that the policy lets be on their way to one node at once; absent: as many as the budgets let. */
  maxBatch?: number
  /** The system's own checks before the run. */
  checks: TargetCheck[]
  /** The system's own summary, kept as it came. */
  summary?: Record<string, unknown>
  /** Policy or a person must allow it first; absent: it may run. */
  held?: { code: TargetHold; text: string }
  /** Higher goes first. */
  priority: number
  /** 0: as usual; -1: before the others; 1: after them. */
  turn: -1 | 0 | 1
  /** The same for the same target: what was computed from what. */
  fingerprint: string
}

/** A topic whose list of brokers is not what their tags say. */
export interface BrokersTarget {
  topic: string
  before: NodeId[]
  after: NodeId[]
  text: string
}

export interface Evenness {
  nodes: { node: NodeId; replicas: number; bytes: number }[]
  replicas: number
  bytes: number
}

export const checkResults = ['PASS', 'WARN', 'ERROR'] as const
export interface TargetCheck {
  name: string
  result: (typeof checkResults)[number]
  message: string
}

/** States that a replica of such a topic is seen in. */
export const segmentStates = ['online', 'consuming', 'offline', 'error'] as const
export type SegmentState = (typeof segmentStates)[number]

/** A topic whose placement the system computes itself, for people. */
export interface TopicReport {
  topic: string
  partitions: number
  replicas: number
  bytes: number
  /** Whose nodes it is placed on, as its config says. */
  tenant: string
  /** Those nodes and all that hang together with them. */
  domain: string
  evenness: Evenness
  /** Replicas that are not where the cluster wants them yet, and those that failed. */
  notConverged: number
  inError: number
  /** Replicas by the state that they are seen in; absent where that is not told. */
  seen?: Record<SegmentState, number>
  /** The system's own verdict of the last time it was asked; absent where it was not. */
  verdict?: { text: string; atMs: number }
}
