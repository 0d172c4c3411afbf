/**
 * A lock that one process holds, and that ends with it however it ends: a socket that the holder listens on, as a file of the
 * state directory. Whoever can reach the file can ask the holder, also from another container of the host.
 *
 * A dead socket keeps its file, and a file cannot be replaced only if it is still the dead one. So none is replaced: the files
 * are numbered, the one with the highest number is the lock, and who finds it dead makes the next one, which only one can. It
 * appears with its listener at work, and counts if no higher one is there then. The dead one before it stays, so that the
 * numbers only ever grow, whoever is late.
 */
import { randomUUID } from 'node:crypto'
import { link, open, readdir, stat, unlink } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { EvenkeelError } from '../../lib/errors.ts'
import { formatTime } from '../../lib/iso-time.ts'

export interface Lock {
  path: string
  /** Somebody deleted or replaced its file: another may hold it by now. */
  isLost(): Promise<boolean>
  release(): void
}

const ANSWER_MS = 1000
const TRIES = 10

/**
 * @param name what is locked; the files are called `NAME.lock.NUMBER`.
 * @throws EvenkeelError `state_unavailable` naming the holder; what the file system threw.
 */
export async function takeLock(directory: string, name: string, nowMs: number): Promise<Lock> {
  const handle = await open(directory, 'r')
  // The path of a socket has about 100 characters at most, that of a directory may have more.
  const at = process.platform === 'linux' ? `/proc/self/fd/${handle.fd}` : directory
  const greeting = `process ${process.pid} on ${hostname()}, since ${formatTime(nowMs)}`
  try {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const newest = Math.max(0, ...(await numbersOf(at, name)))
      const holder = newest === 0 ? undefined : await ask(join(at, fileName(name, newest)))
      if (holder !== undefined) throw taken(directory, name, holder)
      const held = await tryAs(at, name, newest + 1, greeting)
      if (held) return lockOf(held, join(directory, fileName(name, newest + 1)))
    }
  } finally {
    await handle.close()
  }
  throw taken(directory, name, 'several are after it at this moment')
}

function taken(directory: string, name: string, holder: string): EvenkeelError {
  const text = `another evenkeel has the state of ${name} in ${directory} (${holder}): a daemon takes it over when that one ends, anything else needs it stopped first`
  return new EvenkeelError('state_unavailable', text)
}

const fileName = (name: string, number: number | string) => `${name}.lock.${number}`

async function numbersOf(at: string, name: string): Promise<number[]> {
  const prefix = fileName(name, '')
  const endings = (await readdir(at)).flatMap((file) => (file.startsWith(prefix) ? [file.slice(prefix.length)] : []))
  return endings.filter((ending) => /^\d{1,15}$/.test(ending)).map(Number)
}

/** What the holder says of itself; undefined when nobody listens. */
function ask(path: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect({ path })
    socket.setEncoding('utf8')
    socket.setTimeout(ANSWER_MS, () => socket.destroy())
    socket.on('data', (text: string) => (answer += text))
    socket.on('close', () => resolve(answer || 'it does not answer'))
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // Only these say that nobody is there.
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(undefined)
      if (error.code === 'EACCES' || error.code === 'EPERM') reject(error)
    })
  })
}

interface Held {
  server: Server
  inode: bigint
}

/** Undefined when somebody else was faster. */
async function tryAs(at: string, name: string, number: number, greeting: string): Promise<Held | undefined> {
  const draft = join(at, fileName(name, `new-${randomUUID().slice(0, 8)}`))
  const server = await listen(draft, greeting)
  let held = false
  try {
    const { ino: inode } = await stat(draft, { bigint: true })
    await link(draft, join(at, fileName(name, number)))
    await unlink(draft)
    held = Math.max(...(await numbersOf(at, name))) === number
    if (!held) return undefined
    await sweep(at, name, number)
    return { server, inode }
  } catch (error) {
    // A draft that is gone was swept by a new holder.
    if (['EEXIST', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  } finally {
    if (!held) server.close()
  }
}

function listen(path: string, greeting: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.end(greeting, () => socket.destroy())
    })
    server.on('error', reject)
    server.listen({ path }, () => resolve(server.unref()))
  })
}

/** Dead sockets but the last one, and what is left of tries that did not come to an end. */
async function sweep(at: string, name: string, number: number): Promise<void> {
  const files = (await readdir(at)).filter((file) => file.startsWith(fileName(name, 'new-')))
  for (const other of await numbersOf(at, name)) if (other < number - 1) files.push(fileName(name, other))
  await Promise.all(files.map((file) => unlink(join(at, file)).catch(() => undefined)))
}

function lockOf({ server, inode }: Held, path: string): Lock {
  return {
    path,
    isLost: async () => (await stat(path, { bigint: true }).catch(() => undefined))?.ino !== inode,
    // The file stays: a name that came again could be taken for the dead one that it was.
    release: () => void server.close(),
  }
}
