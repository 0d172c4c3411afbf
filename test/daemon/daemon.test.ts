import { expect, test } from 'vitest'
import { Daemon } from '../../src/daemon/daemon.ts'
import { forgetfulJournal } from '../../src/execute/journal/journal.ts'
import { VirtualClock } from '../../src/lib/clock.ts'
import { inlinePlanner } from '../../src/plan/planner.ts'
import { createSimulator } from '../../src/systems/simulator/simulator.ts'
import { settings } from '../assess/support.ts'
import { fillable } from './support.ts'

const options = {
  balance: settings(),
  execution: {
    concurrentMoves: 5,
    concurrentMovesPerNode: 5,
    maxTransfersPerTick: 5,
    unknownHoldMs: 90_000,
    targetGraceMs: 300_000,
  },
  tickIntervalMs: 30_000,
  pulseIntervalMs: 3_000,
}

test('every cluster has its own loop: one that fails does not touch the others, and stopping closes all', async () => {
  const clock = new VirtualClock()
  const simulator = () => createSimulator({ copyRate: 1e8, events: [], ...fillable }, clock)
  const closed: string[] = []
  const observed: unknown[] = []
  const daemon = new Daemon(
    [
      {
        name: 'sick',
        journal: forgetfulJournal(),
        options,
        system: {
          ...simulator(),
          sample: () => Promise.reject(new Error('gone')),
          close: async () => void closed.push('sick'),
        },
      },
      {
        name: 'well',
        journal: forgetfulJournal(),
        options,
        system: { ...simulator(), close: async () => void closed.push('well') },
      },
    ],
    inlinePlanner,
    clock,
    (error) => observed.push(error),
  )
  daemon.events.subscribe(() => {
    throw new Error('broken observer')
  })
  daemon.start()
  await clock.advance(60_000)
  expect(daemon.clusters().map(({ name, status }) => [name, status])).toEqual([
    ['sick', 'unreachable'],
    ['well', 'ready'],
  ])
  expect(observed.length).toBeGreaterThan(0)
  await daemon.stop()
  expect(closed).toEqual(['sick', 'well'])
})

test('a pause with an end does not end one that evenkeel began by itself', async () => {
  const clock = new VirtualClock()
  const system = createSimulator({ copyRate: 1e8, events: [], ...fillable }, clock)
  const journal = forgetfulJournal()
  const daemon = new Daemon([{ name: 'x', journal, options, system }], inlinePlanner, clock, () => undefined)
  const pause = { by: 'circuit_breaker' as const, reason: 'moves failed', sinceMs: 0 }
  await journal.write([{ kind: 'pause', key: 'cluster', value: pause }])
  await daemon.pause('x', 'looking at it', clock.now() + 60_000)
  await clock.advance(120_000)
  expect(daemon.clusters()[0]!.pause).toMatchObject({ by: 'circuit_breaker', reason: 'moves failed' })
  await daemon.resume('x')
  expect(daemon.clusters()[0]!.pause).toBeUndefined()
})
