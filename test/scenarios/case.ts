/**
 * The language of a case: what the cluster is, what happens when, the settings, and what must hold on the way and at the
 * end. Data only, one file a case; its name is the path of the file. What must hold in every case is in watch.ts.
 */
import type { LoopStatus, MoveResult } from '../../src/cluster/events.ts'
import type { MoveReason, VerdictCode } from '../../src/cluster/reasons.ts'
import type { BalanceSettings } from '../../src/cluster/settings.ts'
import type { NodeId } from '../../src/cluster/state.ts'
import type { LoopOptions } from '../../src/daemon/cluster-loop.ts'
import type { Happening, SimulatorOptions } from '../../src/systems/simulator/options.ts'

export const MB = 1e6
export const GB = 1e9
export const MiB = 2 ** 20
export const SECOND = 1000
export const MINUTE = 60_000
export const HOUR = 3_600_000

export interface Case {
  cluster: Omit<SimulatorOptions, 'events' | 'copyRate'> & { copyRate?: number }
  /** Beyond the defaults: mode continuous, no band, leadership even by count. */
  settings?: Partial<BalanceSettings>
  execution?: Partial<LoopOptions['execution']>
  /** From tick to tick, 30 s unless given; from pulse to pulse, 3 s. */
  tickMs?: number
  pulseMs?: number
  happens?: Occurrence[]
  /** Virtual milliseconds. */
  lasts: number
  /** What must hold on the way. */
  way?: (Moment | Stretch)[]
  end: End
  /** What in evenkeel keeps the case from being met as yet. Once it is met this must go. */
  open?: string
}

/** Something befalls the cluster, or somebody does something. `at` counts from the start. */
export type Occurrence = { at: number } & (Happening | Deed)

/** What people do, to evenkeel or to labels that the simulator does not script. */
export type Deed =
  | { drain: NodeId }
  | { undrain: NodeId }
  /** For so long; 0 until resume. */
  | { pause: number }
  | { resume: true }
  /** Other settings, as after a change of the config file; those not named stay. */
  | { set: Partial<BalanceSettings> }
  | { limit: Partial<LoopOptions['execution']> }
  /** A node gets another rack label, or loses its own. */
  | { label: { node: NodeId; rack?: string } }
  /** The process is killed and starts again. */
  | { restart: true }

/** A number, or the least and the most. */
export type Range = number | readonly [least: number, most: number]
export const some = [1, Number.POSITIVE_INFINITY] as const

/** How things stand at one time. */
export interface Picture {
  status?: LoopStatus
  verdict?: VerdictCode
  /** Is in the text of the verdict. */
  says?: string | RegExp
  /** Our moves in flight. */
  running?: Range
  /** Nodes without a replica. */
  empty?: NodeId[]
  /** Replicas of a node. */
  replicas?: Record<number, Range>
  /** Leaders of a node. */
  leaders?: Record<number, Range>
  /** Nodes of a partition, in any order. */
  on?: Record<string, NodeId[]>
  /** Every dir that is online is filled to this ratio at most; the dirs named are, as `node/path`. */
  below?: number
  dirs?: Record<string, Range>
  /** Nodes that have their fair share, within 5 % or the largest replica. */
  filled?: NodeId[]
  /** No node is further from its fair share than this ratio. */
  even?: number
  /** Most leaders of a node over the mean. */
  leadersOverMean?: number
  /** Partitions that share a rack needlessly. */
  needless?: Range
  /** Drains that are wished: whether the node may be stopped. */
  safeToStop?: Record<number, boolean>
  /** Why candidates are rejected by the plan in force, some of them. */
  rejected?: string[]
}

export interface Moment extends Picture {
  at: number
}

/** Between two times. */
export interface Stretch {
  from: number
  to: number
  /** Holds at every tick. */
  always?: Pick<Picture, 'status' | 'verdict' | 'says'>
  /** Holds at some tick. */
  once?: Pick<Picture, 'status' | 'verdict' | 'says'>
  /** Moves that start, of any kind, or of these only. */
  starts?: Range
  reasons?: MoveReason[]
}

/** `ready`, `balanced`, everything whole and no needless shared rack unless said otherwise. */
export interface End extends Picture {
  /** Replica moves that were done. */
  moves?: Range
  transfers?: Range
  /** Classes of the replica moves that were started, all of them in the order of their first starts. */
  reasons?: MoveReason[]
  /** Ids of the moves that were started first, in their order. */
  begins?: string[]
  /** Ends of moves other than `done`; none unless named. */
  results?: Partial<Record<MoveResult, Range>>
  /** Bytes moved ÷ least bytes; unless the largest replica is more than the difference. */
  cheap?: number
  /** All replica moves that were done left these nodes; went to these. */
  from?: NodeId[]
  to?: NodeId[]
  /** What the circuit breaker did; nothing unless said. */
  paused?: Range
  /** Partitions that are not whole: not in sync everywhere, or not at full size; or how many. */
  broken?: string[] | number
  /** A replica comes back to a node that it left, which is right here: somebody wished it or it was long ago. */
  returns?: true
}
