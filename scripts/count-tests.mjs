/** Prints `N passed, N failed` from the JSON that vitest's reporter wrote: `node scripts/count-tests.mjs FILE`. */
import { existsSync, readFileSync } from 'node:fs'

const file = process.argv[2]
if (!existsSync(file)) {
  console.error('the tests did not come to an end: there is nothing to count')
  process.exit(1)
}
const { testResults } = JSON.parse(readFileSync(file, 'utf8'))
const count = (status) =>
  testResults.flatMap((file) => file.assertionResults).filter((test) => test.status === status).length
// A file that fails outside of its tests (it does not load, or its clean-up fails) counts as one failure.
const broken = testResults.filter(
  (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
)
for (const file of broken) console.log(`failed outside of its tests: ${file.name}`)
const failed = count('failed') + broken.length
const left = testResults.flatMap((file) => file.assertionResults).length - count('passed') - count('failed')
if (left > 0) console.log(`${left} not run`)
console.log(`${count('passed')} passed, ${failed} failed`)
