/** Violation, verdict and plan: what the rooms assess, plan, execute and the observers speak about. */
import type { Move } from './move.ts'
import type { RejectReason, VerdictCode, ViolationKind } from './reasons.ts'
import type { NodeId } from './state.ts'

/** A measured breach. */
export interface Violation {
  kind: ViolationKind
  /** What is in breach: `node 4`, `cluster`. */
  subject: string
  sinceMs: number
  size: number
  unit: 'bytes' | 'leaders' | 'lists' | 'partitions' | 'replicas'
  /** Still open because it has begun, but too small to begin anew: if nothing helps any more it may close. */
  closing: boolean
  /** One sentence with the number that decides. */
  text: string
  /** Why nothing is done about it now; absent when something may be. */
  gate?: { code: VerdictCode; text: string }
}

/** What to go for, in the order of the passes, by index of the state's columns. */
export interface Goals {
  /** Dirs over the hard limit. */
  criticalDirs: number[]
  /** Nodes whose replicas are to be made anew elsewhere: gone for too long. */
  lostNodes: number[]
  /** Nodes that are alive and have replicas in a dir that is gone for too long. */
  failedDirNodes: number[]
  /** Nodes to be emptied. */
  drainNodes: number[]
  /** Dirs over the soft limit. */
  overDirs: number[]
  /** Topics to be brought where the system itself puts them, for another reason than those nodes. */
  driftedTopics: string[]
  /** Topics whose list of brokers is to be made anew. */
  staleBrokers: string[]
  /** Whether racks are to be repaired. */
  repairRacks: boolean
  /** Nodes to fill up to their fair share. */
  fillNodes: number[]
  /** Domains whose disk use is to be brought into the band. */
  skewedDomains: number[]
  balanceLeaders: boolean
}

export const noGoals: Goals = {
  criticalDirs: [],
  lostNodes: [],
  failedDirNodes: [],
  drainNodes: [],
  overDirs: [],
  driftedTopics: [],
  staleBrokers: [],
  repairRacks: false,
  fillNodes: [],
  skewedDomains: [],
  balanceLeaders: false,
}

export interface Verdict {
  act: boolean
  code: VerdictCode
  /** One sentence with the number that decides. */
  text: string
}

export interface Blocked {
  reason: RejectReason
  count: number
  /** A few candidates in words: `t-3 from 1 to 4`. */
  examples: string[]
}

export interface NodeForecast {
  id: NodeId
  /** `host:port`, or the host; absent where it is not known. */
  host?: string
  rack?: string
  /** Whose node it is; absent where the system knows no tenants. */
  tenant?: string
  state: string
  diskBytes: { now: number; peak: number; final: number }
  capacityBytes: number
  dirs: { path: string; usedBytes: number; capacityBytes: number }[]
  replicas: { now: number; final: number }
  leaders: { now: number; final: number }
}

export interface Plan {
  moves: Move[]
  bytes: number
  /** Least bytes that can reach the goal of this plan. */
  lowerBoundBytes: number
  nodes: NodeForecast[]
  blocked: Blocked[]
  planningMs: number
}
