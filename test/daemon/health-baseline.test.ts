/** The daemon pauses a cluster by itself, and what a person wants of it takes effect at once and survives. */

import { afterEach, describe, expect, test } from 'vitest'
import type { PartitionMove } from '../../src/cluster/move.ts'
import type { Health } from '../../src/cluster/sample.ts'
import { Daemon } from '../../src/daemon/daemon.ts'
import { forgetfulJournal, type Journal } from '../../src/execute/journal/journal.ts'
import { drainsOf, pauseOf } from '../../src/execute/journal/wishes.ts'
import { VirtualClock } from '../../src/lib/clock.ts'
import { EvenkeelError } from '../../src/lib/errors.ts'
import { inlinePlanner } from '../../src/plan/planner.ts'
import type { System } from '../../src/systems/port.ts'
import { createSimulator } from '../../src/systems/simulator/simulator.ts'
import { settings } from '../assess/support.ts'
import { fillable, type LoopCase, MINUTE, SECOND, startLoop } from './support.ts'

const MB = 1e6

const running: { stop: () => Promise<void> }[] = []
const start = (options: Partial<LoopCase> = {}) => {
  const loop = startLoop({ simulator: { ...fillable, copyRate: 20 * MB }, balance: { nodeAddHoldMs: 0 }, ...options })
  running.push(loop)
  return loop
}
afterEach(async () => {
  for (const loop of running.splice(0)) await loop.stop()
})

/** Puts health of our making into every sample. */
function withHealth() {
  const now = { offline: 0, underMinIsr: 0 }
  const between = (system: System): System => ({
    ...system,
    sample: async (signal) => {
      const sample = await system.sample(signal)
      const health: Health = { ...sample.health, unexplained: { ...now } }
      return { ...sample, health }
    },
  })
  return { now, between }
}

describe('health that grows worse while moves run', () => {
  test('stops what would start at once, and pauses the cluster when it is seen again', async () => {
    const { now, between } = withHealth()
    const journal = forgetfulJournal()
    const loop = start({ between, journal, execution: { concurrentMovesPerNode: 1 } })
    await loop.advance(10 * SECOND)
    const before = loop.of('move_started').length
    expect(before).toBeGreaterThan(0)
    now.offline = 1
    await loop.advance(30 * SECOND)
    expect(loop.loop.view().report!.violations[0]!.gate).toMatchObject({ code: 'unhealthy' })
    const after = loop.of('move_started').length
    await loop.advance(30 * SECOND)
    expect(loop.of('paused').map(({ by, reason }) => [by, reason])).toEqual([
      ['circuit_breaker', '1 partitions without a leader, 0 when the moves began'],
    ])
    expect(loop.loop.view()).toMatchObject({ status: 'paused', pause: { by: 'circuit_breaker' } })
    await loop.advance(20 * MINUTE)
    expect(loop.of('move_started')).toHaveLength(after)
    expect(pauseOf(journal)).toMatchObject({ by: 'circuit_breaker' })
    // Said once, not at every tick.
    expect(loop.of('paused')).toHaveLength(1)
    // Whoever goes on accepts what is.
    await loop.loop.resume()
    await loop.advance(20 * MINUTE)
    expect(loop.of('move_started').length).toBeGreaterThan(after)
    expect([loop.of('paused').length, loop.loop.view().status]).toEqual([1, 'ready'])
  })

  test('is no reason where it was as bad before the moves began', async () => {
    const { now, between } = withHealth()
    now.offline = 3
    const loop = start({ between })
    await loop.advance(20 * MINUTE)
    expect([loop.of('paused'), loop.loop.view().status]).toEqual([[], 'ready'])
  })

  test('is no reason while nothing of ours is in flight', async () => {
    const { now, between } = withHealth()
    const loop = start({ between })
    await loop.advance(20 * MINUTE)
    now.offline = 5
    await loop.advance(10 * MINUTE)
    expect([loop.of('paused'), loop.loop.view().status]).toEqual([[], 'ready'])
  })
})

