/** The connection to a cluster is exchanged while its loop runs. */
import { expect, test } from 'vitest'
import type { LoopEvent } from '../../src/cluster/events.ts'
import type { Sample } from '../../src/cluster/sample.ts'
import { Daemon } from '../../src/daemon/daemon.ts'
import { forgetfulJournal, type Journal } from '../../src/execute/journal/journal.ts'
import { VirtualClock } from '../../src/lib/clock.ts'
import { inlinePlanner } from '../../src/plan/planner.ts'
import type { System } from '../../src/systems/port.ts'
import { createSimulator } from '../../src/systems/simulator/simulator.ts'
import { settings } from '../assess/support.ts'
import { fillable } from './support.ts'

const execution = {
  concurrentMoves: 5,
  concurrentMovesPerNode: 5,
  maxTransfersPerTick: 5,
  unknownHoldMs: 90_000,
  targetGraceMs: 300_000,
}

/** One simulated cluster under a daemon, reached by as many connections as a test wants. */
function start(journal: Partial<Journal> = {}) {
  const clock = new VirtualClock()
  const simulator = createSimulator({ copyRate: 100e6, events: [], ...fillable }, clock)
  const log: string[] = []
  const said: string[] = []
  /** By name: what the cluster behind it is called, and what a look at it throws. */
  const reach = (name: string, clusterId?: string, more: Partial<System> = {}): System => ({
    capabilities: () => simulator.capabilities(),
    steps: (move) => simulator.steps(move),
    sample: async (signal) => {
      log.push(`sample by ${name}`)
      return withId(await simulator.sample(signal), clusterId)
    },
    pulse: (signal) => simulator.pulse(signal),
    perform: (steps, signal) => {
      log.push(`perform by ${name}`)
      return simulator.perform(steps, signal)
    },
    judge: (moves, signal) => simulator.judge(moves, signal),
    cancel: (moves, signal) => simulator.cancel(moves, signal),
    close: async () => void log.push(`close ${name}`),
    ...more,
  })
  const daemon = (system: System) => {
    const options = {
      balance: settings({ nodeAddHoldMs: 0 }),
      execution,
      tickIntervalMs: 30_000,
      pulseIntervalMs: 3_000,
    }
    const parts = [{ name: 'x', system, journal: { ...forgetfulJournal(), ...journal }, options }]
    const made = new Daemon(parts, inlinePlanner, clock, (error) => {
      throw error
    })
    made.events.subscribe((event) => {
      if (event.type === 'connection_replaced') said.push('replaced')
      if (event.type === 'connection_refused') said.push(`${event.final ? 'given up' : 'refused'}: ${event.text}`)
    })
    made.start()
    return made
  }
  return { clock, simulator, log, said, reach, daemon }
}

function withId(sample: Sample, clusterId: string | undefined): Sample {
  if (clusterId === undefined) return sample
  return { ...sample, state: { ...sample.state, cluster: { ...sample.state.cluster, clusterId } } }
}

test('once the new one has shown itself it is taken between two ticks; the old one is closed, moves go on', async () => {
  const { clock, simulator, log, said, reach, daemon } = start()
  const kept = daemon(reach('old', 'A'))
  const started: LoopEvent[] = []
  const ended: string[] = []
  kept.events.subscribe((event) => {
    if (event.type === 'move_started') started.push(event)
    if (event.type === 'move_ended') ended.push(event.result)
  })
  await clock.advance(12_000)
  const inFlight = started.length - ended.length
  expect(inFlight).toBeGreaterThan(0)
  log.length = 0
  kept.replaceSystem('x', reach('new', 'A'))
  await clock.advance(1)
  expect(log.slice(0, 2)).toEqual(['sample by new', 'close old'])
  expect(said).toEqual(['replaced'])
  await clock.advance(15 * 60_000)
  expect(log.filter((line) => line.endsWith('old'))).toEqual(['close old'])
  expect(new Set(ended)).toEqual(new Set(['done']))
  // None was begun twice, and all was done that was to be done.
  const subjects = started.map((event) => event.type === 'move_started' && event.progress.move.id)
  expect(new Set(subjects).size).toBe(subjects.length)
  expect(kept.clusters()[0]).toMatchObject({ status: 'ready' })
  expect((await simulator.sample(new AbortController().signal)).running).toEqual([])
  await kept.stop()
  expect(log.at(-1)).toBe('close new')
})

