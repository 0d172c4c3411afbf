import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, it } from 'vitest'
import { pages } from '../../scripts/reference/pages.ts'

const generated = pages()
const texts = [
  'README.md',
  'CHANGELOG.md',
  ...readdirSync('docs', { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name)),
]

describe('docs', () => {
  it.each(Object.keys(generated))('%s is as the sources have it: else run npm run docs', (name) => {
    expect(readFileSync(join('docs', name), 'utf8')).toBe(generated[name])
  })

  it('describe the API as OpenAPI wants it', async () => {
    expect(await new Validator().validate('docs/openapi.json')).toEqual({ valid: true })
  })

  it.each(texts.filter((file) => file.endsWith('.md')))('%s links to what exists', (file) => {
    const broken = linksOf(file).filter(({ path, anchor }) => {
      const target = path === '' ? file : join(dirname(file), path)
      return !existsSync(target) || (anchor !== '' && !anchorsOf(target).includes(anchor))
    })
    expect(broken).toEqual([])
  })

  it('are all reached from the README', () => {
    const reached = new Set(['README.md'])
    for (const file of reached) {
      // Runbooks are many, and reached from their list.
      const isIndex = file === 'README.md' || file === 'docs/alerts.md'
      for (const { path } of isIndex ? linksOf(file) : []) reached.add(join(dirname(file), path))
    }
    expect(texts.filter((file) => file.startsWith('docs/') && !reached.has(file))).toEqual([])
  })
})

/** Those within the repository; pictures are links too. */
function linksOf(file: string): { path: string; anchor: string }[] {
  const text = readFileSync(file, 'utf8')
  return [...text.matchAll(/\]\(([^)#\s]*)(#[^)\s]*)?\)/g), ...text.matchAll(/ src(?:set)?="([^"]*)"/g)]
    .map(([, path = '', anchor = '']) => ({ path, anchor }))
    .filter(({ path }) => !/^https?:/.test(path))
}

/** As GitHub makes them. */
function anchorsOf(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)].map(
    ([, title]) =>
      `#${title!
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-')}`,
  )
}
