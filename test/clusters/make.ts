/** Making things that cost time once and keeping them, e.g. in .cache. */
import { randomUUID } from 'node:crypto'
import { access, mkdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { launch } from './sandbox.ts'
import { within } from './wait.ts'

/**
 * Makes the file or directory `path` unless it is there. `make` fills a temporary neighbour that a rename then puts in place, so nobody
 * ever sees a half-made one; of two processes that do it at once, one throws its own away.
 */
export async function makeOnce(path: string, make: (path: string) => Promise<void>): Promise<string> {
  if (await exists(path)) return path
  await mkdir(dirname(path), { recursive: true })
  const draft = join(dirname(path), `.${basename(path)}-${randomUUID()}`)
  try {
    await make(draft)
    await rename(draft, path).catch(async (error) => {
      if (!(await exists(path))) throw error
    })
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
  return path
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
