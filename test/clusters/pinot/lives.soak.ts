/** The daemon dies, and its session with ZooKeeper ends, while tables are rebalanced: what it began is taken up and not begun anew. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { guardLeaks } from '../leaks.ts'
import { until } from '../wait.ts'
import { endsOf, Filling, mostMissing, moveText, tables, toldMs } from './filling.ts'
import { jobsLog } from './jobs-log.ts'
import { type Observer, observe } from './observer.ts'
import { rebalance, rebalanced } from './tables.ts'
import { readSessions } from './zookeeper-log.ts'

guardLeaks()

let filling: Filling
beforeAll(async () => {
  filling = await Filling.start()
})
afterAll(() => filling?.close())

/** Whether ZooKeeper has ended a session. */
const isOver = async (id: string): Promise<boolean> =>
  (await readSessions(filling.cluster.zkDir)).find((session) => session.id === id)?.closedAtMs !== undefined

test('ZooKeeper freezes for longer than every session: that is told, and over by itself', async () => {
  const { cluster, daemon, session } = filling
  const frozenMs = 20_000
  expect(session.timeoutMs).toBeLessThan(frozenMs)
  const watch = () => Promise.all(tables.map((table) => observe(cluster, table)))
  const missing = async (observers: Observer[]) => {
    const seen = await Promise.all(observers.map((observer) => observer.stop()))
    return mostMissing(new Map(tables.map((table, at) => [table, seen[at]!])))
  }
  let after: Observer[] = []
  const { jobs } = await filling.turn(async () => {
    const before = await watch()
    const began = performance.now()
    cluster.freeze('zookeeper')
    try {
      await daemon.reaches('it being told', session.timeoutMs + toldMs, ({ status }) => status === 'unreachable')
      console.log(`told after ${((performance.now() - began) / 1000).toFixed(1)} s, of ${session.timeoutMs} ms`)
      await new Promise((resolve) => setTimeout(resolve, frozenMs - (performance.now() - began)))
      expect(await missing(before)).toBeLessThanOrEqual(1)
    } finally {
      cluster.thaw('zookeeper')
    }
    const thawed = performance.now()
    await daemon.reaches('it seeing again', 5_000, ({ status }) => status !== 'unreachable')
    console.log(`seen again after ${((performance.now() - thawed) / 1000).toFixed(1)} s`)
    // What the daemon sent before it gave up its session is read only now, and counts as a sign of life.
    await until('its session being over', session.timeoutMs * 2, () => isOver(session.id))
    console.log(`its session over ${((performance.now() - thawed) / 1000).toFixed(1)} s after the thaw`)
    expect(await filling.ownSessions()).toHaveLength(1)
    await cluster.waitReady(60_000)
    // Every server's session was over: until they are back their views are empty, whatever anybody does.
    await until('every segment being listed as up again', 60_000, () => filling.isServed())
    after = await watch()
  })
  expect(await missing(after)).toBeLessThanOrEqual(1)
  // The controller gives up a job of its own that it could not write of for so long; by us none is ended.
  for (const table of tables) expect(endsOf(jobs, table).join(' ')).toMatch(/^(ABORTED )?DONE$/)
}, 240_000)

test('the daemon is killed at twenty moments: its jobs are taken up and not begun anew', async () => {
  const { daemon } = filling
  let seed = 20_261_127
  const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
  const endings = new Set<string>()
  const note = async () => {
    for (const move of await daemon.moves('ended')) endings.add(moveText(move))
  }
  const moments = new Map<string, number>()
  const { seen, jobs } = await filling.turn(
    async () => {
      await filling.setAll({ loadDelayMs: 2_000 })
      // What ended before is not of these jobs.
      await daemon.kill()
      await daemon.restart()
      for (let death = 0; death < 20; death++) {
        await new Promise((resolve) => setTimeout(resolve, random() * 4_000))
        await note()
        const { status, moves } = await daemon.status()
        const moment = `${status}, ${moves.running} running, ${moves.pending} pending`
        moments.set(moment, (moments.get(moment) ?? 0) + 1)
        await daemon.kill()
        await daemon.restart()
      }
    },
    { from: 'asked' },
  )
  await note()
  console.log([...moments].map(([moment, times]) => `${times} × ${moment}`).join('; '))
  console.log([...endings].join('; '))
  expect(mostMissing(seen)).toBe(1)
  // One job a table, and each came to its end.
  for (const table of tables) expect(endsOf(jobs, table)).toEqual(['DONE'])
  // One that died between writing down what it meant to do and doing it has done nothing.
  expect([...endings].filter((text) => !/ done | failed it was never applied$/.test(text))).toEqual([])
}, 240_000)

test('the daemon sleeps for longer than its session: what happened meanwhile is seen, and nothing is done on what was before', async () => {
  const { cluster, daemon } = filling
  const asleep: { theirs?: string; ours?: string } = {}
  const { seen, jobs } = await filling.turn(async () => {
    const running = (await jobsLog(cluster)).jobs.filter(({ statuses }) => statuses.at(-1) === 'IN_PROGRESS')
    expect(running).not.toEqual([])
    asleep.ours = running[0]!.table
    const [other] = tables.filter((table) => running.every((job) => job.table !== table))
    const [own] = await until('earlier lives having left', filling.session.timeoutMs * 2, async () => {
      const open = await filling.ownSessions()
      return open.length === 1 && open
    })
    daemon.freeze()
    try {
      // The rest of ours is done by the controller alone, and another table by somebody else.
      const begun = await rebalance(cluster, other!, { reassignInstances: true, minimizeDataMovement: 'ENABLE' })
      asleep.theirs = begun.jobId
      await filling.setAll({})
      expect(await rebalanced(cluster, begun.jobId)).toBe('DONE')
      for (const { id } of running) expect(await rebalanced(cluster, id)).toBe('DONE')
      await until('its session being over', filling.session.timeoutMs * 2, () => isOver(own!.id))
    } finally {
      daemon.thaw()
    }
    await until('one new session', 10_000, async () => (await filling.ownSessions()).length === 1)
  })
  expect(mostMissing(seen)).toBe(1)
  // One job a table, of which one was theirs.
  for (const table of tables) expect(endsOf(jobs, table)).toEqual(['DONE'])
  expect(jobs.map(({ id }) => id)).toContain(asleep.theirs)
  const ended = (await daemon.moves('ended')).map(moveText)
  expect(ended.filter((text) => text.startsWith(`table ${asleep.ours} done`))).not.toEqual([])
}, 240_000)