describe('moves that go wrong', () => {
  const failing = () => {
    const broken = { yes: true }
    const between = (system: System): System => ({
      ...system,
      perform: async (steps, signal) =>
        broken.yes
          ? steps.map(() => ({ outcome: 'refused' as const, code: 'rejected' as const, text: 'no' }))
          : system.perform(steps, signal),
    })
    return { broken, between }
  }

  test('five times pause the cluster until a person has looked; then it goes on', async () => {
    const { broken, between } = failing()
    const loop = start({ between, execution: { concurrentMoves: 2 } })
    await loop.advance(3 * MINUTE)
    expect(loop.loop.view()).toMatchObject({ status: 'paused', pause: { by: 'circuit_breaker' } })
    const tried = loop.of('move_started').length
    await loop.advance(70 * MINUTE)
    expect(loop.of('move_started')).toHaveLength(tried)
    broken.yes = false
    await loop.loop.resume()
    await loop.advance(20 * MINUTE)
    expect(loop.loop.view()).toMatchObject({ status: 'ready' })
    expect(loop.loop.view().pause).toBeUndefined()
  })

  test('pause it again when nothing has changed', async () => {
    const { between } = failing()
    const loop = start({ between, execution: { concurrentMoves: 2 } })
    await loop.advance(3 * MINUTE)
    await loop.loop.resume()
    expect(loop.loop.view().pause).toBeUndefined()
    await loop.advance(3 * MINUTE)
    expect(loop.of('paused')).toHaveLength(2)
  })

  test('what was paused stays so after a restart', async () => {
    const { broken, between } = failing()
    const journal = forgetfulJournal()
    const loop = start({ between, journal, execution: { concurrentMoves: 2 } })
    await loop.advance(3 * MINUTE)
    await loop.stop()
    broken.yes = false
    const again = start({ clock: loop.clock, between: () => loop.simulator, journal })
    await again.advance(10 * MINUTE)
    expect([again.of('move_started'), again.loop.view().status]).toEqual([[], 'paused'])
  })

  test('a pause that cannot be written starts nothing either', async () => {
    const { between } = failing()
    const journal: Journal = {
      ...forgetfulJournal(),
      write: () => Promise.reject(new EvenkeelError('state_unavailable', 'the disk is full')),
    }
    const loop = start({ between, journal, execution: { concurrentMoves: 2 } })
    await loop.advance(3 * MINUTE)
    const tried = loop.of('move_started').length
    await loop.advance(10 * MINUTE)
    expect(loop.of('move_started')).toHaveLength(tried)
    expect(loop.of('tick_failed').at(-1)!.text).toBe('the disk is full')
  })
})

