/** Wishes for tables through the whole loop, with a system that places tables by itself. */
import { expect, test } from 'vitest'
import type { RunningJob } from '../../src/cluster/move.ts'
import type { Target } from '../../src/cluster/target.ts'
import { Daemon } from '../../src/daemon/daemon.ts'
import { forgetfulJournal } from '../../src/execute/journal/journal.ts'
import { VirtualClock } from '../../src/lib/clock.ts'
import { inlinePlanner } from '../../src/plan/planner.ts'
import type { System, TargetWishes } from '../../src/systems/port.ts'
import { createSimulator } from '../../src/systems/simulator/simulator.ts'
import { settings } from '../assess/support.ts'
import { costly, foreignJob, target, topic } from '../observe/tables.ts'

const execution = {
  concurrentMoves: 5,
  concurrentMovesPerNode: 5,
  maxTransfersPerTick: 5,
  unknownHoldMs: 90_000,
  targetGraceMs: 300_000,
}
const options = { balance: settings(), execution, tickIntervalMs: 30_000, pulseIntervalMs: 3_000 }

/** The table `t` is where it should be, until somebody asks for it; what is begun runs until it is let end. */
function start() {
  const clock = new VirtualClock()
  const nodes = [1, 2, 3].map((id) => ({ id, disks: [1e12] }))
  const simulator = createSimulator({ copyRate: 1e8, events: [], nodes, topics: [] }, clock)
  const world = {
    wishes: [] as TargetWishes[],
    begun: [] as string[],
    cancelled: [] as string[],
    running: undefined as RunningJob | undefined,
    landed: false,
    verdictAtMs: Number.NEGATIVE_INFINITY,
    held: undefined as Target['held'],
  }
  const jobs = () => [foreignJob, ...(world.running ? [world.running] : [])]
  const system: System = {
    ...simulator,
    capabilities: () => ({ leaderTransfer: false, replicaMoves: false, dirMoves: false, tableJobs: true }),
    sample: async (signal, wishes) => {
      world.wishes.push(wishes!)
      const isAsked = wishes!.asked.includes('t')
      // What the controller said holds for as long as what it was computed from.
      if (isAsked && world.verdictAtMs < 0) world.verdictAtMs = clock.now()
      const causes = [{ cause: 'asked' as const, text: 'somebody asked for it' }]
      const { held } = world
      const wanted = target('t', { causes, ...(held && { held }) })
      return {
        ...(await simulator.sample(signal)),
        topics: [topic('t', { verdict: { text: 'NO_OP', atMs: world.verdictAtMs } }), topic(foreignJob.topic)],
        targets: isAsked && !world.running && !world.landed ? [wanted] : [],
        jobs: jobs(),
      }
    },
    pulse: async (signal) => ({ ...(await simulator.pulse(signal)), jobs: jobs() }),
    steps: (move) =>
      move.kind === 'table'
        ? [{ kind: 'job', topic: move.topic, parameters: move.parameters, fingerprint: move.fingerprint }]
        : [],
    perform: async (steps) => {
      world.begun.push(...steps.map((step) => step.topic))
      world.running = { id: 'j1', topic: 't', startedAtMs: clock.now(), parameters: {} }
      return steps.map(() => ({ outcome: 'accepted', job: 'j1' }))
    },
    judge: async (moves) =>
      moves.map(() => ({ outcome: world.landed ? 'landed' : world.cancelled.length > 0 ? 'reverted' : 'running' })),
    cancel: async (moves) => {
      world.cancelled.push(...moves.map((move) => move.topic))
      world.running = undefined
      return moves.map(() => ({ outcome: 'accepted' }))
    },
  }
  const daemon = new Daemon(
    [{ name: 'x', journal: forgetfulJournal(), options, system }],
    inlinePlanner,
    clock,
    (e) => {
      throw e
    },
  )
  daemon.start()
  return { clock, world, daemon, view: () => daemon.clusters()[0]! }
}

