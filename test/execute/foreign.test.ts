/** What somebody else moves: counted, named, never touched. */
import { describe, expect, test } from 'vitest'
import type { RunningMove } from '../../src/cluster/move.ts'
import { violationKinds } from '../../src/cluster/reasons.ts'
import { listed, relocation, replica, scripted, transfer } from './support.ts'

/** Of partition 9, by somebody else, to node 3. */
const stranger: RunningMove = { topic: 't', partition: 9, target: [3, 2], adding: [3], removing: [1], bytesTotal: 500 }

test.each(violationKinds.map((kind) => [kind]))('while somebody else moves something: %s', async (reason) => {
  const { executor, cluster, work, asked } = scripted()
  cluster.running = [stranger]
  const move = reason === 'leader_skew' ? transfer(0) : replica(0, { reason })
  executor.offer([move])
  await work()
  const urgent = ['disk_critical', 'node_unavailable', 'node_draining'].includes(reason)
  expect([asked.length > 0, executor.pending.length]).toEqual([urgent, urgent ? 0 : 1])
})

test('a group with one that can wait waits', async () => {
  const { executor, cluster, work, asked } = scripted()
  cluster.running = [stranger]
  executor.offer([replica(0, { group: 'g', reason: 'node_draining' }), replica(1, { group: 'g', reason: 'disk_skew' })])
  await work()
  expect(asked).toEqual([])
})

test('the partition that somebody else moves is left alone even by what cannot wait', async () => {
  const { executor, cluster, work, asked } = scripted()
  cluster.running = [stranger]
  executor.offer([replica(9, { to: 4, reason: 'node_unavailable' })])
  await work()
  expect(asked).toEqual([])
  cluster.running = []
  await work(3000)
  expect(asked).toEqual(['set t-9'])
})

describe('it uses the same budgets', () => {
  const urgent = (partition: number, to: number) =>
    replica(partition, { from: 10 + partition, leader: 10 + partition, to, reason: 'node_unavailable' })

  test.each<[string, object, RunningMove[], string[]]>([
    ['moves into a node', { concurrentMovesPerNode: 1 }, [stranger], ['set t-1']],
    ['bytes into a node', { bytesInFlightPerNode: 550 }, [stranger], ['set t-1']],
    ['bytes that still fit', { bytesInFlightPerNode: 600 }, [stranger], ['set t-0', 'set t-1']],
    ['moves of the cluster', { concurrentMoves: 2 }, [stranger], ['set t-0']],
    [
      'all that it adds',
      { concurrentMovesPerNode: 1 },
      [{ ...stranger, target: [3, 4], adding: [3, 4], removing: [1, 2] }],
      [],
    ],
    [
      'a copy between dirs of the node',
      { concurrentMovesPerNode: 1 },
      [{ ...stranger, adding: [], removing: [], dir: { node: 3, path: '/d1' } }],
      ['set t-1'],
    ],
    [
      'not what only leaves a node',
      { concurrentMovesPerNode: 1 },
      [{ ...stranger, target: [2], adding: [] }],
      ['set t-0', 'set t-1'],
    ],
  ])('%s', async (_, limits, foreign, started) => {
    const { executor, cluster, work, asked } = scripted(limits)
    cluster.running = foreign
    executor.offer([urgent(0, 3), urgent(1, 4)])
    await work()
    expect(asked).toEqual(started)
  })
})

describe('what is ours and what is not', () => {
  const rows: [string, RunningMove, boolean][] = [
    ['our copy', listed(replica(0)), false],
    ['our partition to another node', listed(replica(0, { to: 4 })), true],
    ['our partition off another node', listed(replica(0, { from: 2 })), true],
    ['our partition to one more node', listed(replica(0), { adding: [3, 4] }), true],
    ['our copy between dirs', listed(relocation(1)), false],
    ['to another dir', listed(relocation(1, { toDir: '/d2' })), true],
    ['of another node', { ...listed(relocation(1)), dir: { node: 2, path: '/d1' } }, true],
    ['the partition whose leadership is on its way', listed(replica(2)), true],
    ['any other', listed(replica(7)), true],
  ]
  test.each(rows)('%s', async (_, seen, foreign) => {
    const { executor, work } = scripted()
    executor.offer([transfer(2)])
    await work()
    executor.offer([replica(0), relocation(1)])
    await work()
    expect(executor.foreign([seen])).toEqual(foreign ? [seen] : [])
  })
})
