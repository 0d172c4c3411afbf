/** The settings that govern judging and planning, compiled: ratios instead of percent, milliseconds, bytes. */
import type { Mode } from './events.ts'
import type { ViolationKind } from './reasons.ts'
import type { NodeId } from './state.ts'

/** `require`: no shared rack after a move. `prefer`: never worsen. `ignore`: racks do not count. */
export type RackAwareness = 'require' | 'prefer' | 'ignore'

/** When classes may act: `minutes` count from midnight in the time zone; one that ends before it begins spans midnight. */
export interface Window {
  /** Days of the week on which it begins, Sunday being 0. */
  days: number[]
  fromMinute: number
  toMinute: number
  /** IANA name. */
  timezone: string
  /** Classes that are bound: they may act only while a window that names them is open. */
  classes: ViolationKind[]
}

export const leadershipStrategies = ['random_hill_climbing', 'greedy_balanced_shards'] as const
export type LeadershipStrategy = (typeof leadershipStrategies)[number]
/** What is evened out: partitions led, or the bytes per second that they take in and give out. */
export type LeadershipMeasure = 'count' | 'traffic'

export interface BalanceSettings {
  mode: Mode
  dryRun: boolean
  nodeAvailabilityTimeoutMs: number
  nodeAddHoldMs: number
  /** A node with less than this part of its fair share counts as added. */
  nodeAddBelow: number
  /** Balancing and racks fill no dir beyond this ratio, and what is beyond is relieved. */
  maxDiskUsage: number
  /** Nothing of ours fills a dir beyond this ratio. */
  hardDiskUsage: number
  /** Half width of the band around the mean; undefined: fullness is not evened out. */
  diskBalance?: number
  topicAware: boolean
  rackAwareness: RackAwareness
  leadershipEnabled: boolean
  leadershipStrategy: LeadershipStrategy
  leadershipBy: LeadershipMeasure
  /** From the end of one evening out of leadership to the begin of the next at least. */
  leadershipIdleMs: number
  /** How long a partition's leadership is left alone after a transfer of it failed. */
  leadershipMuteMs: number
  windows: Window[]
  excludeTopics: RegExp[]
  excludeNodes: NodeId[]
  /** Excluded topics are left alone by repair and drain as well. */
  excludeHard: boolean
}

/** How far from its fair share a node may be when its filling ends, as a ratio. */
export const FILL_TOLERANCE = 0.05
/** A band is left for good only beyond this: what ended at its edge does not begin again by noise, which is the same for narrow ones. */
export function skewEdge(band: number): number {
  return Math.max(band * 1.1, band + 0.01)
}
/** Leadership is evened out to within this of the mean … */
export const LEADER_TOLERANCE = 0.05
/** … once it is further off than this. */
export const LEADER_TRIGGER = 0.1
/** Samples in a row that must show leadership uneven before anything is done, and even before it is over. */
export const LEADER_SAMPLES_ON = 3
export const LEADER_SAMPLES_OFF = 2
/** A dir that went over its limit is relieved until it is this part of its capacity below it. */
export const RELIEF_MARGIN = 0.01
/** A partition is not moved back to a node that it left less than this ago, by us or by anybody. */
export const RETURN_WINDOW_MS = 3_600_000
/** What a person put somewhere is left there for so long by all that can wait. */
export const PLACED_MS = 24 * 3_600_000
/** What a plan assumes a node can take in, to know how much logs grow while it is carried out. */
export const ASSUMED_COPY_RATE = 50 * 1024 * 1024
/** Room kept free in a dir that also holds the broker's metadata: a broker that cannot write those stops. */
export const METADATA_RESERVE_BYTES = 1024 ** 3
export const METADATA_RESERVE = 0.02
/** More than this part of the nodes gone at once is no matter of single nodes. */
export const MASS_FAILURE = 0.4
/** Imbalances smaller than this are nobody's concern, whatever their ratio. */
export const FLOOR_BYTES = 1024 * 1024
/** What a copy needs on disk beside its log, as a ratio: measured 5.5 % with 16 MiB segments. */
export const INDEX_RESERVE = 0.06
