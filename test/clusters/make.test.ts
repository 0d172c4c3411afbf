import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { guardLeaks } from './leaks.ts'
import { makeOnce } from './make.ts'
import { freshDir } from './sandbox.ts'

guardLeaks()

test('of several that want it at once one makes it, and the others wait', async () => {
  const path = join(await freshDir('made'), 'it')
  let made = 0
  const make = (draft: string) => writeFile(draft, `${++made}`)
  expect(await Promise.all([makeOnce(path, make), makeOnce(path, make), makeOnce(path, make)])).toEqual([
    path,
    path,
    path,
  ])
  expect([made, await readFile(path, 'utf8')]).toEqual([1, '1'])
})

test('where one fails the next makes it, and nothing half-made is seen', async () => {
  const path = join(await freshDir('made'), 'it')
  let next: Promise<string> | undefined
  const failing = makeOnce(path, async (draft) => {
    next = makeOnce(path, (other) => writeFile(other, 'whole'))
    await writeFile(draft, 'half')
    throw new Error('no more')
  })
  await expect(failing).rejects.toThrow('no more')
  expect(await readFile((await next)!, 'utf8')).toBe('whole')
})
