/**
 * Which dir of a broker also holds its metadata log: when that one fails the broker is down, not just the dir.
 *
 * It is `metadata.log.dir`, else the first of `log.dirs` or `log.dir`; only the broker itself tells. It changes with a restart
 * only, and not every restart is seen, so it is read anew after a while. Where it cannot be read, each dir may be the one.
 */
import { posix } from 'node:path'
import type { Clock } from '../../lib/clock.ts'
import { codeOf, messageOf } from '../../lib/errors.ts'
import { groupBy } from '../../lib/group-by.ts'
import { firstFew } from '../../lib/lists.ts'
import type { Readings } from './readings.ts'

const AGE_MS = 10 * 60_000
/** After a failure that may pass. */
const RETRY_MS = 60_000

/** Path of the dir, or why it is not known. */
type Answer = { path: string } | { why: string }

interface Entry {
  answer: Answer
  untilMs: number
  /** Dirs that the broker listed when it was read. */
  listed: string
}

export class MetadataDirs {
  readonly #readings: Readings
  readonly #clock: Clock
  readonly #entries = new Map<number, Entry>()

  constructor(readings: Readings, clock: Clock) {
    this.#readings = readings
    this.#clock = clock
  }

  /** Asks a broker, unless it was asked lately. Never throws. @param paths the dirs that it lists. */
  async read(broker: number, paths: string[], signal: AbortSignal): Promise<void> {
    const listed = paths.toSorted().join('\n')
    const entry = this.#entries.get(broker)
    if (entry?.listed === listed && this.#clock.now() < entry.untilMs) return
    let answer: Answer
    let ageMs = AGE_MS
    try {
      answer = answerOf(await this.#readings.logDirConfigs(broker, signal), paths)
    } catch (error) {
      if (signal.aborted) return
      const refused = codeOf(error) === 'not_permitted'
      answer = { why: refused ? 'needs CLUSTER DESCRIBE_CONFIGS' : messageOf(error) }
      if (!refused) ageMs = RETRY_MS
    }
    this.#entries.set(broker, { answer, untilMs: this.#clock.now() + ageMs, listed })
  }

  /** Those that are gone are asked anew when they are back: they may have been given other dirs. */
  seeAlive(alive: ReadonlySet<number>): void {
    for (const [id, entry] of this.#entries) if (!alive.has(id)) entry.untilMs = Number.NEGATIVE_INFINITY
  }

  forget(broker: number): void {
    this.#entries.delete(broker)
  }

  /** Whether a dir of a broker holds its metadata log, or may. */
  mayHold(broker: number, path: string): boolean {
    const answer = this.#entries.get(broker)?.answer
    return !answer || !('path' in answer) || answer.path === posix.normalize(path)
  }

  /** A sentence for each reason why brokers do not tell. */
  notes(): string[] {
    const silent = [...this.#entries].flatMap(([id, { answer }]) => ('why' in answer ? [{ id, why: answer.why }] : []))
    return [...groupBy(silent, ({ why }) => why)].map(([why, group]) => {
      const ids = group.map(({ id }) => id).sort((a, b) => a - b)
      const who = ids.length === 1 ? `broker ${ids[0]} does` : `brokers ${firstFew(ids)} do`
      return `${who} not tell where the metadata lies, so each dir counts as one that may hold it: ${why}`
    })
  }
}

/** @param configs the three of them, null where not set. */
function answerOf(configs: ReadonlyMap<string, string | null>, paths: string[]): Answer {
  const own = pathOf(configs.get('metadata.log.dir'))
  const [first] = (configs.get('log.dirs') ?? configs.get('log.dir') ?? '').split(',')
  const path = own ?? pathOf(first)
  if (path === undefined) return { why: 'its configs name no dir' }
  // The broker lists its dirs by absolute paths. A dir of the metadata alone is not listed, and need not be.
  const absolute = posix.isAbsolute(path)
  if (!absolute || (own === undefined && !paths.some((listed) => posix.normalize(listed) === path))) {
    return { why: `its configs name ${path}, which it does not list` }
  }
  return { path }
}

/** Undefined for none. */
function pathOf(text: string | null | undefined): string | undefined {
  const trimmed = text?.trim() ?? ''
  return trimmed === '' ? undefined : posix.normalize(trimmed).replace(/(.)\/$/, '$1')
}
