/**
 * A new connection to a cluster that is already kept: it must show itself before it is taken. It reads the cluster once, beside the
 * loop, which goes on with the old one meanwhile. Once it has shown a complete sample of the same cluster it is taken at the begin of
 * the next tick, which is brought forward. One that fails is tried again and again, for what it needs may come later (a user, a
 * certificate); one that leads to another cluster is given up. Moves in flight and the journal stay: they belong to the cluster.
 */
import type { Journal } from '../execute/journal/journal.ts'
import { type Clock, withDeadline } from '../lib/clock.ts'
import { codeOf, messageOf } from '../lib/errors.ts'
import type { System } from '../systems/port.ts'
import type { Connection } from './connection.ts'

export type SuccessionEvent =
  | { type: 'connection_replaced' }
  /** The old one stays in force. `final`: it is not tried again. */
  | { type: 'connection_refused'; code: string; text: string; final: boolean }

export interface SuccessionParts {
  connection: Connection
  journal: Pick<Journal, 'boundTo'>
  clock: Clock
  emit: (event: SuccessionEvent) => void
  /** Brings the next tick forward. */
  hurry: () => void
}

const PROOF_MS = 120_000
const RETRY_MS = 10_000

interface Candidate {
  system: System
  isProven: boolean
  giveUp: AbortController
  /** Undefined before the first failure. */
  said?: string
}

export class Succession {
  readonly #parts: SuccessionParts
  #candidate: Candidate | undefined
  readonly #ending = new Set<Promise<void>>()

  constructor(parts: SuccessionParts) {
    this.#parts = parts
  }

  /** Takes the place of one that waits, if any. It is closed when it is not taken. */
  propose(system: System): void {
    this.withdraw()
    const candidate: Candidate = { system, isProven: false, giveUp: new AbortController() }
    this.#candidate = candidate
    this.#follow(this.#prove(candidate))
  }

  /** Nobody waits for the one that was proposed any more. */
  withdraw(): void {
    const candidate = this.#candidate
    if (!candidate) return
    this.#candidate = undefined
    candidate.giveUp.abort()
    this.#follow(candidate.system.close())
  }

  /** To be called where the loop is between two ticks. */
  takeOver(): void {
    const candidate = this.#candidate
    if (!candidate?.isProven) return
    this.#candidate = undefined
    this.#parts.connection.exchange(candidate.system)
    this.#parts.emit({ type: 'connection_replaced' })
  }

  async close(): Promise<void> {
    this.withdraw()
    await Promise.all(this.#ending)
  }

  async #prove(candidate: Candidate): Promise<void> {
    const { clock } = this.#parts
    const { signal } = candidate.giveUp
    while (!signal.aborted) {
      const problem = await this.#look(candidate, signal)
      if (signal.aborted) return
      if (!problem) {
        candidate.isProven = true
        this.#parts.hurry()
        return
      }
      // The same reason is said once, however often it is tried.
      if (problem.text !== candidate.said) this.#parts.emit({ type: 'connection_refused', ...problem })
      candidate.said = problem.text
      if (problem.final) return this.withdraw()
      await clock.sleep(RETRY_MS, signal)
    }
  }

  /** @returns what stands against it; undefined for nothing. */
  async #look({ system }: Candidate, signal: AbortSignal) {
    try {
      const { state } = await withDeadline('the sample', PROOF_MS, signal, (until) => system.sample(until))
      const { connection, journal } = this.#parts
      const [ours, theirs] = [connection.clusterId ?? journal.boundTo(), state.cluster.clusterId]
      if (ours === undefined || ours === theirs) return undefined
      const text = `it leads to the cluster ${theirs ?? 'without an id'}, this one is ${ours}: another cluster needs a name and a restart of its own`
      return { code: 'another_cluster', text, final: true }
    } catch (error) {
      return { code: codeOf(error), text: messageOf(error), final: false }
    }
  }

  #follow(work: Promise<void>): void {
    const ending = work.catch(() => undefined).then(() => void this.#ending.delete(ending))
    this.#ending.add(ending)
  }
}
