/** Where reading a cluster and acting on it meet: what each wants of the other, and no more. */
import type { RunningJob } from '../../cluster/move.ts'
import type { BrokersTarget, Target } from '../../cluster/target.ts'
import type { System } from '../port.ts'
import type { PinotReading } from './reading.ts'
import type { BytesOf } from './rules/changes.ts'

/** Carries out. */
export type PinotActs = Pick<System, 'steps' | 'perform' | 'judge' | 'cancel'>

export interface WantedQuestion {
  reading: PinotReading
  bytesOf: BytesOf
  /** Servers that are to be emptied, by name. */
  drained: ReadonlySet<string>
  /** Tables that somebody asked to be rebalanced. */
  asked: ReadonlySet<string>
  /** Servers that let calls wait: each dry run would take half a minute. */
  hanging: readonly string[]
}

export interface Wanted {
  targets: Target[]
  brokers: BrokersTarget[]
  /** Table → what the controller said when it was asked last. */
  verdicts: ReadonlyMap<string, { text: string; atMs: number }>
}

/** Computes what Pinot would make of the tables now. */
export interface PinotTargets {
  /** Must end within seconds: a sample waits for it. */
  wanted(question: WantedQuestion, signal: AbortSignal): Promise<Wanted>
  /** Jobs in progress, with what their tables show of them. */
  jobs(reading: PinotReading, bytesOf: BytesOf): RunningJob[]
}
