import { describe, expect, test } from 'vitest'
import type { PartitionLine } from '../../src/cluster/lines.ts'
import type { Move } from '../../src/cluster/move.ts'
import { drainViews } from '../../src/daemon/drain-view.ts'
import { build, node, topic } from '../cluster/support.ts'
import { replica, transfer } from '../execute/support.ts'
import { tableMove, target } from '../observe/tables.ts'

const of1 = (partitions: Partial<PartitionLine>[], inFlight: Move[] = []) =>
  drainViews([1], build({ nodes: [node(1), node(2), node(3)], topics: [topic(partitions)] }), inFlight)[0]

const tableFrom = (from: number): Move => {
  const none = { adds: 0, addBytes: 0, removes: 0, removeBytes: 0 }
  return tableMove(target('t', { shares: [{ ...none, node: from, removes: 1, removeBytes: 9 }] }))
}

describe('a node that is to be emptied', () => {
  const rows: [string, Partial<PartitionLine>[], Move[], number, number, boolean][] = [
    [
      'with replicas',
      [
        { replicas: [1, 2], bytes: 70 },
        { replicas: [2, 1], bytes: 30 },
      ],
      [],
      2,
      100,
      false,
    ],
    ['with one of unknown size', [{ replicas: [1, 2], bytes: [null, 5] }], [], 1, 0, false],
    ['with one on its way out', [{ replicas: [1, 2], removing: [1], adding: [2], bytes: 70 }], [], 1, 70, false],
    ['with nothing', [{ replicas: [2, 3], bytes: 70 }], [], 0, 0, true],
    ['with something of ours on its way to it', [{ replicas: [2, 3] }], [replica(0, { from: 2, to: 1 })], 0, 0, false],
    [
      'with something of ours on its way from it',
      [{ replicas: [2, 3] }],
      [replica(0, { from: 1, to: 2 })],
      0,
      0,
      false,
    ],
    ['with a table of ours on its way from it', [{ replicas: [2, 3] }], [tableFrom(1)], 0, 0, false],
    ['with a table of ours elsewhere', [{ replicas: [2, 3] }], [tableFrom(2)], 0, 0, true],
    ['with something of ours elsewhere', [{ replicas: [2, 3] }], [replica(0, { from: 2, to: 3 })], 0, 0, true],
    ['with leadership on its way', [{ replicas: [2, 3] }], [transfer(0, { from: 2, to: 3 })], 0, 0, true],
    ['that leads what it does not hold', [{ replicas: [2, 3], leader: 1 }], [], 0, 0, false],
  ]
  test.each(rows)('%s', (_, partitions, inFlight, replicas, bytes, safeToStop) => {
    expect(of1(partitions, inFlight)).toEqual({ node: 1, replicas, bytes, safeToStop })
  })

  test('is never called safe unseen', () => {
    const unseen = { replicas: 0, bytes: 0, safeToStop: false }
    expect(drainViews([1], undefined, [])).toEqual([{ node: 1, ...unseen }])
    expect(drainViews([9], build({ nodes: [node(1)], topics: [] }), [])).toEqual([{ node: 9, ...unseen }])
  })
})
