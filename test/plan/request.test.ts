import { expect, test } from 'vitest'
import { emptyMemory } from '../../src/cluster/memory.ts'
import { noGoals } from '../../src/cluster/plan.ts'
import { planRequest } from '../../src/plan/request.ts'
import { settings } from '../assess/support.ts'
import { build, node } from '../cluster/support.ts'

test('partitions that are remembered by name are found, and those that are gone left out', () => {
  const partition = (id: number | string) => ({ id, leader: 1, replicas: [1], bytes: 1 })
  const state = build({
    nodes: [node(1), node(2)],
    topics: [
      { type: 'topic', name: 'a', partitions: [partition(0), partition(1)] },
      { type: 'topic', name: 'b', partitions: [partition(4), partition(7), partition('x')] },
    ],
  })
  const left = [
    ['b', 7, 2],
    ['b', 'x', 1],
    ['a', 2, 1],
    ['c', 0, 1],
    ['a', 0, 9],
    ['a', 1, 1],
  ] as const
  const { muted, ...request } = planRequest(
    state,
    noGoals,
    settings(),
    {
      ...emptyMemory,
      left: left.map(([topic, id, at]) => ({ topic, partition: id, node: at, atMs: 0 })),
      muted: left.map(([topic, id]) => ({ topic, partition: id, untilMs: 0 })),
    },
    true,
  )
  expect(request.left).toEqual([
    { partition: 3, node: 1 },
    { partition: 4, node: 0 },
    { partition: 1, node: 0 },
  ])
  expect(muted).toEqual([3, 4, 0, 1])
})
