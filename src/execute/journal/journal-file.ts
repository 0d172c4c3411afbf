/**
 * The journal of one cluster as a file of the state directory, `CLUSTER.journal.jsonl`, that one process at a time has.
 *
 * What is held in memory is what counts once the file was read: the file follows it, and where it did not, or is not as it was
 * left, it is made anew from memory. So after a failed write nothing of it is relied upon. A journal that cannot be used opens
 * all the same, since a cluster can be looked at without one; it tries again by itself and at each write. Without the lock
 * nothing in memory counts: the file is read anew when the lock is had again.
 */
import { join } from 'node:path'
import type { Clock } from '../../lib/clock.ts'
import { codeOf, EvenkeelError, messageOf } from '../../lib/errors.ts'
import { Contents } from './contents.ts'
import { append, makeDirectory, readIfThere, replace, setAside, type Trace, traceOf, unusable } from './files.ts'
import type { Change, Journal } from './journal.ts'
import { type Header, type JournalRecord, lineOf, newHeader, readJournal, recordOf } from './lines.ts'
import { type Lock, takeLock } from './lock.ts'
import { readOldWishes } from './old-wishes.ts'
import type { RecordKind, Records } from './records.ts'

export interface JournalOptions {
  directory: string
  /** Its name is the file's. */
  cluster: string
  clock: Clock
}

export async function openJournal(options: JournalOptions): Promise<Journal> {
  const journal = new JournalFile(options)
  await journal.open()
  return journal
}

/** Beyond this a file is made anew once most of it does not count any more. */
const COMPACT_BYTES = 64 * 1024
const RETRY_MS = 30_000

class JournalFile implements Journal {
  readonly #options: JournalOptions
  readonly #path: string
  readonly #closing = new AbortController()
  #contents = new Contents()
  #header: Header
  #lock: Lock | undefined
  /** The file is ours and was read. */
  #inUse = false
  /** How the file was left; undefined: it is to be made anew. */
  #left: Trace | undefined
  #problem: string | undefined
  #seenId: string | undefined
  #waiting: JournalRecord[] = []
  #flushing: Promise<void> | undefined
  /** One after the other. */
  #turn: Promise<unknown> = Promise.resolve()
  #healing: Promise<void> | undefined

  constructor(options: JournalOptions) {
    this.#options = options
    this.#path = join(options.directory, `${options.cluster}.journal.jsonl`)
    this.#header = newHeader(options.cluster)
  }

  async open(): Promise<void> {
    await this.#guarded(() => this.#take()).catch(() => undefined)
  }

  read<Kind extends RecordKind>(kind: Kind): ReadonlyMap<string, Records[Kind]> {
    return this.#contents.read(kind)
  }

  boundTo(): string | undefined {
    return this.#inUse ? this.#header.cluster_id : undefined
  }

  problem(): string | undefined {
    return this.#problem
  }

  /** Those that wait while one is written are written together. */
  async write(changes: readonly Change[]): Promise<void> {
    const nowMs = this.#options.clock.now()
    this.#waiting.push(...changes.map((change) => recordOf(change, nowMs)))
    this.#flushing ??= this.#flush()
    await this.#flushing
  }

  async bind(clusterId: string): Promise<void> {
    if (clusterId === this.#seenId && (!this.#inUse || clusterId === this.#header.cluster_id)) return
    this.#seenId = clusterId
    await this.#guarded(async () => {
      if (!this.#inUse) return this.#take()
      await this.#checkLock()
      return this.#checkBinding()
    }).catch(() => undefined)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#healing
    await this.#turn
    this.#giveUp()
  }

