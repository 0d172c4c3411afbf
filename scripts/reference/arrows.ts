/** The arrow table as it stands in docs/architecture.md, between two marks. */
import { arrows } from '../../arrows.mjs'
import { code, markdownTable } from './markdown.ts'

const begin = '<!-- arrows: made by `npm run docs` -->\n'
const end = '<!-- /arrows -->'

/** The page with its table made anew. @throws Error when a mark is missing */
export function withArrows(page: string): string {
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  if (from === -1 || to < from) throw new Error('the page has no place for the arrow table')
  const rows = Object.entries(arrows).map(([row, allowed]) => [
    code(row),
    row === 'cli' ? 'everything but `main`' : allowed.map(code).join(', ') || 'nothing',
  ])
  return page.slice(0, from) + begin + markdownTable(['Room', 'May import'], rows) + page.slice(to)
}