test('one that leads to another cluster is given up, and the old one goes on', async () => {
  const { clock, log, said, reach, daemon } = start()
  const kept = daemon(reach('old', 'A'))
  await clock.advance(5_000)
  kept.replaceSystem('x', reach('new', 'B'))
  await clock.advance(60_000)
  expect(said).toEqual([
    'given up: it leads to the cluster B, this one is A: another cluster needs a name and a restart of its own',
  ])
  expect(log.filter((line) => line.includes('new'))).toEqual(['sample by new', 'close new'])
  expect(log.at(-1)).toMatch(/by old$/)
  await kept.stop()
  expect(log.at(-1)).toBe('close old')
})

test('where the old one never answered, the journal knows which cluster it was', async () => {
  const { clock, said, reach, daemon } = start({ boundTo: () => 'A' })
  const dead = { sample: () => Promise.reject(new Error('gone')), pulse: () => Promise.reject(new Error('gone')) }
  const kept = daemon(reach('old', 'A', dead))
  await clock.advance(5_000)
  kept.replaceSystem('x', reach('wrong', 'B'))
  await clock.advance(1)
  kept.replaceSystem('x', reach('right', 'A'))
  await clock.advance(5_000)
  expect(said.map((text) => text.slice(0, 8))).toEqual(['given up', 'replaced'])
  expect(kept.clusters()[0]!.status).not.toBe('unreachable')
  await kept.stop()
})

test('one that does not work yet is tried until it does, and said once', async () => {
  const { clock, said, log, reach, daemon } = start()
  const kept = daemon(reach('old', 'A'))
  await clock.advance(5_000)
  let refuses = true
  const works = reach('new', 'A')
  const picky = reach('new', 'A', {
    sample: (signal) => (refuses ? Promise.reject(new Error('who are you?')) : works.sample(signal)),
  })
  kept.replaceSystem('x', picky)
  await clock.advance(120_000)
  expect(said).toEqual(['refused: who are you?'])
  expect(log.at(-1)).toMatch(/by old$/)
  refuses = false
  await clock.advance(10_000)
  expect(said).toEqual(['refused: who are you?', 'replaced'])
  await kept.stop()
})

test('the newest one counts; one that is not wanted any more is closed', async () => {
  const { clock, said, log, reach, daemon } = start()
  const kept = daemon(reach('old', 'A'))
  await clock.advance(5_000)
  const silent = { sample: () => new Promise<never>(() => undefined) }
  kept.replaceSystem('x', reach('first', 'A', silent))
  kept.replaceSystem('x', reach('second', 'A', silent))
  kept.replaceSystem('x', undefined)
  kept.replaceSystem('x', reach('third', 'A', silent))
  await clock.advance(1000)
  expect(log.filter((line) => line.startsWith('close'))).toEqual(['close first', 'close second'])
  expect(said).toEqual([])
  await kept.stop()
  expect(log.filter((line) => line.startsWith('close')).toSorted()).toEqual([
    'close first',
    'close old',
    'close second',
    'close third',
  ])
})

test('a call that is under way ends on the connection that it began on, which is closed after it', async () => {
  const { clock, log, reach, daemon } = start()
  let answer: () => void = () => undefined
  const works = reach('old', 'A')
  const slow = reach('old', 'A', {
    perform: async (steps, signal) => {
      await new Promise<void>((resolve) => {
        answer = resolve
      })
      return works.perform(steps, signal)
    },
  })
  const kept = daemon(slow)
  await clock.advance(10_000)
  kept.replaceSystem('x', reach('new', 'A'))
  await clock.advance(60_000)
  expect(log).toContain('sample by new')
  expect(log).not.toContain('close old')
  answer()
  await clock.advance(1)
  expect(log.slice(-2)).toEqual(['perform by old', 'close old'])
  await kept.stop()
})
