/** Every filter that says no is counted under its name, with the first few candidates it said no to. */
import { type RejectReason, rejectReasons } from '../cluster/reasons.ts'
import type { RejectedExample } from './request.ts'

const EXAMPLES = 3

export class Rejections {
  readonly #counts = new Float64Array(rejectReasons.length)
  readonly #examples: RejectedExample[][] = rejectReasons.map(() => [])

  add(reason: RejectReason, partition: number, from: number, to: number): void {
    const index = rejectReasons.indexOf(reason)
    this.#counts[index]! += 1
    const examples = this.#examples[index]!
    if (examples.length >= EXAMPLES) return
    // The search comes by the same candidate again and again.
    const known = examples.some((one) => one.partition === partition && one.from === from && one.to === to)
    if (!known) examples.push({ partition, from, to })
  }

  list(): { reason: RejectReason; count: number; examples: RejectedExample[] }[] {
    return rejectReasons
      .map((reason, index) => ({ reason, count: this.#counts[index]!, examples: this.#examples[index]! }))
      .filter((entry) => entry.count > 0)
  }
}
