import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PartitionLine } from '../../src/cluster/lines.ts'
import { immovableReasons } from '../../src/cluster/reasons.ts'
import { LEADER_TOLERANCE } from '../../src/cluster/settings.ts'
import { leaderCounts, leaderLimit, sharesOf } from '../../src/cluster/shares.ts'
import { type ClusterState, type Columns, IN_SYNC } from '../../src/cluster/state.ts'
import { makePlan } from '../../src/plan/plan.ts'
import { anyLines, build, node, runs, topic } from '../cluster/support.ts'
import { request } from './support.ts'

const transfersOf = (state: ClusterState) =>
  makePlan(state, request({ balanceLeaders: true })).moves.map(
    ({ partition, from, to }) => `${partition}: ${from}>${to}`,
  )

const four = [0, 1, 2, 3].map((id) => node(id))
const many = (count: number, line: Partial<PartitionLine>) => Array.from({ length: count }, () => line)

test('one with too many hands over to the one with fewest', () => {
  const state = build({ nodes: four.slice(0, 2), topics: [topic(many(4, { replicas: [0, 1] }))] })
  expect(transfersOf(state)).toHaveLength(2)
})

test('where nothing can be handed over directly, a chain of hand-overs does it', () => {
  const led = [...many(3, { replicas: [0, 1] }), ...many(2, { replicas: [1, 2] }), ...many(1, { replicas: [2, 3] })]
  const { finalLeaders, moves, problems } = makePlan(
    build({ nodes: four, topics: [topic([...led, ...many(2, { replicas: [2, 3] })])] }),
    request({ balanceLeaders: true }),
  )
  expect([[...finalLeaders], problems]).toEqual([[2, 2, 2, 2], []])
  expect(moves.map(({ from, to }) => `${from}>${to}`).sort()).toEqual(['0>1', '1>2', '2>3', '2>3'])
})

test('a leader is never given to one that is behind, dead, excluded or moving', () => {
  const nodes = [node(0), node(1), node(2, { state: 'unavailable' }), node(3, { excluded: true })]
  const partitions = [
    ...many(2, { replicas: [0, 1], isr: [0] }),
    ...many(2, { replicas: [0, 2] }),
    ...many(2, { replicas: [0, 3] }),
    ...many(2, { replicas: [0, 1], adding: [1], isr: [0, 1] }),
  ]
  expect(transfersOf(build({ nodes, topics: [topic(partitions)] }))).toEqual([])
})

test('an excluded topic keeps its leaders, also where the size of a replica is not known', () => {
  const state = (excluded: boolean) =>
    build({
      nodes: four.slice(0, 2),
      topics: [topic(many(4, { replicas: [0, 1], bytes: [5, null] }), { constraints: { excluded } })],
    })
  expect(transfersOf(state(false))).toHaveLength(2)
  expect(transfersOf(state(true))).toEqual([])
})

test('of several partitions, the one whose topic is led unevenly changes hands', () => {
  const state = build({
    nodes: four.slice(0, 2),
    topics: [
      topic([{ replicas: [0, 1] }, { replicas: [1, 0] }], { name: 'even' }),
      topic(many(3, { replicas: [0, 1] }), { name: 'uneven' }),
    ],
  })
  const moved = makePlan(state, request({ balanceLeaders: true })).moves.map(
    (move) => state.partitionTopic[move.partition],
  )
  expect(moved.map((topic) => state.names.topics[topic!])).toEqual(['uneven'])
})

/** Whether every partition that may change hands can be led so that no node leads more than `limit`: a matching. */
function canReach(columns: Columns, limit: number): boolean {
  const { participates } = sharesOf(columns)
  const taken = new Map<number, number[]>([...participates.keys()].map((id) => [id, []]))
  const fixed = leaderCounts(columns)
  const choices = new Map<number, number[]>()
  for (let p = 0; p < columns.partitionCount; p += 1) {
    const leader = columns.partitionLeader[p]!
    if (leader === -1 || participates[leader] === 0) continue
    const reason = immovableReasons[columns.partitionImmovable[p]!]!
    if (reason !== '' && reason !== 'size_unknown') continue
    if (columns.topicExcluded[columns.partitionTopic[p]!] === 1) continue
    const takers: number[] = []
    for (let r = columns.partitionReplicaStart[p]!; r < columns.partitionReplicaStart[p + 1]!; r += 1) {
      const to = columns.replicaNode[r]!
      if (to === leader || (participates[to] === 1 && (columns.replicaFlags[r]! & IN_SYNC) !== 0)) takers.push(to)
    }
    choices.set(p, takers)
    fixed[leader]! -= 1
  }
  const place = (partition: number, seen: Set<number>): boolean => {
    for (const to of choices.get(partition)!) {
      if (seen.has(to)) continue
      seen.add(to)
      const held = taken.get(to)!
      if (fixed[to]! + held.length < limit) {
        held.push(partition)
        return true
      }
      const freed = held.findIndex((other) => place(other, seen))
      if (freed !== -1) {
        held[freed] = partition
        return true
      }
    }
    return false
  }
  return (
    [...choices.keys()].every((partition) => place(partition, new Set())) &&
    fixed.every((count, id) => participates[id] === 0 || count <= limit)
  )
}

test('no spread of leaders is better than the one planned, down to the limit that is asked for', () => {
  fc.assert(
    fc.property(anyLines({ nodes: [2, 6], topics: 2, partitions: 14, odd: true }), (lines) => {
      const columns = build(lines)
      const { participates } = sharesOf(columns)
      const nodes = [...participates.keys()].filter((id) => participates[id] === 1)
      if (nodes.length === 0) return
      const before = leaderCounts(columns)
      let best = leaderLimit(
        nodes.reduce((sum, id) => sum + before[id]!, 0),
        nodes.length,
        LEADER_TOLERANCE,
      )
      while (!canReach(columns, best)) best += 1
      const plan = makePlan(columns, request({ balanceLeaders: true }))
      expect(Math.max(...nodes.map((id) => plan.finalLeaders[id]!))).toBeLessThanOrEqual(best)
    }),
    runs(250),
  )
})
