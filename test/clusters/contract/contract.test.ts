/** The contract on real Kafka and on the simulator, side by side: a row holds only where both give the one expected answer. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Driver } from '../../systems/contract/driver.ts'
import { rowsFor } from '../../systems/contract/rows.ts'
import { play, resultTable } from '../../systems/contract/run.ts'
import { simulatorDriver } from '../../systems/contract/simulator-driver.ts'
import { guardLeaks } from '../leaks.ts'
import { kafkaDriver } from './kafka-driver.ts'

guardLeaks()

const version = '4.3.1'
let kafka: Awaited<ReturnType<typeof kafkaDriver>>
const results = new Map([
  ['simulator', new Map<string, string | undefined>()],
  [`Kafka ${version}`, new Map<string, string | undefined>()],
])

beforeAll(async () => {
  kafka = await kafkaDriver(version)
  expect(kafka.system.capabilities()).toEqual(simulatorDriver().system.capabilities())
})
afterAll(async () => {
  process.stdout.write(`\n${resultTable(results)}\n\n`)
  await kafka?.close()
})

test.each(rowsFor<Driver>(simulatorDriver().system.capabilities()))('%s', async (_, row) => {
  const played = [await play(row, simulatorDriver()), await play(row, kafka)]
  for (const [system, result] of [...results.values()].entries()) result.set(row.name, played[system])
  expect(played).toEqual([undefined, undefined])
})
