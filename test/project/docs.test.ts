import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, it } from 'vitest'
import { pages } from '../../scripts/reference/pages.ts'

const generated = pages()
const texts = ['README.md', 'CHANGELOG.md', ...readdirSync('docs').map((name) => `docs/${name}`)]

describe('docs', () => {
  it.each(Object.keys(generated))('%s is as the sources have it: else run npm run docs', (name) => {
    expect(readFileSync(join('docs', name), 'utf8')).toBe(generated[name])
  })

  it('describe the API as OpenAPI wants it', async () => {
    expect(await new Validator().validate('docs/openapi.json')).toEqual({ valid: true })
  })

  it.each(texts.filter((file) => file.endsWith('.md')))('%s links to what exists', (file) => {
    const text = readFileSync(file, 'utf8')
    const links = [...text.matchAll(/\]\(([^)#\s]*)(#[^)\s]*)?\)/g)].map(([, path = '', anchor = '']) => ({
      path,
      anchor,
    }))
    const broken = links
      .filter(({ path }) => !/^https?:/.test(path))
      .filter(({ path, anchor }) => {
        const target = path === '' ? file : join(dirname(file), path)
        return !existsSync(target) || (anchor !== '' && !anchorsOf(target).includes(anchor))
      })
    expect(broken).toEqual([])
  })

  it('are all reached from the README', () => {
    const readme = readFileSync('README.md', 'utf8')
    expect(texts.filter((file) => file.startsWith('docs/') && !readme.includes(`](${file}`))).toEqual([])
  })
})

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
