/** Writes the pages of docs/ that are made from the sources: `npm run docs`. A test fails while one is out of date. */
import { writeFileSync } from 'node:fs'
import { pages } from './reference/pages.ts'

for (const [name, text] of Object.entries(pages())) writeFileSync(new URL(`../docs/${name}`, import.meta.url), text)
