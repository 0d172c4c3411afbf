/** Hours in which everything goes wrong, of some seeds; the days are in days.soak.ts. Other seeds: DAYS_SEED, DAYS_SEEDS, DAYS_HOURS. */
import { expect, test } from 'vitest'
import { runDays } from './days/days.ts'

const { DAYS_SEED, DAYS_SEEDS, DAYS_HOURS, DAYS_PRINT } = process.env
const first = Number(DAYS_SEED ?? 1)
const hours = Number(DAYS_HOURS ?? 12)
const seeds = Array.from(
  { length: Number(DAYS_SEEDS ?? (DAYS_SEED === undefined ? 3 : 1)) },
  (_, index) => first + index,
)

test.each(seeds)(`${hours} hours of trouble, seed %d`, async (seed) => {
  const { problems } = await runDays({ seed, hours, print: DAYS_PRINT !== undefined })
  expect(problems.join('\n')).toBe('')
})
