/**
 * Plants imports and calls of every kind into a copy of the tree and sees what the linter says to each line: what the
 * table does not allow is caught in every form it can be written in, and what the table allows passes.
 */
import { execFile } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as table from '../arrows.mjs'

const arrows: Record<string, string[]> = table.arrows
const pureRooms: Record<string, string[]> = table.pureRooms
const onlyImporter: Record<string, string[]> = table.onlyImporter
const { clockFiles, rooms } = table

const root = fileURLToPath(new URL('..', import.meta.url))
const rows = Object.keys(arrows)

const kinds = ['arrow', 'library', 'purity', 'clock', 'randomness', 'cycle'] as const

interface Line {
  kind: (typeof kinds)[number]
  code: string
  caught: boolean
}

/** Path in the tree → its planted lines. */
const planted = new Map<string, Line[]>()

describe('the table', () => {
  it('has a row for everything in src', () => {
    const found = readdirSync(join(root, 'src')).flatMap((name) => {
      if (name === 'systems') return readdirSync(join(root, 'src/systems')).map((inner) => `systems/${inner}`)
      return [name.replace(/\.ts$/, '')]
    })
    expect(new Set(found)).toEqual(new Set(rows))
    expect(new Set(rows.map(roomOf))).toEqual(new Set(rooms))
  })

  it('names nothing that does not exist', () => {
    const allowed = Object.values(arrows).flat()
    expect(allowed.filter((name) => !rows.includes(name) && !rooms.includes(name))).toEqual([])
    const files = [clockFiles, ...Object.values(onlyImporter), ...Object.values(pureRooms)].flat()
    expect(files.filter((file) => !existsSync(join(root, file.replace('/**', ''))))).toEqual([])
  })

  it('says of every library who may import it', () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { dependencies: object }
    expect(new Set(Object.keys(onlyImporter))).toEqual(new Set(Object.keys(dependencies)))
  })
})

describe('the linter', () => {
  let copy = ''
  /** `path:line` → rules that spoke there. */
  let spoken: Map<string, string[]>

  beforeAll(async () => {
    for (const row of rows) plantImports(row)
    for (const row of rows) plantSurroundings(isFile(row) ? fileOf(row) : `src/${row}/planted.ts`, row)
    for (const file of new Set([clockFiles, ...Object.values(onlyImporter), ...Object.values(pureRooms)].flat())) {
      if (!file.endsWith('/**')) plantSurroundings(file, rows.find((row) => covers(row, file))!)
    }
    plantCycles()
    copy = copyTree()
    spoken = await lint(copy)
  }, 60_000)

  afterAll(() => rmSync(copy, { recursive: true, force: true }))

  it('is given every form of every kind', () => {
    const lines = [...planted.values()].flat()
    const count = (kind: string, caught: boolean) =>
      lines.filter((line) => line.kind === kind && line.caught === caught).length
    const pairs = rows.flatMap((row) => rows.filter((target) => roomOf(row) !== roomOf(target) || row !== target))
    expect(count('arrow', true) + count('arrow', false)).toBeGreaterThan(pairs.length * forms.length)
    for (const kind of kinds) {
      expect(count(kind, true), kind).toBeGreaterThan(0)
      expect(count(kind, false), kind).toBeGreaterThan(0)
    }
  })

  it.each(kinds)('catches what is forbidden and lets pass what is allowed: %s', (kind) => {
    const wrong: string[] = []
    for (const [path, lines] of planted) {
      lines.forEach((line, index) => {
        if (line.kind !== kind) return
        const rules = (spoken.get(`${path}:${index + 1}`) ?? []).filter((rule) => rule.startsWith(speaker(kind)))
        if (line.caught !== rules.length > 0) wrong.push(`${path}: ${line.code}: ${rules.join() || 'not caught'}`)
      })
    }
    expect(wrong).toEqual([])
  })
})

function plant(path: string, kind: Line['kind'], code: string, caught: boolean): void {
  const lines = planted.get(path) ?? []
  lines.push({ kind, code, caught })
  planted.set(path, lines)
}

const forms: ((from: string, n: number) => string)[] = [
  (from) => `import '${from}'`,
  (from, n) => `import * as i${n} from '${from}'`,
  (from, n) => `import type * as t${n} from '${from}'`,
  (from, n) => `import { type x as x${n} } from '${from}'`,
  (from) => `export * from '${from}'`,
  (from, n) => `export * as e${n} from '${from}'`,
  (from, n) => `export { x as r${n} } from '${from}'`,
  (from, n) => `export type { x as s${n} } from '${from}'`,
  (from) => `void import('${from}')`,
]

/** From every row to every other row, by every way there. */
function plantImports(row: string): void {
  const places = isFile(row) ? [fileOf(row)] : [`src/${row}/planted-arrows.ts`, `src/${row}/deep/planted-arrows.ts`]
  for (const place of places) {
    for (const target of rows) {
      if (target === row) continue
      const allowed = roomOf(row) === roomOf(target) && roomOf(row) !== 'systems' ? true : isAllowed(row, target)
      plantImport(place, isFile(target) ? fileOf(target) : someFileOf(target), !allowed)
    }
    // A system that is not in the table yet.
    if (!isAllowed(row, 'systems') && !row.startsWith('systems/')) plantImport(place, 'src/systems/new/new.ts', true)
  }
}

