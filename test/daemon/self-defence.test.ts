/** The circuit breaker at work in a loop: what trips it, what does not, and who ends the pause. */
import { afterEach, expect, test } from 'vitest'
import { fillable, type LoopCase, MINUTE, startLoop } from './support.ts'

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
