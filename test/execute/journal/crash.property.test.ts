/** Whatever was written and wherever a crash cut it off: what is found is the state after some of the writes, with all that returned. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Change, Journal } from '../../../src/execute/journal/journal.ts'
import { openJournal } from '../../../src/execute/journal/journal-file.ts'
import { VirtualClock } from '../../../src/lib/clock.ts'
import { drain, undrain } from './support.ts'

const node = fc.integer({ min: 1, max: 4 })
/** Now and then so much that the file is soon made anew. */
const reason = fc.oneof(
  { weight: 3, arbitrary: fc.string() },
  { weight: 1, arbitrary: fc.constant('ü'.repeat(15_000)) },
)
const change: fc.Arbitrary<Change> = fc.oneof(
  node.map(drain),
  node.map(undrain),
  reason.map(
    (text): Change => ({ kind: 'pause', key: 'cluster', value: { by: 'operator', reason: text, sinceMs: 0 } }),
  ),
  fc.constant<Change>({ kind: 'pause', key: 'cluster', value: undefined }),
)
const writes = fc.array(fc.array(change, { minLength: 1, maxLength: 4 }), { maxLength: 12 })

type State = Record<string, unknown>
const stateOf = (journal: Journal): State => ({
  drain: Object.fromEntries(journal.read('drain')),
  pause: Object.fromEntries(journal.read('pause')),
})
const after = (state: State, changes: Change[]): State => {
  const next = structuredClone(state) as Record<string, Record<string, unknown>>
  for (const { kind, key, value } of changes) {
    if (value === undefined) delete next[kind]![key]
    else next[kind]![key] = value
  }
  return next
}

const none: State = { drain: {}, pause: {} }

test('a crash at any byte of a write', async () => {
  const root = mkdtempSync(join(tmpdir(), 'evenkeel-crash-'))
  const clock = new VirtualClock()
  let opened = 0
  const openIn = async (content?: Buffer) => {
    const directory = join(root, String((opened += 1)))
    mkdirSync(directory)
    const file = join(directory, 'orders.journal.jsonl')
    if (content) writeFileSync(file, content)
    return { file, journal: await openJournal({ directory, cluster: 'orders', clock }) }
  }
  try {
    await fc.assert(
      fc.asyncProperty(writes, writes, fc.integer({ min: 0, max: 1000 }), async (first, then, where) => {
        const { file, journal } = await openIn()
        // Where the file ended after each write since it was last made anew.
        let ends = [{ bytes: statSync(file).size, state: none }]
        let inode = statSync(file).ino
        let state = none
        for (const changes of first) {
          await journal.write(changes)
          state = after(state, changes)
          expect(stateOf(journal)).toEqual(state)
          const { ino, size } = statSync(file)
          ends = [...(ino === inode ? ends : []), { bytes: size, state }]
          inode = ino
        }
        await journal.close()

        const content = readFileSync(file)
        const whole = ends[0]!.bytes
        const cut = whole + Math.floor((where / 1000) * (content.length - whole))
        // A line that lacks no more than its end is one.
        const expected = ends.findLast(({ bytes }) => bytes <= cut + 1)!.state
        const found = await openIn(content.subarray(0, cut))
        expect([found.journal.problem(), stateOf(found.journal)]).toEqual([undefined, expected])
        state = expected
        for (const changes of then) {
          await found.journal.write(changes)
          state = after(state, changes)
        }
        await found.journal.close()
        const last = await openIn(readFileSync(found.file))
        expect([last.journal.problem(), stateOf(last.journal)]).toEqual([undefined, state])
        await last.journal.close()
      }),
      { numRuns: 60 },
    )
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}, 60_000)