describe('what a person wants', () => {
  function daemonOf() {
    const clock = new VirtualClock()
    const journal = forgetfulJournal()
    const options = {
      balance: settings({ nodeAddHoldMs: 0 }),
      execution: {
        concurrentMoves: 50,
        concurrentMovesPerNode: 5,
        maxTransfersPerTick: 5,
        unknownHoldMs: 90_000,
        targetGraceMs: 300_000,
      },
      tickIntervalMs: 30_000,
      pulseIntervalMs: 3_000,
    }
    const system = createSimulator({ copyRate: 5 * MB, events: [], ...fillable }, clock)
    const daemon = new Daemon([{ name: 'x', system, journal, options }], inlinePlanner, clock, () => undefined)
    running.push(daemon)
    daemon.start()
    const view = () => daemon.clusters()[0]!
    return { clock, journal, options, daemon, view }
  }

  test('a pause holds at once, what runs goes on, and its end ends it', async () => {
    const { clock, daemon, view } = daemonOf()
    await clock.advance(10 * SECOND)
    const inFlight = view().running.length
    expect(inFlight).toBeGreaterThan(0)
    await daemon.pause('x', 'upgrade', clock.now() + 5 * MINUTE)
    expect(view().pending).toEqual([])
    await clock.advance(1 * SECOND)
    expect(view()).toMatchObject({ status: 'paused', pause: { by: 'operator', reason: 'upgrade' } })
    expect(view().running).toHaveLength(inFlight)
    await clock.advance(6 * MINUTE)
    expect(view().status).not.toBe('paused')
  })

  test('asking twice is asking once', async () => {
    const { daemon, journal } = daemonOf()
    await daemon.drain('x', 2)
    await daemon.drain('x', 3)
    await daemon.drain('x', 2)
    expect(drainsOf(journal)).toEqual([2, 3])
    await daemon.undrain('x', 3)
    await daemon.undrain('x', 3)
    expect(drainsOf(journal)).toEqual([2])
    await daemon.pause('x', 'a')
    await daemon.resume('x')
    await daemon.resume('x')
    expect([drainsOf(journal), pauseOf(journal)]).toEqual([[2], undefined])
  })

  test('asked for at once, none gets lost', async () => {
    const { daemon, journal } = daemonOf()
    await Promise.all([daemon.drain('x', 1), daemon.pause('x', 'a'), daemon.drain('x', 2), daemon.undrain('x', 1)])
    expect([drainsOf(journal), pauseOf(journal)?.reason]).toEqual([[2], 'a'])
  })

  test('a drain takes back what is on its way there, empties the node and says when it is safe', async () => {
    const { clock, daemon, view } = daemonOf()
    await clock.advance(10 * SECOND)
    expect(view().running.some(({ move }) => (move as PartitionMove).to === 5)).toBe(true)
    await daemon.drain('x', 5)
    await clock.advance(10 * SECOND)
    expect(
      view().running.filter(({ move, state }) => (move as PartitionMove).to === 5 && state !== 'cancelling'),
    ).toEqual([])
    await clock.advance(60 * MINUTE)
    expect(view().drains).toMatchObject([{ node: 5, replicas: 0, safeToStop: true }])
    // Nobody fills it again.
    expect(view().report!.violations).toEqual([])
  })

  test('what nobody knows is refused', async () => {
    const { clock, daemon, journal } = daemonOf()
    await clock.advance(10 * SECOND)
    await expect(daemon.drain('x', 9)).rejects.toMatchObject({
      code: 'usage',
      message: 'the cluster has no node 9; it has 1, 2, 3, 4, 5',
    })
    await expect(daemon.drain('y', 1)).rejects.toMatchObject({ code: 'usage' })
    await expect(daemon.pause('y', 'a')).rejects.toThrow('no cluster is called y; there are: x')
    expect(drainsOf(journal)).toEqual([])
  })

  test('new options hold from the next tick, and nothing of the old ones starts any more', async () => {
    const { clock, daemon, options, view } = daemonOf()
    await clock.advance(10 * SECOND)
    daemon.apply('x', { ...options, balance: settings({ mode: 'off' }) })
    expect(view().pending).toEqual([])
    await clock.advance(1 * SECOND)
    expect(view()).toMatchObject({ status: 'off', report: { mode: 'off' } })
  })

  test('while the state directory cannot be written nothing starts', async () => {
    const problem = { text: undefined as string | undefined }
    const loop = start({
      journal: { ...forgetfulJournal(), problem: () => problem.text },
      execution: { concurrentMovesPerNode: 1 },
    })
    await loop.advance(10 * SECOND)
    problem.text = 'the disk is full'
    await loop.advance(30 * SECOND)
    const started = loop.of('move_started').length
    await loop.advance(10 * MINUTE)
    expect(loop.of('move_started')).toHaveLength(started)
    expect(loop.loop.view().report!.verdict).toMatchObject({ code: 'state_unavailable' })
    problem.text = undefined
    await loop.advance(MINUTE)
    expect(loop.of('move_started').length).toBeGreaterThan(started)
  })
})
