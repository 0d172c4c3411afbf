/** Targets asked of a real controller, carried out by its jobs, followed and judged. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunningJob, TableMove } from '../../../src/cluster/move.ts'
import type { Target } from '../../../src/cluster/target.ts'
import { realClock } from '../../../src/lib/clock.ts'
import { Acts, pinotSteps } from '../../../src/systems/pinot/act/acts.ts'
import { JobWatch } from '../../../src/systems/pinot/act/jobs.ts'
import { Targets } from '../../../src/systems/pinot/act/targets.ts'
import { brokerDrift } from '../../../src/systems/pinot/rules/brokers.ts'
import { untaggings } from '../../../src/systems/pinot/rules/dead.ts'
import { type Suspect, suspects } from '../../../src/systems/pinot/rules/drift.ts'
import { Controllers } from '../../../src/systems/pinot/wire/controller.ts'
import { Http } from '../../../src/systems/pinot/wire/http.ts'
import { tableMove } from '../../systems/contract/tables.ts'
import { guardLeaks } from '../leaks.ts'
import { until } from '../wait.ts'
import type { PinotCluster } from './cluster.ts'
import { rebalanceOptions } from './contract-driver.ts'
import { observe } from './observer.ts'
import { must } from './rest.ts'
import { readByRest, touch } from './rest-reading.ts'
import { startPinot } from './start.ts'
import {
  counts,
  createTable,
  externalView,
  idealState,
  rebalance,
  rebalanced,
  updateTags,
  uploadSegments,
} from './tables.ts'

guardLeaks()

const KiB = 1024
const segmentBytes = 100 * KiB
const signal = new AbortController().signal
/** What a daemon does with a table, by hand. */
class Hand {
  readonly acts: Acts
  readonly targets: Targets
  readonly jobs = new JobWatch()
  readonly #cluster: PinotCluster
  readonly http = new Http()
  readonly controllers: Controllers
  /** How often an IdealState was written again after a reset. */
  touched = 0

  constructor(cluster: PinotCluster) {
    this.#cluster = cluster
    this.controllers = new Controllers({ urls: [cluster.controllerUrl], http: this.http })
    const common = { controllers: this.controllers, rebalance: rebalanceOptions, clock: realClock }
    this.targets = new Targets(common)
    this.acts = new Acts({
      ...common,
      changesOf: (fingerprint) => this.targets.changesOf(fingerprint),
      look: (tables) => readByRest(cluster, tables),
      touch: (table) => {
        this.touched++
        return touch(cluster, table)
      },
    })
  }

