import { expect, test } from 'vitest'
import { throttleNotes } from '../../src/execute/throttle-notes.ts'

const none = { nodes: [], topics: [] }
const quiet = { report: { self: none, foreign: none, cleanupFailures: 0 }, records: [], rate: 1024, overrun: [] }
const record = (of: number, value: string) => ({
  setting: { scope: 'node' as const, of, name: 'in', value },
  before: null,
  atMs: 0,
})

test('there is nothing to say where all is as configured', () => {
  expect(throttleNotes({ ...quiet, records: [record(1, '1024')] })).toEqual([])
})

test('what is raised, overrun or not ours is named', () => {
  const foreign = { nodes: [1, 2, 3, 4, 5, 6], topics: ['t'] }
  const notes = throttleNotes({
    ...quiet,
    report: { ...quiet.report, foreign },
    records: [record(1, '1024'), record(3, '2048')],
    overrun: [7],
  })
  expect(notes).toEqual([
    'rates of copying raised because so much is written: node 3 to 2.00 KiB/s',
    'more is written through node 7 than max_rate_per_node lets its copies keep up with',
    'limits on copying that are not ours stand on node 1, 2, 3, 4, 5, …: they are kept and reckoned with',
    'lists of throttled replicas that are not ours stand on topic t',
  ])
})