test('the view has tables, targets and jobs, and knows whose each job is', async () => {
  const { clock, daemon, view } = start()
  await clock.advance(60_000)
  const { report, asked, approved } = view()
  expect(report!.topics!.map(({ topic }) => topic)).toEqual(['t', foreignJob.topic])
  expect([report!.targets, asked, approved, report!.foreignMoves]).toEqual([[], undefined, undefined, 1])
  await daemon.rebalance('x', ['t'])
  await clock.advance(60_000)
  expect(view().report!.jobs!.map(({ id, ours }) => [id, ours])).toEqual([
    ['job-7', false],
    ['j1', true],
  ])
  await daemon.stop()
})

test('a table that is asked for is rebalanced once, and the wish ends with it', async () => {
  const { clock, world, daemon, view } = start()
  await clock.advance(60_000)
  await daemon.rebalance('x', ['t'])
  expect(view().asked).toEqual(['t'])
  await clock.advance(10_000)
  expect(world.wishes.at(-1)!.asked).toEqual(['t'])
  expect(world.begun).toEqual(['t'])
  world.running = undefined
  world.landed = true
  await clock.advance(60_000)
  expect(view().asked).toBeUndefined()
  expect(view().ended.map(({ move, state }) => [move.topic, state])).toEqual([['t', 'done']])
  expect(world.begun).toEqual(['t'])
  await daemon.stop()
})

test('a wish that is repeated is answered by what was said since the first', async () => {
  const { clock, world, daemon, view } = start()
  await clock.advance(60_000)
  world.held = costly
  await daemon.rebalance('x', ['t'])
  await clock.advance(60_000)
  await daemon.rebalance('x', ['t'])
  expect(view().asked).toEqual(['t'])
  world.landed = true
  await clock.advance(60_000)
  expect([view().asked, world.begun]).toEqual([undefined, []])
  await daemon.stop()
})

test('a held target runs once it is approved, and only that one', async () => {
  const { clock, world, daemon, view } = start()
  world.held = costly
  await clock.advance(60_000)
  await daemon.rebalance('x', ['t'])
  await clock.advance(60_000)
  expect(world.begun).toEqual([])
  expect(view().report!.targets![0]!.held).toEqual(costly)
  await daemon.approve('x', [{ topic: 't', fingerprint: 'of another target' }])
  await clock.advance(60_000)
  expect([world.begun, view().approved]).toEqual([[], undefined])
  await daemon.approve('x', [{ topic: 't', fingerprint: 'f-t' }])
  expect(view().approved).toEqual(['f-t'])
  await clock.advance(60_000)
  expect(world.begun).toEqual(['t'])
  await daemon.stop()
})

test('what is cancelled is taken back, not asked for any more, and left alone until somebody asks anew', async () => {
  const { clock, world, daemon, view } = start()
  await clock.advance(60_000)
  await daemon.rebalance('x', ['t'])
  await clock.advance(10_000)
  expect(world.begun).toEqual(['t'])
  await daemon.cancel('x', ['t'], 'it is noon')
  expect(view().asked).toBeUndefined()
  await clock.advance(60_000)
  expect([world.cancelled, view().running]).toEqual([['t'], []])
  expect(view().ended.map(({ state, text }) => [state, text])).toEqual([
    ['cancelled', 'cancelled by an operator: it is noon'],
  ])
  expect(view().waiting).toMatchObject([{ topic: 't', exhausted: false, why: 'cancelled by an operator: it is noon' }])
  await daemon.rebalance('x', ['t'])
  world.cancelled = []
  await clock.advance(60_000)
  expect(world.begun).toEqual(['t', 't'])
  await daemon.stop()
})

test('what is only asked for is cancelled as well, and what is neither is said to be', async () => {
  const { clock, world, daemon, view } = start()
  world.held = costly
  await clock.advance(60_000)
  await expect(daemon.cancel('x', ['t'], 'x')).rejects.toThrow('nothing of t is under way or waits')
  await daemon.rebalance('x', ['t'])
  await daemon.cancel('x', ['t'], 'x')
  expect([view().asked, world.cancelled]).toEqual([undefined, []])
  await daemon.stop()
})