  async #flush(): Promise<void> {
    const unseen = await this.#guarded(async () => {
      const records = this.#waiting.splice(0)
      this.#flushing = undefined
      if (!this.#inUse) {
        await this.#take()
        if (!this.#contents.isEmpty && records.length > 0) return true
      }
      await this.#put(records)
      return false
    })
    // Whoever asked knew nothing of what the file holds: to change it could end what somebody relies on.
    if (unseen) {
      throw new EvenkeelError('state_unavailable', `${this.#path} was read only now: see what holds and ask again`)
    }
  }

  /** Takes its turn, and keeps in mind what went wrong. */
  #guarded<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#turn.then(async () => {
      try {
        if (this.#closing.signal.aborted) throw new EvenkeelError('state_unavailable', `${this.#path} was closed`)
        const result = await work()
        this.#problem = undefined
        return result
      } catch (error) {
        throw this.#failed(error)
      }
    })
    this.#turn = done.catch(() => undefined)
    return done
  }

  #failed(error: unknown): EvenkeelError {
    const ours = codeOf(error) === 'state_unavailable'
    const text = ours ? messageOf(error) : unusable(this.#options.directory, error)
    this.#problem = text
    if (!this.#closing.signal.aborted) this.#healing ??= this.#heal()
    return new EvenkeelError('state_unavailable', text)
  }

  async #heal(): Promise<void> {
    while (this.#problem !== undefined) {
      await this.#options.clock.sleep(RETRY_MS, this.#closing.signal)
      if (this.#closing.signal.aborted || this.#problem === undefined) break
      await this.#guarded(() => (this.#inUse ? this.#put([]) : this.#take())).catch(() => undefined)
    }
    this.#healing = undefined
  }

  /** The lock, and what the file holds. */
  async #take(): Promise<void> {
    const { directory, cluster, clock } = this.#options
    await makeDirectory(directory)
    if (await this.#lock?.isLost()) this.#giveUp()
    this.#lock ??= await takeLock(directory, cluster, clock.now())
    await this.#load()
    this.#inUse = true
    await this.#checkBinding()
  }

  async #load(): Promise<void> {
    const { cluster } = this.#options
    const content = await readIfThere(this.#path)
    // Before anything was read that is a new journal; afterwards somebody took the file away, and what it held still holds.
    if (content === undefined) {
      if (this.#contents.isEmpty) await this.#import()
      else await this.#rewrite([])
      return
    }
    const { header, records, torn } = readJournal(content, cluster, this.#path)
    // That it can be read does not mean that it can be written.
    const trace = await traceOf(this.#path)
    this.#contents = new Contents(records)
    this.#header = header ?? newHeader(cluster)
    this.#left = torn || header === undefined ? undefined : trace
    await this.#retireOldWishes()
  }

  /** A new journal begins with what was wished before there was one. */
  async #import(): Promise<void> {
    const { cluster, clock } = this.#options
    const nowMs = clock.now()
    const content = await readIfThere(this.#oldPath)
    const wishes = content === undefined ? [] : readOldWishes(content, cluster, this.#oldPath, nowMs)
    this.#contents = new Contents()
    await this.#rewrite(wishes.map((change) => recordOf(change, nowMs)))
    await this.#retireOldWishes()
  }

  get #oldPath(): string {
    return join(this.#options.directory, `${this.#options.cluster}.wishes.jsonl`)
  }

  /** Under its name it would be imported again whenever somebody moves the journal away. */
  async #retireOldWishes(): Promise<void> {
    await setAside(this.#oldPath, `${this.#oldPath}.imported`)
  }

  /** A journal belongs to the first cluster that it saw. */
  async #checkBinding(): Promise<void> {
    const seen = this.#seenId
    const bound = this.#header.cluster_id
    if (seen === undefined || seen === bound) return
    if (bound === undefined) {
      this.#header = { ...this.#header, cluster_id: seen }
      await this.#rewrite([])
      return
    }
    // Nothing of it is true of the cluster that is seen.
    this.#contents = new Contents()
    this.#header = newHeader(this.#options.cluster)
    this.#inUse = false
    const remedy = 'give the one a state directory of its own (state.directory), or move the file of the other away'
    throw new EvenkeelError(
      'state_unavailable',
      `${this.#path} belongs to the cluster with the id ${bound}, the one that is seen has the id ${seen}: ${remedy}`,
    )
  }

  async #put(records: readonly JournalRecord[]): Promise<void> {
    await this.#checkLock()
    const left = this.#left
    const line = records.length === 0 ? '' : lineOf(records)
    const bytes = (left?.bytes ?? 0) + Buffer.byteLength(line)
    if (left === undefined || (bytes > COMPACT_BYTES && bytes > 2 * this.#contents.bytes)) {
      return this.#rewrite(records)
    }
    // Until it has succeeded nothing is known of the end of the file.
    this.#left = undefined
    this.#left = await append(this.#path, line, left)
    if (this.#left === undefined) return this.#rewrite(records)
    this.#contents.apply(records)
    return undefined
  }

  async #rewrite(records: readonly JournalRecord[]): Promise<void> {
    this.#left = undefined
    this.#left = await replace(this.#path, `${JSON.stringify(this.#header)}\n${this.#contents.linesWith(records)}`)
    this.#contents.apply(records)
  }

  async #checkLock(): Promise<void> {
    const lock = this.#lock
    if (lock && !(await lock.isLost())) return
    this.#giveUp()
    const what = `${lock?.path} was deleted or replaced: another evenkeel may have the state of ${this.#options.cluster}`
    throw new EvenkeelError('state_unavailable', what)
  }

  #giveUp(): void {
    this.#inUse = false
    this.#lock?.release()
    this.#lock = undefined
  }
}
