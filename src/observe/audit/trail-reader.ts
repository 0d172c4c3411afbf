/** Pages of the audit trail, read from the end of its files without more of them than it takes. */
import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { linesBackwards } from './backwards.ts'
import type { AuditPage, AuditQuery, AuditRecord } from './record.ts'

/** One page looks through so much at most; the next one goes on from there. */
const LOOK_BYTES = 32 * 1024 * 1024

/** The files that were filled before the present one, by the id of the last record in each, newest first. */
export async function filledFiles(file: string): Promise<{ path: string; lastId: string }[]> {
  const [folder, prefix] = [dirname(file), `${basename(file)}.`]
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return entries
    .filter((entry) => entry.isFile() && entry.name.startsWith(prefix) && isId(entry.name.slice(prefix.length)))
    .map(({ name }) => ({ path: join(folder, name), lastId: name.slice(prefix.length) }))
    .sort((a, b) => (a.lastId < b.lastId ? 1 : -1))
}

export async function readPage(file: string, query: AuditQuery, lookBytes = LOOK_BYTES): Promise<AuditPage> {
  const page = new Page(query, lookBytes)
  const younger = await filledFiles(file)
  if (page.concerns(younger[0]?.lastId)) await page.take(file)
  // Listed anew: what was read may have become one of them meanwhile, which is then passed over.
  const filled = await filledFiles(file)
  for (const [index, { path }] of filled.entries()) {
    if (page.next !== undefined) break
    if (page.concerns(filled[index + 1]?.lastId)) await page.take(path)
  }
  return { records: page.records, ...(page.next !== undefined && { next: page.next }) }
}

class Page {
  readonly records: AuditRecord[] = []
  next: string | undefined
  readonly #query: AuditQuery
  #left: number
  #before: string

  constructor(query: AuditQuery, lookBytes: number) {
    this.#query = query
    this.#left = lookBytes
    this.#before = query.before ?? END
  }

  /** @param lastBefore the last record before the first one of a file: all that the file holds is younger. */
  concerns(lastBefore: string | undefined): boolean {
    return lastBefore === undefined || lastBefore < this.#before
  }

  async take(path: string): Promise<void> {
    const { cluster, last } = this.#query
    let [oldest, looked] = [this.#before, 0]
    for await (const { line, bytes } of linesOf(path)) {
      looked = bytes
      const record = parse(line)
      if (!record || record.id >= this.#before) continue
      if (record.id < oldest) oldest = record.id
      if (cluster === undefined || record.cluster === cluster) this.records.push(record)
      if (this.records.length < last && bytes < this.#left) continue
      this.next = record.id
      return
    }
    this.#before = oldest
    this.#left -= looked
  }
}

/** After every id. */
const END = '~'

/** The newest record; undefined where there is none. */
export async function lastRecord(file: string): Promise<AuditRecord | undefined> {
  for await (const { line } of linesOf(file)) {
    const record = parse(line)
    if (record) return record
  }
  return undefined
}

/** None where the file is not there, or was given another name a moment ago. */
async function* linesOf(path: string): ReturnType<typeof linesBackwards> {
  try {
    yield* linesBackwards(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

/** Undefined for what was torn, or is not ours. */
function parse(line: string): AuditRecord | undefined {
  try {
    const record = JSON.parse(line) as Partial<AuditRecord> | null
    const { id, action } = record ?? {}
    return typeof id === 'string' && isId(id) && typeof action === 'string' ? (record as AuditRecord) : undefined
  } catch {
    return undefined
  }
}

/** Others would be greater or smaller than every one of ours, and so would all that are made after them. */
function isId(text: string): boolean {
  return /^\d{8}T\d{9}-\d{6}$/.test(text)
}
