/** The settings that govern judging and planning, compiled: ratios instead of percent, milliseconds, bytes. */
import type { Mode } from './events.ts'
import type { NodeId } from './state.ts'

/** `require`: no shared rack after a move. `prefer`: never worsen. `ignore`: racks do not count. */
export type RackAwareness = 'require' | 'prefer' | 'ignore'

export interface BalanceSettings {
  mode: Mode
  dryRun: boolean
  nodeAddHoldMs: number
  /** A node with less than this part of its fair share counts as added. */
  nodeAddBelow: number
  maxDiskUsage: number
  /** Half width of the band around the mean; undefined: fullness is not evened out. */
  diskBalance?: number
  topicAware: boolean
  rackAwareness: RackAwareness
  leadershipEnabled: boolean
  excludeTopics: RegExp[]
  excludeNodes: NodeId[]
}

/** How far from its fair share a node may be when its filling ends, as a ratio. */
export const FILL_TOLERANCE = 0.05
/** A band is left for good only beyond this multiple of its width: what ended at its edge does not begin again by noise. */
export const SKEW_HYSTERESIS = 1.1
/** Leadership is evened out to within this of the mean … */
export const LEADER_TOLERANCE = 0.05
/** … once it is further off than this. */
export const LEADER_TRIGGER = 0.1
/** Imbalances smaller than this are nobody's concern, whatever their ratio. */
export const FLOOR_BYTES = 1024 * 1024
/** What a copy needs on disk beside its log, as a ratio: measured 5.5 % with 16 MiB segments. */
export const INDEX_RESERVE = 0.06
