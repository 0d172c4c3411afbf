/** What `npm publish` would send: built and packed in a place of its own, unpacked and run. */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  version: string
  files: string[]
  bin: { evenkeel: string }
  engines: { node: string }
}
const dir = mkdtempSync(join(tmpdir(), 'evenkeel-package-'))
const unpacked = join(dir, 'package')
let files: string[] = []

beforeAll(() => {
  const run = (program: string, args: string[]) => execFileSync(program, args, { cwd: dir, encoding: 'utf8' })
  const { files: packed } = manifest
  for (const name of [
    'package.json',
    'tsconfig.json',
    'tsconfig.build.json',
    '.npmrc',
    'src',
    'LICENSE',
    'README.md',
  ]) {
    cpSync(name, join(dir, name), { recursive: true })
  }
  for (const name of packed) if (name !== 'dist') cpSync(name, join(dir, name), { recursive: true })
  symlinkSync(resolve('node_modules'), join(dir, 'node_modules'))
  run('npm', ['run', '--silent', 'build'])
  run('npm', ['pack', '--silent'])
  const tarball = `evenkeel-${manifest.version}.tgz`
  files = run('tar', ['-tzf', tarball])
    .trim()
    .split('\n')
    .map((path) => path.replace(/^package\//, ''))
  run('tar', ['-xzf', tarball])
}, 120_000)

afterAll(() => rmSync(dir, { recursive: true, force: true }))

describe('the package', () => {
  it('contains what it needs and nothing of the workshop', () => {
    for (const file of [
      'package.json',
      'LICENSE',
      'README.md',
      'CHANGELOG.md',
      'dist/main.js',
      'dist/plan/planner-worker.js',
    ]) {
      expect(files).toContain(file)
    }
    for (const file of [
      'config/demo.yaml',
      'config/kafka.yaml',
      'config/evenkeel.schema.json',
      'docs/configuration.md',
      'config/prometheus/alerts.yaml',
      'config/prometheus/prometheusrule.yaml',
      'config/prometheus/alertmanager.yaml',
      'docs/runbooks/EvenkeelDown.md',
      'grafana/evenkeel.json',
      'grafana/provisioning/dashboards/evenkeel.yaml',
    ]) {
      expect(files).toContain(file)
    }
    expect(files.filter((file) => /^(src|test|bench|scripts|\.ci)\/|\.tsx?$/.test(file))).toEqual([])
  })

  it('has a command that the shell can start', () => {
    const command = join(unpacked, manifest.bin.evenkeel)
    expect(readFileSync(command, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
    expect(statSync(command).mode & 0o111).toBe(0o111)
    const evenkeel = (...args: string[]) => execFileSync(command, args, { encoding: 'utf8', cwd: unpacked })
    expect(evenkeel('version')).toBe(`evenkeel ${manifest.version}\n`)
    expect(evenkeel('check-config', 'config/demo.yaml')).toContain('demo: 5 nodes')
  })

  it('says which Node it needs, and runs on the one that is here', () => {
    const [, major, minor] = /^>=(\d+)\.(\d+)$/.exec(manifest.engines.node)!
    const [hereMajor, hereMinor] = process.versions.node.split('.').map(Number)
    expect([hereMajor! > Number(major), hereMajor === Number(major) && hereMinor! >= Number(minor)]).toContain(true)
  })

  it('has an entry in the changelog', () => {
    const changelog = readFileSync('CHANGELOG.md', 'utf8')
    const [, latest] = /^## \[(\d[^\]]*)\]/m.exec(changelog)!
    expect(latest).toBe(manifest.version)
  })
})

describe('the lock file', () => {
  it('has the versions of package.json and is complete for every platform', () => {
    const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { version: string; packages: { '': object } }
    const { dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, object>
    expect(lock.version).toBe(manifest.version)
    expect(lock.packages['']).toMatchObject({ dependencies, devDependencies })
    expect(() => execFileSync(process.execPath, ['scripts/complete-lock.mjs', '--check'])).not.toThrow()
  })

  it('names no registry: each installation has its own', () => {
    expect(readFileSync('package-lock.json', 'utf8')).not.toContain('"resolved"')
  })
})

describe('versions', () => {
  it('are exact, so that a fresh install is the one that was tested', () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<
      string,
      Record<string, string>
    >
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([, version]) => !/^\d+\.\d+\.\d+$/.test(version),
    )
    expect(loose).toEqual([])
  })

  it('of what .ci/run installs is what the tests need', () => {
    expect(existsSync('.ci/run')).toBe(true)
    expect(statSync('.ci/run').mode & 0o111).toBe(0o111)
  })
})
