import { afterEach, describe, expect, test, vi } from 'vitest'
import type { PartitionMove } from '../../src/cluster/move.ts'
import { atStage } from '../../src/cluster/sample-stage.ts'
import { forgetfulJournal } from '../../src/execute/journal/journal.ts'
import { EvenkeelError } from '../../src/lib/errors.ts'
import { inlinePlanner, type Planner } from '../../src/plan/planner.ts'
import type { System } from '../../src/systems/port.ts'
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

const planInline: Planner['plan'] = (...args) => inlinePlanner.plan(...args)

/** Lets the call through unless told what to throw instead. */
const failing = (...methods: ('sample' | 'pulse')[]) => {
  const broken = { by: undefined as Error | undefined }
  const breakable = (system: System, method: 'sample' | 'pulse') => async (signal: AbortSignal) => {
    if (broken.by) throw broken.by
    return system[method](signal)
  }
  const between = (system: System): System => ({
    ...system,
    ...Object.fromEntries(methods.map((method) => [method, breakable(system, method)])),
  })
  return { broken, between }
}

describe('the start', () => {
  test('nothing is done before two complete samples agree', async () => {
    const loop = start()
    await loop.advance(0)
    expect(loop.of('tick').map(({ report }) => [report.status, report.verdict.code])).toEqual([
      ['starting', 'sample_incomplete'],
    ])
    expect(loop.of('move_started')).toEqual([])
    await loop.advance(3 * SECOND)
    expect(loop.of('tick').at(-1)!.report.status).toBe('in_progress')
    expect(loop.of('move_started').length).toBeGreaterThan(0)
  })

  test('samples that differ do not agree', async () => {
    let nodes = 5
    const loop = start({
      between: (system) => ({
        ...system,
        sample: async (signal) => {
          const sample = await system.sample(signal)
          sample.state.names.nodes = sample.state.names.nodes.map((id, index) =>
            index === 0 ? `first of ${(nodes += 1)}` : id,
          )
          return sample
        },
      }),
    })
    await loop.advance(10 * MINUTE)
    expect(loop.loop.view().status).toBe('starting')
    expect(loop.of('move_started')).toEqual([])
  })
})

test('in mode off everything is shown and nothing is started', async () => {
  const loop = start({ balance: { mode: 'off', nodeAddHoldMs: 0 } })
  await loop.advance(10 * MINUTE)
  const { report, status, pending } = loop.loop.view()
  expect([status, pending, report!.verdict.code]).toEqual(['off', [], 'mode_off'])
  expect(report!.plan.moves.length).toBeGreaterThan(0)
  expect(loop.of('move_started')).toEqual([])
})

test('with dry_run nothing is started either', async () => {
  const loop = start({ balance: { dryRun: true, nodeAddHoldMs: 0 } })
  await loop.advance(10 * MINUTE)
  expect(loop.loop.view().report!.verdict.code).toBe('dry_run')
  expect(loop.of('move_started')).toEqual([])
})

test('a node that joins is filled once it has been seen alive for the hold', async () => {
  const joined = 10 * MINUTE
  const loop = start({
    simulator: {
      ...fillable,
      nodes: fillable.nodes.slice(0, 4),
      events: [{ atMs: joined, addNode: fillable.nodes[4]! }],
    },
    balance: { nodeAddHoldMs: 5 * MINUTE },
  })
  await loop.advance(14 * MINUTE)
  expect(loop.of('node_appeared').map((event) => event.node)).toEqual([5])
  expect(loop.loop.view().report!.verdict).toMatchObject({ code: 'holding', text: expect.stringContaining('node 5') })
  await loop.advance(30 * MINUTE)
  const first = loop.at(loop.of('move_started')[0]!)
  expect(first).toBeGreaterThanOrEqual(joined + 5 * MINUTE)
  expect(first).toBeLessThanOrEqual(joined + 6 * MINUTE)
})

