/** The tools of lib/ that need no file of their own. */
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { Emitter } from '../../src/lib/emitter.ts'
import { codeOf, EvenkeelError, messageOf } from '../../src/lib/errors.ts'
import { groupBy } from '../../src/lib/group-by.ts'
import { formatTime, parseTime } from '../../src/lib/iso-time.ts'
import { seededRandom } from '../../src/lib/random.ts'
import { ReleaseStack } from '../../src/lib/release-stack.ts'
import { Secret } from '../../src/lib/secret.ts'

test('a release stack closes in reverse order, one after the other, and is then empty', async () => {
  const closed: string[] = []
  const stack = new ReleaseStack()
  stack.push('slow', () => void closed.push('slow'))
  stack.push('fast', async () => {
    await Promise.resolve()
    closed.push('fast')
  })
  await stack.close()
  await stack.close()
  expect(closed).toEqual(['fast', 'slow'])
})

test('failures while closing keep nothing open and are all told, each by its name', async () => {
  const closed: string[] = []
  const stack = new ReleaseStack()
  stack.push('first', () => Promise.reject(new Error('a')))
  stack.push('second', () => void closed.push('second'))
  stack.push('third', () => {
    throw new Error('b')
  })
  const error = (await stack.close().catch((e: unknown) => e)) as AggregateError
  expect(closed).toEqual(['second'])
  expect(error.message).toBe('closing third failed; closing first failed')
  expect(error.errors.map(messageOf)).toEqual(['closing third failed: b', 'closing first failed: a'])
})

test('every listener hears an event, also after one that throws', () => {
  const heard: string[] = []
  const errors: unknown[] = []
  const emitter = new Emitter<string>((error) => errors.push(error))
  const leave = emitter.subscribe((event) => heard.push(`a ${event}`))
  emitter.subscribe(() => {
    throw new Error('broken')
  })
  emitter.subscribe((event) => heard.push(`b ${event}`))
  emitter.emit('1')
  leave()
  emitter.emit('2')
  expect(heard).toEqual(['a 1', 'b 1', 'b 2'])
  expect(errors.map(messageOf)).toEqual(['broken', 'broken'])
})

test('a seed gives one sequence of numbers in [0, 1), spread evenly', () => {
  const draw = (seed: number) => Array.from({ length: 1000 }, seededRandom(seed))
  const numbers = draw(7)
  expect(draw(7)).toEqual(numbers)
  expect(draw(8)).not.toEqual(numbers)
  for (let tenth = 0; tenth < 10; tenth += 1) {
    expect(numbers.filter((n) => n >= tenth / 10 && n < (tenth + 1) / 10).length).toBeGreaterThan(70)
  }
})

test.each<[string, (secret: Secret) => string]>([
  ['a text', (secret) => ['it is', secret].join(' ')],
  ['JSON', (secret) => JSON.stringify({ secret })],
  ['inspection', (secret) => inspect({ secret })],
  ['its keys', (secret) => Object.keys(secret).join()],
  ['an error', (secret) => messageOf(new Error(String(secret)))],
])('a secret does not show itself in %s', (_, show) => {
  const secret = new Secret('hunter2')
  expect(show(secret)).not.toContain('hunter2')
  expect(secret.reveal()).toBe('hunter2')
})

test('an error tells its code and, in one line, its causes', () => {
  const error = new EvenkeelError('timeout', 'no answer', { cause: new Error('socket closed') })
  expect([codeOf(error), messageOf(error)]).toEqual(['timeout', 'no answer: socket closed'])
  expect([codeOf('text'), messageOf('text')]).toEqual(['internal', 'text'])
})

test('items are grouped by key, keys in the order they first came', () => {
  expect([...groupBy([3, 1, 4, 1, 5], (n) => n % 2)]).toEqual([
    [1, [3, 1, 1, 5]],
    [0, [4]],
  ])
})

test.each([
  ['2026-01-01T00:00:00Z', 1_767_225_600_000],
  ['2026-01-01T01:00:00.5+01:00', 1_767_225_600_500],
  ['2026-13-01T00:00:00Z', Number.NaN],
  ['January 1, 2026', Number.NaN],
])('parseTime(%j) is %d', (text, ms) => {
  expect(parseTime(text)).toBe(ms)
  if (!Number.isNaN(ms)) expect(parseTime(formatTime(ms))).toBe(ms)
})
