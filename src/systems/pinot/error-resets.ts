/**
 * Segments in ERROR stop every job that moves them, and stay so until they are reset. Helix takes a replica out of ERROR and then often
 * forgets it, OFFLINE, until something about the table is written: so it is written.
 */
import type { Clock } from '../../lib/clock.ts'
import { messageOf } from '../../lib/errors.ts'
import type { Change } from './changes.ts'
import type { Controllers } from './controller.ts'
import { type Convergence, convergence } from './placements.ts'
import type { PinotReading, Table } from './reading.ts'
import type { RebalancePolicy } from './rebalance-policy.ts'

export interface ErrorResetsOptions {
  controllers: Pick<Controllers, 'resetErrors'>
  look: (tables: readonly string[], signal: AbortSignal) => Promise<PinotReading>
  touch: (table: string, version: number, signal: AbortSignal) => Promise<void>
  clock: Clock
}

/** A load that failed three times will fail once more. */
const TRIES = 3
/** After this it may be tried again: somebody may have mended the deep store. */
const FORGET_MS = 24 * 3_600_000
/** Loads that take longer are waited for by the job itself. */
const WAIT_MS = 10_000
const POLL_MS = 500
/** What Helix has not taken up by itself after this, it has forgotten. */
const PATIENCE_MS = 2_000

export class ErrorResets {
  readonly #options: ErrorResetsOptions
  readonly #tries = new Map<string, { times: number; firstMs: number }>()

  constructor(options: ErrorResetsOptions) {
    this.#options = options
  }

  get inVain(): ReadonlySet<string> {
    return new Set([...this.#tries.keys()].filter((table) => this.#timesOf(table) >= TRIES))
  }

  /** @returns why the segments that are to move cannot; undefined where none is in ERROR, or not any more. */
  async mend(
    table: Table,
    changes: readonly Change[],
    policy: Pick<RebalancePolicy, 'resetErrorSegments'>,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { name } = table
    const moved = new Set(changes.map(({ segment }) => segment))
    const { errors } = stateOf(table, moved)
    if (errors.length === 0) {
      this.#tries.delete(name)
      return undefined
    }
    const text = `${errors.length} replicas that would move are in ERROR, such as ${errors[0]!.segment} on ${errors[0]!.server}`
    if (!policy.resetErrorSegments) return text
    const times = this.#timesOf(name)
    if (times >= TRIES) return `${text}; they were reset ${times} times in vain`
    const firstMs = this.#tries.get(name)?.firstMs ?? this.#options.clock.now()
    this.#tries.set(name, { times: times + 1, firstMs })
    const answer = await this.#options.controllers.resetErrors(name, signal)
    if (answer.outcome !== 'answered') return `${text}; they could not be reset: ${answer.text}`
    const left = await this.#wait(name, moved, signal)
    return left === undefined ? undefined : `${text}; after a reset ${left}`
  }

  /** @returns what is still wrong when the time is up. */
  async #wait(name: string, moved: ReadonlySet<string>, signal: AbortSignal): Promise<string | undefined> {
    const { look, touch, clock } = this.#options
    const beganMs = clock.now()
    let touchMs = beganMs + PATIENCE_MS
    for (;;) {
      await clock.sleep(POLL_MS, signal)
      const table = (await look([name], signal)).tables.find((candidate) => candidate.name === name)
      if (table === undefined) return 'the table is gone'
      const { errors, forgotten, absent } = stateOf(table, moved)
      const nowMs = clock.now()
      if (errors.length + forgotten.length + absent.length === 0) return undefined
      if (signal.aborted || nowMs - beganMs >= WAIT_MS) {
        if (errors.length > 0) return `${errors.length} are in ERROR again`
        return forgotten.length > 0 ? `${forgotten.length} are not taken up` : undefined
      }
      if (forgotten.length === 0 || nowMs < touchMs) continue
      try {
        await touch(name, table.idealState.version, signal)
      } catch (error) {
        return `${forgotten.length} are not taken up: ${messageOf(error)}`
      }
      touchMs = nowMs + PATIENCE_MS
    }
  }

  #timesOf(table: string): number {
    const tries = this.#tries.get(table)
    return tries === undefined || this.#options.clock.now() - tries.firstMs > FORGET_MS ? 0 : tries.times
  }
}

function stateOf(table: Table, only: ReadonlySet<string>): Convergence {
  return convergence(table.idealState.placement, table.externalView?.placement, only)
}