describe('a cluster that cannot be sampled', () => {
  test('is unreachable, says why, starts nothing that was planned before, and recovers', async () => {
    const { broken, between } = failing('sample')
    const loop = start({ between, execution: { concurrentMoves: 1 } })
    await loop.advance(4 * SECOND)
    expect(loop.loop.view().pending.length).toBeGreaterThan(0)
    broken.by = new EvenkeelError('sample_incomplete', 'broker 3 is not seen: DESCRIBE is missing')
    await loop.advance(MINUTE)
    const seen = loop.of('move_started').length
    expect(loop.loop.view()).toMatchObject({
      status: 'unreachable',
      pending: [],
      error: 'broker 3 is not seen: DESCRIBE is missing',
    })
    await loop.advance(5 * MINUTE)
    expect(loop.of('move_started')).toHaveLength(seen)
    expect(loop.of('sample_failed')[0]).toMatchObject({ code: 'sample_incomplete' })
    broken.by = undefined
    await loop.advance(MINUTE)
    expect(loop.loop.view()).toMatchObject({ status: 'in_progress' })
    expect(loop.loop.view().error).toBeUndefined()
    expect(loop.of('move_started').length).toBeGreaterThan(seen)
  })

  test('is told as soon as a pulse misses it, not at the next tick', async () => {
    const { broken, between } = failing('sample', 'pulse')
    const loop = start({ between })
    await loop.advance(3 * MINUTE)
    broken.by = new Error('gone')
    await loop.advance(10 * MINUTE)
    const failed = loop.of('sample_failed').map((event) => loop.at(event))
    expect(failed[0]! - 3 * MINUTE).toBeLessThanOrEqual(3 * SECOND)
    // Once; from then on the ticks come as usual.
    expect(failed.length).toBeLessThanOrEqual(21)
  })

  test('does not let time that nobody saw count towards a hold', async () => {
    const { broken, between } = failing('sample', 'pulse')
    const loop = start({ between, balance: { nodeAddHoldMs: 5 * MINUTE } })
    await loop.advance(3 * MINUTE)
    broken.by = new Error('gone')
    await loop.advance(10 * MINUTE)
    broken.by = undefined
    await loop.advance(1.5 * MINUTE)
    expect(loop.of('move_started')).toEqual([])
    await loop.advance(1.5 * MINUTE)
    expect(loop.of('move_started').length).toBeGreaterThan(0)
  })
})

test('without a pulse nothing is started and nothing is taken for ended', async () => {
  const { broken, between } = failing('pulse')
  const loop = start({ between, execution: { concurrentMoves: 1 } })
  await loop.advance(4 * SECOND)
  const moves = loop.loop.view().running
  expect(moves).toHaveLength(1)
  broken.by = new Error('no pulse')
  await loop.advance(5 * MINUTE)
  expect(loop.loop.view().running.map(({ move }) => move.id)).toEqual(moves.map(({ move }) => move.id))
  expect(loop.loop.view().status).toBe('in_progress')
  broken.by = undefined
  await loop.advance(SECOND * 4)
  expect(loop.of('move_ended')[0]).toMatchObject({ result: 'done' })
})

test('a plan that breaks a rule is dropped, said and never carried out', async () => {
  const plan = vi.fn(planInline).mockImplementation(async (...args) => ({
    ...(await planInline(...args)),
    problems: ['a', 'b', 'c', 'd'],
  }))
  const loop = start({ planner: { ...inlinePlanner, plan } })
  await loop.advance(MINUTE)
  expect(loop.of('plan_rejected').map((event) => event.text)).toContain('a; b; c')
  expect(loop.of('move_started')).toEqual([])
  plan.mockImplementation(planInline)
  await loop.advance(MINUTE)
  expect(loop.of('move_started').length).toBeGreaterThan(0)
})

test('a planner that fails is said, and the next tick plans again', async () => {
  const plan = vi.fn(planInline).mockRejectedValueOnce(new EvenkeelError('internal', 'the planner died'))
  const loop = start({ planner: { ...inlinePlanner, plan } })
  await loop.advance(MINUTE)
  expect(loop.of('tick_failed').map((event) => event.text)).toEqual(['the planner died'])
  expect(loop.of('move_started').length).toBeGreaterThan(0)
})

