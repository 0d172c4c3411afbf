/**
 * Every case of `cases/` from the first sample to the quiet after it; hours of the cluster pass in a second. Prints one
 * table. One folder or file alone: `npx vitest run --project scenarios -t 'racks/'`.
 */
import { readdirSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import type { Case } from './case.ts'
import { run } from './run.ts'
import { rowOf, tableOf } from './table.ts'

const folder = new URL('cases/', import.meta.url)
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .toSorted()
const rows: string[][] = []

afterAll(() => {
  process.stdout.write(`\n${tableOf(rows)}\n\n`)
})

test.each(files)('%s', async (file) => {
  const module = (await import(new URL(file, folder).href)) as { default: Case }
  const one = await run(module.default)
  rows.push(rowOf(file.replace('.ts', '').replaceAll('-', ' '), one))
  if (module.default.open === undefined) expect(one.problems).toEqual([])
  else expect(one.problems, 'it is mended: take `open` out of the case').not.toEqual([])
})
