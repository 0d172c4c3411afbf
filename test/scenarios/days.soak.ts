/**
 * 24 days in which everything goes wrong: for twelve the process is restarted and killed as well, for twelve it lives, so that what
 * it gathers is seen in its memory. Another seed: DAYS_SEED.
 */
import { expect, test } from 'vitest'
import { runDays } from './days/days.ts'
import { daysTable, fit } from './days/table.ts'

const DAYS = 24
const MORTAL_DAYS = 12
/** A day of a life that has seen everything once. */
const MOST_GROWTH_MB = 0.1

test('24 days of trouble', async () => {
  const { figures, settledMs, problems } = await runDays({
    seed: Number(process.env['DAYS_SEED'] ?? 1),
    hours: DAYS * 24,
    immortalFromHours: MORTAL_DAYS * 24,
    observed: true,
  })
  const heaps = figures.slice(MORTAL_DAYS + 1).map(({ heapMB }) => heapMB)
  const { at, slope } = fit(heaps)
  const settled = `settled ${settledMs / 60_000} min after everything was mended`
  // Days that end with the first problem may have no last life.
  const heap =
    heaps.length > 1
      ? `the heap of the last life: ${at.toFixed(2)} MB, ${slope.toFixed(3)} MB more every day`
      : 'too few days of one life to tell whether the heap grows'
  process.stdout.write(`\n${daysTable(figures)}\n\n${settled}\n${heap}\n\n`)
  expect(problems.join('\n')).toBe('')
  expect(slope).toBeLessThan(MOST_GROWTH_MB)
})
