/** Topics moved as a whole by a job of the system's own: begun within the budgets, followed, adopted, taken back. */
import { describe, expect, test } from 'vitest'
import type { BrokersMove, RunningJob, TableMove } from '../../src/cluster/move.ts'
import { Executor, type ExecutorEvent, type ExecutorOptions } from '../../src/execute/executor.ts'
import { forgetfulJournal } from '../../src/execute/journal/journal.ts'
import { VirtualClock } from '../../src/lib/clock.ts'
import type { Outcome, Step, StepResult, System } from '../../src/systems/port.ts'

const MINUTE = 60_000

function table(topic: string, more: Partial<TableMove> = {}): TableMove {
  return {
    kind: 'table',
    id: `table:${topic}:f`,
    topic,
    reason: 'target_drift',
    causes: ['replication'],
    parameters: { minAvailableReplicas: '-1' },
    shares: [{ node: 'b', adds: 100, addBytes: 1000, removes: 0, removeBytes: 0 }],
    adds: 100,
    bytes: 1000,
    batch: { adds: 40, bytes: 400 },
    counts: { before: [], after: [] },
    fingerprint: 'f',
    ...more,
  }
}

function scripted(options: Partial<ExecutorOptions> = {}, journal = forgetfulJournal(), clock = new VirtualClock(0)) {
  const asked: string[] = []
  const told: string[] = []
  const cluster = {
    jobs: [] as RunningJob[],
    answer: (step: Step): StepResult =>
      step.kind === 'job' ? { outcome: 'accepted', job: `job-${step.topic}` } : { outcome: 'accepted' },
    outcome: (_topic: string): Outcome => ({ outcome: 'unknown', text: 'not seen' }),
  }
  const never = () => Promise.reject(new Error('not part of executing'))
  const system: System = {
    capabilities: () => ({ leaderTransfer: false, replicaMoves: false, dirMoves: false, tableJobs: true }),
    sample: never,
    pulse: never,
    steps: (move) =>
      move.kind === 'brokers'
        ? [{ kind: 'brokers', topic: move.topic, after: move.after }]
        : [{ kind: 'job', topic: move.topic, parameters: {}, fingerprint: 'f' }],
    perform: async (steps) => {
      asked.push(...steps.map(({ kind, topic }) => `${kind} ${topic}`))
      return steps.map((step) => cluster.answer(step))
    },
    judge: async (moves) => moves.map(({ topic }) => cluster.outcome(topic)),
    cancel: async (moves) => {
      asked.push(...moves.map(({ topic }) => `cancel ${topic}`))
      return moves.map(() => ({ outcome: 'accepted' }))
    },
    close: async () => undefined,
  }
  const emit = (event: ExecutorEvent) => {
    if (event.type === 'move_started')
      told.push(`${event.progress.move.topic} ${event.adopted ? 'adopted' : 'started'}`)
    if (event.type === 'move_ended') {
      const { move, text } = event.progress
      told.push(`${move.topic} ${event.result}${text === undefined ? '' : `: ${text}`}`)
    }
  }
  const executor = new Executor(
    { system, journal, clock, emit },
    {
      concurrentMoves: 50,
      concurrentMovesPerNode: 100,
      maxTransfersPerTick: 50,
      unknownHoldMs: 90_000,
      targetGraceMs: 300_000,
      ...options,
    },
  )
  const { signal } = new AbortController()
  const work = () =>
    executor.work(
      { takenAtMs: clock.now(), aliveNodes: ['a', 'b'], running: [], jobs: cluster.jobs },
      () => true,
      signal,
    )
  return { asked, told, cluster, executor, work, clock, journal }
}

const jobOf = (topic: string, more: Partial<RunningJob> = {}): RunningJob => ({
  id: `job-${topic}`,
  topic,
  startedAtMs: 0,
  parameters: { minAvailableReplicas: '-1', batchSizePerServer: '40' },
  ...more,
})

describe('budgets', () => {
  test('adds on their way to one node, over all tables', async () => {
    const { executor, work, asked } = scripted()
    executor.offer([table('x'), table('y'), table('z')])
    await work()
    // 40 and 40 of the 80 that the lower classes may use.
    expect(asked).toEqual(['job x', 'job y'])
    expect(executor.pending.map(({ topic }) => topic)).toEqual(['z'])
  })

  test('what another brings counts as well', async () => {
    const { executor, work, asked, cluster } = scripted()
    cluster.jobs = [jobOf('foreign', { arriving: [{ node: 'b', adds: 30, bytes: 300 }] })]
    executor.offer([table('x'), table('y')])
    await work()
    expect(asked).toEqual(['job x'])
  })

  test('bytes on their way to one node', async () => {
    const { executor, work, asked } = scripted({ bytesInFlightPerNode: 900 })
    executor.offer([table('x'), table('y'), table('z', { shares: [{ ...table('z').shares[0]!, node: 'a' }] })])
    await work()
    expect(asked).toEqual(['job x', 'job z'])
  })

  test('what is larger than all of it goes alone', async () => {
    const { executor, work, asked, cluster } = scripted({ bytesInFlightPerNode: 100 })
    const large = table('large', { batch: { adds: 1, bytes: 400 } })
    executor.offer([large, table('y')])
    await work()
    expect(asked).toEqual(['job large'])
    cluster.outcome = () => ({ outcome: 'landed' })
    await work()
    expect(asked).toEqual(['job large', 'job y'])
  })

  test('a table that somebody else is at waits; lists of brokers wait for nothing', async () => {
    const { executor, work, asked, cluster } = scripted()
    cluster.jobs = [jobOf('x')]
    const brokers: BrokersMove = {
      kind: 'brokers',
      id: 'brokers:y:q',
      topic: 'y',
      reason: 'target_drift',
      before: ['p'],
      after: ['q'],
    }
    executor.offer([brokers, table('x')])
    await work()
    expect(asked).toEqual(['brokers y'])
  })
})

