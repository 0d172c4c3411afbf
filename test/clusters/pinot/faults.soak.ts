/** Parts of the cluster die or freeze while tables are rebalanced beside the daemon: nothing is lost, nothing is done twice, and the goal is reached. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Evenkeel } from '../acceptance/evenkeel.ts'
import { guardLeaks } from '../leaks.ts'
import { until } from '../wait.ts'
import { atRest, factors, lowestDuring, startBeside } from './beside.ts'
import type { PinotCluster } from './cluster.ts'
import { jobsLog, jobsText } from './jobs-log.ts'
import { startPinot } from './start.ts'
import { converged, counts, createTable, externalView, idealState, updateTags, uploadSegments } from './tables.ts'

guardLeaks()

const KiB = 1024
/** On a disk of its own, for on a shared one all servers look alike. */
const tmpfsMiB = 96
const tables = ['clicks_OFFLINE', 'orders_OFFLINE', 'visits_OFFLINE']

describe('four servers, of which one is filled and emptied in turn', () => {
  let cluster: PinotCluster
  let daemon: Evenkeel
  const names = () => cluster.servers.map(({ name }) => name)
  const placed = async (table: string) => counts(await idealState(cluster, table), names())
  const up = async (server: string) => {
    const views = await Promise.all(tables.map((table) => externalView(cluster, table)))
    return views.flatMap((view) => Object.values(view)).filter((replicas) => replicas[server] === 'ONLINE').length
  }

  beforeAll(async () => {
    cluster = await startPinot({
      servers: [{ tmpfsMiB }, { tmpfsMiB }, { tmpfsMiB }, { tmpfsMiB, tags: ['server_untagged'] }],
      controllerProperties: { 'controller.rebalance.checker.frequencyPeriod': '10s' },
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
    daemon = await startBeside(cluster, {
      // Small, so that there is a middle to be hit.
      concurrent_moves_per_node: 2,
      rebalance: { heartbeatIntervalInMs: 2_000, heartbeatTimeoutInMs: 10_000 },
    })
    await atRest(daemon)
  })
  afterAll(async () => {
    await daemon?.stop()
    await cluster?.close()
  })

  const setAll = (knobs: Parameters<PinotCluster['setKnobs']>[1]) =>
    Promise.all(cluster.servers.map(({ name }) => cluster.setKnobs(name, knobs)))

  const samples = async (): Promise<[number, number]> => [
    await daemon.metric('evenkeel_sample_duration_seconds_count'),
    await daemon.metric('evenkeel_sample_duration_seconds_sum'),
  ]

  /**
   * Gives the fourth server its tag, or takes it away where it is filled, does `harm` when a part has moved, and waits until all is well.
   * @returns the fewest replicas that any segment had up
   */
  async function whileMoved(harm: (fourth: string) => Promise<unknown>): Promise<number> {
    const fourth = names()[3]!
    const jobsBefore = (await jobsLog(cluster)).jobs.length
    const start = await up(fourth)
    const tag = start === 0
    const least = await lowestDuring(cluster, tables, async () => {
      await setAll({ loadDelayMs: 300 })
      await updateTags(cluster, fourth, tag ? ['DefaultTenant_OFFLINE'] : ['server_untagged'])
      await daemon.reaches('work', 40_000, ({ moves }) => moves.running > 0)
      await until('a part being there', 60_000, async () => Math.abs((await up(fourth)) - start) >= 2)
      await harm(fourth)
      await setAll({})
      await atRest(daemon, 4)
    })
    for (const table of tables) {
      await converged(cluster, table)
      expect(await factors(cluster, table)).toEqual([2])
    }
    const held = await Promise.all(tables.map(placed))
    console.log(`replicas: ${held.map((each) => each.join('/')).join(', ')}; at least ${least} up`)
    // Nothing to do any more by Pinot's own word, and the newcomer has what it is given.
    for (const each of held) {
      if (tag) expect(each[3]).toBeGreaterThan(0)
      else expect(each[3]).toBe(0)
    }
    const log = await jobsLog(cluster)
    console.log(jobsText({ ...log, jobs: log.jobs.slice(jobsBefore) }))
    for (const { kind, topic, state, text = '' } of (await daemon.moves('ended')).slice(0, 8)) {
      console.log(`  ${kind} ${topic} ${state} ${text}`)
    }
    expect(log.together).toEqual([])
    // Pinot starts none of its own after ours.
    expect(log.jobs.filter(({ id }) => /_\d+$/.test(id))).toEqual([])
    return least
  }

  test('the controller is killed in the middle of jobs', async () => {
    const least = await whileMoved(async () => {
      await cluster.kill('controller')
      await cluster.start('controller')
      await cluster.waitReady()
    })
    expect(least).toBeGreaterThanOrEqual(1)
  })

  test('a server that others are emptied onto is killed and comes back', async () => {
    const first = names()[0]!
    const least = await whileMoved(async () => {
      await cluster.kill(first)
      await daemon.reaches('its death being told', 30_000, ({ verdict, notes }) =>
        `${verdict?.text} ${notes.join()}`.includes(first),
      )
      await cluster.start(first)
      await cluster.waitReady()
    })
    // It served what nobody else did while it was dead only if it came to that before.
    expect(least).toBeGreaterThanOrEqual(0)
  })

  test('a server that is filled freezes for longer than its session, and thaws', async () => {
    const slowest: number[] = []
    const least = await whileMoved(async (fourth) => {
      cluster.freeze(fourth)
      try {
        await daemon.reaches('its death being told', 30_000, ({ verdict, notes }) =>
          `${verdict?.text} ${notes.join()}`.includes(`${fourth} is gone`),
        )
        const [count, seconds] = await samples()
        await daemon.passTicks(5)
        const [after, total] = await samples()
        slowest.push((total - seconds) / (after - count))
      } finally {
        cluster.thaw(fourth)
      }
      await cluster.waitReady()
    })
    console.log(`a sample took ${slowest.map((seconds) => seconds.toFixed(2)).join()} s beside a frozen server`)
    expect(slowest[0]).toBeLessThan(5)
    expect(least).toBeGreaterThanOrEqual(1)
  })

  test('the daemon is killed at twenty moments: its jobs are taken up and not begun anew', async () => {
    let seed = 20_261_127
    const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
    const before = (await jobsLog(cluster)).jobs.length
    const endings = new Set<string>()
    const note = async () => {
      for (const { topic, state, text = '' } of await daemon.moves('ended')) endings.add(`${topic} ${state} ${text}`)
    }
    const least = await whileMoved(async () => {
      await setAll({ loadDelayMs: 1500 })
      for (let death = 0; death < 20; death++) {
        await new Promise((resolve) => setTimeout(resolve, random() * 1_500))
        // What ended before the first death is not of these jobs.
        if (death > 0) await note()
        await daemon.kill()
        await daemon.restart()
      }
    })
    await note()
    console.log([...endings].join('; '))
    expect(least).toBeGreaterThanOrEqual(1)
    // One job a table, and each came to its end.
    const jobs = (await jobsLog(cluster)).jobs.slice(before)
    expect(jobs.map(({ table, statuses }) => `${table} ${statuses.at(-1)}`).sort()).toEqual(
      tables.map((table) => `${table} DONE`),
    )
    // One that died between writing down what it meant to do and doing it has done nothing.
    expect([...endings].filter((text) => !/ done | failed it was never applied$/.test(text))).toEqual([])
  })

  test('ZooKeeper freezes for longer than every session: that is told, and over by itself', async () => {
    const least = await whileMoved(async () => {
      const began = performance.now()
      cluster.freeze('zookeeper')
      try {
        await daemon.reaches('it being told', 45_000, ({ status }) => status === 'unreachable')
        console.log(`told after ${((performance.now() - began) / 1000).toFixed(1)} s`)
        expect(performance.now() - began).toBeLessThan(35_000)
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, 20_000 - (performance.now() - began))))
      } finally {
        cluster.thaw('zookeeper')
      }
      const thawed = performance.now()
      await daemon.reaches('it seeing again', 60_000, ({ status }) => status !== 'unreachable')
      console.log(`seen again after ${((performance.now() - thawed) / 1000).toFixed(1)} s`)
      await cluster.waitReady(60_000)
    })
    // Every server's session was over: what their views said meanwhile is not the daemon's doing.
    expect(least).toBeGreaterThanOrEqual(0)
  }, 240_000)
})