  async suspects(drained: string[] = []): Promise<Suspect[]> {
    const reading = await readByRest(this.#cluster)
    return suspects({ reading, drained: new Set(drained), unfinished: new Set(), asked: new Set() })
  }

  async ask(drained: string[] = []) {
    const reading = await readByRest(this.#cluster)
    const found = suspects({ reading, drained: new Set(drained), unfinished: new Set(), asked: new Set() })
    return this.targets.of(
      { reading, suspects: found, hanging: [], bytesOf: () => segmentBytes, resetInVain: this.acts.resetInVain },
      signal,
    )
  }

  async jobOf(table: string): Promise<RunningJob | undefined> {
    const reading = await readByRest(this.#cluster, [table])
    const jobs = this.jobs.of(
      reading,
      () => segmentBytes,
      (job) => this.acts.changesOfJob(job),
    )
    return jobs.find(({ topic }) => topic === table)
  }

  async targetOf(table: string): Promise<Target> {
    const { targets } = await this.ask()
    const target = targets.find(({ topic }) => topic === table)
    if (target === undefined) throw new Error(`${table} has no target`)
    return target
  }

  async judged(move: TableMove, seconds = 60): Promise<string> {
    return until(`${move.topic} being over`, seconds * 1000, async () => {
      const [outcome] = await this.acts.judge([move], signal)
      return outcome!.outcome !== 'running' && outcome!.outcome !== 'partial' && JSON.stringify(outcome)
    })
  }
}

describe('a cluster of four servers', () => {
  let cluster: PinotCluster
  let hand: Hand
  beforeAll(async () => {
    cluster = await startPinot({
      sessionTimeoutMs: 4000,
      servers: [{}, {}, {}, {}],
      controllerProperties: {
        'controller.resource.utilization.checker.initial.delay': '2',
        'controller.resource.utilization.checker.frequency': '10',
      },
    })
    hand = new Hand(cluster)
    await createTable(cluster, { name: 'orders', replication: 2 })
    await uploadSegments(cluster, 'orders', Array<number>(24).fill(segmentBytes))
  })
  afterAll(async () => {
    await hand?.http.close()
    await cluster?.close()
  })

  test('suspects nothing of what Pinot has placed', async () => {
    expect(await hand.suspects()).toEqual([])
  })

  test('a server that lost its tag is emptied by a job, and no segment has fewer than one replica', async () => {
    const [first] = cluster.servers
    await updateTags(cluster, first!.name, ['server_untagged'])
    const found = await hand.suspects()
    expect(found.map(({ table, causes }) => [table.name, causes])).toEqual([
      [
        'orders_OFFLINE',
        [
          {
            cause: 'retagged',
            text: `${first!.name} has lost the tag DefaultTenant_OFFLINE and holds 12 replicas of it`,
          },
        ],
      ],
    ])
    const target = await hand.targetOf('orders_OFFLINE')
    expect(target).toMatchObject({ adds: 12, bytes: 12 * segmentBytes, unitAdds: 1, turn: 0 })
    expect(target.held).toBeUndefined()
    expect(target.shares.find(({ node }) => node === first!.name)).toMatchObject({ adds: 0, removes: 12 })
    expect(target.checks.map(({ name }) => name)).toContain('needsReloadStatus')

    const observer = await observe(cluster, 'orders_OFFLINE')
    const move = tableMove(target)
    const [result] = await hand.acts.perform(pinotSteps(move), signal)
    expect(result).toMatchObject({ outcome: 'accepted' })
    expect(await hand.judged(move)).toBe('{"outcome":"landed"}')
    expect(counts(await externalView(cluster, 'orders_OFFLINE'), [first!.name])).toEqual([0])
    expect(Math.min(...Object.values((await observer.stop()).lowest))).toBeGreaterThanOrEqual(1)
    expect(await hand.suspects()).toEqual([])
  })

  test('a server that joins is filled; the job is followed in replicas and bytes', async () => {
    const [first] = cluster.servers
    await updateTags(cluster, first!.name, ['DefaultTenant_OFFLINE'])
    await cluster.setKnobs(first!.name, { loadDelayMs: 300 })
    const target = await hand.targetOf('orders_OFFLINE')
    expect(target.causes).toEqual([
      { cause: 'server_added', text: `${first!.name} should hold a part of it and holds none` },
    ])
    expect(target.held).toBeUndefined()
    const observer = await observe(cluster, 'orders_OFFLINE')
    const move = tableMove(target, 3)
    expect(await hand.acts.perform(pinotSteps(move), signal)).toMatchObject([{ outcome: 'accepted' }])
    const seen = await until('a part being there', 30_000, async () => {
      const job = await hand.jobOf('orders_OFFLINE')
      return job?.adds && job.adds.done > 0 && job.adds.done < job.adds.total && job
    })
    expect(seen.parameters).toMatchObject({ batchSizePerServer: '3', maxAttempts: '1', minAvailableReplicas: '-1' })
    expect(seen.bytesTotal).toBe(target.bytes)
    expect(seen.bytesDone).toBe(seen.adds!.done * segmentBytes)
    const arriving = seen.arriving!.reduce((sum, { adds, bytes }) => [sum[0]! + adds, sum[1]! + bytes], [0, 0])
    expect(arriving).toEqual([seen.adds!.total - seen.adds!.done, seen.bytesTotal! - seen.bytesDone!])
    expect(seen.arriving!.map(({ node }) => node)).toContain(first!.name)
    expect(seen.broken).toBeUndefined()
    // The same step once more is the same job.
    expect(await hand.acts.perform(pinotSteps(move), signal)).toMatchObject([{ outcome: 'accepted' }])
    expect((await hand.acts.judge([move], signal))[0]).toEqual({ outcome: 'running' })
    expect(await hand.judged(move)).toBe('{"outcome":"landed"}')
    expect(Math.min(...Object.values((await observer.stop()).lowest))).toBeGreaterThanOrEqual(1)
    const after = target.evenness.after.nodes.map(({ replicas }) => replicas)
    expect(
      counts(
        await idealState(cluster, 'orders_OFFLINE'),
        target.evenness.after.nodes.map(({ node }) => `${node}`),
      ),
    ).toEqual(after)
    await cluster.setKnobs(first!.name, {})
  })

  test('a job that is cancelled stays where it is, and the next one finishes', async () => {
    const [first, second] = cluster.servers
    await updateTags(cluster, second!.name, ['server_untagged'])
    for (const { name } of cluster.servers) await cluster.setKnobs(name, { loadDelayMs: 500 })
    const move = tableMove(await hand.targetOf('orders_OFFLINE'), 1)
    expect(await hand.acts.perform(pinotSteps(move), signal)).toMatchObject([{ outcome: 'accepted' }])
    await until('a part being there', 30_000, async () => ((await hand.jobOf('orders_OFFLINE'))?.adds?.done ?? 0) > 0)
    expect(await hand.acts.cancel([move], signal)).toEqual([{ outcome: 'accepted' }])
    expect(await hand.acts.cancel([move], signal)).toMatchObject([{ outcome: 'refused', code: 'replicas_changed' }])
    expect(await hand.judged(move)).toMatch(/"superseded","text":"\d+ of \d+ segments .* is CANCELLED/)
    for (const { name } of cluster.servers) await cluster.setKnobs(name, {})
    const rest = tableMove(await hand.targetOf('orders_OFFLINE'))
    expect(rest.adds).toBeLessThan(move.adds)
    expect(await hand.acts.perform(pinotSteps(rest), signal)).toMatchObject([{ outcome: 'accepted' }])
    expect(await hand.judged(rest)).toBe('{"outcome":"landed"}')
    expect(counts(await externalView(cluster, 'orders_OFFLINE'), [first!.name, second!.name])[1]).toBe(0)
  })

  test('somebody else’s job keeps ours away, and is left alone', async () => {
    const [, second] = cluster.servers
    await updateTags(cluster, second!.name, ['DefaultTenant_OFFLINE'])
    for (const { name } of cluster.servers) await cluster.setKnobs(name, { loadDelayMs: 1000 })
    const move = tableMove(await hand.targetOf('orders_OFFLINE'))
    const theirs = await rebalance(cluster, 'orders_OFFLINE', { batchSizePerServer: 1 })
    expect(theirs.status).toBe('IN_PROGRESS')
    expect(await hand.acts.perform(pinotSteps(move), signal)).toEqual([
      { outcome: 'refused', code: 'already_moving', text: `job ${theirs.jobId} of somebody else is under way` },
    ])
    expect(await hand.acts.cancel([move], signal)).toMatchObject([{ outcome: 'refused', code: 'already_moving' }])
    expect(await hand.controllers.rebalance('orders_OFFLINE', move.parameters, signal)).toMatchObject({
      outcome: 'refused',
      status: 409,
      text: expect.stringContaining(theirs.jobId),
    })
    expect((await hand.ask()).targets).toEqual([])
    await until(
      'their first replica being on its way',
      20_000,
      async () => ((await hand.jobOf('orders_OFFLINE'))?.arriving?.length ?? 0) > 0,
    )
    for (const { name } of cluster.servers) await cluster.setKnobs(name, {})
    expect(await rebalanced(cluster, theirs.jobId)).toBe('DONE')
    expect(await hand.judged(move)).toBe('{"outcome":"landed"}')
  })

  test('a table is given a second replica; with one it would be held', async () => {
    await createTable(cluster, { name: 'single', replication: 1 })
    await uploadSegments(cluster, 'single', Array<number>(8).fill(segmentBytes))
    const [first] = cluster.servers
    await updateTags(cluster, first!.name, ['server_untagged'])
    const held = await hand.targetOf('single_OFFLINE')
    expect(held.held).toEqual({
      code: 'replication_one',
      text: expect.stringMatching(/^2 segments such as single_\d+ would have no replica for a while$/),
    })
    await updateTags(cluster, first!.name, ['DefaultTenant_OFFLINE'])
    expect((await hand.suspects()).map(({ table }) => table.name)).toEqual([])

    const { OFFLINE: config } = await must<{ OFFLINE: { segmentsConfig: object } }>(
      'GET',
      `${cluster.controllerUrl}/tables/single`,
    )
    const body = { ...config, segmentsConfig: { ...config.segmentsConfig, replication: '2' } }
    await must('PUT', `${cluster.controllerUrl}/tables/single`, { body })
    const observer = await observe(cluster, 'single_OFFLINE')
    const move = tableMove(await hand.targetOf('single_OFFLINE'))
    expect(move).toMatchObject({ causes: ['replication'], adds: 8 })
    expect(await hand.acts.perform(pinotSteps(move), signal)).toMatchObject([{ outcome: 'accepted' }])
    expect(await hand.judged(move)).toBe('{"outcome":"landed"}')
    expect(Math.min(...Object.values((await observer.stop()).lowest))).toBe(1)
    expect(await hand.suspects()).toEqual([])
  })

  test('segments in ERROR are loaded again before they move', async () => {
    await createTable(cluster, { name: 'trouble', replication: 2 })
    const [first] = cluster.servers
    await cluster.setKnobs(first!.name, { failLoads: 'trouble_.*' })
    const uploaded = uploadSegments(cluster, 'trouble', Array<number>(6).fill(1))
    await until('the errors in the view', 30_000, async () => {
      const view = await externalView(cluster, 'trouble_OFFLINE')
      return Object.values(view).filter((replicas) => replicas[first!.name] === 'ERROR').length === 3
    })
    await updateTags(cluster, first!.name, ['server_untagged'])
    const target = await hand.targetOf('trouble_OFFLINE')
    expect(target.held).toBeUndefined()
    const move = tableMove(target)
    const refused = await hand.acts.perform(pinotSteps(move), signal)
    expect(refused).toMatchObject([
      { outcome: 'refused', code: 'rejected', text: expect.stringContaining('in ERROR again') },
    ])
    await cluster.setKnobs(first!.name, {})
    expect(await hand.acts.perform(pinotSteps(move), signal)).toMatchObject([{ outcome: 'accepted' }])
    expect(await hand.judged(move)).toBe('{"outcome":"landed"}')
    console.log(`touched ${hand.touched} times`)
    await uploaded
    expect(counts(await externalView(cluster, 'trouble_OFFLINE'), [first!.name])).toEqual([0])
  })

  test('the brokers of a table become those of its tag', async () => {
    const broker = await cluster.addBroker()
    expect(brokerDrift(await readByRest(cluster))).toEqual([])
    await updateTags(cluster, broker, ['broker_untagged'])
    const [drift] = brokerDrift(await readByRest(cluster, ['orders_OFFLINE']))
    const other = cluster.brokers[0]!.name
    expect(drift).toMatchObject({ before: [other, broker], after: [other] })
    const { before, after } = drift!
    const move = {
      kind: 'brokers',
      id: 'brokers:orders_OFFLINE',
      topic: 'orders_OFFLINE',
      reason: 'target_drift',
    } as const
    expect(await hand.acts.judge([{ ...move, before, after }], signal)).toEqual([{ outcome: 'reverted' }])
    expect(await hand.acts.perform(pinotSteps({ ...move, before, after }), signal)).toEqual([{ outcome: 'accepted' }])
    expect(await hand.acts.judge([{ ...move, before, after }], signal)).toEqual([{ outcome: 'landed' }])
    await updateTags(cluster, broker, ['DefaultTenant_BROKER'])
    expect(await hand.acts.perform([{ kind: 'brokers', topic: move.topic, after: [other] }], signal)).toMatchObject([
      { outcome: 'refused', code: 'replicas_changed' },
    ])
  })

  test('a dead server is emptied past the controller’s wait, with a replica of each segment up all the time', async () => {
    const [first, , , fourth] = cluster.servers
    await updateTags(cluster, first!.name, ['DefaultTenant_OFFLINE'])
    await cluster.kill(fourth!.name)
    await cluster.waitReady()
    const leaving = new Set([fourth!.name])
    const [untag] = untaggings(await readByRest(cluster), leaving)
    expect(untag).toMatchObject({ server: fourth!.name, after: ['server_untagged'], problems: [] })
    expect(await hand.controllers.updateTags(untag!.server, untag!.after, signal)).toMatchObject({
      outcome: 'answered',
    })
    expect(untaggings(await readByRest(cluster), leaving)).toEqual([])
    const target = await hand.targetOf('orders_OFFLINE')
    expect(target.held).toBeUndefined()
    expect(target.causes[0]!.cause).toBe('retagged')
    expect(target.parameters['bestEfforts']).toBe('true')
    const observer = await observe(cluster, 'orders_OFFLINE')
    const move = tableMove(target)
    expect(await hand.acts.perform(pinotSteps(move), signal)).toMatchObject([{ outcome: 'accepted' }])
    expect(await hand.judged(move)).toBe('{"outcome":"landed"}')
    expect(Math.min(...Object.values((await observer.stop()).lowest))).toBe(1)
    expect(counts(await idealState(cluster, 'orders_OFFLINE'), [fourth!.name])).toEqual([0])
  })

  test('a job whose controller died is cleared, and its table finished', async () => {
    const [first, second, third] = cluster.servers
    await updateTags(cluster, second!.name, ['server_untagged'])
    for (const { name } of [first!, third!]) await cluster.setKnobs(name, { loadDelayMs: 1500 })
    const observer = await observe(cluster, 'orders_OFFLINE')
    const move = tableMove(await hand.targetOf('orders_OFFLINE'), 1)
    expect(await hand.acts.perform(pinotSteps(move), signal)).toMatchObject([{ outcome: 'accepted' }])
    await until('a part being there', 30_000, async () => ((await hand.jobOf('orders_OFFLINE'))?.adds?.done ?? 0) > 0)
    await cluster.kill('controller')
    const [asleep] = await hand.acts.cancel([move], signal).catch(() => [{ outcome: 'refused' }])
    expect(asleep).toMatchObject({ outcome: 'refused' })
    await cluster.start('controller')
    await cluster.waitReady()
    for (const { name } of [first!, third!]) await cluster.setKnobs(name, {})
    // Nobody runs it, and yet it is listed.
    expect(await hand.acts.judge([move], signal)).toEqual([{ outcome: 'running' }])
    expect(await hand.acts.cancel([move], signal)).toEqual([{ outcome: 'accepted' }])
    const rest = tableMove(await hand.targetOf('orders_OFFLINE'))
    expect(rest.adds).toBeLessThan(move.adds)
    expect(await hand.acts.perform(pinotSteps(rest), signal)).toMatchObject([{ outcome: 'accepted' }])
    expect(await hand.judged(rest)).toBe('{"outcome":"landed"}')
    expect(Math.min(...Object.values((await observer.stop()).lowest))).toBeGreaterThanOrEqual(1)
  })
})
