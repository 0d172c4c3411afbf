/** A process that appends to an audit trail as fast as it can until it is killed: `FILE`. Says each time how many it has handed over. */
import { realClock } from '../../src/lib/clock.ts'
import { TrailFile } from '../../src/observe/audit/trail-file.ts'

const [file] = process.argv.slice(2) as [string]
const trail = new TrailFile({
  file,
  keepMs: 86_400_000,
  clock: realClock,
  onFailed: () => process.exit(3),
  onTrouble: () => undefined,
  fileBytes: 200_000,
  waiting: 1_000_000,
})
for (let count = 0; ; count += 1) {
  const why = `${count} ${'äöü '.repeat(count % 90)}`
  trail.append({ atMs: Date.now(), actor: 'evenkeel', source: 'evenkeel', action: 'paused', object: 'cluster', why })
  if (count % 50 === 0) {
    process.stdout.write(`${count}\n`)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}
