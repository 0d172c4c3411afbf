/** What the daemon shows of itself to the outside (http, terminal): plain data, read at any moment. */
import type { Decision } from '../cluster/decision.ts'
import type { LoopStatus, MoveProgress, TickReport } from '../cluster/events.ts'
import type { ExplainSubject, Explanation } from '../cluster/explanation.ts'
import type { Hold } from '../cluster/memory.ts'
import type { Move, PartitionMove } from '../cluster/move.ts'
import type { Order, Placement } from '../cluster/orders.ts'
import type { NodeForecast } from '../cluster/plan.ts'
import type { NodeId } from '../cluster/state.ts'
import type { Target } from '../cluster/target.ts'
import type { Pause } from '../cluster/wishes.ts'

/** A node that is to be emptied, and what is still on it. */
export interface DrainView {
  node: NodeId
  replicas: number
  bytes: number
  /** Nothing is on it or on its way to it, and it leads nothing: it can be stopped without anybody missing it. */
  safeToStop: boolean
}

export interface ClusterView {
  name: string
  drains: DrainView[]
  pause?: Pause
  /** Topics whose target somebody asked for; absent: none. */
  asked?: string[]
  /** Fingerprints of held targets that somebody lets run; absent: none. */
  approved?: string[]
  /** Topics that are left alone for a while; absent: none. */
  waiting?: Hold['topics']
  /** What people asked to be moved by hand; absent: nothing. */
  orders?: OrderView[]
  /** What they have put where it is, and that stays there for a while; absent: nothing. */
  placed?: Placement[]
  status: LoopStatus
  statusSinceMs: number
  /** The last complete tick; absent before the first. */
  report?: TickReport
  /** Moves being carried out. */
  running: MoveProgress[]
  /** Moves of the current plan that wait for their turn. */
  pending: Move[]
  /** Ended lately, newest first, at most 100. */
  ended: MoveProgress[]
  /** Why the last sample or tick failed; absent when it did not. */
  error?: string
}

export interface OrderView {
  order: Order
  /** `waits`: for the next tick, for a try that failed, or for what holds everything. */
  state: 'waits' | 'planned' | 'running'
}

/** What would come of an order. */
export interface Weighed {
  move: PartitionMove
  /** With their disks at the peak and in the end. */
  nodes: NodeForecast[]
}

export interface DaemonView {
  clusters(): ClusterView[]
}

/** Why things are as they are: of what a cluster's last round came to, and of the rounds before it. */
export interface DaemonExplanations {
  /**
   * The last rounds that came to something else than the one before them, newest first.
   * @throws EvenkeelError `usage` for an unknown cluster.
   */
  decisions(cluster: string): Decision[]
  /**
   * @throws EvenkeelError `usage` for an unknown cluster, partition, table or node; `sample_incomplete` before the first
   * complete round.
   */
  explain(cluster: string, subject: ExplainSubject): Promise<Explanation>
  /**
   * Takes a sample between two ticks and says what a tick would come to. Nothing of it is remembered, nothing begins.
   * @throws EvenkeelError `usage` for an unknown cluster, `sample_incomplete` before the first complete round; what the sample threw.
   */
  planNow(cluster: string): Promise<TickReport>
}

/**
 * What may be asked of a running daemon. Each takes effect at the next tick, which is brought forward, and is on disk when
 * it returns. All of them are idempotent.
 */
export interface DaemonControl {
  /**
   * Empties a node and keeps it empty.
   * @throws EvenkeelError `usage` for an unknown cluster or node; what the store threw when nothing can be written.
   */
  drain(cluster: string, node: NodeId): Promise<void>
  undrain(cluster: string, node: NodeId): Promise<void>
  /** Starts nothing until `resume` or until `untilMs`; what runs is settled. */
  pause(cluster: string, reason: string, untilMs?: number): Promise<void>
  resume(cluster: string): Promise<void>
  /** Has the targets of these topics computed and carried out, drifted or not. */
  rebalance(cluster: string, topics: readonly string[]): Promise<void>
  /**
   * Takes back what is under way of partitions, or of topics as a whole, and leaves them alone for an hour: of all of them or of none.
   * @throws EvenkeelError `usage` when nothing of any is under way or waits.
   */
  cancel(cluster: string, subjects: readonly string[], reason: string): Promise<void>
  /**
   * Has one replica or leadership moved because a person wants it, as what may be moved at all; it is left there for a day by all that
   * can wait. Replaces what was asked for of the partition before.
   * @throws EvenkeelError `not_found` for a partition that there is not, `usage` with the reason when it may not be moved.
   */
  order(cluster: string, order: Order): Promise<void>
  /** What would come of it as things are. @throws EvenkeelError as `order` does */
  weigh(cluster: string, order: Order): Promise<Weighed>
  /** Lets targets run although they are held, as they are now: another target of the same topic is held anew. */
  approve(cluster: string, targets: readonly Pick<Target, 'topic' | 'fingerprint'>[]): Promise<void>
}
