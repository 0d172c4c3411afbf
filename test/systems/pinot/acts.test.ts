import { beforeEach, describe, expect, it } from 'vitest'
import type { BrokersMove, TableMove } from '../../../src/cluster/move.ts'
import { type Clock, VirtualClock } from '../../../src/lib/clock.ts'
import { Acts, pinotSteps } from '../../../src/systems/pinot/act/acts.ts'
import type { Instance, Job, PinotReading } from '../../../src/systems/pinot/reading.ts'
import type { Change } from '../../../src/systems/pinot/rules/changes.ts'
import type { ActAnswer, RebalanceAnswer } from '../../../src/systems/pinot/wire/controller.ts'
import type { Step } from '../../../src/systems/port.ts'
import { broker, job, mapped, reading, rebalanceOptions, server, table, takenAtMs } from './readings.ts'

const signal = new AbortController().signal
const before = { s0: 'a b', s1: 'a b', s2: 'b c' }
const after = { s0: 'b c', s1: 'b c', s2: 'b c' }
const changes: Change[] = ['s0', 's1'].map((segment) => ({
  segment,
  from: ['a', 'b'],
  to: ['b', 'c'],
  consuming: false,
}))
const move: TableMove = {
  kind: 'table',
  id: 'table:orders_OFFLINE',
  topic: 'orders_OFFLINE',
  reason: 'target_drift',
  causes: ['retagged'],
  parameters: { maxAttempts: '1', minAvailableReplicas: '-1' },
  shares: [],
  adds: 2,
  bytes: 200,
  batch: { adds: 5, bytes: 500 },
  counts: {
    before: [
      { node: 'a', replicas: 2 },
      { node: 'c', replicas: 1 },
    ],
    after: [
      { node: 'a', replicas: 0 },
      { node: 'c', replicas: 3 },
    ],
  },
  fingerprint: 'f1',
}
const config = { batchSizePerServer: 5, maxAttempts: 1, minAvailableReplicas: -1 }

type Posted = Awaited<ReturnType<ConstructorParameters<typeof Acts>[0]['controllers']['rebalance']>>

/** A cluster of one table that changes as a test says, and remembers what it was told. */
class World {
  ideal: Record<string, string> = before
  view: Record<string, string> | undefined
  jobs: Job[] = []
  instances: Instance[] = ['a', 'b', 'c'].map((name) => server(name))
  more: Partial<PinotReading> = {}
  exists = true
  told: string[] = []
  posted: Posted = started()
  onPost = () => {
    this.jobs = [job('orders_OFFLINE', { config })]
  }
  onCancel = () => {
    this.jobs = this.jobs.map((one) => ({ ...one, status: 'CANCELLED' }))
  }
  onReset = () => undefined as void
  onTouch = () => undefined as void
  onRebuild = () => undefined as void
  looks = 0

  reading(): PinotReading {
    this.looks++
    const of = table({ ideal: this.ideal, view: this.view ?? this.ideal })
    return reading(this.exists ? [of] : [], this.instances, { jobs: this.jobs, ...this.more })
  }
}

function started(more: Partial<RebalanceAnswer> = {}): Posted {
  const answer = { jobId: 'j1', status: 'IN_PROGRESS', description: '', checks: [], segments: mapped(after), lists: {} }
  return { outcome: 'answered', answer: { ...answer, ...more } }
}

let world: World
let clock: Clock
let acts: Acts
beforeEach(() => {
  world = new World()
  acts = make()
})

