/** Where reading a cluster and acting on it meet: what each wants of the other, and no more. */
import type { Target } from '../../cluster/target.ts'
import type { System } from '../port.ts'
import type { PinotReading } from './reading.ts'
import type { SegmentSizes } from './sizes.ts'

/** Carries out. */
export type PinotActs = Pick<System, 'steps' | 'perform' | 'judge' | 'cancel'>

/** Computes what Pinot would make of the tables now. */
export interface PinotTargets {
  /** Must end within seconds: a sample waits for it. @param sizes of the segments of the reading's tables. */
  targets(reading: PinotReading, sizes: SegmentSizes, signal: AbortSignal): Promise<Target[]>
}
