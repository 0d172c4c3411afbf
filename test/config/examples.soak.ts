/** Many more mistyped configs than every test run tries. Another seed: MANGLED_SEED. */
import { expect, test } from 'vitest'
import { brokenOfMangled, examples } from './mangled.ts'

const rounds = 20_000

test.each(examples)('broken variants of %s never crash the loader', (file) => {
  expect(brokenOfMangled(file, Number(process.env['MANGLED_SEED'] ?? 2), rounds)).toBeGreaterThan(rounds / 3)
})
