/** What running jobs are still to bring counts as arriving, once. */
import { expect, test } from 'vitest'
import { foldInFlight } from '../../src/cluster/influence.ts'
import { foldJobs } from '../../src/cluster/job-influence.ts'
import type { RunningJob, TableMove } from '../../src/cluster/move.ts'
import { build, node, topic } from './support.ts'

const move = {
  kind: 'table',
  topic: 't',
  shares: [{ node: 'b', adds: 3, addBytes: 30, removes: 0, removeBytes: 0 }],
} as unknown as TableMove
const job: RunningJob = {
  id: 'j',
  topic: 't',
  startedAtMs: 0,
  parameters: {},
  arriving: [{ node: 'b', adds: 2, bytes: 20 }],
}

/** One of the replicas is asked for already, and on its way. */
function arriving(moves: TableMove[], jobs: RunningJob[]): number {
  const state = build({
    nodes: ['a', 'b'].map((id) => node(id, { capacity: 1000, used: 100 })),
    topics: [topic([{ replicas: ['a', 'b'], isr: ['a'], adding: ['b'], bytes: [10, 0] }])],
  })
  foldInFlight(state, [])
  foldJobs(state, moves, jobs)
  return state.dirArrivingBytes[1]!
}

test('what the placement shows is not counted twice', () => {
  expect(arriving([], [])).toBe(10)
  expect(arriving([], [job])).toBe(20)
})

test('a move of ours that no job is listed for counts in full', () => {
  expect(arriving([move], [])).toBe(30)
  expect(arriving([move], [job])).toBe(20)
})