function make(options = rebalanceOptions): Acts {
  const virtual = new VirtualClock(takenAtMs)
  // Time passes by itself for whoever waits.
  clock = { now: () => virtual.now(), sleep: (ms) => virtual.advance(ms) }
  const done = (what: string, then: () => void): Promise<ActAnswer> => {
    world.told.push(what)
    then()
    return Promise.resolve({ outcome: 'answered', body: {} })
  }
  return new Acts({
    controllers: {
      rebalance: async (_, parameters) => {
        world.told.push(`rebalance ${parameters['batchSizePerServer']}`)
        world.onPost()
        return world.posted
      },
      cancel: () => done('cancel', world.onCancel),
      rebuildBrokers: () => done('rebuild', world.onRebuild),
      resetErrors: () => done('reset', world.onReset),
    },
    look: async () => world.reading(),
    touch: async () => {
      world.told.push('touch')
      world.onTouch()
    },
    changesOf: (fingerprint) => (fingerprint === 'f1' ? changes : undefined),
    rebalance: options,
    clock,
  })
}

const perform = async (step: Step = pinotSteps(move)[0]!) => (await acts.perform([step], signal))[0]!
const judge = async (of: TableMove = move) => (await acts.judge([of], signal))[0]!
const cancel = async () => (await acts.cancel([move], signal))[0]!

describe('the step of a table', () => {
  it.each([
    [5, '5'],
    [0, '1'],
  ])('has the batch that the budgets let: %d give %s', (adds, sent) => {
    const [step] = pinotSteps({ ...move, batch: { adds, bytes: 1 } })
    expect(step).toEqual({
      kind: 'job',
      topic: 'orders_OFFLINE',
      parameters: { ...move.parameters, batchSizePerServer: sent },
      fingerprint: 'f1',
    })
  })

  it('starts a job that runs, lands and is judged by what is there', async () => {
    expect(await perform()).toEqual({ outcome: 'accepted', job: 'j1' })
    expect(world.told).toEqual(['rebalance 5'])
    expect(await judge()).toEqual({ outcome: 'running' })
    expect(acts.changesOfJob(world.jobs[0]!)).toHaveLength(2)
    world.jobs[0]!.status = 'DONE'
    world.ideal = after
    world.view = { ...after, s1: 'b' }
    // The list of jobs says DONE and a replica is still missing.
    expect(await judge()).toEqual({ outcome: 'partial', text: '1 replicas are not up yet' })
    world.view = after
    expect(await judge()).toEqual({ outcome: 'landed' })
  })

  it('is accepted once more where its job runs, and starts none', async () => {
    await perform()
    expect(await perform()).toMatchObject({ outcome: 'accepted' })
    expect(await perform({ ...pinotSteps(move)[0]!, kind: 'job', fingerprint: 'f2' } as Step)).toMatchObject({
      code: 'already_moving',
      text: 'job j1 of ours is under way',
    })
    expect(world.told).toHaveLength(1)
  })

  const refusals: [string, (world: World) => void, string, string | RegExp][] = [
    ['the table is gone', (w) => (w.exists = false), 'partition_gone', 'orders_OFFLINE does not exist'],
    [
      'somebody else moves it',
      (w) => (w.jobs = [job('orders_OFFLINE')]),
      'already_moving',
      'job j1 of somebody else is under way',
    ],
    [
      'somebody else’s job looks dead',
      (w) => (w.jobs = [job('orders_OFFLINE', { updatedAtMs: takenAtMs - 700_000 })]),
      'already_moving',
      /silent for 12 min: cancel it if it is dead$/,
    ],
    [
      'segments are elsewhere by now',
      (w) => (w.ideal = { ...before, s1: 'a c' }),
      'replicas_changed',
      's1 is on a, c, not on a, b',
    ],
    [
      'a target is dead',
      (w) => (w.instances = [server('a'), server('b'), server('c', { live: false })]),
      'target_not_alive',
      'c is not alive',
    ],
    ['the cluster is paused', (w) => (w.more = { paused: true }), 'rejected', /paused/],
    [
      'the controller sees nothing to do',
      (w) => {
        w.posted = started({ status: 'NO_OP', description: 'balanced' })
        w.onPost = () => undefined
      },
      'replicas_changed',
      'the controller sees nothing to do: balanced',
    ],
    [
      'the controller fails',
      (w) => (w.posted = started({ status: 'FAILED', description: 'no' })),
      'rejected',
      'FAILED: no',
    ],
    [
      'another controller was faster',
      (w) => (w.posted = { outcome: 'refused', status: 409, text: 'jobId: j9' }),
      'already_moving',
      'jobId: j9',
    ],
    ['it is not permitted', (w) => (w.posted = { outcome: 'refused', status: 403, text: 'no' }), 'not_permitted', 'no'],
    ['no controller is there', (w) => (w.posted = { outcome: 'not_sent', text: 'nobody' }), 'not_sent', 'nobody'],
  ]
  it.each(refusals)('is refused where %s', async (_, change, code, text) => {
    change(world)
    const result = await perform()
    expect(result).toMatchObject({ outcome: 'refused', code })
    expect('text' in result && result.text).toMatch(text)
  })

  it('is not sent where what was planned is not known any more', async () => {
    const step = pinotSteps({ ...move, fingerprint: 'f9' })[0]!
    expect(await perform(step)).toMatchObject({ outcome: 'refused', code: 'not_sent' })
    expect(world.told).toEqual([])
  })

  it('is taken back where the job turns out far larger than planned', async () => {
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`t${n}`, 'a b']))
    world.ideal = { ...before, ...many }
    const there = Object.fromEntries(Object.keys(many).map((name) => [name, 'b c']))
    world.posted = started({ segments: mapped({ ...after, ...there }) })
    expect(await perform()).toEqual({
      outcome: 'refused',
      code: 'replicas_changed',
      text: 'job j1 was to make 22 replicas instead of 2 and was taken back',
    })
    expect(world.told).toEqual(['rebalance 5', 'cancel'])
  })

  it('clears a dead job of ours first, and leaves a stranger’s', async () => {
    await perform()
    world.jobs = [job('orders_OFFLINE', { config, updatedAtMs: takenAtMs - 700_000 })]
    expect(await perform()).toMatchObject({ outcome: 'accepted' })
    expect(world.told).toEqual(['rebalance 5', 'cancel', 'rebalance 5'])
  })
})

