/** A real cluster by its addresses: what `check-config` finds, and what is written without ZooKeeper. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { realClock } from '../../../src/lib/clock.ts'
import { openPinot } from '../../../src/systems/pinot/open.ts'
import { cli } from '../../cli/support.ts'
import { guardLeaks } from '../leaks.ts'
import type { PinotCluster } from './cluster.ts'
import { rebalanceOptions } from './contract-driver.ts'
import { must } from './rest.ts'
import { startPinot } from './start.ts'
import { createTable, idealState, uploadSegments } from './tables.ts'

guardLeaks()

let cluster: PinotCluster
beforeAll(async () => {
  cluster = await startPinot({ servers: [{}, {}] })
  await createTable(cluster, { name: 'orders', replication: 2 })
  await uploadSegments(cluster, 'orders', [1, 1])
})
afterAll(() => cluster?.close())

function check(zookeeper?: string) {
  const file = join(cluster.dir, 'evenkeel.yaml')
  const own = { name: 'test', system: 'pinot', controllers: [cluster.controllerUrl] }
  const clusters = [{ ...own, ...(zookeeper === undefined ? {} : { zookeeper }) }]
  writeFileSync(file, stringify({ version: 1, clusters, balancing: { mode: 'continuous' } }))
  return cli('check-config', file)
}

test('check-config is content, with ZooKeeper and without', async () => {
  const direct = await check(cluster.zkConnect)
  expect([direct.code, direct.err]).toEqual([0, ''])
  const controller = `test: controller ${cluster.controllerUrl}: Pinot 1.5.1, cluster ${cluster.name} (no user)\n`
  const rest = 'test: 2 live servers, all tell their disk\ntest: 2 nodes, 2 partitions\n'
  expect(direct.out).toContain(
    `${controller}test: ZooKeeper ${cluster.zkConnect}: the root of cluster ${cluster.name} is there\n${rest}`,
  )
  const through = await check()
  expect([through.code, through.err]).toEqual([0, ''])
  expect(through.out).toContain(
    `${controller}test: ZooKeeper: no address is given, it is read through the controllers\n${rest}`,
  )
})

test('check-config tells a wrong root, and a server that hangs', async () => {
  const wrong = await check(`${cluster.zkConnect}/elsewhere`)
  expect(wrong.code).toBe(1)
  expect(wrong.err).toBe(
    `test: ZooKeeper ${cluster.zkConnect}/elsewhere: no root of cluster ${cluster.name}: its address must have the path that \`pinot.zk.server\` has\n`,
  )
  const { name } = cluster.servers[1]!
  cluster.freeze(name)
  try {
    const { code, out, err } = await check(cluster.zkConnect)
    expect(code).toBe(5)
    expect(out).toContain('test: 2 live servers, 1 of them tell their disk\n')
    expect(err).toContain(`test: ${name} does not tell its disk: `)
  } finally {
    cluster.thaw(name)
  }
  await cluster.waitReady()
})

test('an IdealState is touched through the controller, and only where it has its version', async () => {
  const pinot = openPinot(
    { name: 'p', controllers: { urls: [cluster.controllerUrl] }, rebalance: () => rebalanceOptions },
    realClock,
  )
  const { signal } = new AbortController()
  const path = `/${cluster.name}/IDEALSTATES/orders_OFFLINE`
  const version = async () =>
    (await must<{ version: number }>('GET', `${cluster.controllerUrl}/zk/stat?path=${path}`)).version
  try {
    const [before, placed] = [await version(), await idealState(cluster, 'orders_OFFLINE')]
    await pinot.touch('orders_OFFLINE', before, signal)
    expect(await version()).toBe(before + 1)
    expect(await idealState(cluster, 'orders_OFFLINE')).toEqual(placed)
    // As of before: somebody has written since.
    await pinot.touch('orders_OFFLINE', before, signal)
    expect(await version()).toBe(before + 1)
    const { data } = await directRecord(path)
    const url = `${cluster.controllerUrl}/zk/put?path=${path}&expectedVersion=${before}`
    await expect(must('PUT', url, { body: data })).rejects.toThrow()
    expect(await version()).toBe(before + 1)
  } finally {
    await pinot.close()
  }
})

async function directRecord(path: string): Promise<{ data: unknown }> {
  return { data: await must('GET', `${cluster.controllerUrl}/zk/get?path=${path}`) }
}