describe('following', () => {
  test('progress is the job’s, the end the placement’s', async () => {
    const { executor, work, told, cluster } = scripted()
    executor.offer([table('x')])
    await work()
    cluster.jobs = [jobOf('x', { bytesDone: 400, bytesTotal: 1000, text: 'step 2' })]
    await work()
    expect(executor.progress()).toMatchObject([{ state: 'running', bytesDone: 400, bytesTotal: 1000, text: 'step 2' }])
    cluster.jobs = []
    cluster.outcome = () => ({ outcome: 'partial', text: '3 replicas are not up yet' })
    await work()
    expect(executor.inFlight).toHaveLength(1)
    cluster.outcome = () => ({ outcome: 'landed' })
    await work()
    expect(told).toEqual(['x started', 'x done'])
  })

  test('one that cannot go on is taken back and counts as a try', async () => {
    const { executor, work, told, asked, cluster, clock } = scripted()
    executor.offer([table('x')])
    await work()
    cluster.jobs = [jobOf('x', { broken: 'its controller is dead' })]
    await work()
    expect(executor.progress()).toMatchObject([{ state: 'stalled', text: 'its controller is dead' }])
    await clock.advance(MINUTE)
    await work()
    expect(asked).toEqual(['job x', 'cancel x'])
    cluster.jobs = []
    cluster.outcome = () => ({ outcome: 'reverted' })
    await work()
    expect(told).toEqual(['x started', 'x cancelled: its controller is dead'])
    expect(executor.holds.topics).toMatchObject([{ topic: 'x', exhausted: false, why: 'its controller is dead' }])
  })

  test('a job of somebody else in the place of ours ends it', async () => {
    const { executor, work, told, cluster } = scripted()
    executor.offer([table('x')])
    await work()
    cluster.jobs = [jobOf('x', { id: 'other' })]
    await work()
    expect(told).toEqual(['x started', 'x superseded: somebody else is rebalancing x (other)'])
  })

  test('a node on its way out gets nothing more', async () => {
    const { executor, work, asked, cluster } = scripted()
    executor.offer([table('x')])
    await work()
    cluster.jobs = [jobOf('x')]
    executor.unwanted = ['b']
    await work()
    expect(asked).toEqual(['job x', 'cancel x'])
  })

  test('what the system refused is not begun', async () => {
    const { executor, work, told, cluster } = scripted()
    cluster.answer = () => ({ outcome: 'refused', code: 'already_moving', text: 'job z of somebody else' })
    executor.offer([table('x')])
    await work()
    expect(told).toEqual(['x started', 'x failed: already_moving: job z of somebody else'])
    expect(executor.holds.topics).toEqual([])
  })
})

describe('after a restart', () => {
  test('the job is known by its id, or a retry of it', async () => {
    const { executor, work, journal, clock } = scripted()
    executor.offer([table('x')])
    await work()
    expect(journal.read('intent').get('x')).toMatchObject({ move: { job: 'job-x' } })
    for (const id of ['job-x', 'job-x_2']) {
      const next = scripted({}, journal, clock)
      next.cluster.jobs = [jobOf('x', { id })]
      await next.work()
      expect(next.told).toEqual(['x adopted'])
      expect(next.executor.foreignJobs(next.cluster.jobs)).toEqual([])
    }
    const other = scripted({}, journal, clock)
    other.cluster.jobs = [jobOf('x', { id: 'job-y' })]
    await other.work()
    expect(other.told).toEqual(['x adopted', 'x superseded: somebody else is rebalancing x (job-y)'])
  })

  test('without an id by its parameters and its time', async () => {
    const { executor, work, journal, clock, cluster } = scripted()
    cluster.answer = () => ({ outcome: 'unknown', text: 'no answer' })
    await clock.advance(10 * MINUTE)
    executor.offer([table('x')])
    await work()
    const startedAtMs = clock.now() + 2_000
    const rows: [Partial<RunningJob>, number][] = [
      [{ startedAtMs }, 0],
      [{ startedAtMs, parameters: { minAvailableReplicas: '1' } }, 1],
      [{ startedAtMs: startedAtMs - 5 * MINUTE }, 1],
    ]
    for (const [more, foreign] of rows) {
      const next = scripted({}, journal, clock)
      next.executor.adopt()
      expect(next.executor.foreignJobs([jobOf('x', { id: 'unheard-of', ...more })])).toHaveLength(foreign)
    }
  })
})
