/** A container of the image, held as tightly as one can be. */
import { chmod, copyFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Status } from '../clusters/acceptance/evenkeel.ts'
import { freshDir, mark, sandbox } from '../clusters/sandbox.ts'
import { until } from '../clusters/wait.ts'
import { image } from './build.ts'
import { type Ended, inspect, podman, tryPodman } from './engine.ts'

/** Nothing may be written but in the volume, nothing may be done that a user may not. */
const tight = ['--read-only', '--read-only-tmpfs=false', '--cap-drop=all', '--security-opt=no-new-privileges']

/** Ends it with the test process. */
const marked = () => `--env=${mark}=${sandbox()}`

/** Runs a container to its end and removes it. */
export const runOnce = (options: string[], command: string[]): Promise<Ended> =>
  tryPodman('run', '--rm', '--no-healthcheck', '--network=none', ...tight, marked(), ...options, image, ...command)

/** A directory with the config in it, to be mounted, which every user may read. */
export async function configFolder(config: { text: string } | { copyOf: string }): Promise<string> {
  const folder = await freshDir('etc')
  await chmod(folder, 0o755)
  const file = join(folder, 'evenkeel.yaml')
  await ('text' in config ? writeFile(file, config.text) : copyFile(config.copyOf, file))
  return folder
}

/** Puts another text in the place of the config's, as editors do. */
export async function rewrite(folder: string, text: string): Promise<void> {
  const next = join(folder, 'evenkeel.yaml.next')
  await writeFile(next, text)
  await rename(next, join(folder, 'evenkeel.yaml'))
}

export class Container {
  readonly name: string

  private constructor(name: string) {
    this.name = name
  }

  /** @param folder holds the config. */
  static async start(name: string, folder: string, options: string[]): Promise<Container> {
    const mount = `--volume=${folder}:/etc/evenkeel:ro`
    await podman('run', '--detach', `--name=${name}`, ...tight, marked(), mount, ...options, image)
    return new Container(name)
  }

  exec(...command: string[]): Promise<string> {
    return podman('exec', this.name, ...command)
  }

  tryExec(...command: string[]): Promise<Ended> {
    return tryPodman('exec', this.name, ...command)
  }

  /** Whether the image's own health check is content, once. */
  async isHealthy(): Promise<boolean> {
    return (await tryPodman('healthcheck', 'run', this.name)).code === 0
  }

  async status(...options: string[]): Promise<Status> {
    const { clusters } = JSON.parse(await this.exec('evenkeel', 'status', '-o', 'json', ...options)) as {
      clusters: Status[]
    }
    return clusters[0]!
  }

  /** Like `until`; an error has the last of what it said. */
  async reaches(what: string, deadlineMs: number, probe: () => Promise<boolean>): Promise<void> {
    try {
      await until(what, deadlineMs, probe, 200)
    } catch (error) {
      const last = (await this.log()).split('\n').slice(-30).join('\n')
      throw new Error(`${(error as Error).message}\n${last}`, { cause: error })
    }
  }

  async log(): Promise<string> {
    return (await tryPodman('logs', this.name)).text
  }

  /** Process id of its first process, as the host sees it. */
  async pid(): Promise<number> {
    return (await inspect<{ State: { Pid: number } }>(this.name)).State.Pid
  }

  /** SIGTERM; SIGKILL, which shows in the exit code, after 20 s. */
  async stop(): Promise<{ code: number; seconds: number; outOfMemory: boolean }> {
    const atMs = performance.now()
    await podman('stop', '--time=20', this.name)
    const seconds = (performance.now() - atMs) / 1000
    const { State } = await inspect<{ State: { ExitCode: number; OOMKilled: boolean } }>(this.name)
    return { code: State.ExitCode, seconds, outOfMemory: State.OOMKilled }
  }

  /** With its volume, unless that has a name. */
  async remove(): Promise<void> {
    await podman('rm', '--force', '--volumes', '--time=0', this.name)
  }
}
