/** When wishes are over. */
import { expect, test } from 'vitest'
import type { Sample } from '../../../src/cluster/sample.ts'
import { forgetfulJournal } from '../../../src/execute/journal/journal.ts'
import { approvedOf, askedOf, fulfilled } from '../../../src/execute/journal/wishes.ts'

const sample = (topics: Record<string, number | undefined>, targets: string[]) =>
  ({
    topics: Object.entries(topics).map(([topic, atMs]) => ({
      topic,
      ...(atMs === undefined ? {} : { verdict: { text: 'NO_OP', atMs } }),
    })),
    targets: targets.map((topic) => ({ topic, fingerprint: `of ${topic}` })),
  }) as unknown as Pick<Sample, 'targets' | 'topics'>

test('a table that was asked for is done with once the system, asked since, sees nothing to do, or it is gone', async () => {
  const journal = forgetfulJournal()
  await journal.write([{ kind: 'asked', key: 't', value: { topic: 't', atMs: 100 } }])
  expect(askedOf(journal)).toEqual(['t'])
  expect(fulfilled(journal, sample({ t: undefined }, []))).toEqual([])
  expect(fulfilled(journal, sample({ t: 99 }, []))).toEqual([])
  expect(fulfilled(journal, sample({ t: 100 }, ['t']))).toEqual([])
  const over = [{ kind: 'asked', key: 't', value: undefined }]
  expect(fulfilled(journal, sample({ t: 100 }, []))).toEqual(over)
  expect(fulfilled(journal, sample({}, []))).toEqual(over)
})

test('an approval is of one target', async () => {
  const journal = forgetfulJournal()
  const value = { topic: 't', fingerprint: 'of t', atMs: 100 }
  await journal.write([{ kind: 'approved', key: 'of t', value }])
  expect([...approvedOf(journal)]).toEqual(['of t'])
  expect(fulfilled(journal, sample({ t: 1 }, ['t']))).toEqual([])
  expect(fulfilled(journal, sample({ t: 1 }, ['u']))).toEqual([{ kind: 'approved', key: 'of t', value: undefined }])
})
