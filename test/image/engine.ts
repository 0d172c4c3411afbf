/**
 * Debian's buildah and podman. Their images, containers and volumes lie below the sandbox and go with it; what the machine has of
 * its own they neither see nor touch.
 */
import { accessSync, constants, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { launch, sandbox } from '../clusters/sandbox.ts'
import { within } from '../clusters/wait.ts'

/** Each is a Debian package of the same name. */
const programs = ['buildah', 'podman', 'runc', 'mmdebstrap']

/** @throws Error naming the packages when not everything that images need is installed */
export function needEngine(): void {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const missing = programs.filter((program) => !folders.some((folder) => isExecutable(join(folder, program))))
  if (missing.length > 0)
    throw new Error(
      `${missing.join(', ')}: not installed; apt-get install --no-install-recommends ${missing.join(' ')}`,
    )
}

export interface Ended {
  /** Exit code, or the signal that ended it. */
  code: number | NodeJS.Signals
  out: string
  /** Both streams. */
  text: string
}

export const buildah = (...args: string[]): Promise<string> => mustEnd('buildah', [...storage(), ...args])

export const podman = (...args: string[]): Promise<string> => mustEnd('podman', [...storage(), ...args])

/** Like `podman`, but any end will do. */
export const tryPodman = (...args: string[]): Promise<Ended> => runToEnd('podman', [...storage(), ...args])

/** `podman inspect` as JSON: of a container, or with `image` before its name of an image. */
export async function inspect<T>(...what: string[]): Promise<T> {
  const [found] = JSON.parse(
    await podman(...(what.length > 1 ? what.toSpliced(1, 0, 'inspect') : ['inspect', ...what])),
  )
  return found as T
}

const storage = () => ['--root', join(sandbox(), 'images'), '--runroot', join(sandbox(), 'images-run')]

/** Without a file of its own podman would share its locks with all others on the machine. */
function settings(): string {
  const file = join(sandbox(), 'containers.conf')
  const text = `[containers]
log_driver = "k8s-file"
# Not every root may raise them to what podman asks for by itself.
default_ulimits = ["nofile=20000:20000", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
tmp_dir = "${join(sandbox(), 'podman')}"
`
  writeFileSync(file, text)
  return file
}

async function mustEnd(program: string, args: string[]): Promise<string> {
  const { code, out, text } = await runToEnd(program, args)
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${text}`)
  return out
}

async function runToEnd(program: string, args: string[]): Promise<Ended> {
  const running = await launch('env', [`CONTAINERS_CONF=${settings()}`, program, ...args], { name: program })
  try {
    const code = await within(`${program} ${args.join(' ')}`, 300_000, running.exited)
    return { code, out: running.output(), text: running.text() }
  } finally {
    await running.end('SIGKILL')
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
