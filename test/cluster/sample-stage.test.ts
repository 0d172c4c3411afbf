import { expect, test } from 'vitest'
import { atStage, stageOf } from '../../src/cluster/sample-stage.ts'
import { EvenkeelError } from '../../src/lib/errors.ts'

const failing = (error: unknown) => () => Promise.reject(error)

test('a failure keeps the stage at which it happened, in whatever it is put and through whatever it goes', async () => {
  const error = new EvenkeelError('timeout', 'no answer')
  const outer = atStage('metadata', () => atStage('disk', failing(error)))
  await expect(outer).rejects.toBe(error)
  expect(stageOf(error)).toBe('disk')
  expect(stageOf(new Error('the sample failed', { cause: error }))).toBe('disk')
})

test('what fails at no stage, or is no error, has none', async () => {
  expect(stageOf(new EvenkeelError('timeout', 'no answer'))).toBeUndefined()
  await expect(atStage('disk', failing('a text'))).rejects.toBe('a text')
  expect(stageOf('a text')).toBeUndefined()
  expect(await atStage('disk', () => 1)).toBe(1)
})
