/** Moves and steps of tables and broker lists, until the generic rooms have them. */
import type { ViolationKind } from '../../cluster/reasons.ts'
import type { NodeShare, Target } from '../../cluster/target.ts'
import type { StepResult } from '../port.ts'

/** A table is brought to its target by one job of the controller's. */
export interface TableMove {
  kind: 'table'
  id: string
  /** With its type: `orders_OFFLINE`. */
  topic: string
  reason: ViolationKind
  causes: Target['causes']
  /** By Pinot's names; the batch size is set from `batch`. */
  parameters: Record<string, string>
  shares: NodeShare[]
  adds: number
  bytes: number
  /** Additions per server and step; absent: as the parameters say. */
  batch?: number
  fingerprint: string
  /** The controller's job that carries it out, once it is known. */
  job?: string
  /** Replicas per node before and after, to judge by where nothing better is remembered. */
  counts?: { before: NodeCount[]; after: NodeCount[] }
}

export interface NodeCount {
  node: number | string
  replicas: number
}

/** The broker list of a table is made anew from the tags. */
export interface BrokersMove {
  kind: 'brokers'
  id: string
  topic: string
  reason: ViolationKind
  before: string[]
  after: string[]
}

export type PinotMove = TableMove | BrokersMove

export type PinotStep =
  | { kind: 'job'; topic: string; parameters: Record<string, string>; fingerprint: string }
  | { kind: 'brokers'; topic: string; brokers: string[] }

/** As of any system, and which job it became. */
export type PinotStepResult = StepResult | { outcome: 'accepted'; job?: string }
