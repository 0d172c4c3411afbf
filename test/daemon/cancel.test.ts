/** Moves of partitions that somebody cancels. */
import { expect, test } from 'vitest'
import { subjectOf } from '../../src/cluster/move.ts'
import { fillable, MINUTE, SECOND, startLoop } from './support.ts'

const balance = { nodeAddHoldMs: 0 }

test('a partition whose move is cancelled is left alone for an hour, the others go on', async () => {
  const { loop, advance, of, stop } = startLoop({ simulator: { ...fillable, copyRate: 10e6 }, balance })
  await advance(10 * SECOND)
  const [first, second] = loop.view().running.map(({ move }) => subjectOf(move))
  await loop.cancel([first!], 'wrong time')
  await advance(10 * SECOND)
  const [ended] = of('move_ended')
  expect([subjectOf(ended!.progress.move), ended!.result, ended!.progress.text]).toEqual([
    first,
    'cancelled',
    'cancelled by an operator: wrong time',
  ])
  const running = () => loop.view().running.map(({ move }) => subjectOf(move))
  expect(running()).toContain(second)
  const begun = of('move_started').length
  await advance(50 * MINUTE)
  const since = of('move_started').slice(begun)
  expect(since.length).toBeGreaterThan(0)
  expect(since.map(({ progress }) => subjectOf(progress.move))).not.toContain(first)
  await stop()
})

test('a move that waits does not begin once it is cancelled', async () => {
  const { loop, advance, of, stop } = startLoop({
    simulator: { ...fillable, copyRate: 10e6 },
    balance,
    execution: { concurrentMoves: 1 },
  })
  await advance(10 * SECOND)
  const waiting = subjectOf(loop.view().pending[0]!)
  await loop.cancel([waiting], 'wrong time')
  await advance(50 * MINUTE)
  expect(of('move_started').length).toBeGreaterThan(1)
  expect(of('move_started').map(({ progress }) => subjectOf(progress.move))).not.toContain(waiting)
  await stop()
})

test('what is not there cannot be cancelled', async () => {
  const { loop, advance, stop } = startLoop({ simulator: fillable, balance })
  await advance(10 * SECOND)
  await expect(loop.cancel(['nope-1'], 'x')).rejects.toThrow('nothing of nope-1 is under way or waits')
  await stop()
})