describe('a job of which no answer came', () => {
  beforeEach(() => {
    world.posted = { outcome: 'unknown', text: 'no answer' }
  })

  it('is ours if it began then with what was sent', async () => {
    expect(await perform()).toEqual({ outcome: 'unknown', text: 'no answer' })
    expect(await judge()).toEqual({ outcome: 'running' })
    expect(acts.changesOfJob(world.jobs[0]!)).toEqual(changes)
  })

  it('is somebody else’s if anything differs', async () => {
    world.onPost = () => undefined
    await perform()
    for (const more of [
      { config: { ...config, minAvailableReplicas: 1 } },
      { config: {} },
      { config, startedAtMs: takenAtMs - 61_000 },
    ]) {
      world.jobs = [job('orders_OFFLINE', more)]
      expect(await judge()).toEqual({ outcome: 'superseded', text: 'job j1 of somebody else is under way' })
    }
  })

  it('did not begin if nothing moves', async () => {
    world.onPost = () => undefined
    await perform()
    expect(await judge()).toEqual({ outcome: 'reverted' })
  })
})

describe('what became of a move', () => {
  it('is a retry by the controllers as well', async () => {
    await perform()
    world.jobs = [job('orders_OFFLINE', { id: 'j1_2', attempt: 2, originalId: 'j1', config })]
    expect(await judge()).toEqual({ outcome: 'running' })
  })

  it('is half of it', async () => {
    await perform()
    world.jobs[0] = { ...world.jobs[0]!, status: 'FAILED', message: 'no progress' }
    world.ideal = { ...before, s0: 'b c' }
    expect(await judge()).toEqual({
      outcome: 'superseded',
      text: '1 of 2 segments are where they were to go; job j1 is FAILED: no progress',
    })
  })

  it('is all of it although a segment was deleted meanwhile', async () => {
    await perform()
    world.jobs = []
    world.ideal = { s0: 'b c', s2: 'b c', s3: 'a b' }
    expect(await judge()).toEqual({ outcome: 'landed' })
  })

  it('is nothing where the table is gone', async () => {
    world.exists = false
    expect(await judge()).toMatchObject({ outcome: 'superseded' })
  })

  it('is what the list of jobs says where nothing else is remembered, if it is true', async () => {
    const forgotten = { ...move, fingerprint: 'f9' }
    // Neither is listed: then by the numbers of replicas.
    expect(await judge(forgotten)).toEqual({ outcome: 'reverted' })
    world.ideal = after
    expect(await judge(forgotten)).toEqual({ outcome: 'landed' })
    world.ideal = { ...before, s0: 'b c' }
    expect(await judge(forgotten)).toMatchObject({ outcome: 'superseded' })
    world.ideal = before
    world.jobs = [job('orders_OFFLINE', { config, status: 'DONE' })]
    expect(await judge(forgotten)).toEqual({ outcome: 'landed' })
    world.view = { ...before, s0: 'a' }
    expect(await judge(forgotten)).toMatchObject({ outcome: 'partial' })
    world.jobs = [job('orders_OFFLINE', { config, status: 'ABORTED' })]
    expect(await judge(forgotten)).toMatchObject({ outcome: 'superseded', text: expect.stringMatching(/is ABORTED$/) })
    world.jobs = [job('orders_OFFLINE', { config })]
    expect(await judge(forgotten)).toEqual({ outcome: 'running' })
  })
})

