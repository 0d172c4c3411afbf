/**
 * Every write that a ZooKeeper has accepted, from its transaction log. Who polls or watches nodes misses the states between two looks; the log
 * has them all, with their times, and it can be read while ZooKeeper or the controller is down.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A node was given data, or was removed. */
export interface Write {
  /** Grows with each transaction. */
  zxid: bigint
  /** ZooKeeper's wall clock. */
  atMs: number
  path: string
  /** undefined = removed. */
  data: Buffer | undefined
}

/** A client's, over its life. */
export interface Session {
  /** In hexadecimal. */
  id: string
  /** Which it was given, whatever it asked for. */
  timeoutMs: number
  openedAtMs: number
  /** Absent while it lasts. */
  closedAtMs?: number
}

/** Numbers of transaction types. */
const removing = new Set([2, 20])
const creating = new Set([1, 15, 19, 21])
const settingData = 5
const opening = -10
const closing = -11
const several = 14

/**
 * Reads what has been written so far to nodes that `wanted` accepts. Ephemeral nodes that ended with their session are not told.
 * @param zkDir directory of a ZooKeeper that keeps its logs
 */
export async function readWrites(zkDir: string, wanted: (path: string) => boolean): Promise<Write[]> {
  const writes: Write[] = []
  for await (const transaction of logged(zkDir)) writes.push(...writesOf(transaction))
  return writes.filter(({ path }) => wanted(path))
}

/** Reads which sessions there have been so far, in the order in which they were opened. */
export async function readSessions(zkDir: string): Promise<Session[]> {
  const sessions = new Map<string, Session>()
  for await (const reader of logged(zkDir)) {
    const { session, atMs } = headerOf(reader)
    const id = session.toString(16)
    const type = reader.int()
    if (type === opening) sessions.set(id, { id, timeoutMs: reader.int(), openedAtMs: atMs })
    const known = sessions.get(id)
    if (type === closing && known) known.closedAtMs = atMs
  }
  return [...sessions.values()]
}

async function* logged(zkDir: string): AsyncGenerator<Reader> {
  const dir = join(zkDir, 'version-2')
  const files = (await readdir(dir))
    .filter((name) => name.startsWith('log.'))
    .sort((a, b) => Number.parseInt(a.slice(4), 16) - Number.parseInt(b.slice(4), 16))
  for (const file of files) yield* transactions(await readFile(join(dir, file)))
}

/** A file is a header of 16 bytes, then checksum, length, transaction and an end mark for each, then zeros kept for more. */
function* transactions(file: Buffer): Generator<Reader> {
  let at = 16
  while (at + 12 <= file.length) {
    const length = file.readInt32BE(at + 8)
    const end = at + 12 + length
    // Zeros, or what is just being written.
    if (length <= 0 || end >= file.length || file[end] !== 0x42) return
    yield new Reader(file.subarray(at + 12, end))
    at = end + 1
  }
}

function headerOf(reader: Reader): { session: bigint; zxid: bigint; atMs: number } {
  const session = reader.long()
  reader.skip(4) // its count of requests
  return { session, zxid: reader.long(), atMs: Number(reader.long()) }
}

function writesOf(reader: Reader): Write[] {
  const { zxid, atMs } = headerOf(reader)
  return changes(reader.int(), reader).map(({ path, data }) => ({ zxid, atMs, path, data }))
}

function changes(type: number, reader: Reader): { path: string; data: Buffer | undefined }[] {
  if (type === several) {
    return Array.from({ length: reader.int() }, () => {
      const part = reader.int()
      return changes(part, new Reader(reader.bytes()))
    }).flat()
  }
  if (removing.has(type)) return [{ path: reader.text(), data: undefined }]
  if (creating.has(type) || type === settingData) return [{ path: reader.text(), data: reader.bytes() }]
  return []
}

class Reader {
  readonly #buffer: Buffer
  #at = 0

  constructor(buffer: Buffer) {
    this.#buffer = buffer
  }

  skip(count: number): void {
    this.#at += count
  }

  int(): number {
    this.#at += 4
    return this.#buffer.readInt32BE(this.#at - 4)
  }

  long(): bigint {
    this.#at += 8
    return this.#buffer.readBigInt64BE(this.#at - 8)
  }

  /** Length −1 is null, for us the same as empty. */
  bytes(): Buffer {
    const length = Math.max(0, this.int())
    this.#at += length
    return this.#buffer.subarray(this.#at - length, this.#at)
  }

  text(): string {
    return this.bytes().toString()
  }
}
