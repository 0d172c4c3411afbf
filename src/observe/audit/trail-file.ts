/**
 * The audit trail as a file of JSON lines, to which is only ever added. Each day, and before it grows too large, the file gets the name of
 * its last record after its own, and a new one is begun; such files are removed once that record is older than what is kept.
 *
 * Whoever appends never waits, and no failure comes back to him: records wait in memory and are written in their order. What cannot
 * be written is tried again as long as there is room for it. The file may be moved or removed by others at any time.
 */
import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, rename, stat, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Clock, withDeadline } from '../../lib/clock.ts'
import { EvenkeelError } from '../../lib/errors.ts'
import { fileTrouble } from '../../lib/file-trouble.ts'
import {
  type AuditDraft,
  type AuditPage,
  type AuditQuery,
  type AuditTrail,
  RecordIds,
  recordOf,
  stampOf,
} from './record.ts'
import { filledFiles, lastRecord, readPage } from './trail-reader.ts'

export interface TrailOptions {
  file: string
  keepMs: number
  clock: Clock
  /** So many more could not be written when they were made. */
  onFailed: (count: number) => void
  /** What is wrong from now on; undefined: nothing any more. */
  onTrouble: (text: string | undefined) => void
  /** A file is not filled beyond this. */
  fileBytes?: number
  /** So many wait at most. */
  waiting?: number
}

const FILE_BYTES = 16 * 1024 * 1024
const WAITING = 10_000
const BATCH = 500
const RETRY_MS = 5000
const PRUNE_MS = 3_600_000
const PAGE_MS = 8000

export class TrailFile implements AuditTrail {
  readonly #options: TrailOptions
  #keepMs: number
  readonly #ids = new RecordIds()
  readonly #closing = new AbortController()
  #waiting: AuditDraft[] = []
  /** Of those that wait, from the first one on: so many have been told as failed. */
  #told = 0
  /** Not even room was left for so many. */
  #lost = 0
  #writing: Promise<void> | undefined
  #handle: FileHandle | undefined
  /** The day of the last record in the file; undefined while it has none. */
  #day: string | undefined
  #isTorn = false
  #trouble: string | undefined
  #prunedAtMs = Number.NEGATIVE_INFINITY

  constructor(options: TrailOptions) {
    this.#options = options
    this.#keepMs = options.keepMs
  }