describe('a cancel', () => {
  it('ends our job', async () => {
    await perform()
    expect(await cancel()).toEqual({ outcome: 'accepted' })
    expect(await cancel()).toMatchObject({ outcome: 'refused', code: 'replicas_changed' })
  })

  it('is said twice where it was lost, and then not believed', async () => {
    await perform()
    world.onCancel = () => undefined
    expect(await cancel()).toEqual({ outcome: 'unknown', text: 'job j1 is still listed as running' })
    expect(world.told).toEqual(['rebalance 5', 'cancel', 'cancel'])
  })

  it('is not made where it would end somebody else’s as well', async () => {
    await perform()
    world.jobs.push(job('orders_OFFLINE', { id: 'theirs' }))
    expect(await cancel()).toMatchObject({ outcome: 'refused', code: 'already_moving' })
    expect(world.told).toEqual(['rebalance 5'])
  })
})

describe('segments in ERROR', () => {
  beforeEach(() => {
    world.view = { ...before, s0: 'a:ERROR b' }
  })

  it('are reset, touched where Helix has forgotten them, and moved', async () => {
    world.onReset = () => {
      world.view = { ...before, s0: 'a:OFFLINE b' }
    }
    world.onTouch = () => {
      world.view = before
    }
    expect(await perform()).toMatchObject({ outcome: 'accepted' })
    expect(world.told).toEqual(['reset', 'touch', 'rebalance 5'])
  })

  it('that Helix has forgotten and nobody can touch stay', async () => {
    world.onReset = () => {
      world.view = { ...before, s0: 'a:OFFLINE b' }
    }
    world.onTouch = () => {
      throw new Error('no ZooKeeper')
    }
    expect(await perform()).toMatchObject({
      outcome: 'refused',
      code: 'rejected',
      text: expect.stringMatching(/1 are not taken up: no ZooKeeper$/),
    })
  })

  it('that are not to be moved are none of ours', async () => {
    world.view = { ...before, s2: 'b:ERROR c' }
    expect(await perform()).toMatchObject({ outcome: 'accepted' })
    expect(world.told).toEqual(['rebalance 5'])
  })

  it('are reset three times in vain, and then not any more', async () => {
    for (let times = 1; times <= 3; times++) {
      expect(await perform()).toMatchObject({
        outcome: 'refused',
        code: 'rejected',
        text: expect.stringMatching(/in ERROR again$/),
      })
      expect(await perform()).toMatchObject({ text: expect.stringMatching(/less than a minute ago$|in vain$/) })
      await clock.sleep(60_000)
    }
    expect(await perform()).toMatchObject({ text: expect.stringMatching(/they were reset 3 times in vain$/) })
    expect(world.told).toEqual(['reset', 'reset', 'reset'])
    expect(acts.resetInVain).toEqual(new Set(['orders_OFFLINE']))
    await clock.sleep(24 * 3_600_000)
    expect(acts.resetInVain).toEqual(new Set())
  })

  it('are left alone where the policy says so', async () => {
    acts = make({ ...rebalanceOptions, base: { ...rebalanceOptions.base, resetErrorSegments: false } })
    expect(await perform()).toMatchObject({ outcome: 'refused', code: 'rejected' })
    expect(world.told).toEqual([])
  })
})

