/**
 * What a move is worth to the evenness of disk use: the violation it fixes at both its ends. It is worth nothing when
 * it fixes nothing, when the target would be fuller than the source after it (that would be ping-pong), or when the gain is too small.
 */
import type { ViolationKind } from '../cluster/reasons.ts'
import type { Model } from './model.ts'

/** What to even out: the nodes of one domain, the band of each and what may be done. */
export interface EvenTask {
  reason: ViolationKind
  /** Nodes whose violation is to be fixed. */
  fix: number[]
  /** Nodes that may give. */
  sources: number[]
  /** Nodes that may receive. */
  targets: number[]
  /** Least and most bytes of each node, by index. */
  lower: Float64Array
  upper: Float64Array
  /** Bytes under which a fix that does not bring its node into the band is not worth a move. */
  minGainBytes: number
}

/** `overtakes`: the target would be fuller than the source afterwards. */
export type WorthAnswer = 'helps' | 'no_fix' | 'overtakes' | 'min_gain'

/** The least that is worth a move at all. */
export const LEAST_STEP = 1

export class Worth {
  readonly #model: Model
  readonly #task: EvenTask

  constructor(model: Model, task: EvenTask) {
    this.#model = model
    this.#task = task
  }

  /** Bytes that a node is outside its band when it uses so many. */
  violation(node: number, used: number): number {
    return Math.max(0, used - this.#task.upper[node]!) + Math.max(0, this.#task.lower[node]! - used)
  }

  /** Bytes of violation that are gone after the move. */
  fix(from: number, to: number, bytes: number): number {
    const { usedBytes } = this.#model
    return (
      this.violation(from, usedBytes[from]!) +
      this.violation(to, usedBytes[to]!) -
      this.violation(from, usedBytes[from]! - bytes) -
      this.violation(to, usedBytes[to]! + bytes)
    )
  }

  of(from: number, to: number, bytes: number, step: number): WorthAnswer {
    const { shares, usedBytes } = this.#model
    const fix = this.fix(from, to, bytes)
    if (scoreStep(fix, bytes) < step) return 'no_fix'
    const sourceAfter = (usedBytes[from]! - bytes) / shares.capacityBytes[from]!
    const targetAfter = (usedBytes[to]! + bytes) / shares.capacityBytes[to]!
    if (sourceAfter < targetAfter) return 'overtakes'
    return fix >= this.#task.minGainBytes || this.#settles(from, to, bytes) ? 'helps' : 'min_gain'
  }

  /** Whether the move brings one of its ends into the band, however little is left to fix. */
  #settles(from: number, to: number, bytes: number): boolean {
    const { usedBytes } = this.#model
    const settles = (node: number, after: number) =>
      this.violation(node, usedBytes[node]!) > 0 && this.violation(node, after) === 0
    return settles(from, usedBytes[from]! - bytes) || settles(to, usedBytes[to]! + bytes)
  }
}

/** Violation fixed per byte, in steps of 5 %. The epsilon keeps a perfect move from falling a step by rounding. */
export function scoreStep(fix: number, bytes: number): number {
  return bytes > 0 ? Math.floor((fix / bytes) * 20 + 1e-9) : 0
}
