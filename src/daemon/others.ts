/** What others do to the cluster, from sample to sample: what they have changed, and who of them is a balancer. */
import type { OthersReport } from '../cluster/events.ts'
import type { Move } from '../cluster/move.ts'
import type { Sample } from '../cluster/sample.ts'
import { ConflictWatch } from './conflict-watch.ts'
import { type Departure, ForeignChanges, type Found } from './foreign-changes.ts'

export class Others {
  readonly changes = new ForeignChanges()
  readonly #conflicts = new ConflictWatch()
  #found: Found = { changed: [], undone: [] }

  /**
   * A new sample; what it shows counts once `keep` is called.
   * @param gone nodes that partitions left since the sample that was kept last.
   * @param isMoving whether somebody else has moves in flight.
   */
  see(
    gone: readonly Departure[],
    { state }: Sample,
    inFlight: readonly Move[],
    isMoving: boolean,
    nowMs: number,
  ): void {
    this.#found = this.changes.judge(gone, state, inFlight)
    this.#conflicts.see(isMoving || this.#found.changed.length > 0, nowMs)
  }

  /** The sample is the one that the next will be compared with. */
  keep({ state }: Sample, nowMs: number): void {
    this.changes.count(this.#found, state.takenAtMs, nowMs)
    this.#conflicts.undone(this.#found.undone.length, nowMs)
  }

  report({ balancers = [] }: Sample): OthersReport {
    return { ...this.changes.totals, conflicts: this.#conflicts.conflicts(balancers) }
  }
}
