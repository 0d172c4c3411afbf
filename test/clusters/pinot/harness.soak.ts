/** Proves the harness itself on a real Pinot cluster, so that a test that relies on it proves something. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { guardLeaks } from '../leaks.ts'
import { launch } from '../sandbox.ts'
import { until } from '../wait.ts'
import type { PinotCluster } from './cluster.ts'
import { observe } from './observer.ts'
import { must, request } from './rest.ts'
import { startPinot } from './start.ts'
import {
  converged,
  counts,
  createTable,
  externalView,
  idealState,
  place,
  rebalance,
  rebalanced,
  resetErrors,
  updateTags,
  uploadSegments,
} from './tables.ts'

guardLeaks()

const KiB = 1024
const MiB = 1024 * KiB

describe('a cluster of three servers', () => {
  let cluster: PinotCluster
  beforeAll(async () => {
    const begin = performance.now()
    cluster = await startPinot({
      sessionTimeoutMs: 4000,
      servers: [{ tmpfsMiB: 64 }, {}, { pools: { DefaultTenant_OFFLINE: 1 } }],
    })
    const seconds = ['zookeeper', 'controller', ...instances(cluster)].map(
      (name) => `${name} ${cluster.startSeconds(name).toFixed(1)} s ${residentMiB(cluster.pid(name))} MiB`,
    )
    console.log(`up in ${((performance.now() - begin) / 1000).toFixed(1)} s: ${seconds.join(', ')}`)
  })
  afterAll(() => cluster?.close())

  test('has its members, tags, pools and disks', async () => {
    expect(instances(cluster)).toEqual([
      'Server_127.0.1.1_8098',
      'Server_127.0.1.2_8098',
      'Server_127.0.1.3_8098',
      'Broker_127.0.2.1_8099',
    ])
    const [first, , third] = cluster.servers
    expect(await must('GET', `${third!.adminUrl}/instance/tags`)).toEqual([
      'DefaultTenant_OFFLINE',
      'DefaultTenant_REALTIME',
    ])
    expect(await must('GET', `${cluster.controllerUrl}/instances/${third!.name}`)).toMatchObject({
      hostName: '127.0.1.3',
      port: '8098',
      enabled: true,
      adminPort: Number(new URL(third!.adminUrl).port),
      pools: { DefaultTenant_OFFLINE: '1' },
    })
    expect(await must('GET', `${first!.adminUrl}/instance/diskUtilization`)).toMatchObject({
      instanceId: first!.name,
      path: `${first!.dir}/index`,
      totalSpaceBytes: 64 * MiB,
    })
  })

  test('holds segments of the sizes asked for, and Pinot finds it balanced', async () => {
    const begin = performance.now()
    await createTable(cluster, { name: 'orders', replication: 2 })
    const sizes = Array.from({ length: 24 }, (_, n) => (100 + 10 * n) * KiB)
    const names = await uploadSegments(cluster, 'orders', sizes)
    console.log(`24 segments in ${((performance.now() - begin) / 1000).toFixed(1)} s`)
    expect(names.at(-1)).toBe('orders_023')
    expect(counts(await externalView(cluster, 'orders_OFFLINE'), servers(cluster))).toEqual([16, 16, 16])

    const [first] = cluster.servers
    const reported = await must<SizeReport>('GET', `${first!.adminUrl}/tables/orders_OFFLINE/size`)
    expect(reported.segments).toHaveLength(16)
    for (const { segmentName, diskSizeInBytes } of reported.segments) {
      const asked = sizes[names.indexOf(segmentName)]!
      expect(diskSizeInBytes).toBeGreaterThan(asked)
      expect(diskSizeInBytes).toBeLessThan(asked * 1.05 + 8 * KiB)
    }
    const disk = await must<{ usedSpaceBytes: number }>('GET', `${first!.adminUrl}/instance/diskUtilization`)
    expect(disk.usedSpaceBytes).toBeGreaterThan(reported.diskSizeInBytes)
    expect(disk.usedSpaceBytes).toBeLessThan(reported.diskSizeInBytes + MiB)

    const dryRun = await rebalance(cluster, 'orders_OFFLINE', { dryRun: true, preChecks: true })
    expect(dryRun.status).toBe('NO_OP')
    expect(Object.keys(dryRun.preChecksResult as object).sort()).toEqual([
      'diskUtilizationAfterRebalance',
      'diskUtilizationDuringRebalance',
      'isMinimizeDataMovement',
      'needsReloadStatus',
      'rebalanceConfigOptions',
      'replicaGroupsInfo',
    ])
    expect(dryRun.preChecksResult).toMatchObject({ needsReloadStatus: { preCheckStatus: 'PASS' } })
    expect((await rebalance(cluster, 'orders_OFFLINE')).status).toBe('NO_OP')
    expect(await must('GET', `${cluster.controllerUrl}/table/orders/jobs?type=OFFLINE`)).toEqual({})
  })

  test('keeps serving while a rebalance fills a fourth server, and refuses a second one', async () => {
    const fourth = await cluster.addServer()
    console.log(`a further server in ${cluster.startSeconds(fourth).toFixed(1)} s`)
    await cluster.setKnobs(fourth, { loadDelayMs: 500, downloadBytesPerSecond: 4 * MiB })
    const observer = await observe(cluster, 'orders_OFFLINE')
    const answer = await rebalance(cluster, 'orders_OFFLINE', { minAvailableReplicas: 1 })
    expect(answer.status).toBe('IN_PROGRESS')
    const second = await request('POST', `${cluster.controllerUrl}/tables/orders/rebalance?type=OFFLINE`)
    expect(second.status).toBe(409)
    expect(await rebalanced(cluster, answer.jobId)).toBe('DONE')

    const { lowest, changes, errors, reports } = await observer.stop()
    expect(await idealState(cluster, 'orders_OFFLINE')).toEqual(answer.segmentAssignment)
    const after = counts(answer.segmentAssignment!, servers(cluster))
    console.log(`replicas ${after.join(' ')}, ${changes.length} changes, ${reports} reports`)
    expect(Object.keys(lowest)).toHaveLength(24)
    expect(Math.min(...Object.values(lowest))).toBe(1)
    expect(errors).toEqual({})
    // What moved, and nothing else, was short of a replica for a while.
    const moved = new Set(changes.map(({ segment }) => segment))
    expect(new Set(Object.keys(lowest).filter((segment) => lowest[segment] === 1))).toEqual(moved)
    const last = new Map(changes.map(({ segment, to }) => [segment, to]))
    for (const [segment, to] of last) expect(to).toEqual(Object.keys(answer.segmentAssignment![segment]!).sort())
    // Pinot leaves the new server half empty: who balances must count for himself.
    expect(after).toEqual([14, 14, 14, 6])
    await cluster.setKnobs(fourth, {})
  })

  test('the observer notices a gap of a moment', async () => {
    const { orders_000: now } = await idealState(cluster, 'orders_OFFLINE')
    const others = servers(cluster).filter((name) => !(name in now!))
    for (const name of others) await cluster.setKnobs(name, { loadDelayMs: 300 })
    const observer = await observe(cluster, 'orders_OFFLINE')
    await place(cluster, 'orders_OFFLINE', { orders_000: others })
    await converged(cluster, 'orders_OFFLINE')
    await place(cluster, 'orders_OFFLINE', { orders_000: Object.keys(now!) })
    await converged(cluster, 'orders_OFFLINE')
    const { lowest, changes } = await observer.stop()
    expect(Object.keys(lowest).filter((segment) => lowest[segment]! < 2)).toEqual(['orders_000'])
    expect(lowest.orders_000).toBe(0)
    expect(changes.map(({ segment, to }) => [segment, ...to])).toEqual([
      ['orders_000', ...others],
      ['orders_000', ...Object.keys(now!).sort()],
    ])
    for (const name of others) await cluster.setKnobs(name, {})
  })

  test('a load that fails is an ERROR until it is reset, one that hangs comes when it is let', async () => {
    await createTable(cluster, { name: 'trouble', replication: 4 })
    const [first, second] = cluster.servers
    await cluster.setKnobs(first!.name, { failLoads: 'trouble_00[12]' })
    await cluster.setKnobs(second!.name, { hangLoads: 'trouble_000' })
    const observer = await observe(cluster, 'trouble_OFFLINE')
    const uploaded = uploadSegments(cluster, 'trouble', [1, 1, 1, 1])
    await until('the error in the view', 20_000, async () => {
      const view = await externalView(cluster, 'trouble_OFFLINE')
      return (
        view.trouble_001?.[first!.name] === 'ERROR' &&
        view.trouble_002?.[first!.name] === 'ERROR' &&
        view.trouble_003?.[first!.name] === 'ONLINE' &&
        view.trouble_000?.[first!.name] === 'ONLINE' &&
        // What is still loading is not in the view at all.
        view.trouble_000[second!.name] === undefined
      )
    })
    expect(cluster.log(first!.name)).toContain('told to fail to load trouble_001')
    await cluster.setKnobs(first!.name, {})
    await cluster.setKnobs(second!.name, {})
    await resetErrors(cluster, 'trouble_OFFLINE')
    await uploaded
    const { errors, lowest } = await observer.stop()
    expect(Object.keys(errors).sort()).toEqual([`trouble_001 on ${first!.name}`, `trouble_002 on ${first!.name}`])
    expect(new Set(Object.values(lowest))).toEqual(new Set([4]))
    await must('DELETE', `${cluster.controllerUrl}/tables/trouble?type=OFFLINE`)
  })

  test('deals servers into replica groups', async () => {
    const config = {
      instanceAssignmentConfigMap: {
        OFFLINE: {
          tagPoolConfig: { tag: 'DefaultTenant_OFFLINE' },
          replicaGroupPartitionConfig: { replicaGroupBased: true, numReplicaGroups: 2 },
        },
      },
      routing: { instanceSelectorType: 'strictReplicaGroup' },
    }
    await createTable(cluster, { name: 'grouped', replication: 2, shards: 2, config })
    const { OFFLINE } = await must<{ OFFLINE: { partitionToInstancesMap: Record<string, string[]> } }>(
      'GET',
      `${cluster.controllerUrl}/tables/grouped/instancePartitions?type=OFFLINE`,
    )
    expect(Object.keys(OFFLINE.partitionToInstancesMap).sort()).toEqual(['0_0', '0_1'])
    expect(Object.values(OFFLINE.partitionToInstancesMap).flat().sort()).toEqual(servers(cluster))
  })

  test('sets up consuming segments without a stream', async () => {
    await createTable(cluster, { name: 'events', type: 'REALTIME', replication: 2, streamPartitions: 3 })
    await converged(cluster, 'events_REALTIME')
    const view = await externalView(cluster, 'events_REALTIME')
    expect(Object.keys(view)).toHaveLength(3)
    expect(Object.values(view).flatMap((replicas) => Object.values(replicas))).toEqual(Array(6).fill('CONSUMING'))
    const dryRun = await rebalance(cluster, 'events_REALTIME', { dryRun: true, includeConsuming: true })
    expect(dryRun.status).toBe('NO_OP')
  })

  test('a dead server blocks a rebalance; untagged and with best efforts it is emptied', async () => {
    const [first, second] = cluster.servers
    const begin = performance.now()
    const observer = await observe(cluster, 'orders_OFFLINE')
    await cluster.kill(first!.name)
    await cluster.waitReady()
    const noticed = (performance.now() - begin) / 1000
    console.log(`death noticed after ${noticed.toFixed(1)} s`)
    // Counted from the last sign of life.
    expect(noticed).toBeGreaterThan(2)
    expect(noticed).toBeLessThan(12)
    await updateTags(cluster, first!.name, ['server_untagged'])
    const patience = { externalViewStabilizationTimeoutInMs: 1500, minAvailableReplicas: 1 }
    const plain = await rebalance(cluster, 'orders_OFFLINE', patience)
    expect(await rebalanced(cluster, plain.jobId)).toBe('FAILED')
    const brave = await rebalance(cluster, 'orders_OFFLINE', { ...patience, bestEfforts: true })
    expect(await rebalanced(cluster, brave.jobId)).toBe('DONE')
    await converged(cluster, 'orders_OFFLINE')
    const placement = await externalView(cluster, 'orders_OFFLINE')
    expect(counts(placement, [first!.name])).toEqual([0])
    expect(Math.min(...Object.values((await observer.stop()).lowest))).toBe(1)

    await cluster.start(first!.name)
    await cluster.waitReady()
    expect(await must('GET', `${first!.adminUrl}/instance/tags`)).toEqual(['server_untagged'])

    await cluster.stop(second!.name)
    await cluster.waitReady()
    expect(await must('GET', `${cluster.controllerUrl}/instances/${second!.name}`)).toMatchObject({
      shutdownInProgress: true,
    })
    await cluster.start(second!.name)
    await converged(cluster, 'orders_OFFLINE')
  })

  test('comes back after ZooKeeper and the controller were killed', async () => {
    const observer = await observe(cluster, 'orders_OFFLINE')
    const [, second] = cluster.servers
    cluster.freeze(second!.name)
    expect(cluster.servers[1]!.state).toBe('frozen')
    await cluster.kill('zookeeper')
    await cluster.kill('controller')
    cluster.thaw(second!.name)
    await cluster.start('zookeeper')
    await cluster.start('controller')
    console.log(`controller again in ${cluster.startSeconds('controller').toFixed(1)} s`)
    await cluster.waitReady()
    await converged(cluster, 'orders_OFFLINE')
    await updateTags(cluster, cluster.servers[0]!.name, ['DefaultTenant_OFFLINE'])
    const { changes, lowest } = await observer.stop()
    expect(changes).toEqual([])
    expect(Object.keys(lowest)).toHaveLength(24)
    const broker = await cluster.addBroker()
    const { mapFields } = await must<{ mapFields: Record<string, object> }>(
      'GET',
      `${cluster.controllerUrl}/zk/get?path=/${cluster.name}/IDEALSTATES/brokerResource`,
    )
    expect(Object.keys(mapFields.orders_OFFLINE!).sort()).toEqual([cluster.brokers[0]!.name, broker])
  })
})

test('nothing is left when the test process is killed, even while a cluster starts', async () => {
  const hook = new URL('../../support/register-tsx.mjs', import.meta.url).href
  const script = `
    import { sandbox } from ${JSON.stringify(new URL('../sandbox.ts', import.meta.url).href)}
    import { startPinot } from ${JSON.stringify(new URL('./start.ts', import.meta.url).href)}
    console.log('orphan', sandbox())
    await startPinot({ servers: [{ tmpfsMiB: 8 }, {}] })`
  const parent = await launch(process.execPath, ['--import', hook, '--input-type=module', '--eval', script])
  await parent.printed('orphan', 20_000)
  const dir = parent.output().split(' ')[1]!
  // ZooKeeper, controller, broker, two servers; a process of node is none of them.
  await until('five orphans to be', 60_000, async () => javaProcesses(dir) === 5)
  expect(readFileSync('/proc/self/mounts', 'utf8')).toContain(dir)

  await parent.end('SIGKILL')
  await until(
    'the orphans ending',
    10_000,
    async () =>
      javaProcesses(dir) === 0 && !existsSync(dir) && !readFileSync('/proc/self/mounts', 'utf8').includes(dir),
  )
})

interface SizeReport {
  diskSizeInBytes: number
  segments: { segmentName: string; diskSizeInBytes: number }[]
}

const servers = (cluster: PinotCluster): string[] => cluster.servers.map(({ name }) => name)
const instances = (cluster: PinotCluster): string[] => [...cluster.servers, ...cluster.brokers].map(({ name }) => name)

const residentMiB = (pid: number): number =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / KiB)

/** How many there are that belong to a sandbox. */
function javaProcesses(sandbox: string): number {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false
    try {
      return (
        readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('java\0') &&
        readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`=${sandbox}\0`)
      )
    } catch {
      return false
    }
  }).length
}
