/**
 * What a loop remembers and must not forget with the process: taken over from the journal once that has been read, written
 * into it after each sample as far as it differs. A journal that fails holds everything back by itself: here it is let fail.
 */
import type { Memory, PartitionRef } from '../cluster/memory.ts'
import type { BalanceSettings } from '../cluster/settings.ts'
import type { ClusterState } from '../cluster/state.ts'
import type { Change, Journal } from '../execute/journal/journal.ts'
import { nodeKey, type RecordKind, type Records } from '../execute/journal/records.ts'
import { codeOf } from '../lib/errors.ts'
import type { Breaker } from './breaker.ts'
import type { Liveness } from './liveness.ts'
import type { Recollection } from './recollection.ts'

/**
 * How long a node has been alive or gone is brought up to date so often while something waits for it: a part of the wait, so that
 * also lives that are short come to its end, and a minute at most.
 */
const SEEN_PART = 10
const SEEN_EVERY_MS = 60_000

/** What waits for how long a node has been alive, or gone. */
type Waits = Pick<BalanceSettings, 'nodeAddHoldMs' | 'nodeAvailabilityTimeoutMs'>

export class KeptMemory {
  readonly #journal: Journal
  readonly #liveness: Liveness
  readonly #recollection: Recollection
  readonly #breaker: Breaker
  /** What was taken over: a map that is another one has been read since. */
  #taken: ReadonlyMap<string, unknown> | undefined

  constructor(journal: Journal, liveness: Liveness, recollection: Recollection, breaker: Breaker) {
    this.#journal = journal
    this.#liveness = liveness
    this.#recollection = recollection
    this.#breaker = breaker
  }

  /** To be called before a sample is taken in. */
  takeOver(nowMs: number): void {
    const journal = this.#journal
    const left = journal.read('left')
    if (left === this.#taken) return
    this.#taken = left
    this.#liveness.takeOver(journal.read('node').values(), nowMs)
    const begun = journal.read('begun').get('cluster')
    this.#recollection.takeOver([...left.values()], [...journal.read('muted').values()], begun)
    const harm = journal.read('failures').get('cluster')
    if (harm) this.#breaker.takeOver(harm)
  }

  /**
   * @param state the sample that was taken in last.
   * @param memory what is remembered with it.
   */
  async save(state: ClusterState, memory: Memory, waits: Waits, nowMs: number): Promise<void> {
    const left = new Map(memory.left.map((one) => [`${partitionKey(one)}@${one.node}`, one]))
    const muted = new Map(memory.muted.map((one) => [partitionKey(one), one]))
    const { harm } = this.#breaker
    const failures = new Map(harm ? [['cluster', harm]] : [])
    const changes = [
      ...this.#differences('left', left, (before, now) => before.atMs === now.atMs),
      ...this.#differences('muted', muted, (before, now) => before.untilMs === now.untilMs),
      ...this.#differences('failures', failures, (before, now) => JSON.stringify(before) === JSON.stringify(now)),
      ...this.#begun(memory),
      ...this.#nodes(state, waits, nowMs),
    ]
    await this.#write(changes)
  }

  /** Before anything of it is done: who dies over it goes on with it afterwards. */
  async saveBegun(memory: Memory): Promise<void> {
    await this.#write(this.#begun(memory))
  }

  async #write(changes: Change[]): Promise<void> {
    if (changes.length === 0) return
    try {
      await this.#journal.write(changes)
    } catch (error) {
      if (codeOf(error) !== 'state_unavailable') throw error
    }
  }

  #begun({ filling, skewedDomains, relieving }: Memory): Change[] {
    const lists = [filling, skewedDomains, relieving.disk_critical, relieving.disk_over_limit]
    const isAny = lists.some((list) => list.length > 0)
    const begun = new Map(isAny ? [['cluster', { filling, skewedDomains, relieving }]] : [])
    return this.#differences('begun', begun, (before, now) => JSON.stringify(before) === JSON.stringify(now))
  }

  #nodes(state: ClusterState, { nodeAddHoldMs, nodeAvailabilityTimeoutMs }: Waits, nowMs: number): Change[] {
    const now = new Map(
      this.#liveness.records(state.names.nodes, nowMs).map((record) => [nodeKey(record.node), record]),
    )
    return this.#differences('node', now, (before, { state, sinceMs }) => {
      if (before.state !== state) return false
      const enoughMs = state === 'alive' ? nodeAddHoldMs : Number.POSITIVE_INFINITY
      const waitMs = state === 'alive' ? nodeAddHoldMs : nodeAvailabilityTimeoutMs
      const due = nowMs - before.seenAtMs >= Math.min(SEEN_EVERY_MS, waitMs / SEEN_PART) || nowMs - sinceMs >= enoughMs
      return before.seenAtMs - before.sinceMs >= enoughMs || !due
    })
  }

  #differences<Kind extends RecordKind>(
    kind: Kind,
    wanted: ReadonlyMap<string, Records[Kind]>,
    alike: (before: Records[Kind], now: Records[Kind]) => boolean,
  ): Change[] {
    const held = this.#journal.read(kind)
    const dropped = [...held.keys()].flatMap((key) => (wanted.has(key) ? [] : [{ kind, key, value: undefined }]))
    const put = [...wanted].flatMap(([key, value]) => {
      const before = held.get(key)
      return before !== undefined && alike(before, value) ? [] : [{ kind, key, value }]
    })
    return [...dropped, ...put] as Change[]
  }
}

const partitionKey = ({ topic, partition }: PartitionRef) => `${topic}-${partition}`
