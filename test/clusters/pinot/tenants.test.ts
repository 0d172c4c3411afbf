/** A server goes from one tenant to another: the tables of both are put right. Once through ZooKeeper, once through the controller alone. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Evenkeel } from '../acceptance/evenkeel.ts'
import { guardLeaks } from '../leaks.ts'
import { answered, atRest, lowestDuring, startBeside } from './beside.ts'
import type { PinotCluster } from './cluster.ts'
import { startPinot } from './start.ts'
import { counts, createTable, idealState, updateTags, uploadSegments } from './tables.ts'

guardLeaks()

const KiB = 1024
const here = ['DefaultTenant_OFFLINE']
const there = ['Archive_OFFLINE']
const tables = ['orders_OFFLINE', 'logs_OFFLINE']

describe('three servers of one tenant and two of another', () => {
  let cluster: PinotCluster
  let daemon: Evenkeel

  beforeAll(async () => {
    const servers = [here, here, here, there, there].map((tags) => ({ tags, tmpfsMiB: 128 }))
    cluster = await startPinot({ servers })
    await createTable(cluster, { name: 'orders', replication: 2 })
    await createTable(cluster, { name: 'logs', replication: 2, tenant: 'Archive' })
    for (const name of ['orders', 'logs']) {
      await uploadSegments(
        cluster,
        name,
        Array.from({ length: 18 }, () => 200 * KiB),
      )
    }
  })
  afterAll(async () => {
    await daemon?.stop()
    await cluster?.close()
  })

  const placed = async (table: string) =>
    counts(
      await idealState(cluster, table),
      cluster.servers.map(({ name }) => name),
    )

  test('to the other tenant', async () => {
    daemon = await startBeside(cluster)
    await atRest(daemon)
    const least = await lowestDuring(cluster, tables, async () => {
      await answered(daemon, 'a server of another tenant', () => updateTags(cluster, cluster.servers[2]!.name, there))
      await atRest(daemon, 5)
    })
    expect(least).toBeGreaterThanOrEqual(1)
    expect(await placed('orders_OFFLINE')).toEqual([18, 18, 0, 0, 0])
    const logs = await placed('logs_OFFLINE')
    expect(logs.slice(0, 2)).toEqual([0, 0])
    expect(Math.min(...logs.slice(2))).toBeGreaterThan(0)
    expect(logs.reduce((sum, count) => sum + count)).toBe(36)
  })

  test('and back, without access to ZooKeeper', async () => {
    await daemon.stop()
    daemon = await startBeside(cluster, {}, false)
    await atRest(daemon)
    expect((await daemon.status()).notes.join()).toMatch(/ZooKeeper is read through the controller/)
    const least = await lowestDuring(cluster, tables, async () => {
      await answered(daemon, 'a server back', () => updateTags(cluster, cluster.servers[2]!.name, here))
      await atRest(daemon, 5)
    })
    expect(least).toBeGreaterThanOrEqual(1)
    expect(await placed('logs_OFFLINE')).toEqual([0, 0, 0, 18, 18])
    expect(Math.min(...(await placed('orders_OFFLINE')).slice(0, 3))).toBeGreaterThan(0)
  })
})
