/** The contract of the port on a real Pinot cluster: as far as Pinot has what a row needs. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Capabilities } from '../../../src/systems/port.ts'
import type { TableDriver } from '../../systems/contract/driver.ts'
import { rowsFor } from '../../systems/contract/rows.ts'
import { play, resultTable } from '../../systems/contract/run.ts'
import { guardLeaks } from '../leaks.ts'
import { pinotDriver } from './contract-driver.ts'

guardLeaks()

const capabilities: Capabilities = { leaderTransfer: false, replicaMoves: false, dirMoves: false, tableJobs: true }
let pinot: Awaited<ReturnType<typeof pinotDriver>>
const results = new Map<string, string | undefined>()

beforeAll(async () => {
  pinot = await pinotDriver()
  expect(pinot.system.capabilities()).toEqual(capabilities)
})
afterAll(async () => {
  process.stdout.write(`\n${resultTable(new Map([['Pinot 1.5.1', results]]))}\n\n`)
  await pinot?.close()
})

test.each(rowsFor<TableDriver>(capabilities))('%s', async (_, row) => {
  const difference = await play(row, pinot)
  results.set(row.name, difference)
  expect(difference).toBeUndefined()
})
