import { expect, test } from 'vitest'
import { planText } from '../../src/cli/plan-view.ts'
import type { TickReport } from '../../src/cluster/events.ts'
import type { Move } from '../../src/cluster/move.ts'
import { replica, transfer } from '../execute/support.ts'

const reportOf = (moves: Move[]) => ({ plan: { moves } }) as TickReport

test('a partition that changes several times is reassigned once, to where it ends', () => {
  const moves = [
    replica(0),
    replica(1),
    replica(0, { from: 2, to: 4, replicas: [3, 2] }),
    transfer(0, { from: 3, to: 4, replicas: [3, 4] }),
  ]
  expect(JSON.parse(planText(reportOf(moves), 'kafka-reassignment'))).toEqual({
    version: 1,
    partitions: [
      { topic: 't', partition: 0, replicas: [4, 3] },
      { topic: 't', partition: 1, replicas: [3, 2] },
    ],
  })
})

test('nothing to do is an empty list, not an empty file', () => {
  expect(planText(reportOf([]), 'kafka-reassignment')).toBe('{"version":1,"partitions":[]}\n')
})
