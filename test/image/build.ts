/** Builds the image from the repository's Dockerfile, on bases that are made here of Debian's packages and the Node that runs this. */
import { existsSync } from 'node:fs'
import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeOnce, mustRun } from '../clusters/make.ts'
import { freshDir, launch } from '../clusters/sandbox.ts'
import { within } from '../clusters/wait.ts'
import { buildah } from './engine.ts'

export const root = fileURLToPath(new URL('../..', import.meta.url))
export const image = 'localhost/evenkeel:soak'
/** What stands in for the official image of Debian. */
export const debian = 'localhost/debian:bookworm'
const node = 'localhost/node:bookworm'

/** What `npmrc` brings into the build as a secret; nothing of it may be found in the image. */
export const secret = 'a-token-that-must-stay-out'

/** @param revision for the image's label. */
export async function buildImage(revision: string): Promise<void> {
  await makeBases()
  const { file, options } = await npmAccess()
  await buildah(
    'build',
    '--isolation=chroot',
    '--pull-never',
    // The format of OCI has no health check.
    '--format=docker',
    `--secret=id=npmrc,src=${file}`,
    ...options,
    `--build-arg=NODE_IMAGE=${node}`,
    `--build-arg=RUNTIME_IMAGE=${debian}`,
    `--build-arg=REVISION=${revision}`,
    `--tag=${image}`,
    root,
  )
}

async function makeBases(): Promise<void> {
  const tar = await makeOnce(join(root, '.cache/image/debian-bookworm.tar'), (path) =>
    mustRun('mmdebstrap', ['--variant=minbase', '--format=tar', ...withoutDocs, 'bookworm', path], {
      deadlineMs: 600_000,
      otherwise: 'a small Debian could not be made',
    }),
  )
  const container = (await buildah('from', 'scratch')).trim()
  await buildah('add', '--quiet', container, tar, '/')
  await buildah('commit', '--quiet', container, debian)
  await buildah('add', '--quiet', container, process.execPath, '/usr/local/bin/node')
  const modules = (await outputOf('npm', ['root', '--global'])).trim()
  await buildah('add', '--quiet', container, join(modules, 'npm'), '/usr/local/lib/node_modules/npm')
  const link = ['ln', '-s', '../lib/node_modules/npm/bin/npm-cli.js', '/usr/local/bin/npm']
  await buildah('run', '--isolation=chroot', container, '--', ...link)
  await buildah('commit', '--quiet', '--rm', container, node)
}

/** As Debian's own small images are made. */
const withoutDocs = ['/usr/share/doc/*', '/usr/share/man/*', '/usr/share/locale/*', '/usr/share/info/*'].map(
  (path) => `--dpkgopt=path-exclude=${path}`,
)

/** The registry that npm uses here, and the certificates it is trusted by. */
async function npmAccess(): Promise<{ file: string; options: string[] }> {
  const registry = (await outputOf('npm', ['config', 'get', 'registry'])).trim()
  const lines = [`registry=${registry}`, `//registry.invalid/:_authToken=${secret}`]
  const options: string[] = []
  const certificates = process.env['NODE_EXTRA_CA_CERTS']
  if (certificates !== undefined && existsSync(certificates)) {
    lines.push('cafile=/certificates/ca.crt')
    const folder = await freshDir('certificates')
    await copyFile(certificates, join(folder, 'ca.crt'))
    options.push(`--volume=${folder}:/certificates:ro`)
  }
  const file = join(await freshDir('npm'), 'npmrc')
  await writeFile(file, `${lines.join('\n')}\n`)
  return { file, options }
}

async function outputOf(program: string, args: string[]): Promise<string> {
  const running = await launch(program, args, { cwd: root })
  try {
    const code = await within(`${program} ${args.join(' ')}`, 60_000, running.exited)
    if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${running.tail()}`)
    return running.output()
  } finally {
    await running.end('SIGKILL')
  }
}
