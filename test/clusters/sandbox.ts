/**
 * The one place where cluster tests start processes, make directories and mounts.
 *
 * Each test process has one sandbox directory. Every process it starts carries the directory's name in its environment and every
 * mount lies below it. So what is left over is found by looking at the machine, not at our own books, and a small watcher (reaper.sh)
 * can end it all when the test process dies, even by SIGKILL.
 */
import { execFile, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Launched, type LaunchOptions } from './launched.ts'
import { until } from './wait.ts'

const run = promisify(execFile)
const reaper = fileURLToPath(new URL('./reaper.sh', import.meta.url))
/** The variable that carries the directory's name. */
export const mark = 'EVENKEEL_SANDBOX'
let root: string | undefined

/** The directory of this test process, made with its watcher at the first call. */
export function sandbox(): string {
  if (root === undefined) {
    root = mkdtempSync(join(tmpdir(), 'evenkeel-'))
    // Detached, so that a signal to our process group does not reach it, and unmarked, so that it does not end itself.
    const env = { ...process.env, [mark]: undefined }
    const watcher = spawn('sh', [reaper, root], { stdio: ['pipe', 'ignore', 'ignore'], cwd: '/', detached: true, env })
    watcher.unref()
    ;(watcher.stdin as Socket).unref()
  }
  mkdirSync(root, { recursive: true })
  return root
}

/** A new directory in the sandbox. */
export const freshDir = (name: string): Promise<string> => mkdtemp(join(sandbox(), `${name}-`))

/**
 * Starts a program that is ended with the test process at the latest.
 * @throws Error naming the Debian package when the program is not installed
 */
export const launch = (program: string, args: string[], options: LaunchOptions = {}): Promise<Launched> =>
  Launched.start(program, args, { ...options, env: { ...process.env, [mark]: sandbox() } })

/**
 * Mounts an empty file system of its own of `mebibytes` on `dir`, which must lie in the sandbox.
 * @returns how to unmount it
 * @throws Error when mounting is not permitted here
 */
export async function mountTmpfs(dir: string, mebibytes: number): Promise<() => Promise<void>> {
  await mkdir(dir, { recursive: true })
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'evenkeel', dir])
  } catch (error) {
    const why = (error as { stderr?: string }).stderr?.split('\n')[0] || (error as Error).message
    throw new Error(`cannot mount a tmpfs: run as root, or leave tmpfsMiB out and share the host's disk (${why})`, {
      cause: error,
    })
  }
  return async () => {
    await run('umount', [dir])
  }
}

/** Until the returned function is called the file can be read and written, but not removed or renamed. */
export async function pin(file: string): Promise<() => Promise<void>> {
  await run('mount', ['--bind', file, file])
  return async () => {
    await run('umount', [file])
  }
}

/** Makes what is mounted on `dir` read-only, or writable again. */
export async function remount(dir: string, how: 'ro' | 'rw'): Promise<void> {
  await run('mount', ['-o', `remount,${how}`, dir])
}

/** What of this test process is still there: one line for each living process and each mount. */
export function leftovers(): string[] {
  if (root === undefined) return []
  const processes = readdirSync('/proc')
    .filter(
      (name) => /^\d+$/.test(name) && readIfThere(`/proc/${name}/environ`).split('\0').includes(`${mark}=${root}`),
    )
    .map((pid) => `process ${pid}: ${shortCommand(readIfThere(`/proc/${pid}/cmdline`))}`)
  const mounts = readIfThere('/proc/self/mounts')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(`${root}/`))
    .map((path) => `mount ${path}`)
  return [...processes, ...mounts]
}

/**
 * Ends every process, removes every mount and every file of this test process.
 * @throws Error when something is still there after 10 s
 */
export async function sweep(): Promise<void> {
  if (root === undefined) return
  // With no standard input the watcher's script does its work at once.
  const done = run('sh', [reaper, root])
  done.child.stdin?.end()
  await done
  await until('ending what was left over', 10_000, async () => leftovers().length === 0)
}

/** A process that ended meanwhile, or is another user's, reads as empty. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** Program and last arguments: a class path of a hundred jars helps nobody. */
function shortCommand(cmdline: string): string {
  const words = cmdline.split('\0').filter((word) => word !== '')
  return words.length <= 4 ? words.join(' ') : `${words[0]} … ${words.slice(-2).join(' ')}`
}
