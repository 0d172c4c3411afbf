/** Proves on purpose-made leaks that cluster tests leave nothing behind, however they end. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { guardLeaks } from './leaks.ts'
import { freshDir, launch, leftovers, mountTmpfs } from './sandbox.ts'
import { until } from './wait.ts'

guardLeaks()

const isMounted = (dir: string) => readFileSync('/proc/self/mounts', 'utf8').includes(` ${dir} `)

test('the guard is content when all is released', async () => {
  const sleeper = await launch('sleep', ['600'])
  const release = await mountTmpfs(join(await freshDir('leak'), 'disk'), 1)
  expect(leftovers()).toHaveLength(2)
  await sleeper.end('SIGKILL')
  await release()
  expect(leftovers()).toEqual([])
  await guard()()
})

test('the guard fails on a process and a mount left behind, and ends them', async () => {
  const sleeper = await launch('sleep', ['600'])
  const grandchild = await launch('sh', ['-c', 'sleep 601 & echo started; exec sleep 602'])
  await grandchild.printed('started', 5000)
  grandchild.signal('SIGSTOP')
  const dir = join(await freshDir('leak'), 'disk')
  await mountTmpfs(dir, 1)

  const verdict = await guard()().catch((error: Error) => error.message)
  for (const left of [`process ${sleeper.pid}: sleep 600`, 'sleep 601', 'sleep 602', `mount ${dir}`])
    expect(verdict).toContain(left)
  expect(leftovers()).toEqual([])
  expect(await sleeper.exited).toBe('SIGKILL')
  expect(isMounted(dir)).toBe(false)
  expect(existsSync(dir)).toBe(false)
  await guard()()
})

test('nothing is left when the test process itself is killed', async () => {
  const hook = new URL('../support/register-tsx.mjs', import.meta.url).href
  const script = `
    import { freshDir, launch, mountTmpfs } from ${JSON.stringify(new URL('./sandbox.ts', import.meta.url).href)}
    const dir = (await freshDir('orphan')) + '/disk'
    await mountTmpfs(dir, 1)
    console.log('orphan', (await launch('sleep', ['600'])).pid, dir)
    setInterval(() => {}, 1000)`
  const parent = await launch(process.execPath, ['--import', hook, '--input-type=module', '--eval', script])
  await parent.printed('orphan', 20_000)
  const [, pid, dir] = parent.output().split(' ') as [string, string, string]
  expect(existsSync(`/proc/${pid}`)).toBe(true)
  expect(isMounted(dir)).toBe(true)

  await parent.end('SIGKILL')
  await until(
    'the orphans ending',
    10_000,
    async () => !existsSync(`/proc/${pid}`) && !isMounted(dir) && !existsSync(dir),
  )
})

test('a missing program is named with the package that has it', async () => {
  const path = process.env.PATH
  process.env.PATH = '/nonexistent'
  try {
    await expect(launch('mvn', [])).rejects.toThrow('mvn is not installed: apt-get install maven')
  } finally {
    process.env.PATH = path
  }
})

/** The check that `guardLeaks` would hook in. */
function guard(): () => Promise<void> {
  const registered: (() => Promise<void>)[] = []
  guardLeaks((check) => registered.push(check))
  return registered[0]!
}
