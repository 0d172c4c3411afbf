/** The daemon beside a real cluster: a server joins, one loses its tag, one is to be emptied. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Evenkeel, type Status } from '../acceptance/evenkeel.ts'
import { guardLeaks } from '../leaks.ts'
import type { PinotCluster } from './cluster.ts'
import { observe } from './observer.ts'
import { must } from './rest.ts'
import { startPinot } from './start.ts'
import { converged, counts, createTable, idealState, updateTags, uploadSegments } from './tables.ts'

guardLeaks()

const KiB = 1024
const balancing = {
  mode: 'continuous' as const,
  unknown_outcome_hold: '5s',
  rebalance: { heartbeatIntervalInMs: 5_000, heartbeatTimeoutInMs: 30_000 },
}

/** Nothing is under way or waits, whatever unevenness Pinot's own rules leave. */
const isAtRest = ({ verdict, moves }: Status) =>
  (verdict?.code === 'balanced' || verdict?.code === 'as_assigned') && moves.running + moves.pending === 0

describe('three servers with a table each way of placing', () => {
  let cluster: PinotCluster
  let daemon: Evenkeel

  beforeAll(async () => {
    cluster = await startPinot({ servers: [{ tmpfsMiB: 128 }, { tmpfsMiB: 128 }, { tmpfsMiB: 128 }] })
    await createTable(cluster, { name: 'orders', replication: 2 })
    await uploadSegments(
      cluster,
      'orders',
      Array.from({ length: 60 }, () => 200 * KiB),
    )
    await converged(cluster, 'orders_OFFLINE')
    daemon = await Evenkeel.startAt(
      { system: 'pinot', controllers: [cluster.controllerUrl], zookeeper: cluster.zkConnect },
      balancing,
    )
    await daemon.reaches('rest', 60_000, isAtRest)
  })
  afterAll(async () => {
    await daemon?.stop()
    await cluster?.close()
  })

  const servers = () => cluster.servers.map((server) => server.name)
  const placed = async () => counts(await idealState(cluster, 'orders_OFFLINE'), servers())
  const atRest = async () => {
    await daemon.passTicks(2)
    return daemon.reaches('rest', 90_000, isAtRest)
  }

  test('a server joins: the table is rebalanced as Pinot does it, and what is left uneven is told', async () => {
    const observer = await observe(cluster, 'orders_OFFLINE')
    await cluster.addServer({ tmpfsMiB: 128 })
    await daemon.reaches('the newcomer being noticed', 60_000, ({ moves }) => moves.running > 0)
    const { verdict } = await atRest()
    expect(await placed()).toEqual([35, 35, 35, 15])
    expect(verdict!.code).toBe('as_assigned')
    expect(verdict!.text).toMatch(/holds .* of its fair share/)
    const { lowest } = await observer.stop()
    expect(Math.min(...Object.values(lowest))).toBeGreaterThanOrEqual(1)
    expect(await daemon.moves('ended')).toMatchObject([{ kind: 'table', state: 'done' }])
  })

  test('a server loses its tag: it is emptied', async () => {
    const observer = await observe(cluster, 'orders_OFFLINE')
    const [first] = cluster.servers
    await updateTags(cluster, first!.name, ['server_untagged'])
    await daemon.reaches('work', 60_000, ({ moves }) => moves.running > 0)
    await atRest()
    expect((await placed())[0]).toBe(0)
    const { lowest } = await observer.stop()
    expect(Math.min(...Object.values(lowest))).toBeGreaterThanOrEqual(1)
  })

  test('drain: untagged, emptied, safe to stop; a restart leaves it so; undrain gives the tag back', async () => {
    const name = servers()[1]!
    const tags = async () => (await must<{ tags: string[] }>('GET', `${cluster.controllerUrl}/instances/${name}`)).tags
    await updateTags(cluster, servers()[0]!, ['DefaultTenant_OFFLINE', 'DefaultTenant_REALTIME'])
    await daemon.reaches('the first being filled again', 60_000, ({ moves }) => moves.running > 0)
    await atRest()
    const before = await tags()
    const said = await daemon.command('drain', name, '--wait')
    expect(said).toMatch(/safe to stop/)
    expect((await placed())[1]).toBe(0)
    expect(await tags()).toEqual(['server_untagged'])
    await daemon.kill()
    await daemon.restart()
    await atRest()
    expect([(await placed())[1], await tags()]).toEqual([0, ['server_untagged']])
    await daemon.command('undrain', name)
    await daemon.reaches('it being filled again', 60_000, ({ moves }) => moves.running > 0)
    await atRest()
    expect(await tags()).toEqual(before)
    expect((await placed())[1]).toBeGreaterThan(0)
  })
})