function plantImport(place: string, target: string, caught: boolean): void {
  const direct = relative(dirname(place), target)
  const straight = direct.startsWith('.') ? direct : `./${direct}`
  const outOfSrc = `${relative(dirname(place), '.')}/${target}`
  for (const from of [straight, outOfSrc, `./${outOfSrc}`]) {
    for (const form of forms) plant(place, 'arrow', form(from, planted.get(place)?.length ?? 0), caught)
  }
}

/** Libraries, clocks, input and output, chance: what a file takes from around the project. */
function plantSurroundings(path: string, row: string): void {
  for (const [library, files] of Object.entries(onlyImporter)) {
    const caught = !files.some((file) => (file.endsWith('/**') ? path.startsWith(file.slice(0, -2)) : path === file))
    const n = planted.get(path)?.length ?? 0
    for (const form of forms) plant(path, 'library', form(library, n + forms.indexOf(form)), caught)
    plant(path, 'library', `import '${library}/inner.js'`, caught)
  }

  const pure = row in pureRooms && !pureRooms[row]!.includes(path)
  for (const name of ['fs', 'fs/promises', 'child_process', 'os', 'net', 'worker_threads', 'crypto']) {
    for (const from of [name, `node:${name}`]) plant(path, 'purity', `import '${from}'`, pure)
  }
  for (const use of ['process.env', "fetch('')", 'crypto.randomUUID()', 'console.log()', 'globalThis.process']) {
    plant(path, 'purity', `void ${use}`, pure)
  }
  plant(path, 'purity', "import 'node:path'", false)

  const timed = !clockFiles.includes(path)
  for (const use of ['Date.now()', 'new Date()', 'setTimeout(f, 1)', 'setInterval(f, 1)', 'performance.now()']) {
    plant(path, 'clock', `void ${use}`, timed)
  }
  for (const use of ['globalThis.setTimeout(f, 1)', 'globalThis.Date', 'process.hrtime()']) {
    plant(path, 'clock', `void ${use}`, timed)
  }
  for (const from of ['node:timers/promises', 'timers', 'node:perf_hooks']) {
    plant(path, 'clock', `import '${from}'`, timed)
  }

  plant(path, 'randomness', 'void Math.random()', true)
  plant(path, 'randomness', 'void Math.max(1, 2)', false)
}

function plantCycles(): void {
  const ring = ['planted-a', 'planted-b', 'planted-c']
  ring.forEach((name, index) => {
    const next = ring[(index + 1) % ring.length]
    plant(`src/lib/${name}.ts`, 'cycle', `export { ${name.at(-1)} as ${next!.at(-1)} } from './${next}.ts'`, true)
    plant(`src/cluster/${name}.ts`, 'cycle', `import type * as t from './${next}.ts'`, true)
  })
  plant('src/lib/planted-d.ts', 'cycle', "export * from './planted-e.ts'", false)
  plant('src/lib/planted-e.ts', 'cycle', "export * from './units.ts'", false)
}

function isAllowed(row: string, target: string): boolean {
  return arrows[row]!.some((allowed) => target === allowed || target.startsWith(`${allowed}/`))
}

function roomOf(row: string): string {
  return row.split('/')[0]!
}

function isFile(row: string): boolean {
  return row === 'main' || row.endsWith('.ts')
}

function fileOf(row: string): string {
  return `src/${row.replace(/\.ts$/, '')}.ts`
}

function covers(row: string, file: string): boolean {
  return isFile(row) ? fileOf(row) === file : file.startsWith(`src/${row}/`)
}

function someFileOf(row: string): string {
  return `src/${row}/${readdirSync(join(root, 'src', row)).find((name) => name.endsWith('.ts'))}`
}

/** The sources with what is planted, in a place of their own. */
function copyTree(): string {
  const copy = mkdtempSync(join(tmpdir(), 'evenkeel-arrows-'))
  for (const name of ['src', 'arrows.mjs', 'oxlint.config.mjs', 'package.json', 'tsconfig.json', '.gitignore']) {
    cpSync(join(root, name), join(copy, name), { recursive: true })
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  for (const [path, lines] of planted) {
    mkdirSync(join(copy, dirname(path)), { recursive: true })
    writeFileSync(join(copy, path), lines.map(({ code }) => `${code}\n`).join(''))
  }
  return copy
}

/** Of planted cycles it is the cycle that counts; whatever else is planted may well close one by chance. */
function speaker(kind: Line['kind']): string {
  return kind === 'cycle' ? 'import(no-cycle)' : 'eslint(no-restricted-'
}

interface Diagnostic {
  code: string
  filename: string
  labels: { span: { line: number } }[]
}

async function lint(cwd: string): Promise<Map<string, string[]>> {
  const output = await new Promise<string>((resolve) => {
    const oxlint = join(root, 'node_modules/.bin/oxlint')
    const args = ['-c', 'oxlint.config.mjs', '-f', 'json', 'src']
    // Its exit code says that something was found, which is the point.
    execFile(oxlint, args, { cwd, maxBuffer: 2 ** 28 }, (_, stdout) => resolve(stdout))
  })
  const { diagnostics } = JSON.parse(output) as { diagnostics: Diagnostic[] }
  const spoken = new Map<string, string[]>()
  for (const { code, filename, labels } of diagnostics) {
    const place = `${filename}:${labels[0]!.span.line}`
    spoken.set(place, [...(spoken.get(place) ?? []), code])
  }
  return spoken
}
