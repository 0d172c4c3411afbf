/** The newest Kafka that there is: read completely, moved, and what it refuses to a cordoned broker. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Move, moveId } from '../../../src/cluster/move.ts'
import { realClock } from '../../../src/lib/clock.ts'
import { createKafka } from '../../../src/systems/kafka/kafka.ts'
import type { System } from '../../../src/systems/port.ts'
import { guardLeaks } from '../leaks.ts'
import { until } from '../wait.ts'
import { type KafkaCluster, startKafka } from './cluster.ts'
import { fill } from './fill.ts'
import { createTopic, runTool } from './tools.ts'

guardLeaks()
const { signal } = new AbortController()

describe('Kafka 4.4.0', () => {
  let cluster: KafkaCluster
  let system: System
  beforeAll(async () => {
    cluster = await startKafka({
      version: '4.4.0',
      brokers: [1, 2].map((id) => ({ id, rack: `r${id}`, tmpfsMiB: 128 })),
    })
    await createTopic(cluster, 'orders', {
      assignment: [[1], [1]],
    })
    await fill(cluster, 'orders', [1024 * 1024, 1024 * 1024])
    const bootstrap = cluster.bootstrap.map((text) => ({ host: '127.0.0.1', port: Number(text.split(':')[1]) }))
    system = await createKafka({ name: 'test', bootstrap, clientId: 'test' }, realClock)
  })
  afterAll(async () => {
    await system?.close()
    await cluster?.close()
  })

  test('is read, moved, and refuses a cordoned target, which the sample shows', async () => {
    const sample = await system.sample(signal)
    expect(sample.missingNodes).toEqual([])
    expect(sample.notes).toEqual([])
    expect([sample.state.nodeCount, sample.state.partitionCount]).toEqual([2, 2])

    const move = (partition: number): Move => ({
      id: moveId('replica', 'orders', partition, 1, 2),
      kind: 'replica',
      topic: 'orders',
      partition,
      replicas: [1],
      leader: 1,
      from: 1,
      to: 2,
      bytes: 1024 * 1024,
      reason: 'node_underused',
    })
    expect(await system.perform(system.steps(move(0)), signal)).toEqual([{ outcome: 'accepted' }])
    await until(
      'the move landing',
      20_000,
      async () => (await system.judge([move(0)], signal))[0]?.outcome === 'landed',
    )

    const cordon = ['--alter', '--entity-type', 'brokers', '--entity-name', '2', '--add-config', 'cordoned.log.dirs=*']
    await runTool(cluster, 'kafka.admin.ConfigCommand', cordon)
    await until('the sample showing it', 10_000, async () => {
      const { state } = await system.sample(signal)
      return state.dirCordoned.includes(1)
    })
    const [refused] = await system.perform(system.steps(move(1)), signal)
    expect(refused).toMatchObject({ outcome: 'refused', text: expect.stringContaining('INVALID_REPLICA_ASSIGNMENT') })
  })
})
