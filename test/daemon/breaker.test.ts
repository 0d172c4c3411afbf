/** When the daemon pauses a cluster by itself. */
import { describe, expect, test } from 'vitest'
import type { LoopEvent, MoveResult } from '../../src/cluster/events.ts'
import { Breaker } from '../../src/daemon/breaker.ts'
import type { Refusal } from '../../src/systems/port.ts'
import { replica } from '../execute/support.ts'

const MINUTE = 60_000

function ended(result: MoveResult, more: { refusal?: Refusal; text?: string } = {}) {
  const { text, refusal } = more
  const progress: (LoopEvent & { type: 'move_ended' })['progress'] = {
    move: replica(),
    state: result,
    startedAtMs: 0,
    bytesDone: 0,
    bytesTotal: 1,
    ...(text !== undefined && { text }),
  }
  return { result, progress, ...(refusal !== undefined && { refusal }) }
}

/** A breaker that has seen so many ends, a minute apart. */
function after(count: number, end: ReturnType<typeof ended>): Breaker {
  const breaker = new Breaker()
  for (let i = 0; i < count; i += 1) breaker.moveEnded(end, i * MINUTE)
  return breaker
}

describe('moves that go wrong', () => {
  const rows: [string, number, ReturnType<typeof ended>, boolean][] = [
    ['four that failed', 4, ended('failed'), false],
    ['five that failed', 5, ended('failed'), true],
    ['five that were reverted', 5, ended('reverted'), true],
    ['any number that were done', 50, ended('done'), false],
    ['that were cancelled by us', 50, ended('cancelled'), false],
    ['that somebody else took over', 50, ended('superseded'), false],
    ['that were refused for want of a permission', 50, ended('failed', { refusal: 'not_permitted' }), false],
    ['that were never sent', 50, ended('failed', { refusal: 'not_sent' }), false],
    ['whose partition was moving already', 50, ended('failed', { refusal: 'already_moving' }), false],
    ['whose partition was deleted', 50, ended('failed', { refusal: 'partition_gone' }), false],
    ['that the cluster would not have', 5, ended('failed', { refusal: 'rejected' }), true],
    ['whose target was dead', 50, ended('failed', { refusal: 'target_not_alive' }), false],
  ]
  test.each(rows)('%s', (_, count, end, trips) => {
    expect(after(count, end).trips(undefined, 50 * MINUTE) !== undefined).toBe(trips)
  })

  test('is told with the last of them', () => {
    const reason = after(5, ended('failed', { text: 'rejected: no' })).trips(undefined, 5 * MINUTE)
    expect(reason).toBe(
      '5 moves failed or were reverted within an hour, the last: replica:t-0:1>3 failed (rejected: no)',
    )
  })

  test('is forgotten after an hour', () => {
    const breaker = after(5, ended('failed'))
    expect(breaker.trips(undefined, 60 * MINUTE - 1)).toBeDefined()
    expect(breaker.trips(undefined, 60 * MINUTE)).toBeUndefined()
  })

  test('is forgotten when a person has looked', () => {
    const breaker = after(5, ended('failed'))
    breaker.reset()
    expect(breaker.trips(undefined, 5 * MINUTE)).toBeUndefined()
    breaker.moveEnded(ended('failed'), 5 * MINUTE)
    expect(breaker.trips(undefined, 5 * MINUTE)).toBeUndefined()
  })
})

describe('health that grows worse', () => {
  const worse = '1 partitions without a leader, 0 when the moves began'
  const seen = (...samples: (string | undefined)[]) => {
    const breaker = new Breaker()
    for (const sample of samples) breaker.sampled(sample)
    return breaker.trips(samples.at(-1), 0)
  }

  test.each<[string, (string | undefined)[], string | undefined]>([
    ['never', [undefined, undefined], undefined],
    ['once may be an election', [worse], undefined],
    ['twice in a row trips', [worse, worse], worse],
    ['twice with a better one between does not', [worse, undefined, worse], undefined],
    ['over again it is over', [worse, worse, undefined], undefined],
  ])('%s', (_, samples, reason) => {
    expect(seen(...samples)).toBe(reason)
  })

  test('counts anew when a person has looked', () => {
    const breaker = new Breaker()
    breaker.sampled(worse)
    breaker.reset()
    breaker.sampled(worse)
    expect(breaker.trips(worse, 0)).toBeUndefined()
  })
})
