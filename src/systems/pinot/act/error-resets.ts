/**
 * Segments in ERROR stop every job that moves them, and stay so until they are reset. Helix takes a replica out of ERROR and then often
 * forgets it, OFFLINE, until something about the table is written: so it is written.
 */
import type { Clock } from '../../../lib/clock.ts'
import { messageOf } from '../../../lib/errors.ts'
import type { PinotReading, Table } from '../reading.ts'
import type { Change } from '../rules/changes.ts'
import { type Convergence, convergence } from '../rules/placements.ts'
import type { RebalancePolicy } from '../rules/rebalance-policy.ts'
import type { Controllers } from '../wire/controller.ts'

export interface ErrorResetsOptions {
  controllers: Pick<Controllers, 'resetErrors'>
  look: (tables: readonly string[], signal: AbortSignal) => Promise<PinotReading>
  touch: (table: string, version: number, signal: AbortSignal) => Promise<void>
  clock: Clock
}

type Policy = Pick<RebalancePolicy, 'resetErrorSegments'>

/** A load that failed three times will fail once more. */
const TRIES = 3
/** What made a load fail lasts for a while. */
const AGAIN_MS = 60_000
/** After this it may be tried again: somebody may have mended the deep store. */
const FORGET_MS = 24 * 3_600_000
/** Loads that take longer are waited for by the job itself. */
const WAIT_MS = 10_000
const POLL_MS = 500
/** What Helix has not taken up by itself after this, it has forgotten. */
const PATIENCE_MS = 2_000

export class ErrorResets {
  readonly #options: ErrorResetsOptions
  readonly #tries = new Map<string, { times: number; firstMs: number; lastMs: number }>()

  constructor(options: ErrorResetsOptions) {
    this.#options = options
  }

  get inVain(): ReadonlySet<string> {
    return new Set([...this.#tries.keys()].filter((table) => this.#timesOf(table) >= TRIES))
  }

  /** Whether segments of the table are, or will once more be, loaded again. */
  mayMend({ name }: Table, { resetErrorSegments }: Policy): boolean {
    return resetErrorSegments && this.#timesOf(name) < TRIES
  }

  /** @returns why the segments of the moves cannot be used; undefined where none is in ERROR, or not any more. */
  async mend(
    table: Table,
    changes: readonly Change[] | undefined,
    policy: Policy,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { name } = table
    const moved = changes && new Set(changes.map(({ segment }) => segment))
    const { errors, missing } = stateOf(table, moved)
    // What is being loaded again may fail again.
    if (missing === 0) this.#tries.delete(name)
    if (errors.length === 0) return undefined
    const text = `${errors.length} replicas that are moved are in ERROR, such as ${errors[0]!.segment} on ${errors[0]!.server}`
    if (!policy.resetErrorSegments) return text
    const times = this.#timesOf(name)
    if (times >= TRIES) return `${text}; they were reset ${times} times in vain`
    const now = this.#options.clock.now()
    const { firstMs = now, lastMs = Number.NEGATIVE_INFINITY } = (times > 0 && this.#tries.get(name)) || {}
    if (now - lastMs < AGAIN_MS) return `${text}; they were reset less than a minute ago`
    this.#tries.set(name, { times: times + 1, firstMs, lastMs: now })
    const answer = await this.#options.controllers.resetErrors(name, signal)
    if (answer.outcome !== 'answered') return `${text}; they could not be reset: ${answer.text}`
    const left = await this.#wait(name, moved, signal)
    return left === undefined ? undefined : `${text}; after a reset ${left}`
  }

  /** @returns what is still wrong when the time is up. */
  async #wait(name: string, moved: ReadonlySet<string> | undefined, signal: AbortSignal): Promise<string | undefined> {
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

function stateOf(table: Table, only: ReadonlySet<string> | undefined): Convergence {
  return convergence(table.idealState.placement, table.externalView?.placement, only)
}
