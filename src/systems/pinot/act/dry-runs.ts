/**
 * What the controller says of tables, asked in rounds beside the samples: one dry run at a time, until a round's time is up. A sample waits
 * for a round, but not for one that a server holds up: the controller asks servers that are dead as well, and one that only hangs, which
 * looks the same from outside, makes it wait for half a minute each time.
 */
import type { Clock } from '../../../lib/clock.ts'
import { codeOf, messageOf } from '../../../lib/errors.ts'
import type { Controllers, RebalanceAnswer } from '../wire/controller.ts'

export type Answer = RebalanceAnswer | { failure: string; isUnreachable: boolean }

export interface Known {
  answer: Answer
  atMs: number
  keys: Keys
}

/** What an answer was computed from: `loose` is all of it but the segments themselves. */
export interface Keys {
  exact: string
  loose: string
}

export interface DryRun {
  table: string
  parameters: Record<string, string>
  keys: Keys
}

/** For the dry runs of one round together; what is left is asked in the next. */
const ROUND_MS = 20_000
/** A sample waits no longer where a server is dead, or hangs. */
const IMPATIENT_MS = 3_000
/** A table that takes in segments all the time is not asked about again sooner, unless more than those changed. */
const REUSE_MS = 120_000
/** What failed once is tried again after this; the controllers look at the disks, which their checks go by, no sooner. */
const RETRY_MS = 300_000
/** A controller that is not there has been asked nothing, and is mostly back soon. */
const UNREACHABLE_MS = 10_000

export class DryRuns {
  readonly #controllers: Pick<Controllers, 'dryRun'>
  readonly #clock: Clock
  readonly #known = new Map<string, Known>()
  readonly #closed = new AbortController()
  #round: Promise<void> | undefined

  constructor(controllers: Pick<Controllers, 'dryRun'>, clock: Clock) {
    this.#controllers = controllers
    this.#clock = clock
  }

  /** Undefined where nothing is known, or it was computed from something else. */
  of({ table, keys: now }: DryRun): Known | undefined {
    const known = this.#known.get(table)
    if (known === undefined) return undefined
    const { answer, atMs, keys } = known
    const ageMs = this.#clock.now() - atMs
    if (ageMs > retryMs(answer)) return undefined
    return keys.exact === now.exact || (keys.loose === now.loose && ageMs < REUSE_MS) ? known : undefined
  }

  /** Of these and no others anything need be known. */
  keep(tables: ReadonlySet<string>): void {
    for (const name of this.#known.keys()) if (!tables.has(name)) this.#known.delete(name)
  }

  forget(table: string): void {
    this.#known.delete(table)
  }

  /** Asks what is not known. Returns when the time is up as well: what is still asked then goes on. */
  async ask(runs: readonly DryRun[], isPatient: boolean, signal: AbortSignal): Promise<void> {
    const untilMs = this.#clock.now() + (isPatient ? ROUND_MS : IMPATIENT_MS)
    for (;;) {
      const leftMs = untilMs - this.#clock.now()
      const open = runs.filter((run) => this.of(run) === undefined)
      if (signal.aborted || this.#closed.signal.aborted || leftMs <= 0 || open.length === 0) return
      this.#round ??= this.#askAll(open).finally(() => {
        this.#round = undefined
      })
      const done = new AbortController()
      const wait = this.#clock.sleep(leftMs, AbortSignal.any([signal, done.signal]))
      await Promise.race([this.#round, wait])
      done.abort()
    }
  }

  /** What is being asked is given up. */
  async close(): Promise<void> {
    this.#closed.abort()
    await this.#round
  }

  /** Never throws for one table. */
  async #askAll(runs: readonly DryRun[]): Promise<void> {
    const { signal } = this.#closed
    const untilMs = this.#clock.now() + ROUND_MS
    for (const { table, parameters, keys } of runs) {
      if (signal.aborted || this.#clock.now() >= untilMs) return
      let answer: Answer
      try {
        answer = await this.#controllers.dryRun(table, parameters, signal)
      } catch (error) {
        answer = { failure: messageOf(error), isUnreachable: codeOf(error) === 'unreachable' }
      }
      this.#known.set(table, { answer, keys, atMs: this.#clock.now() })
    }
  }
}

function retryMs(answer: Answer): number {
  if ('failure' in answer) return answer.isUnreachable ? UNREACHABLE_MS : RETRY_MS
  const isBad = answer.status === 'FAILED' || answer.checks.some(({ result }) => result === 'ERROR')
  return isBad ? RETRY_MS : Number.POSITIVE_INFINITY
}
