import { expect, test } from 'vitest'
import type { RunningMove } from '../../src/cluster/move.ts'
import { StrangersWatch } from '../../src/daemon/strangers.ts'

const move = (bytesDone: number, more: Partial<RunningMove> = {}): RunningMove => ({
  topic: 't',
  partition: 0,
  target: [3, 2],
  adding: [3],
  removing: [1],
  bytesDone,
  ...more,
})

test('nodes are being emptied while one of their moves gets on', () => {
  const watch = new StrangersWatch()
  const at = (minute: number, moves: RunningMove[]) => watch.see(moves, minute * 60_000, 120_000, 300_000).emptying
  expect(at(0, [move(10)])).toEqual([1])
  expect(at(4, [move(10)])).toEqual([1])
  expect(at(5, [move(10)])).toEqual([])
  expect(at(6, [move(11)])).toEqual([1])
  // A replica that is only added takes none away.
  expect(at(7, [move(12, { partition: 1, removing: [] })])).toEqual([])
  expect(at(8, [])).toEqual([])
})

test('who has just ended something is given a rest in which he may go on', () => {
  const watch = new StrangersWatch()
  const left = (minute: number, moves: RunningMove[]) => watch.see(moves, minute * 60_000, 120_000, 300_000).restLeftMs
  expect(left(0, [])).toBe(0)
  expect(left(1, [move(0)])).toBe(0)
  expect(left(2, [])).toBe(60_000)
  expect(left(3, [])).toBe(0)
})
