/** The circuit breaker at work in a loop: what trips it, what does not, and who ends the pause. */
import { afterEach, expect, test } from 'vitest'
import { forgetfulJournal } from '../../src/execute/journal/journal.ts'
import { VirtualClock } from '../../src/lib/clock.ts'
import { EvenkeelError } from '../../src/lib/errors.ts'
import { fillable, type LoopCase, MINUTE, SECOND, startLoop } from './support.ts'

const running: ReturnType<typeof startLoop>[] = []
const start = (options: Partial<LoopCase> = {}) => {
  const loop = startLoop({ simulator: fillable, balance: { nodeAddHoldMs: 0 }, ...options })
  running.push(loop)
  return loop
}
afterEach(async () => {
  for (const loop of running.splice(0)) await loop.stop()
})

test('moves that our own last look kept from being sent do not count as failures', async () => {
  for (const code of ['target_not_alive', 'target_not_in_sync', 'replicas_changed', 'no_leader'] as const) {
    const loop = start()
    loop.world.faults.order(8, undefined, { refused: code })
    await loop.advance(5 * MINUTE)
    expect(loop.of('move_ended').filter(({ result }) => result === 'failed')).toHaveLength(8)
    expect([code, loop.of('paused')]).toEqual([code, []])
  }
})

test('moves that the cluster rejects do', async () => {
  const loop = start()
  loop.world.faults.order(8, undefined, { refused: 'rejected' })
  await loop.advance(5 * MINUTE)
  expect(loop.of('paused')).toHaveLength(1)
})

test('a store that cannot be written neither stops the ticks nor lets the pause be said before it holds', async () => {
  const journal = forgetfulJournal()
  let broken = true
  const loop = start({
    journal: {
      ...journal,
      write: async (changes) => {
        if (broken) throw new EvenkeelError('state_unavailable', 'no space is left')
        return journal.write(changes)
      },
      problem: () => (broken ? 'no space is left' : undefined),
    },
  })
  broken = false
  loop.world.faults.order(8, undefined, { refused: 'rejected' })
  await loop.advance(20 * SECOND)
  broken = true
  await loop.advance(5 * MINUTE)
  expect([loop.of('tick_failed'), loop.of('paused')]).toEqual([[], []])
  expect(loop.loop.view().report!.verdict.code).toBe('state_unavailable')
  broken = false
  await loop.advance(MINUTE)
  expect(loop.of('paused')).toHaveLength(1)
  expect(loop.loop.view().report!.verdict.code).toBe('circuit_breaker')
})

test('a replication factor that differs lets nothing more begin, also until the tick that pauses', async () => {
  const loop = start({
    execution: { concurrentMoves: 1 },
    between: (simulator) => ({
      ...simulator,
      pulse: async (signal) => ({ ...(await simulator.pulse(signal)), running: [] }),
      judge: async (moves) => moves.map(() => ({ outcome: 'superseded', text: 'it is on 1, 2, 3, 4 now', factor: 4 })),
    }),
  })
  await loop.advance(2 * MINUTE)
  expect(loop.of('paused')).toMatchObject([{ reason: expect.stringContaining('has 4 replicas') }])
  expect(loop.of('move_started')).toHaveLength(1)
})

/** A copy that takes hours, on a cluster whose health is worse from some moment on for a reason of its own. */
const ailing = (options: Partial<LoopCase> = {}) => {
  const health = { worse: false }
  const loop = start({
    ...options,
    simulator: { ...fillable, copyRate: 10_000 },
    between: (simulator) => ({
      ...simulator,
      sample: async (signal) => {
        const sample = await simulator.sample(signal)
        if (health.worse) sample.health.unexplained.underMinIsr = 1
        return sample
      },
    }),
  })
  return { loop, health }
}

test('who resumes has seen what health is: it does not pause the cluster once more', async () => {
  const { loop, health } = ailing()
  await loop.advance(MINUTE)
  health.worse = true
  await loop.advance(2 * MINUTE)
  expect(loop.of('paused')).toHaveLength(1)
  await loop.loop.resume()
  await loop.advance(30 * MINUTE)
  expect([loop.of('paused').length, loop.loop.view().report!.verdict.code]).toEqual([1, 'acting'])
})

test('a pause by an operator is not forgotten when the circuit breaker trips', async () => {
  const { loop, health } = ailing()
  await loop.advance(MINUTE)
  const pause = { by: 'operator' as const, reason: 'new switches', sinceMs: loop.clock.now() }
  await loop.loop.wish(() => [{ kind: 'pause', key: 'cluster', value: pause }])
  health.worse = true
  await loop.advance(2 * MINUTE)
  expect(loop.loop.view().pause).toMatchObject({
    by: 'circuit_breaker',
    reason: expect.stringMatching(/when the moves began; before that an operator paused it: new switches$/),
  })
})

test('nor is one that is being written when it trips', async () => {
  const journal = forgetfulJournal()
  const clock = new VirtualClock()
  let slow = false
  const { loop, health } = ailing({
    clock,
    journal: {
      ...journal,
      write: async (changes) => {
        if (slow) await clock.sleep(10 * SECOND)
        return journal.write(changes)
      },
    },
  })
  await loop.advance(MINUTE)
  health.worse = true
  await loop.advance(28 * SECOND)
  expect(loop.of('paused')).toEqual([])
  slow = true
  const pause = { by: 'operator' as const, reason: 'new switches', sinceMs: clock.now() }
  // On its way to the disk when the tick comes that sees for the second time how things are.
  const wished = loop.loop.wish(() => [{ kind: 'pause', key: 'cluster', value: pause }])
  await loop.advance(MINUTE)
  await wished
  expect(loop.of('paused')).toMatchObject([
    { reason: expect.stringMatching(/before that an operator paused it: new switches$/) },
  ])
})
