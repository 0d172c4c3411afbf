import { expect, test } from 'vitest'
import { moveResults, type OperatorState, operatorStates } from '../../src/cluster/events.ts'
import { Operator } from '../../src/execute/operator.ts'
import { replica } from './support.ts'

/** Every way there is; all others are bugs. */
const ways: Record<OperatorState, OperatorState[]> = {
  planned: ['submitting', 'cancelled'],
  submitting: ['running', 'unknown', 'failed'],
  running: ['unknown', 'stalled', 'cancelling', 'done', 'failed', 'cancelled', 'reverted', 'superseded'],
  unknown: ['running', 'stalled', 'submitting', 'cancelling', 'done', 'failed', 'cancelled', 'reverted', 'superseded'],
  stalled: ['running', 'unknown', 'stalled', 'cancelling', 'done', 'failed', 'cancelled', 'reverted', 'superseded'],
  cancelling: ['unknown', 'done', 'failed', 'cancelled', 'reverted', 'superseded'],
  done: [],
  failed: [],
  cancelled: [],
  reverted: [],
  superseded: [],
}

const inState = (state: OperatorState) => Object.assign(new Operator(replica(), [], 0), { state })

test.each(operatorStates.flatMap((from) => operatorStates.map((to) => [from, to] as const)))('%s to %s', (from, to) => {
  const operator = inState(from)
  if (ways[from].includes(to)) {
    operator.to(to, 5, 'why')
    expect(operator).toMatchObject({ state: to, sinceMs: 5, text: 'why' })
  } else {
    expect(() => operator.to(to, 5)).toThrow(
      expect.objectContaining({ code: 'internal', message: expect.stringContaining(`no way from ${from} to ${to}`) }),
    )
    expect(operator).toMatchObject({ state: from, sinceMs: 0 })
  }
})

test.each(operatorStates)('%s has ended exactly when no way leads on', (state) => {
  expect(moveResults.some((result) => result === state)).toBe(ways[state].length === 0)
})

test('what is done has copied everything', () => {
  const operator = inState('running')
  operator.bytesTotal = 70
  operator.to('done', 1)
  expect(operator.progress()).toEqual({
    move: operator.move,
    state: 'done',
    startedAtMs: 0,
    bytesDone: 70,
    bytesTotal: 70,
  })
})
