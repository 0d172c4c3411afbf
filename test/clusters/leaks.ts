/** Fails a test file that leaves a process or a mount behind. */
import { afterAll } from 'vitest'
import { leftovers, sweep } from './sandbox.ts'

/**
 * To be called first in every cluster test file: hooks run in reverse order, so this check comes after the file's own clean-up.
 * What it finds it ends, after failing the file for it.
 * @param register where the check is hooked in; only the test of the guard itself gives another
 */
export function guardLeaks(register: (check: () => Promise<void>) => unknown = afterAll): void {
  register(async () => {
    const left = leftovers()
    await sweep()
    if (left.length > 0) throw new Error(`left behind by this test file, and ended now:\n  ${left.join('\n  ')}`)
  })
}
