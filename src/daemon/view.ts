/** What the daemon shows of itself to the outside (http, terminal): plain data, read at any moment. */
import type { LoopStatus, MoveProgress, TickReport } from '../cluster/events.ts'
import type { Move } from '../cluster/move.ts'

export interface ClusterView {
  name: string
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

export interface DaemonView {
  clusters(): ClusterView[]
}
