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
  unit: 'bytes' | 'leaders'
  /** Still open because it has begun, but too small to begin anew: if nothing helps any more it may close. */
  closing: boolean
  /** One sentence with the number that decides. */
  text: string
}

/** What to go for, by index of the state's columns. */
export interface Goals {
  /** Nodes to fill up to their fair share. */
  fillNodes: number[]
  /** Domains whose disk use is to be brought into the band. */
  skewedDomains: number[]
  balanceLeaders: boolean
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
  rack?: string
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
