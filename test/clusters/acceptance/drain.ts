/** A broker is drained: empty and safe to stop, also over a restart of the daemon, until it is given back. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type KafkaCluster, startKafka } from '../kafka/cluster.ts'
import { fill } from '../kafka/fill.ts'
import type { KafkaVersion } from '../kafka/jars.ts'
import { createTopic, describeTopics } from '../kafka/tools.ts'
import { Evenkeel, isQuiet } from './evenkeel.ts'
import { MiB, underLoad } from './watch.ts'

export function drained(version: KafkaVersion): void {
  describe(`Kafka ${version}: four brokers, one is to be taken out of service`, () => {
    let cluster: KafkaCluster
    let daemon: Evenkeel
    beforeAll(async () => {
      cluster = await startKafka({
        version,
        // What was drained still fills its disk until Kafka deletes it, by default a minute later.
        brokerProperties: { 'log.segment.delete.delay.ms': 1000 },
        brokers: [1, 2, 3, 4].map((id) => ({ id, tmpfsMiB: 512 })),
      })
      const assignment = Array.from({ length: 24 }, (_, p) => [1 + (p % 4), 1 + ((p + 1) % 4)])
      await createTopic(cluster, 'orders', { assignment })
      await createTopic(cluster, 'ledger', {
        assignment: [
          [4, 1],
          [2, 4],
        ],
      })
      await fill(
        cluster,
        'orders',
        assignment.map((_, p) => (1 + (p % 3)) * MiB),
      )
      daemon = await Evenkeel.start(cluster, { mode: 'node_add' })
      await daemon.reaches('quiet', 60_000, isQuiet)
    })
    afterAll(async () => {
      await daemon?.stop()
      await cluster?.close()
    })

    const onBroker4 = async () => (await describeTopics(cluster)).filter(({ replicas }) => replicas.includes(4))

    test('drain empties it and says when it is safe to stop', async () => {
      const acked = await underLoad(cluster, 'ledger', async () => {
        await daemon.command('drain', '4', '--wait')
      })
      console.log(`broker 4 drained; ${acked} records acknowledged, 0 lost`)
      expect(await onBroker4()).toEqual([])
      expect(await daemon.command('status')).toMatch(/node 4 is empty: safe to stop/)
      expect((await describeTopics(cluster)).every(({ isr }) => isr.length === 2)).toBe(true)
    })

    test('a new daemon still keeps it empty, also after it was stopped and started', async () => {
      await daemon.stop()
      await daemon.restart()
      await daemon.reaches('quiet', 60_000, isQuiet)
      await daemon.passTicks(10)
      expect(await onBroker4()).toEqual([])
      await cluster.stop(4)
      await cluster.start(4)
      await cluster.waitReady()
      await daemon.passTicks(15)
      expect(await onBroker4()).toEqual([])
      expect(await daemon.command('status')).toMatch(/node 4 is empty: safe to stop/)
    })

    test('undrain gives it its share back', async () => {
      await daemon.command('undrain', '4')
      await daemon.reaches('it being filled', 30_000, (s) => s.violations.some(({ kind }) => kind === 'node_underused'))
      await daemon.reaches('quiet', 90_000, isQuiet)
      expect((await onBroker4()).length).toBeGreaterThan(3)
      expect(await daemon.command('status')).not.toMatch(/node 4/)
    })
  })
}
