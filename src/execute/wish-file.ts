/**
 * The wishes of one cluster in a file of the state directory: one record a line, each with all that holds, the last one counts.
 *
 * A record is on disk before a write returns. What a crash tore off the last line never held, and goes with the next write; what
 * is wrong anywhere else is not ours to mend: the file is left as it is and the store says where to look. A store that
 * cannot be used opens all the same, since a cluster can be looked at without one; it tries again by itself and at each write.
 */
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { noWishes, type Wishes, type WishStore } from '../cluster/wishes.ts'
import type { Clock } from '../lib/clock.ts'
import { codeOf, EvenkeelError, messageOf } from '../lib/errors.ts'
import { recordOf, wishesOf } from './wish-record.ts'

export interface WishFileOptions {
  directory: string
  /** Its name is the file's. */
  cluster: string
  clock: Clock
}

export async function openWishFile(options: WishFileOptions): Promise<WishStore> {
  const store = new WishFile(options)
  await store.open()
  return store
}

/** Beyond this a file is made anew with its last record alone. */
const COMPACT_BYTES = 64 * 1024
const RETRY_MS = 30_000

class WishFile implements WishStore {
  readonly #options: WishFileOptions
  readonly #path: string
  readonly #closing = new AbortController()
  #wishes = noWishes
  #problem: string | undefined
  #loaded = false
  #bytes = 0
  /** The file may end in the middle of a record: the next one makes it anew. */
  #torn = false
  /** One after the other. */
  #turn: Promise<unknown> = Promise.resolve()
  #healing: Promise<void> | undefined

  constructor(options: WishFileOptions) {
    this.#options = options
    this.#path = join(options.directory, `${options.cluster}.wishes.jsonl`)
  }

  async open(): Promise<void> {
    await this.#guarded(() => this.#load()).catch(() => undefined)
  }

  read(): Wishes {
    return this.#wishes
  }

  problem(): string | undefined {
    return this.#problem
  }

  async write(wishes: Wishes): Promise<void> {
    const unseen = await this.#guarded(async () => {
      if (!this.#loaded) {
        await this.#load()
        if (this.#wishes.drains.length > 0 || this.#wishes.pause) return true
      }
      await this.#put(wishes)
      this.#wishes = wishes
      return false
    })
    // Whoever asked knew nothing of what the file holds: to replace it could end a drain that somebody relies on.
    if (unseen)
      throw new EvenkeelError('state_unavailable', `${this.#path} was read only now: see what holds and ask again`)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#healing
    await this.#turn
  }

  /** Takes its turn, and keeps in mind what went wrong. */
  #guarded<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#turn.then(async () => {
      try {
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
      const work = () => (this.#loaded ? this.#put(this.#wishes) : this.#load())
      await this.#guarded(work).catch(() => undefined)
    }
    this.#healing = undefined
  }

  async #load(): Promise<void> {
    const { directory, cluster } = this.#options
    await makeDirectory(directory)
    const text = await readIfThere(this.#path)
    const { wishes, torn } = lastOf(text, cluster, this.#path)
    // That it can be read does not mean that it can be written.
    await append(this.#path, '')
    this.#wishes = wishes
    this.#torn = torn
    this.#bytes = Buffer.byteLength(text)
    this.#loaded = true
  }

  async #put(wishes: Wishes): Promise<void> {
    const { directory, cluster, clock } = this.#options
    const record = recordOf(cluster, wishes, clock.now())
    const bytes = Buffer.byteLength(record)
    await makeDirectory(directory)
    try {
      const anew = this.#torn || this.#bytes + bytes > COMPACT_BYTES
      await (anew ? replace : append)(this.#path, record)
      this.#bytes = anew ? bytes : this.#bytes + bytes
      this.#torn = false
    } catch (error) {
      this.#torn = true
      throw error
    }
  }
}

/** @throws EvenkeelError naming the line that is wrong */
function lastOf(text: string, cluster: string, path: string): { wishes: Wishes; torn: boolean } {
  const lines = text.split('\n')
  // What follows the last line end: nothing, or what a crash left of a record, at best all but its end.
  const tail = lines.pop()!
  if (parse(tail) !== undefined) lines.push(tail)
  let wishes = noWishes
  for (const [index, line] of lines.entries()) {
    const record = parse(line)
    const read = record === undefined ? 'is not JSON' : wishesOf(cluster, record)
    if (typeof read === 'string') {
      const where = `${path}:${index + 1}: the line ${read}`
      throw new EvenkeelError(
        'state_unavailable',
        `${where}; mend the file or move it away: until then nothing is started`,
      )
    }
    wishes = read
  }
  return { wishes, torn: tail !== '' }
}

/** Undefined for what is not JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

/** Whole, or not at all as far as that can be had. */
async function append(path: string, text: string): Promise<void> {
  const handle = await open(path, 'a', 0o600)
  try {
    const { size } = await handle.stat()
    try {
      await handle.appendFile(text)
      await handle.sync()
    } catch (error) {
      await handle.truncate(size).catch(() => undefined)
      throw error
    }
  } finally {
    await handle.close()
  }
  await syncDirectory(dirname(path))
}

async function replace(path: string, text: string): Promise<void> {
  const handle = await open(`${path}.new`, 'w', 0o600)
  try {
    await handle.appendFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(`${path}.new`, path)
  await syncDirectory(dirname(path))
}

/** Made with those above it, for us alone; each name is on disk before anything is in it. */
async function makeDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 })
  if (first === undefined) return
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made))
}

/** A name in a directory survives a crash only once the directory itself is on disk. */
async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function unusable(directory: string, error: unknown): string {
  const { code = '' } = error as NodeJS.ErrnoException
  const why = Object.hasOwn(reasons, code) ? reasons[code] : messageOf(error)
  return `the state directory ${directory} cannot be used: ${why} (state.directory says where it is)`
}

const reasons: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left',
  EDQUOT: 'no space is left',
  ENOTDIR: 'a part of its path is not a directory',
  EEXIST: 'it is not a directory',
  EISDIR: 'a file in it is a directory',
  EIO: 'the disk fails',
}
