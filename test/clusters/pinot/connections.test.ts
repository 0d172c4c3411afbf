/** A real cluster by its addresses: what `check-config` finds, and what is written without ZooKeeper. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { realClock } from '../../../src/lib/clock.ts'
import { openPinot } from '../../../src/systems/pinot/open.ts'
import { cli } from '../../cli/support.ts'
import { guardLeaks } from '../leaks.ts'
import { until } from '../wait.ts'
import type { PinotCluster } from './cluster.ts'
import { rebalanceOptions } from './contract-driver.ts'
import { must } from './rest.ts'
import { startPinot } from './start.ts'
import { converged, createTable, idealState, updateTags, uploadSegments } from './tables.ts'

guardLeaks()

let cluster: PinotCluster
beforeAll(async () => {
  cluster = await startPinot({ servers: [{ tmpfsMiB: 64 }, { tmpfsMiB: 64 }] })
  await createTable(cluster, { name: 'orders', replication: 2 })
  await uploadSegments(cluster, 'orders', [1, 1])
})
afterAll(() => cluster?.close())

const configFile = () => join(cluster.dir, 'evenkeel.yaml')

function check(connect?: string) {
  const file = configFile()
  const own = { name: 'test', system: 'pinot', controller_urls: [cluster.controllerUrl] }
  const clusters = [{ ...own, ...(connect === undefined ? {} : { zookeeper: { connect } }) }]
  writeFileSync(file, stringify({ version: 1, clusters, balancing: { mode: 'continuous' } }))
  return cli('check-config', file)
}

test('check-config is content, with ZooKeeper and without', async () => {
  const direct = await check(cluster.zkConnect)
  expect([direct.code, direct.err]).toEqual([0, ''])
  const controller = `test: controller ${cluster.controllerUrl}: Pinot 1.5.1, cluster ${cluster.name} (no user)\n`
  const rest =
    'test: everything is permitted that mode continuous needs\ntest: 2 live servers, all tell their disk\ntest: 2 nodes, 2 partitions\n'
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
  // Its session may have ended: it loads its segments anew.
  await converged(cluster, 'orders_OFFLINE')
})

test('an IdealState is touched through the controller, and only where it has its version', async () => {
  const calls = new Set<string>()
  const pinot = openPinot(
    {
      name: 'p',
      controllers: { urls: [cluster.controllerUrl] },
      rebalance: () => rebalanceOptions,
      observe: ({ upstream, operation, outcome }) => calls.add(`${upstream} ${operation} ${outcome}`),
    },
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
    const operations = ['GET /cluster', 'GET /health', 'GET /zk', 'PUT /zk']
    expect([...calls].toSorted()).toEqual(operations.map((operation) => `pinot_controller ${operation} ok`))
  } finally {
    await pinot.close()
  }
})

test('a snapshot gives the plan of the cluster that it was taken of', async () => {
  await check(cluster.zkConnect)
  const joined = await cluster.addServer({ tmpfsMiB: 64 })
  const plan = async (...from: string[]) => {
    const { code, out, err } = await cli('plan', '--config', configFile(), ...from, '-o', 'json')
    expect([code, err]).toEqual([0, ''])
    // How long it took, and since when, differ.
    const {
      planning_seconds: _,
      violations,
      ...same
    } = JSON.parse(out) as Record<string, unknown> & {
      moves: { kind: string; topic: string; bytes: number }[]
      violations: { since: string }[]
    }
    return { ...same, violations: violations.map(({ since: __, ...violation }) => violation) }
  }
  await updateTags(cluster, cluster.servers[0]!.name, ['server_untagged'])
  const live = await until('a plan', 30_000, async () => {
    const seen = await plan()
    return seen.moves.length > 0 && seen
  })
  expect(live.moves).toMatchObject([{ kind: 'table', topic: 'orders_OFFLINE', bytes: expect.any(Number) }])
  expect(JSON.stringify(live.moves)).toContain(joined)
  const file = join(cluster.dir, 'snapshot.ndjson.gz')
  expect(await cli('snapshot', '--config', configFile(), '--file', file)).toMatchObject({ code: 0, out: '' })
  expect(await plan('--snapshot', file)).toEqual(live)
  // What it lacks is what makes the plan.
  const lines = gunzipSync(readFileSync(file)).toString().split('\n')
  const bare = join(cluster.dir, 'bare.ndjson')
  writeFileSync(bare, lines.filter((line) => !line.includes('"type":"target"')).join('\n'))
  expect((await plan('--snapshot', bare)).moves).toEqual([])
  // The command line has the last word on how it would be done.
  const [move] = (await plan('--set', 'rebalance.minAvailableReplicas=1')).moves
  expect(
    [live.moves[0], move].map((each) => JSON.stringify(each).match(/"minAvailableReplicas":"(-?\d)"/)?.[1]),
  ).toEqual(['-1', '1'])
})

async function directRecord(path: string): Promise<{ data: unknown }> {
  return { data: await must('GET', `${cluster.controllerUrl}/zk/get?path=${path}`) }
}
