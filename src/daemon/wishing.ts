/** What people want of a cluster, from being asked for to being over: kept in the journal, read from there at every tick. */
import type { MoveProgress } from '../cluster/events.ts'
import { partitionName } from '../cluster/move.ts'
import type { Order } from '../cluster/orders.ts'
import type { Sample } from '../cluster/sample.ts'
import type { BalanceSettings } from '../cluster/settings.ts'
import type { Executor } from '../execute/executor.ts'
import { ordering } from '../execute/journal/by-hand.ts'
import type { Change, Journal } from '../execute/journal/journal.ts'
import { fulfilled } from '../execute/journal/wishes.ts'
import type { Clock } from '../lib/clock.ts'
import { EvenkeelError } from '../lib/errors.ts'
import { Turns } from '../lib/turns.ts'
import type { Planner } from '../plan/planner.ts'
import type { System } from '../systems/port.ts'
import { endOf, Orders, weighed } from './orders.ts'
import type { Recollection } from './recollection.ts'
import type { Thought } from './think.ts'
import type { Weighed } from './view.ts'

export interface WishingParts {
  system: System
  planner: Planner
  journal: Journal
  clock: Clock
  executor: Executor
  recollection: Recollection
  settings: () => BalanceSettings
  /** Brings the next tick forward; nothing begins before it. */
  hurry: () => void
}

export class Wishing {
  readonly #parts: WishingParts
  readonly #turns = new Turns()
  readonly #orders = new Orders()

  constructor(parts: WishingParts) {
    this.#parts = parts
  }

  /**
   * Changes what is wanted; on disk when it returns, in force at the next tick.
   * @throws what the journal threw when it cannot be written: nothing has changed then.
   */
  async wish(change: (journal: Pick<Journal, 'read'>) => Change[]): Promise<void> {
    await this.change(change)
    this.#parts.hurry()
  }

  /** One change after the other, each from what the last one left. No tick is brought forward for it. @throws as `wish` does */
  change(change: (journal: Pick<Journal, 'read'>) => Change[]): Promise<void> {
    const { journal } = this.#parts
    return this.#turns.take(async () => {
      const changes = change(journal)
      if (changes.length > 0) await journal.write(changes)
    })
  }

  /**
   * Takes back what is under way of the subjects and leaves them alone for a while; what of them waits, or was asked for, does not begin.
   * @throws EvenkeelError `usage` when there is nothing of any of them.
   */
  async cancel(subjects: readonly string[], reason: string): Promise<void> {
    const { executor } = this.#parts
    const all = subjects.map((subject) => ({ subject, why: `cancelled by an operator: ${reason}` }))
    await this.wish((journal) => {
      const changes = all.flatMap((cancelled) => [
        ...executor.cancellation(cancelled),
        ...(['asked', 'order'] as const).flatMap((kind): Change[] =>
          journal.read(kind).has(cancelled.subject) ? [{ kind, key: cancelled.subject, value: undefined }] : [],
        ),
      ])
      if (changes.length === 0)
        throw new EvenkeelError('usage', `nothing of ${subjects.join(', ')} is under way or waits`)
      return changes
    })
    for (const cancelled of all) executor.cancel(cancelled)
  }

  /**
   * @param stale partitions that have moved since the last sample: of those the next tick judges.
   * @throws EvenkeelError `not_found` or `usage` when it may not be moved, as far as the last sample shows.
   */
  async order(order: Order, stale: readonly string[], signal: AbortSignal): Promise<void> {
    if (!stale.includes(partitionName(order))) await this.weigh(order, signal)
    await this.wish((journal) => ordering(journal, order, this.#parts.clock.now()))
  }

  /** @throws as `order` does */
  weigh(order: Order, signal: AbortSignal): Promise<Weighed> {
    const { system, planner, recollection, executor, settings } = this.#parts
    const { inFlight, holds: hold } = executor
    const ground = {
      state: recollection.state,
      inFlight,
      memory: { hold, ...executor.byHand() },
      settings: settings(),
      capabilities: system.capabilities(),
    }
    return weighed(order, ground, planner, signal)
  }

  /** Sentences on orders that were given up lately. */
  notes(nowMs: number): string[] {
    return this.#orders.notes(nowMs)
  }

  /** Ends the orders that are over. @returns those that are not possible any more. */
  async settle(thought: Thought, nowMs: number): Promise<ReturnType<Orders['settle']>['refused']> {
    const { over, refused } = this.#orders.settle(thought, nowMs)
    if (over.length > 0) await this.change((journal) => over.flatMap((one) => endOf(journal, one, nowMs)))
    return refused
  }

  /** What was asked for once is done once: Pinot may see something to do every time that it is asked. */
  carriedOut({ move, state }: MoveProgress): void {
    if (move.kind !== 'table' || state !== 'done') return
    const key = move.topic
    if (!this.#parts.journal.read('asked').has(key)) return
    void this.change(() => [{ kind: 'asked', key, value: undefined }]).catch(() => undefined)
  }

  /** Forgets wishes that the sample shows fulfilled, unless a job of theirs is still under way. */
  async forget(sample: Sample): Promise<void> {
    const { journal, executor } = this.#parts
    const busy = new Set([...executor.inFlight, ...(sample.jobs ?? [])].map(({ topic }) => topic))
    const over = fulfilled(journal, sample).filter(({ kind, key }) => kind !== 'asked' || !busy.has(key))
    if (over.length > 0 && journal.problem() === undefined) await this.change(() => over)
  }
}
