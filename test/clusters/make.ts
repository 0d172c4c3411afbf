/** Making things that cost time once and keeping them, e.g. in .cache. */
import { createHash, randomUUID } from 'node:crypto'
import { access, mkdir, realpath, rename, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { launch } from './sandbox.ts'
import { within } from './wait.ts'

/**
 * Makes the file or directory `path` unless it is there. `make` fills a temporary neighbour that a rename then puts in place, so nobody
 * ever sees a half-made one. Of several processes that want it at once, one makes it and the others wait.
 */
export async function makeOnce(path: string, make: (path: string) => Promise<void>): Promise<string> {
  if (await exists(path)) return path
  await mkdir(dirname(path), { recursive: true })
  const release = await alone(join(await realpath(dirname(path)), basename(path)))
  try {
    if (await exists(path)) return path
    const draft = join(dirname(path), `.${basename(path)}-${randomUUID()}`)
    try {
      await make(draft)
      await rename(draft, path)
    } finally {
      await rm(draft, { recursive: true, force: true })
    }
    return path
  } finally {
    release()
  }
}

/**
 * Begins to make what tests will need later, while others still run; whoever needs it before waits for it. A failure is told by them:
 * they try it again.
 */
export function makeAhead(make: () => Promise<unknown>): void {
  make().catch(() => undefined)
}

/**
 * Waits until no other process makes `path`. What is held is a socket in Linux's abstract namespace: it is gone with the process that
 * held it, however that ended.
 * @returns how to let the next one in
 */
async function alone(path: string): Promise<() => void> {
  const name = `\0evenkeel-makes-${createHash('sha256').update(path).digest('hex').slice(0, 16)}`
  for (;;) {
    const server = createServer()
    const held = await new Promise<boolean>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) =>
        error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
      )
      server.listen(name, () => resolve(true))
    })
    if (held) return () => server.close()
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

/**
 * Runs a program to its end, successfully.
 * @throws Error with `otherwise` and the last of what it printed when it fails or takes longer than `deadlineMs`
 */
export async function mustRun(
  program: string,
  args: string[],
  { cwd, deadlineMs, otherwise }: { cwd?: string; deadlineMs: number; otherwise: string },
): Promise<void> {
  const process = await launch(program, args, cwd === undefined ? {} : { cwd })
  try {
    const end = await within(otherwise, deadlineMs, process.exited)
    if (end !== 0) throw new Error(`${otherwise}:\n${process.tail()}`)
  } finally {
    await process.end('SIGKILL')
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
