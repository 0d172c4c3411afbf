/** The daemon beside a real cluster: a server joins, one loses its tag, one is to be emptied. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Evenkeel, type Status } from '../acceptance/evenkeel.ts'
import { guardLeaks } from '../leaks.ts'
import type { PinotCluster } from './cluster.ts'
import { observe } from './observer.ts'
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

  test('a server joins: tables are rebalanced by themselves', async () => {
    const observer = await observe(cluster, 'orders_OFFLINE')
    const { name } = await cluster.addServer({ tmpfsMiB: 128 })
    await daemon.reaches('the newcomer being noticed', 60_000, ({ moves }) => moves.running > 0)
    const status = await daemon.reaches('rest', 90_000, isAtRest)
    console.log(status.verdict?.text)
    const servers = cluster.servers.map((server) => server.name)
    console.log(counts(await idealState(cluster, 'orders_OFFLINE'), servers))
    expect((await idealState(cluster, 'orders_OFFLINE')) && servers).toContain(name)
    const seen = await observer.stop()
    console.log(JSON.stringify(seen).slice(0, 400))
    console.log(JSON.stringify(await daemon.moves('ended')).slice(0, 1500))
  })

  test('a server loses its tag: it is emptied', async () => {
    const [first] = cluster.servers
    await updateTags(cluster, first!.name, ['server_untagged'])
    await daemon.reaches('work', 60_000, ({ moves }) => moves.running > 0)
    await daemon.reaches('rest', 90_000, isAtRest)
    const servers = cluster.servers.map((server) => server.name)
    console.log(counts(await idealState(cluster, 'orders_OFFLINE'), servers), (await daemon.status()).verdict?.text)
    expect(counts(await idealState(cluster, 'orders_OFFLINE'), [first!.name])).toEqual([0])
  })
})
