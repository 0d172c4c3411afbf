/** The page of grafana/preview/ with Grafana's packages, which are fetched for it alone: they are far larger than evenkeel. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'

const source = 'grafana/preview'
const dir = resolve('.cache/preview')

interface Esbuild {
  build: (options: Record<string, unknown>) => Promise<{ outputFiles: { path: string; text: string }[] }>
}

/** Installs what is missing. @throws Error where npm fails */
export async function bundle(): Promise<{ script: string; style: string }> {
  install()
  cpSync(source, join(dir, 'page'), { recursive: true })
  const { build } = createRequire(join(dir, 'package.json'))('esbuild') as Esbuild
  const files = Object.fromEntries(['svg', 'png', 'gif', 'ttf', 'woff', 'woff2'].map((kind) => [`.${kind}`, 'dataurl']))
  const { outputFiles } = await build({
    entryPoints: [join(dir, 'page/page.jsx')],
    bundle: true,
    write: false,
    outdir: 'out',
    format: 'iife',
    jsx: 'automatic',
    logLevel: 'error',
    loader: files,
    define: { 'process.env.NODE_ENV': '"production"', global: 'window' },
  })
  const text = (end: string) => outputFiles.find(({ path }) => path.endsWith(end))?.text ?? ''
  return { script: text('.js'), style: text('.css') }
}

function install(): void {
  const lock = join(dir, 'package-lock.json')
  const wanted = readFileSync(`${source}/package-lock.json`, 'utf8')
  if (existsSync(join(dir, 'node_modules')) && existsSync(lock) && readFileSync(lock, 'utf8') === wanted) return
  console.log('fetching the packages of Grafana for the preview into .cache/preview: some 430 MB, once')
  mkdirSync(dir, { recursive: true })
  copyFileSync(`${source}/package.json`, join(dir, 'package.json'))
  const args = ['ci', '--legacy-peer-deps', '--ignore-scripts', '--no-audit', '--no-fund']
  copyFileSync(`${source}/package-lock.json`, lock)
  const { status } = spawnSync('npm', args, { cwd: dir, stdio: 'inherit' })
  if (status !== 0) throw new Error('npm could not fetch the packages: the preview needs a package registry once')
}