test('stopping starts nothing more and leaves what runs to the cluster', async () => {
  const loop = start({ execution: { concurrentMovesPerNode: 2 } })
  await loop.advance(4 * SECOND)
  const moving = () => loop.world.partitions.filter((partition) => partition.adding.length > 0).length
  expect(moving()).toBe(1)
  await loop.stop()
  const said = loop.events.length
  await loop.advance(10 * MINUTE)
  expect(loop.events).toHaveLength(said)
  expect(loop.of('move_ended').filter(({ result }) => result !== 'done')).toEqual([])
  loop.world.advance()
  expect(moving()).toBe(0)
})

test('a restarted loop finishes what an earlier one has begun', async () => {
  const loop = start()
  await loop.advance(10 * SECOND)
  await loop.stop()
  const again = start({ clock: loop.clock, between: () => loop.simulator })
  await again.advance(20 * MINUTE)
  expect(again.loop.view().status).toBe('ready')
  // What was under way was seen as somebody else's until it had landed.
  expect(again.of('move_ended').filter(({ result }) => result !== 'done')).toEqual([])
})

test('where a replica left while nobody looked it is not moved back for a while', async () => {
  const journal = forgetfulJournal()
  const loop = start({ journal })
  while (loop.of('move_started').length === 0) await loop.advance(SECOND)
  await loop.stop()
  expect([...journal.read('left').keys()]).toEqual([])
  await loop.advance(10 * MINUTE)
  const again = start({ clock: loop.clock, journal, between: () => loop.simulator })
  await again.advance(MINUTE)
  const landed = again.of('move_ended').slice(0, 3)
  expect(landed).toHaveLength(3)
  for (const { progress } of landed) {
    const { topic, partition, from } = progress.move as PartitionMove
    expect([...journal.read('left').keys()]).toContain(`${topic}-${partition}@${from}`)
  }
})

test('what ended lately is shown newest first, a hundred at most', async () => {
  const loop = start({ simulator: { ...fillable, topics: [{ ...fillable.topics[0]!, partitions: 400, size: 50e6 }] } })
  await loop.advance(30 * MINUTE)
  const { ended } = loop.loop.view()
  expect(loop.of('move_ended').length).toBeGreaterThan(100)
  expect(ended).toHaveLength(100)
  expect(ended[0]).toEqual(loop.of('move_ended').at(-1)!.progress)
})

test('the loop goes quiet: a balanced cluster is sampled and otherwise let alone', async () => {
  const loop = start()
  await loop.advance(20 * MINUTE)
  const moves = loop.of('move_started').length
  const ticks = loop.of('tick').length
  await loop.advance(10 * MINUTE)
  expect(loop.of('move_started')).toHaveLength(moves)
  expect(loop.of('tick').length - ticks).toBe(20)
  expect(loop.loop.view()).toMatchObject({ status: 'ready', running: [], pending: [] })
})

test('a replica is made anew also when its node stopped in the very moment in which it had landed there', async () => {
  const loop = start({
    simulator: { ...fillable, sessionTimeoutMs: 1 },
    execution: { concurrentMoves: 1, concurrentMovesPerNode: 1 },
  })
  const landed = async () => {
    await loop.simulator.pulse(new AbortController().signal)
    const { partition } = loop.loop.view().running[0]!.move as PartitionMove
    return loop.world.partition('t', partition)!.adding.length === 0
  }
  await loop.advance(4 * SECOND)
  while (!(await landed())) await loop.advance(SECOND / 10)
  loop.world.stopNode(5)
  await loop.advance(30 * MINUTE)
  expect(loop.world.partitions.filter(({ replicas }) => replicas.includes(5))).toEqual([])
})

test('a sample that fails says what was being read', async () => {
  const sample = () => atStage('liveness', () => Promise.reject(new Error('no answer')))
  const loop = start({
    between: (simulator) => Object.assign(Object.create(simulator) as typeof simulator, { sample }),
  })
  await loop.advance(SECOND)
  expect(loop.of('sample_failed')[0]).toMatchObject({ text: 'no answer', stage: 'liveness' })
})
