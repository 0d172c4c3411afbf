/** Jobs of somebody else, ghosts, full disks, segments in ERROR and a dead server: what the daemon leaves alone, what it says, and how it goes on. */
import { statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Evenkeel, Status } from '../acceptance/evenkeel.ts'
import { guardLeaks } from '../leaks.ts'
import { until } from '../wait.ts'
import { atRest, factors, lowestDuring, startBeside } from './beside.ts'
import type { PinotCluster } from './cluster.ts'
import { jobsLog, jobsPath, jobsText } from './jobs-log.ts'
import { must } from './rest.ts'
import { startPinot } from './start.ts'
import {
  converged,
  counts,
  createTable,
  externalView,
  idealState,
  rebalance,
  rebalanced,
  resetErrors,
  updateTags,
  uploadSegments,
} from './tables.ts'

guardLeaks()

const KiB = 1024
/** On a disk of its own, for on a shared one all servers look alike. */
const tmpfsMiB = 96
const tables = ['clicks_OFFLINE', 'orders_OFFLINE']
const untagged = ['server_untagged']
const tagged = ['DefaultTenant_OFFLINE']

describe('four servers, of which one is filled and emptied in turn', () => {
  let cluster: PinotCluster
  let daemon: Evenkeel
  const names = () => cluster.servers.map(({ name }) => name)
  const fourth = () => names()[3]!
  const placed = async (table: string) => counts(await idealState(cluster, table), names())
  const startedOf = async (table: string) => (await jobsLog(cluster)).jobs.filter((job) => job.table === table)
  const setAll = (knobs: Parameters<PinotCluster['setKnobs']>[1]) =>
    Promise.all(names().map((name) => cluster.setKnobs(name, knobs)))
  const begin = (rebalancing: Record<string, unknown>) =>
    startBeside(cluster, {
      max_disk_usage_percent: 98,
      hard_disk_usage_percent: 99,
      rebalance: rebalancing,
    })
  const says = (what: string, holds: (status: Status) => boolean) => daemon.reaches(what, 60_000, holds)

  beforeAll(async () => {
    cluster = await startPinot({
      servers: [{ tmpfsMiB }, { tmpfsMiB }, { tmpfsMiB }, { tmpfsMiB, tags: untagged }],
      controllerProperties: {
        'controller.resource.utilization.checker.initial.delay': 1,
        'controller.resource.utilization.checker.frequency': 3,
      },
    })
    for (const table of tables) {
      const name = table.replace('_OFFLINE', '')
      await createTable(cluster, { name, replication: 2 })
      await uploadSegments(
        cluster,
        name,
        Array.from({ length: 24 }, () => 200 * KiB),
      )
    }
    daemon = await begin({ tables: { clicks: { reset_error_segments: false } } })
    await atRest(daemon)
  })
  afterAll(async () => {
    await daemon?.stop()
    await cluster?.close()
  })

  /** Nothing went below a replica, nothing was done twice, every table is whole. */
  async function observed(work: () => Promise<unknown>, least = 1): Promise<void> {
    const before = (await jobsLog(cluster)).jobs.length
    expect(await lowestDuring(cluster, tables, work)).toBeGreaterThanOrEqual(least)
    const log = await jobsLog(cluster)
    console.log(jobsText({ ...log, jobs: log.jobs.slice(before) }))
    expect(log.together).toEqual([])
    for (const table of tables) {
      await converged(cluster, table)
      expect(await factors(cluster, table)).toEqual([2])
    }
  }

  test('a job that somebody else began is left alone, other tables go on, and afterwards ours do', async () => {
    await observed(async () => {
      // Theirs ends well after ours: of two ends at the same moment the controller may fail to write down one.
      await setAll({ loadDelayMs: 1000, hangLoads: 'orders_.*' })
      await updateTags(cluster, fourth(), tagged)
      const theirs = await rebalance(cluster, 'orders_OFFLINE', {
        batchSizePerServer: 1,
        reassignInstances: true,
        minimizeDataMovement: 'ENABLE',
      })
      const seen = await says('both', ({ foreign_moves, moves }) => foreign_moves === 1 && moves.running > 0)
      expect(seen.notes).toContainEqual(
        `somebody else is rebalancing orders_OFFLINE, which is left alone (job ${theirs.jobId})`,
      )
      const alone = await says('theirs alone', ({ foreign_moves, moves }) => foreign_moves === 1 && moves.running === 0)
      console.log(alone.verdict?.text)
      await setAll({})
      expect(await rebalanced(cluster, theirs.jobId)).toBe('DONE')
      await atRest(daemon)
      expect((await startedOf('orders_OFFLINE')).map(({ id }) => id)).toEqual([theirs.jobId])
      expect((await startedOf('clicks_OFFLINE')).map(({ statuses }) => statuses.at(-1))).toEqual(['DONE'])
      expect((await placed('clicks_OFFLINE'))[3]).toBeGreaterThan(0)
    })
  })

  test('what somebody else began and gave up half-way, ours brings to its end', async () => {
    await observed(async () => {
      const known = (await startedOf('orders_OFFLINE')).length
      const [, , , before] = await placed('orders_OFFLINE')
      // Its first step does not end before we want it to.
      await setAll({ hangLoads: '.*' })
      // So that theirs is the first.
      await daemon.command('pause', '--reason', 'somebody else is at it')
      await updateTags(cluster, fourth(), untagged)
      const theirs = await rebalance(cluster, 'orders_OFFLINE', { batchSizePerServer: 1, reassignInstances: true })
      await says('theirs', ({ foreign_moves }) => foreign_moves === 1)
      await daemon.command('resume')
      await until('a part being done', 60_000, async () => (await placed('orders_OFFLINE'))[3]! < before!)
      // The controller answers, and may all the same have lost against another write of its own.
      await until('theirs being cancelled', 20_000, async () => {
        await must('DELETE', `${cluster.controllerUrl}/tables/orders/rebalance?type=OFFLINE`)
        return (await startedOf('orders_OFFLINE')).at(known)!.statuses.at(-1) === 'CANCELLED'
      })
      const [, , , left] = await placed('orders_OFFLINE')
      expect(left).toBeGreaterThan(0)
      await setAll({})
      await says('theirs being over', ({ foreign_moves }) => foreign_moves === 0)
      await atRest(daemon)
      const [first, ...ours] = (await startedOf('orders_OFFLINE')).slice(known)
      expect(first).toMatchObject({ id: theirs.jobId, statuses: ['IN_PROGRESS', 'CANCELLED'] })
      expect(ours.map(({ statuses }) => statuses.at(-1))).toEqual(['DONE'])
      expect((await placed('orders_OFFLINE'))[3]).toBe(0)
    })
  })

  test('a job of ours whose controller died with us is recognised afterwards, cleared, and its table finished', async () => {
    await observed(async () => {
      const known = (await jobsLog(cluster)).jobs.length
      // What is to be loaded waits for the next controller, which has the segments.
      await setAll({ hangLoads: '.*' })
      await updateTags(cluster, fourth(), tagged)
      await until('a first step', 60_000, async () =>
        (await Promise.all(tables.map(placed))).some(([, , , held]) => held! > 0),
      )
      await daemon.kill()
      await cluster.kill('controller')
      const ghosts = (await jobsLog(cluster)).jobs.slice(known)
      expect(ghosts.map(({ statuses }) => statuses)).toContainEqual(['IN_PROGRESS'])
      await cluster.start('controller')
      await cluster.waitReady()
      await setAll({})
      await daemon.restart()
      const seen = await says('it being recognised', ({ verdict }) => /has not been heard of/.test(`${verdict?.text}`))
      console.log(seen.verdict!.text)
      expect(seen.foreign_moves).toBe(0)
      await daemon.reaches('it being cleared', 60_000, ({ verdict }) => !/not been heard of/.test(`${verdict?.text}`))
      await atRest(daemon)
      const log = (await jobsLog(cluster)).jobs.slice(known)
      for (const { id, table, statuses } of ghosts) {
        if (statuses.at(-1) !== 'IN_PROGRESS') continue
        // By us: the controller itself would say that it is ABORTED.
        expect(log.find((job) => job.id === id)!.statuses).toEqual(['IN_PROGRESS', 'CANCELLED'])
        // Another one only if its last step had not been taken yet.
        const ends = log.filter((job) => job.table === table).map((job) => job.statuses.at(-1))
        expect(ends.join(' ')).toMatch(/^CANCELLED( DONE)?$/)
      }
      for (const table of tables) expect((await placed(table))[3]).toBeGreaterThan(0)
    })
  }, 240_000)

  test('a job of ours whose end was not written down is over all the same', async () => {
    await observed(async () => {
      const known = (await startedOf('orders_OFFLINE')).length
      await setAll({ hangLoads: '.*' })
      await updateTags(cluster, fourth(), untagged)
      const job = await until('ours', 60_000, async () => (await startedOf('orders_OFFLINE')).at(known))
      const entry = (await jobEntries()).mapFields[job.id]!
      // Known to be ours before it is out of sight.
      await until('it being taken note of', 20_000, async () =>
        (await daemon.moves('running')).some(({ topic, state }) => topic === 'orders_OFFLINE' && state === 'running'),
      )
      // The controller overwrites the end of one job with what it knew of it when another one ended: nobody may see it in between.
      daemon.freeze()
      try {
        await setAll({})
        expect(await rebalanced(cluster, job.id)).toBe('DONE')
        const context = JSON.parse(entry['REBALANCE_CONTEXT']!) as { config: object }
        // It is no ghost yet: it was heard of just now, and may be silent for long.
        const config = { ...context.config, heartbeatTimeoutInMs: 600_000 }
        await writeEntry(job.id, {
          ...entry,
          submissionTimeMs: `${Date.now()}`,
          REBALANCE_CONTEXT: JSON.stringify({ ...context, config }),
        })
      } finally {
        daemon.thaw()
      }
      const seen = await says('it being noticed', ({ verdict }) => /its end was not recorded/.test(`${verdict?.text}`))
      console.log(seen.verdict!.text)
      await atRest(daemon)
      const ours = (await startedOf('orders_OFFLINE')).slice(known)
      expect(ours.map(({ statuses }) => statuses)).toEqual([['IN_PROGRESS', 'DONE', 'IN_PROGRESS', 'CANCELLED']])
      const [last] = (await daemon.moves('ended')).filter(({ topic }) => topic === 'orders_OFFLINE')
      expect(last!.state).toBe('done')
      expect((await placed('orders_OFFLINE'))[3]).toBe(0)
      await updateTags(cluster, fourth(), tagged)
      await until('it being filled again', 60_000, async () => (await placed('orders_OFFLINE'))[3]! > 0)
      await atRest(daemon)
    })
  }, 240_000)

  test('a ghost of somebody else holds its table until a person ends it, and is told', async () => {
    await observed(async () => {
      const [model] = await startedOf('clicks_OFFLINE')
      const ghost = await haunt('orders_OFFLINE', model!.id)
      const before = (await startedOf('orders_OFFLINE')).length
      await updateTags(cluster, fourth(), untagged)
      const seen = await says(
        'the ghost being all that is left',
        ({ foreign_moves, moves, verdict }) =>
          foreign_moves === 1 && moves.running + moves.pending === 0 && verdict?.code === 'foreign_moves',
      )
      console.log(seen.verdict!.text)
      expect(seen.verdict!.text).toMatch(/rebalancing orders_OFFLINE.*has not been heard of for 120 min/)
      expect((await placed('clicks_OFFLINE'))[3]).toBe(0)
      expect(await startedOf('orders_OFFLINE')).toHaveLength(before)
      await must('DELETE', `${cluster.controllerUrl}/tables/orders/rebalance?type=OFFLINE`)
      await says('work', ({ moves }) => moves.running > 0)
      await atRest(daemon)
      expect((await placed('orders_OFFLINE'))[3]).toBe(0)
      const entry = (await startedOf('orders_OFFLINE')).find(({ id }) => id === ghost)
      expect(entry!.statuses).toEqual(['IN_PROGRESS', 'CANCELLED'])
    })
  })

  test('segments in ERROR are loaded again where the policy says so, and hold their table where it does not', async () => {
    await observed(async () => {
      await cluster.setKnobs(fourth(), { failLoads: '.*' })
      await updateTags(cluster, fourth(), tagged)
      await until('both tables having errors', 60_000, async () => {
        const views = await Promise.all(tables.map((table) => externalView(cluster, table)))
        return views.every((view) => Object.values(view).some((replicas) => replicas[fourth()] === 'ERROR'))
      })
      const held = await says('clicks being held', ({ verdict }) => /clicks_OFFLINE: .*ERROR/.test(`${verdict?.text}`))
      console.log(held.verdict!.text)
      await cluster.setKnobs(fourth(), {})
      const alone = await daemon.reaches('orders being done', 150_000, ({ verdict, moves }) => {
        return (
          verdict?.code === 'target_held' && moves.running + moves.pending === 0 && !verdict.text.includes('orders_')
        )
      })
      console.log(alone.verdict!.text)
      expect(alone.verdict!.text).toMatch(/clicks_OFFLINE: \d+ replicas that were moved are in ERROR: clicks_/)
      expect((await placed('orders_OFFLINE'))[3]).toBeGreaterThan(0)
      await resetErrors(cluster, 'clicks_OFFLINE')
      await daemon.reaches('clicks going on', 60_000, ({ verdict }) => verdict?.code !== 'target_held')
      await atRest(daemon)
    })
    for (const { kind, topic, state, text = '' } of (await daemon.moves('ended')).slice(0, 6)) {
      console.log(`  ${kind} ${topic} ${state} ${text}`)
    }
  }, 240_000)

  test('a disk that is too small for the target holds it, and says so', async () => {
    await observed(async () => {
      const { dir } = cluster.servers[0]!
      const { blocks, bavail, bsize } = await statfs(dir)
      await writeFile(join(dir, 'other-data'), Buffer.alloc((bavail - Math.floor(blocks * 0.06)) * bsize))
      await until('the controller knowing of it', 30_000, async () => {
        const { preChecksResult } = await rebalance(cluster, 'orders_OFFLINE', {
          dryRun: true,
          preChecks: true,
          bootstrap: true,
        })
        return JSON.stringify(preChecksResult).includes('"ERROR"')
      })
      const before = (await jobsLog(cluster)).jobs.length
      await updateTags(cluster, fourth(), untagged)
      const held = await says('it being held', ({ verdict }) => verdict?.code === 'target_held')
      console.log(held.verdict!.text)
      expect(held.verdict!.text).toMatch(/orders_OFFLINE: diskUtilization\w*: /)
      await daemon.passTicks(3)
      expect((await jobsLog(cluster)).jobs).toHaveLength(before)
      await updateTags(cluster, fourth(), tagged)
      await atRest(daemon)
      await writeFile(join(dir, 'other-data'), '')
    })
  })

  test('a server that is dead for good is told, and left alone unless it may be untagged', async () => {
    const [first] = names()
    const before = (await jobsLog(cluster)).jobs.length
    await cluster.kill(first!)
    const told = await says('its death', ({ verdict }) => /is not given up/.test(`${verdict?.text}`))
    console.log(told.verdict!.text)
    expect(told.verdict!.text).toMatch(/Server_127\.0\.1\.1_8098 is not given up: `untag_dead_servers` is off for /)
    await daemon.passTicks(3)
    expect((await jobsLog(cluster)).jobs).toHaveLength(before)
    await daemon.stop()
    daemon = await begin({ untag_dead_servers: true, externalViewStabilizationTimeoutInMs: 8_000 })
    const tags = async () => (await must<{ tags: string[] }>('GET', `${cluster.controllerUrl}/instances/${first}`)).tags
    await observed(async () => {
      await until('its tags being taken', 60_000, async () => (await tags()).join() === untagged.join())
      await says('work', ({ moves }) => moves.running > 0)
      await until('it being emptied', 90_000, async () =>
        (await Promise.all(tables.map(placed))).every(([held]) => held === 0),
      )
      await atRest(daemon, 4)
    })
    expect(await tags()).toEqual(untagged)
    await observed(async () => {
      await cluster.start(first!)
      await cluster.waitReady()
      await until('its tags being given back', 60_000, async () => (await tags()).includes('DefaultTenant_OFFLINE'))
      await until('it being filled', 90_000, async () =>
        (await Promise.all(tables.map(placed))).every(([held]) => held! > 0),
      )
      await atRest(daemon)
    })
    for (const { kind, topic, state, text = '' } of await daemon.moves('ended')) {
      console.log(`  ${kind} ${topic} ${state} ${text}`)
    }
  }, 240_000)

  /**
   * Makes the list of jobs tell of one that nobody runs: as another job was, but in progress, and silent for two hours.
   * @returns its id
   */
  async function haunt(table: string, like: string): Promise<string> {
    const model = (await jobEntries()).mapFields[like]!
    const jobId = '00000000-0000-4000-8000-000000000001'
    const startTimeMs = Date.now() - 2 * 3_600_000
    const stats = { ...JSON.parse(model['REBALANCE_PROGRESS_STATS']!), status: 'IN_PROGRESS', startTimeMs }
    const context = { ...JSON.parse(model['REBALANCE_CONTEXT']!), jobId, originalJobId: jobId }
    await writeEntry(jobId, {
      ...model,
      jobId,
      tableName: table,
      submissionTimeMs: `${startTimeMs}`,
      REBALANCE_PROGRESS_STATS: JSON.stringify(stats),
      REBALANCE_CONTEXT: JSON.stringify(context),
    })
    return jobId
  }

  const jobEntries = () =>
    must<{ mapFields: Record<string, Record<string, string>> }>(
      'GET',
      `${cluster.controllerUrl}/zk/get?path=${jobsPath(cluster)}`,
    )

  async function writeEntry(jobId: string, entry: Record<string, string>): Promise<void> {
    const record = await jobEntries()
    record.mapFields[jobId] = entry
    await must('PUT', `${cluster.controllerUrl}/zk/put?path=${jobsPath(cluster)}`, { body: record })
  }
})