  append(draft: AuditDraft): void {
    const { waiting = WAITING, onFailed } = this.#options
    if (this.#waiting.length >= waiting) {
      this.#lost += 1
      onFailed(1)
      return
    }
    this.#waiting.push(draft)
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined
    })
  }

  page(query: AuditQuery): Promise<AuditPage> {
    return withDeadline('the audit trail', PAGE_MS, this.#closing.signal, () => readPage(this.#options.file, query))
  }

  /** Filled files whose last record is older are removed, at the latest within the hour after the next record. */
  keep(ms: number): void {
    this.#keepMs = ms
    this.#prunedAtMs = Number.NEGATIVE_INFINITY
  }

  async close(deadlineMs: number): Promise<void> {
    const written = this.#writing ?? Promise.resolve()
    // What is in trouble waits for its next try: there is none.
    if (this.#trouble !== undefined) this.#closing.abort()
    await withDeadline('the audit trail', deadlineMs, undefined, () => written).catch(() => undefined)
    this.#closing.abort()
    if (this.#waiting.length > this.#told) this.#options.onFailed(this.#waiting.length - this.#told)
    this.#waiting = []
    // A disk that hangs holds up nobody who ends.
    await withDeadline('the audit trail', deadlineMs, undefined, () => this.#release()).catch(() => undefined)
  }

  async #write(): Promise<void> {
    const { clock, onFailed, onTrouble } = this.#options
    const { signal } = this.#closing
    while (this.#waiting.length > 0 && !signal.aborted) {
      const batch = this.#waiting.slice(0, BATCH)
      try {
        await this.#add(batch)
        this.#waiting.splice(0, batch.length)
        this.#told = Math.max(0, this.#told - batch.length)
        if (this.#trouble !== undefined) onTrouble(undefined)
        this.#trouble = undefined
        this.#tellLost(clock.now())
      } catch (error) {
        const failed = this.#waiting.length - this.#told
        this.#told = this.#waiting.length
        onFailed(failed)
        const text = troubleText(this.#options.file, error)
        if (text !== this.#trouble) onTrouble(text)
        this.#trouble = text
        await this.#release()
        await clock.sleep(RETRY_MS, signal)
      }
    }
  }

  /** The trail says itself where it has a gap. */
  #tellLost(atMs: number): void {
    if (this.#lost === 0) return
    const about = { action: 'records_lost', object: 'audit', count: this.#lost } as const
    this.#lost = 0
    this.#waiting.push({ atMs, actor: 'evenkeel', source: 'evenkeel', ...about })
  }

  async #add(drafts: readonly AuditDraft[]): Promise<void> {
    const { clock, fileBytes = FILE_BYTES } = this.#options
    let handle = await this.#open()
    const now = stampOf(clock.now())
    const { size } = await handle.stat()
    if (this.#day !== undefined && (size >= fileBytes || this.#day < now.slice(0, DAY))) {
      await this.#fill()
      handle = await this.#open()
      this.#prunedAtMs = Number.NEGATIVE_INFINITY
    }
    if (clock.now() - this.#prunedAtMs >= PRUNE_MS) await this.#prune()

    const records = drafts.map((draft) => recordOf(draft, this.#ids.next(draft.atMs)))
    const text = records.map((record) => `${JSON.stringify(record)}\n`).join('')
    const before = (await handle.stat()).size
    try {
      await handle.appendFile(this.#isTorn ? `\n${text}` : text)
      await handle.datasync()
    } catch (error) {
      // What got there of it would be there twice.
      await handle.truncate(before).catch(() => undefined)
      throw error
    }
    this.#isTorn = false
    this.#day = records.at(-1)!.id.slice(0, DAY)
  }

  /** The file under its name, which another one may have by now. */
  async #open(): Promise<FileHandle> {
    const { file } = this.#options
    if (this.#handle) {
      if (await this.#isNamed()) return this.#handle
      await this.#release()
    }
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    // A pipe would wait for somebody who reads it.
    const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK
    const handle = await open(file, flags, 0o600)
    this.#handle = handle
    const seen = await handle.stat()
    if (!seen.isFile()) throw new EvenkeelError('state_unavailable', 'it is no regular file')
    const end = Buffer.alloc(1)
    if (seen.size > 0) await handle.read(end, 0, 1, seen.size - 1)
    this.#isTorn = seen.size > 0 && end[0] !== 10
    const [last, filled] = [await lastRecord(file), await filledFiles(file)]
    this.#day = last?.id.slice(0, DAY)
    this.#ids.seen(last?.id ?? '')
    this.#ids.seen(filled[0]?.lastId ?? '')
    return handle
  }

  /** Another evenkeel that writes to the same file may do so at the same time. */
  async #fill(): Promise<void> {
    const { file } = this.#options
    const last = await lastRecord(file)
    if (last && (await this.#isNamed())) {
      await rename(file, `${file}.${last.id}`).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error
      })
    }
    await this.#release()
  }

  /** The file under the name is the one that is open. */
  async #isNamed(): Promise<boolean> {
    const [ours, named] = await Promise.all([this.#handle?.stat(), statIfThere(this.#options.file)])
    return ours !== undefined && named?.ino === ours.ino && named.dev === ours.dev
  }

  async #prune(): Promise<void> {
    const { clock, file, onTrouble } = this.#options
    this.#prunedAtMs = clock.now()
    const oldest = stampOf(Math.max(0, clock.now() - this.#keepMs))
    for (const { path, lastId } of await filledFiles(file)) {
      if (lastId >= oldest) continue
      // What is too much is no reason to write nothing; it is tried again with the next.
      await unlink(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') onTrouble(`${path}, older than audit.keep, cannot be removed: ${whyOf(error)}`)
      })
    }
  }

  async #release(): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    await handle?.close().catch(() => undefined)
  }
}

/** So much of an id is the day. */
const DAY = 8

async function statIfThere(file: string) {
  try {
    return await stat(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function troubleText(file: string, error: unknown): string {
  return `the audit trail ${file} cannot be written: ${whyOf(error)} (audit.file says where it is)`
}

function whyOf(error: unknown): string {
  return fileTrouble(error, {
    EEXIST: 'its directory is a file',
    EISDIR: 'it is a directory',
    ENXIO: 'it is no regular file',
  })
}
