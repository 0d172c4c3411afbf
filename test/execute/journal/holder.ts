/**
 * A process that is after a lock, told by its arguments: `hold DIRECTORY` takes it and keeps it, `compete DIRECTORY MS` takes it and
 * lets it go again and again, and looks each time whether somebody else has it.
 */
import { mkdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { takeLock } from '../../../src/execute/journal/lock.ts'

const [what, directory, ms] = process.argv.slice(2) as [string, string, string]

if (what === 'hold') {
  await takeLock(directory, 'orders', Date.now())
  process.stdout.write('held\n')
  setInterval(() => undefined, 1000)
} else {
  const until = Date.now() + Number(ms)
  const counts = { held: 0, both: 0, broken: [] as string[] }
  while (Date.now() < until) {
    try {
      const lock = await takeLock(directory, 'orders', Date.now())
      counts.held += 1
      try {
        mkdirSync(join(directory, 'alone'))
        if (await lock.isLost()) counts.both += 1
        rmdirSync(join(directory, 'alone'))
      } catch {
        counts.both += 1
      }
      lock.release()
    } catch (error) {
      if ((error as { code?: string }).code !== 'state_unavailable') counts.broken.push(String(error))
    }
  }
  process.stdout.write(`${JSON.stringify(counts)}\n`)
}
