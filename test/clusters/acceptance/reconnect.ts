/** The daemon is told another address of its cluster while copies are under way, then that of another cluster. */
import { readFile, rename, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type KafkaCluster, startKafka } from '../kafka/cluster.ts'
import { fill } from '../kafka/fill.ts'
import type { KafkaVersion } from '../kafka/jars.ts'
import { createTopic, describeTopics } from '../kafka/tools.ts'
import { until } from '../wait.ts'
import { Evenkeel, isQuiet } from './evenkeel.ts'
import { reassignments, throttleKeysBecome } from './throttle-keys.ts'
import { MiB } from './watch.ts'

export function reconnects(version: KafkaVersion): void {
  describe(`Kafka ${version}: a daemon at work is given another address`, () => {
    let cluster: KafkaCluster
    let stranger: KafkaCluster | undefined
    let daemon: Evenkeel
    beforeAll(async () => {
      const properties = { 'log.segment.delete.delay.ms': 1000, 'replica.fetch.max.bytes': 64 * 1024 }
      cluster = await startKafka({
        version,
        brokerProperties: properties,
        brokers: [1, 2, 3].map((id) => ({ id, tmpfsMiB: 256 })),
      })
      const assignment = Array.from({ length: 12 }, (_, p) => [1 + (p % 3), 1 + ((p + 1) % 3)])
      await createTopic(cluster, 'orders', { assignment })
      await fill(
        cluster,
        'orders',
        assignment.map(() => 2 * MiB),
      )
      await cluster.addBroker({ id: 4, tmpfsMiB: 256 })
      await cluster.waitReady()
      // Only the first broker is known, and so slow that the copies outlive the connection.
      const access = { bootstrap_servers: cluster.bootstrap.slice(0, 1) }
      daemon = await Evenkeel.startAt(access, { mode: 'continuous', throttle: { rate_per_node: '1MiB/s' } })
    })
    afterAll(async () => {
      await daemon?.stop()
      await stranger?.close()
      await cluster?.close()
    })

    async function pointAt(from: string, to: string): Promise<void> {
      const text = await readFile(daemon.config, 'utf8')
      expect(text).toContain(from)
      await writeFile(`${daemon.config}.next`, text.replace(from, to))
      await rename(`${daemon.config}.next`, daemon.config)
    }
    const said = (what: RegExp) => until(`${what} in the log`, 60_000, async () => what.test(daemon.text()), 100)

    test('what is under way goes on over the new connection, is done once, and every setting is given back', async () => {
      const [first, second] = cluster.bootstrap
      // What is chosen and waits for its settings is listed too; it may be called off and planned anew.
      const underWay = async () =>
        (await daemon.moves('running')).filter(({ state }) => state === 'running').map(({ id }) => id)
      await until('copies', 60_000, async () => (await underWay()).length > 0, 100)
      const running = await underWay()
      await pointAt(first!, second!)
      await said(/the new connection works and is taken/)
      const still = await underWay()
      expect(still.filter((id) => running.includes(id))).not.toEqual([])
      await daemon.reaches('quiet', 180_000, isQuiet)
      const ended = await daemon.moves('ended')
      expect(new Set(ended.map(({ state }) => state))).toEqual(new Set(['done']))
      const copies = ended.filter(({ kind }) => kind === 'replica').map(({ id }) => id)
      expect(copies).toEqual(expect.arrayContaining(running))
      expect(new Set(copies).size).toBe(copies.length)
      expect(
        (await describeTopics(cluster, 'orders')).every(({ replicas, isr }) => replicas.length === isr.length),
      ).toBe(true)
      await throttleKeysBecome(cluster, {})
      expect((await reassignments(cluster)).size).toBe(0)
    })

    test('another cluster is not taken: the old connection goes on', async () => {
      stranger = await startKafka({ version, brokers: [{ id: 1, tmpfsMiB: 128 }] })
      const [, second] = cluster.bootstrap
      await pointAt(second!, stranger.bootstrap[0]!)
      await said(
        /the new connection is not taken, the old one stays in force: it leads to the cluster \S+, this one is \S+:/,
      )
      await daemon.passTicks(3)
      const status = await daemon.status()
      expect([status.status, status.error]).toEqual(['ready', undefined])
      expect(await daemon.command('status')).toContain('test: the new connection is not taken: it leads to the cluster')
    })
  })
}
