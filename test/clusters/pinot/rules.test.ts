/** What an operator changes in a table's config, in tags or in brokers is noticed and carried out by itself. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Evenkeel } from '../acceptance/evenkeel.ts'
import { guardLeaks } from '../leaks.ts'
import {
  answered,
  atRest,
  changeConfig,
  factors,
  inGroups,
  lowestDuring,
  replicaGroups,
  startBeside,
} from './beside.ts'
import type { PinotCluster } from './cluster.ts'
import { must } from './rest.ts'
import { startPinot } from './start.ts'
import { counts, createTable, idealState, updateTags, uploadSegments } from './tables.ts'

guardLeaks()

const KiB = 1024

describe('four servers', () => {
  let cluster: PinotCluster
  let daemon: Evenkeel
  const names = () => cluster.servers.map(({ name }) => name)
  const placed = async (table: string) => counts(await idealState(cluster, table), names())

  beforeAll(async () => {
    cluster = await startPinot({
      servers: [{}, {}, {}, { tags: ['Archive_OFFLINE', 'Archive_REALTIME'] }],
      brokers: 1,
    })
    await createTable(cluster, { name: 'orders', replication: 1 })
    await uploadSegments(
      cluster,
      'orders',
      Array.from({ length: 12 }, () => 50 * KiB),
    )
    daemon = await startBeside(cluster)
    await atRest(daemon)
  })
  afterAll(async () => {
    await daemon?.stop()
    await cluster?.close()
  })

  test('replication 1 → 2 → 3 → 2', async () => {
    for (const replication of [2, 3, 2]) {
      const least = await lowestDuring(cluster, ['orders_OFFLINE'], () =>
        answered(daemon, `replication ${replication}`, () =>
          changeConfig(cluster, 'orders', (config) => {
            config.segmentsConfig.replication = `${replication}`
          }),
        ),
      )
      expect(await factors(cluster, 'orders_OFFLINE')).toEqual([replication])
      expect(least).toBeGreaterThanOrEqual(1)
    }
    expect(await placed('orders_OFFLINE')).toEqual([8, 8, 8, 0])
  })

  test('assignment to replica groups, and a server more for each', async () => {
    await updateTags(cluster, names()[3]!, ['DefaultTenant_OFFLINE'])
    await atRest(daemon, 5)
    const least = await lowestDuring(cluster, ['orders_OFFLINE'], () =>
      answered(daemon, 'assignment to replica groups', () =>
        changeConfig(cluster, 'orders', (config) => {
          config.instanceAssignmentConfigMap = inGroups(2, 2)
        }),
      ),
    )
    expect(least).toBeGreaterThanOrEqual(1)
    const groups = await replicaGroups(cluster, 'orders')
    expect(groups.flat().toSorted()).toEqual(names())
    const placement = await idealState(cluster, 'orders_OFFLINE')
    for (const replicas of Object.values(placement)) {
      expect(groups.map((group) => group.filter((server) => server in replicas).length)).toEqual([1, 1])
    }
    expect(await placed('orders_OFFLINE')).toEqual([6, 6, 6, 6])
  })

  test('a server replaced, minimizeDataMovement on: its segments move and no others', async () => {
    const [gone, ...rest] = names()
    const before = await idealState(cluster, 'orders_OFFLINE')
    await cluster.addServer()
    await atRest(daemon, 4)
    const least = await lowestDuring(cluster, ['orders_OFFLINE'], () =>
      answered(daemon, 'a server untagged', () => updateTags(cluster, gone!, ['server_untagged'])),
    )
    expect(least).toBeGreaterThanOrEqual(1)
    const after = await idealState(cluster, 'orders_OFFLINE')
    const moved = Object.keys(before).flatMap((segment) =>
      Object.keys(after[segment]!).filter((server) => !(server in before[segment]!)),
    )
    expect(moved).toEqual(Array.from({ length: 6 }, () => names()[4]))
    expect(counts(after, rest)).toEqual([6, 6, 6])
  })

  test('a server replaced, minimizeDataMovement off: far more moves, and no segment is missed', async () => {
    await daemon.stop()
    daemon = await startBeside(cluster, { rebalance: { tables: { orders: { minimizeDataMovement: 'DISABLE' } } } })
    await atRest(daemon, 4)
    const [first, second] = names()
    await updateTags(cluster, first!, ['DefaultTenant_OFFLINE'])
    await atRest(daemon, 4)
    const before = await idealState(cluster, 'orders_OFFLINE')
    const least = await lowestDuring(cluster, ['orders_OFFLINE'], () =>
      answered(daemon, 'a server untagged, not minimised', () => updateTags(cluster, second!, ['server_untagged'])),
    )
    expect(least).toBeGreaterThanOrEqual(1)
    const after = await idealState(cluster, 'orders_OFFLINE')
    const moved = Object.keys(before).flatMap((segment) =>
      Object.keys(after[segment]!).filter((server) => !(server in before[segment]!)),
    )
    console.log(`${moved.length} replicas moved`)
    expect(moved.length).toBeGreaterThan(6)
    expect(counts(after, [second!])).toEqual([0])
  })

  test('another tenant', async () => {
    await cluster.addServer({ tags: ['Archive_OFFLINE'] })
    await cluster.addServer({ tags: ['Archive_OFFLINE'] })
    const archive = names().slice(5)
    const least = await lowestDuring(cluster, ['orders_OFFLINE'], () =>
      answered(daemon, 'another tenant', () =>
        changeConfig(cluster, 'orders', (config) => {
          config.tenants.server = 'Archive'
          delete config.instanceAssignmentConfigMap
        }),
      ),
    )
    expect(least).toBeGreaterThanOrEqual(1)
    expect(counts(await idealState(cluster, 'orders_OFFLINE'), archive)).toEqual([12, 12])
    expect((await placed('orders_OFFLINE')).slice(0, 5)).toEqual([0, 0, 0, 0, 0])
  })

  test('a broker joins and leaves: the lists follow', async () => {
    const brokersOf = async () => {
      const record = await must<{ mapFields: Record<string, Record<string, string>> }>(
        'GET',
        `${cluster.controllerUrl}/zk/get?path=/${cluster.name}/IDEALSTATES/brokerResource`,
      )
      return Object.keys(record.mapFields['orders_OFFLINE'] ?? {}).toSorted()
    }
    const [first] = await brokersOf()
    const second = await cluster.addBroker()
    // It has added itself. Without the tag it serves the table until somebody makes its list anew, and so with the tag the other way round.
    await answered(daemon, 'a broker losing its tag', () => updateTags(cluster, second, ['broker_untagged']))
    expect(await brokersOf()).toEqual([first])
    await answered(daemon, 'a broker getting its tag', () => updateTags(cluster, second, ['DefaultTenant_BROKER']))
    expect(await brokersOf()).toEqual([first, second])
  })
})
