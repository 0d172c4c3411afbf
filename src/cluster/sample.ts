/** What one reading of a cluster brings back. */
import type { Conflict } from './conflicts.ts'
import type { RunningJob, RunningMove } from './move.ts'
import type { ClusterState, NodeId } from './state.ts'
import type { BrokersTarget, Target, TopicReport } from './target.ts'

/** Health figures by the adapter's own judgement; generic rooms never derive them from ISR lists. */
export interface Health {
  /** Under-replicated partitions by cause. */
  underReplicated: { own_move: number; node: number; other: number }
  /** Partitions without a leader. */
  offline: number
  underMinIsr: number
  /** Those of the two that no lost node or dir explains: when they rise while we move, we may be the cause. */
  unexplained: { offline: number; underMinIsr: number }
}

export interface Sample {
  state: ClusterState
  running: RunningMove[]
  /** Of systems that move a topic as one job. */
  jobs?: RunningJob[]
  /** What the system would make of topics whose placement it computes itself. */
  targets?: Target[]
  /** Lists of brokers that are to be made anew. */
  brokers?: BrokersTarget[]
  /** Every such topic, for people. */
  topics?: TopicReport[]
  health: Health
  /** Other balancers that the cluster shows to be at work. */
  balancers?: Conflict[]
  /** Known nodes that gave no figures. */
  missingNodes: NodeId[]
  /** Sentences on what was left out and why: `size of t-3 on node 2 is not known`. */
  notes: string[]
}

/** The cheap reading between samples. */
export interface Pulse {
  takenAtMs: number
  aliveNodes: NodeId[]
  running: RunningMove[]
  jobs?: RunningJob[]
}
