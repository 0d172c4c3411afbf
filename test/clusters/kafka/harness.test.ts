/** Proves the harness itself on real Kafka, so that a test that relies on it proves something. */
import { existsSync } from 'node:fs'
import { statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { guardLeaks } from '../leaks.ts'
import { until } from '../wait.ts'
import { brokersSeenBy, kafkaClient } from './client.ts'
import { type KafkaCluster, startKafka } from './cluster.ts'
import { fill } from './fill.ts'
import { startLedger } from './ledger.ts'
import {
  cancelReassignment,
  createTopic,
  describeLogDirs,
  describeTopics,
  executeReassignment,
  grant,
  listReassignments,
  runTool,
  verifyReassignment,
} from './tools.ts'

guardLeaks()

const MiB = 1024 * 1024

describe('a cluster of three racks', () => {
  let cluster: KafkaCluster
  beforeAll(async () => {
    const brokers = [1, 2, 3].map((id) => ({ id, rack: `r${id}`, tmpfsMiB: 64, logDirs: id === 1 ? 2 : 1 }))
    cluster = await startKafka({ brokers })
  })
  afterAll(() => cluster?.close())

  test('has its brokers, racks and disks', async () => {
    expect(cluster.brokers.map(({ id, rack, state }) => `${id} ${rack} ${state}`)).toEqual([
      '1 r1 running',
      '2 r2 running',
      '3 r3 running',
    ])
    expect(await brokersSeenBy(cluster, cluster.bootstrap[2]!)).toEqual([1, 2, 3])
    expect(cluster.logDirs(1)).toHaveLength(2)
    for (const dir of [1, 2, 3].flatMap((id) => cluster.logDirs(id))) {
      const disk = await statfs(dir)
      expect(disk.blocks * disk.bsize).toBe(64 * MiB)
    }
  })

  test('is filled, described and reassigned by independent tools', async () => {
    await createTopic(cluster, 'filled', {
      assignment: [
        [1, 2],
        [2, 3],
      ],
      configs: { 'retention.ms': 86_400_000 },
    })
    await fill(cluster, 'filled', [8 * MiB, 1])
    expect(await describeTopics(cluster, 'filled')).toEqual([
      { topic: 'filled', partition: 0, leader: 1, replicas: [1, 2], isr: [1, 2], adding: [], removing: [] },
      { topic: 'filled', partition: 1, leader: 2, replicas: [2, 3], isr: [2, 3], adding: [], removing: [] },
    ])
    const sizes = (await describeLogDirs(cluster, [1, 2])).brokers
      .flatMap(({ logDirs }) => logDirs)
      .flatMap(({ partitions }) => partitions.filter(({ partition }) => partition === 'filled-0'))
      .map(({ size }) => size)
    expect(sizes).toHaveLength(2)
    for (const size of sizes) {
      expect(size).toBeGreaterThan(8 * MiB)
      expect(size).toBeLessThan(8 * MiB + 2048)
    }

    const target = [{ topic: 'filled', partition: 0, replicas: [3, 2] }]
    await executeReassignment(cluster, target, 100_000)
    expect(await listReassignments(cluster)).toEqual(['filled-0: replicas: 3,2,1. adding: 3. removing: 1.'])
    expect(await verifyReassignment(cluster, target)).toBe(false)
    await cancelReassignment(cluster, target)
    expect(await listReassignments(cluster)).toEqual([])

    const quick = [{ topic: 'filled', partition: 1, replicas: [1, 2] }]
    await executeReassignment(cluster, quick)
    await until('the move of one byte', 10_000, () => verifyReassignment(cluster, quick))
    await expect(createTopic(cluster, 'filled', { partitions: 1, replicationFactor: 1 })).rejects.toThrow(
      'already exists',
    )
  })

  test('loses nothing that was acknowledged while brokers die, return, freeze and join', async () => {
    await createTopic(cluster, 'orders', { partitions: 6, replicationFactor: 3, configs: { 'min.insync.replicas': 2 } })
    const ledger = await startLedger(cluster, { topic: 'orders', perSecond: 200 })

    const firstPid = cluster.pid(2)
    await cluster.kill(2)
    expect(cluster.brokers[1]?.state).toBe('down')
    await cluster.waitReady()
    await ledger.progress(200)
    await cluster.start(2)
    expect(cluster.pid(2)).not.toBe(firstPid)
    expect(cluster.log(2)).toContain('Kafka Server started')

    await cluster.addBroker({ id: 4, rack: 'r1', separateMetadata: true })
    await cluster.waitReady()
    expect(existsSync(`${cluster.logDirs(4)[0]}/__cluster_metadata-0`)).toBe(false)
    expect(existsSync(`${cluster.logDirs(1)[0]}/__cluster_metadata-0`)).toBe(true)

    cluster.freeze(3)
    expect(cluster.brokers[2]?.state).toBe('frozen')
    await cluster.waitReady()
    await ledger.progress(200)
    cluster.thaw(3)
    await cluster.stop(1)
    await cluster.start(1)
    await cluster.killController()
    await ledger.progress(200)
    await cluster.startController()
    await cluster.waitReady()

    const { acked, consumed, lost } = await ledger.stop()
    expect(lost).toEqual([])
    expect(acked).toBeGreaterThan(600)
    expect(consumed).toBeGreaterThan(600)
  })

  test('the ledger notices a loss', async () => {
    await createTopic(cluster, 'lossy', { partitions: 1, replicationFactor: 1 })
    const ledger = await startLedger(cluster, { topic: 'lossy', perSecond: 200 })
    await ledger.progress(20)
    const records = join(cluster.dir, 'records.json')
    await writeFile(records, JSON.stringify({ version: 1, partitions: [{ topic: 'lossy', partition: 0, offset: 3 }] }))
    await runTool(cluster, 'org.apache.kafka.tools.DeleteRecordsCommand', ['--offset-json-file', records])
    expect((await ledger.stop()).lost).toEqual(['0', '1', '2'])
  })
})

describe('a cluster with users and ACLs', () => {
  const alice = { username: 'alice', password: 'wonderland' }
  let cluster: KafkaCluster
  beforeAll(async () => {
    const sasl = { [alice.username]: alice.password }
    cluster = await startKafka({ brokers: [{ id: 1 }, { id: 2 }], sasl, authorizer: true, elr: false })
  })
  afterAll(() => cluster?.close())

  test('refuses a wrong password, and a user until it has been granted the right', async () => {
    await createTopic(cluster, 'secret', { partitions: 1, replicationFactor: 2 })
    await fill(cluster, 'secret', [100])
    await expect(topicsSeenBy(cluster, { ...alice, password: 'wrong' })).rejects.toThrow('Authentication failed')
    expect(await topicsSeenBy(cluster, alice)).toEqual([])
    await expect(runTool(cluster, logDirsTool, ['--describe'], { user: alice })).rejects.toThrow(
      'Cluster authorization failed',
    )

    await grant(cluster, alice.username, ['--cluster'], ['Describe'])
    await grant(cluster, alice.username, ['--topic', '*'], ['Describe'])
    expect(await topicsSeenBy(cluster, alice)).toEqual(['secret'])
    expect(await runTool(cluster, logDirsTool, ['--describe'], { user: alice })).toContain('secret-0')
  })

  test('serves the ledger', async () => {
    const ledger = await startLedger(cluster, { topic: 'secret', perSecond: 50 })
    await ledger.progress(10)
    expect((await ledger.stop()).lost).toEqual([])
  })
})

const logDirsTool = 'org.apache.kafka.tools.LogDirsCommand'

async function topicsSeenBy(cluster: KafkaCluster, user: { username: string; password: string }): Promise<string[]> {
  const admin = kafkaClient(cluster, user).admin()
  try {
    await admin.connect()
    return await admin.listTopics()
  } finally {
    await admin.disconnect()
  }
}
