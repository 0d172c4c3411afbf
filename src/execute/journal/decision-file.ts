/**
 * The last decisions of a cluster as a file of the state directory, `CLUSTER.decisions.jsonl`: a header, then a decision a line; of
 * several with one id the last one counts. Nothing depends on it but what people are told, so a file that is damaged stops
 * nothing: it is set aside, and what can be read of it is kept.
 *
 * Version 1 is ours and version 2 is read as far as it is known. Whoever holds the lock of the journal may write it.
 */
import { join } from 'node:path'
import type { Decision } from '../../cluster/decision.ts'
import { slices } from '../../lib/clock.ts'
import { EvenkeelError } from '../../lib/errors.ts'
import { formatCount } from '../../lib/units.ts'
import { isObject } from './codec.ts'
import { decisionCodec } from './decision-codec.ts'
import { append, readIfThere, replace, setAside, type Trace, traceOf, unusable } from './files.ts'
import { linesOf } from './lines.ts'

export interface DecisionStore {
  /** What is kept, oldest first, and what of it cannot be read. To be called once, before anything is written. */
  load(): Promise<{ decisions: Decision[]; problem?: string }>
  /**
   * Says which cluster is seen. What belongs to another one is set aside: then it is not to be shown any more either.
   * @returns whether it did.
   */
  bind(clusterId: string): Promise<boolean>
  /** @param all what is to be kept: the file is made anew from it where it has grown far beyond that, or is not as it was left. */
  write(changed: readonly Decision[], all: readonly Decision[]): Promise<void>
}

const VERSION = 1
const NEWEST_READ = 2
/** Beyond this a file is made anew once most of it does not count any more. */
const COMPACT_BYTES = 256 * 1024

export class DecisionFile implements DecisionStore {
  readonly #directory: string
  readonly #cluster: string
  readonly #path: string
  #clusterId: string | undefined
  /** What it took when it was made anew, or was read. */
  #bytesWhole = 0
  /** How the file was left; undefined: it is to be made anew. */
  #left: Trace | undefined

  constructor(directory: string, cluster: string) {
    this.#directory = directory
    this.#cluster = cluster
    this.#path = join(directory, `${cluster}.decisions.jsonl`)
  }

  async load(): Promise<{ decisions: Decision[]; problem?: string }> {
    return this.#guarded(async () => {
      const content = await readIfThere(this.#path)
      if (content === undefined || content === '') return { decisions: [] }
      const trace = await traceOf(this.#path)
      const { decisions, unreadable, torn } = await this.#read(content)
      this.#bytesWhole = trace.bytes
      if (unreadable === undefined) {
        this.#left = torn ? undefined : trace
        return { decisions }
      }
      const aside = `${this.#path}.unreadable`
      await setAside(this.#path, aside)
      return { decisions, problem: `${unreadable}; the file is now ${aside}` }
    })
  }

  async bind(clusterId: string): Promise<boolean> {
    return this.#guarded(async () => {
      const bound = this.#clusterId
      this.#clusterId = clusterId
      if (bound === clusterId) return false
      this.#left = undefined
      if (bound === undefined) return false
      await setAside(this.#path, `${this.#path}.other-cluster`)
      return true
    })
  }

  async write(changed: readonly Decision[], all: readonly Decision[]): Promise<void> {
    await this.#guarded(async () => {
      const left = this.#left
      const lines = await linesFor(changed)
      // Until it has succeeded nothing is known of the end of the file.
      this.#left = undefined
      const grown = (left?.bytes ?? 0) + Buffer.byteLength(lines)
      const isLong = grown > COMPACT_BYTES && grown > 2 * this.#bytesWhole
      if (left !== undefined && !isLong) this.#left = await append(this.#path, lines, left)
      if (this.#left) return
      const whole = `${JSON.stringify(this.#header())}\n${await linesFor(all)}`
      this.#left = await replace(this.#path, whole)
      this.#bytesWhole = this.#left.bytes
    })
  }

  #header() {
    const id = this.#clusterId
    return {
      type: 'decisions',
      version: VERSION,
      cluster: this.#cluster,
      ...(id !== undefined && { cluster_id: id }),
    }
  }

  async #read(content: string): Promise<{ decisions: Decision[]; unreadable?: string; torn: boolean }> {
    const { lines, torn } = linesOf(content)
    const [first, ...rest] = lines
    const header = attempt(() => first?.())
    if (!isObject(header) || header['type'] !== 'decisions' || header['cluster'] !== this.#cluster) {
      return { decisions: [], unreadable: `${this.#path} is not the decisions of ${this.#cluster}`, torn }
    }
    const { version, cluster_id: id } = header
    if (typeof version !== 'number' || version < VERSION || version > NEWEST_READ) {
      const what = `${this.#path} has version ${JSON.stringify(version)}, this evenkeel reads ${VERSION} and ${NEWEST_READ}`
      return { decisions: [], unreadable: what, torn }
    }
    if (typeof id === 'string') this.#clusterId = id
    const decisions = new Map<string, Decision>()
    const others = slices()
    let bad = 0
    for (const line of rest) {
      const decision = attempt(() => decisionCodec.decode(line(), 'decision'))
      if (decision) decisions.set(decision.id, decision)
      else bad += 1
      await others()
    }
    return {
      decisions: [...decisions.values()],
      ...(bad > 0 && { unreadable: `${formatCount(bad, 'line')} of ${this.#path} cannot be read` }),
      torn,
    }
  }

  async #guarded<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (error) {
      throw new EvenkeelError('state_unavailable', unusable(this.#directory, error), { cause: error })
    }
  }
}

/** Of many it takes longer than others should wait. */
async function linesFor(decisions: readonly Decision[]): Promise<string> {
  const others = slices()
  const lines: string[] = []
  // Others may forget some of them meanwhile.
  const now = decisions.slice()
  for (const decision of now) {
    lines.push(`${JSON.stringify(decisionCodec.encode(decision))}\n`)
    await others()
  }
  return lines.join('')
}

function attempt<Result>(read: () => Result): Result | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