describe('segments in ERROR where they were moved to', () => {
  const broken = { ...after, s1: 'b c:ERROR' }
  beforeEach(async () => {
    await perform()
    world.jobs[0]!.status = 'FAILED'
    world.ideal = after
    world.view = broken
    world.told = []
  })

  it('are loaded again, and then the move has landed', async () => {
    world.onReset = () => {
      world.view = after
    }
    expect((await judge()).outcome).toBe('partial')
    expect(await judge()).toEqual({ outcome: 'landed' })
    expect(world.told).toEqual(['reset'])
  })

  it('end the move once that was tried three times', async () => {
    for (let times = 1; times <= 2; times++) {
      expect(await judge()).toMatchObject({ outcome: 'partial', text: expect.stringMatching(/in ERROR again$/) })
      await clock.sleep(60_000)
    }
    expect(await judge()).toMatchObject({ outcome: 'superseded' })
    expect(world.told).toEqual(['reset', 'reset', 'reset'])
  })

  it('end it at once where the policy leaves them alone', async () => {
    acts = make({ ...rebalanceOptions, base: { ...rebalanceOptions.base, resetErrorSegments: false } })
    expect(await judge()).toEqual({
      outcome: 'superseded',
      text: '1 replicas that are moved are in ERROR, such as s1 on c',
    })
    expect(world.told).toEqual([])
  })
})

describe('a list of brokers', () => {
  const of: BrokersMove = {
    kind: 'brokers',
    id: 'brokers:orders_OFFLINE',
    topic: 'orders_OFFLINE',
    reason: 'target_drift',
    before: ['x', 'z'],
    after: ['x', 'y'],
  }
  const has = (...names: string[]) => {
    world.more = { brokerResource: { version: 0, brokers: new Map([['orders_OFFLINE', names]]) } }
  }
  beforeEach(() => {
    world.instances = [broker('x'), broker('y')]
    has('x', 'z')
  })
  const rebuild = async () => (await acts.perform(pinotSteps(of), signal))[0]!

  it('is made anew and looked at', async () => {
    world.onRebuild = () => has('x', 'y')
    expect(await rebuild()).toEqual({ outcome: 'accepted' })
    expect(await acts.judge([of], signal)).toEqual([{ outcome: 'landed' }])
    expect(await rebuild()).toEqual({ outcome: 'accepted' })
    expect(world.told).toEqual(['rebuild'])
  })

  it('is not believed before it is seen', async () => {
    expect(await rebuild()).toMatchObject({ outcome: 'unknown' })
    expect(await acts.judge([of], signal)).toEqual([{ outcome: 'reverted' }])
    has('q')
    expect(await acts.judge([of], signal)).toEqual([{ outcome: 'superseded', text: 'its brokers are q now' }])
  })

  it('is refused where the brokers are others by now', async () => {
    world.instances = [broker('x'), broker('y'), broker('w')]
    expect(await rebuild()).toMatchObject({ outcome: 'refused', code: 'replicas_changed' })
  })
})
