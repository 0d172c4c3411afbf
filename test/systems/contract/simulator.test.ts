import { afterAll, expect, test } from 'vitest'
import type { Driver } from './driver.ts'
import { rowsFor } from './rows.ts'
import { play, resultTable } from './run.ts'
import { simulatorDriver } from './simulator-driver.ts'

const results = new Map<string, string | undefined>()
afterAll(() => {
  process.stdout.write(`\n${resultTable(new Map([['simulator', results]]))}\n\n`)
})

test.each(rowsFor<Driver>(simulatorDriver().system.capabilities()))('%s', async (_, row) => {
  const difference = await play(row, simulatorDriver())
  results.set(row.name, difference)
  expect(difference).toBeUndefined()
})
