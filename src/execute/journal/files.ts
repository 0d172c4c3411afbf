/** Files that survive a crash: what was written is on disk when a call returns, and a name is only once its directory is. */
import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, readFile, rename, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileTrouble } from '../../lib/file-trouble.ts'

/** How a file was left; one that is otherwise has been touched by somebody else. */
export interface Trace {
  inode: number
  bytes: number
  changedMs: number
}

/** Undefined where there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** Whether the file can be written, and how it is now. */
export async function traceOf(path: string): Promise<Trace> {
  const handle = await open(path, constants.O_WRONLY | constants.O_APPEND)
  try {
    return await look(handle)
  } finally {
    await handle.close()
  }
}

/** Appends to a file that is as it was left; undefined, with nothing done, for one that is not. */
export async function append(path: string, text: string, left: Trace): Promise<Trace | undefined> {
  let handle: FileHandle
  try {
    handle = await open(path, constants.O_WRONLY | constants.O_APPEND)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
  try {
    const now = await look(handle)
    if (now.inode !== left.inode || now.bytes !== left.bytes || now.changedMs !== left.changedMs) return undefined
    try {
      await handle.appendFile(text)
      await handle.sync()
    } catch (error) {
      // Mostly that is the end of it; it is not relied upon.
      await handle.truncate(left.bytes).catch(() => undefined)
      throw error
    }
    return await look(handle)
  } finally {
    await handle.close()
  }
}

/** Puts a whole new file in the place of one, or of none. */
export async function replace(path: string, text: string): Promise<Trace> {
  const draft = `${path}.new`
  try {
    const handle = await open(draft, 'w', 0o600)
    let trace: Trace
    try {
      await handle.appendFile(text)
      await handle.sync()
      trace = await look(handle)
    } finally {
      await handle.close()
    }
    await rename(draft, path)
    await syncDirectory(dirname(path))
    return trace
  } catch (error) {
    // What is left of it would keep the space that is missing.
    await unlink(draft).catch(() => undefined)
    throw error
  }
}

/** Gives a file another name; nothing happens where there is none. */
export async function setAside(path: string, name: string): Promise<void> {
  try {
    await rename(path, name)
  } catch (error) {
    if (isMissing(error)) return
    throw error
  }
  await syncDirectory(dirname(path))
}

/** Made with those above it, for us alone; each name is on disk before anything is in it. */
export async function makeDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 })
  if (first === undefined) return
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made))
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function look(handle: FileHandle): Promise<Trace> {
  const { ino, size, mtimeMs } = await handle.stat()
  return { inode: ino, bytes: size, changedMs: mtimeMs }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
}

/** One sentence on why a state directory cannot be used. */
export function unusable(directory: string, error: unknown): string {
  const why = fileTrouble(error, { EEXIST: 'it is not a directory', EISDIR: 'a file in it is a directory' })
  return `the state directory ${directory} cannot be used: ${why} (state.directory says where it is)`
}
