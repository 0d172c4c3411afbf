/**
 * Brokers come and go, as in a rolling restart, and a topic is deleted meanwhile: nothing is moved that need not be. What a person
 * moves stays.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type KafkaCluster, startKafka } from '../kafka/cluster.ts'
import { fill } from '../kafka/fill.ts'
import type { KafkaVersion } from '../kafka/jars.ts'
import { createTopic, describeTopics, runTool } from '../kafka/tools.ts'
import { until } from '../wait.ts'
import { Evenkeel, isQuiet } from './evenkeel.ts'
import { leaderSpread } from './placement.ts'

const brokers = [1, 2, 3]
const pairs = [
  [1, 2],
  [2, 3],
  [3, 1],
  [1, 3],
  [2, 1],
  [3, 2],
]

export function restarts(version: KafkaVersion): void {
  describe(`Kafka ${version}: three brokers, one restarts`, () => {
    let cluster: KafkaCluster
    let daemon: Evenkeel
    beforeAll(async () => {
      cluster = await startKafka({ version, brokers: brokers.map((id) => ({ id, tmpfsMiB: 128 })) })
      await createTopic(cluster, 'orders', {
        assignment: Array.from({ length: 24 }, (_, p) => pairs[p % pairs.length]!),
      })
      await createTopic(cluster, 'gone', { assignment: [[3, 1]] })
      await fill(
        cluster,
        'orders',
        Array.from({ length: 24 }, () => 200_000),
      )
      daemon = await Evenkeel.start(cluster, {
        mode: 'continuous',
        disk_balance_percent: 20,
        node_add_hold: '6s',
        node_availability_timeout: '10m',
      })
      await daemon.reaches('quiet', 60_000, isQuiet)
    })
    afterAll(async () => {
      await daemon?.stop()
      await cluster?.close()
    })

    test('the order of replicas stays, leadership comes back, and a deleted topic blinds nobody', async () => {
      const before = await describeTopics(cluster, 'orders')
      await cluster.kill(3)
      await until('broker 3 being missed', 30_000, async () =>
        (await describeTopics(cluster, 'orders')).every(({ leader }) => leader !== 3),
      )
      await runTool(cluster, 'org.apache.kafka.tools.TopicCommand', ['--delete', '--topic', 'gone'])
      await daemon.passTicks(3)
      const status = await daemon.status()
      expect([status.status, status.verdict?.code, status.error]).toEqual(['ready', 'holding', undefined])
      expect(status.verdict?.text).toMatch(/node 3 is gone for .* made anew elsewhere in/)

      await cluster.start(3)
      await daemon.reaches('leadership waiting for calm', 30_000, ({ verdict }) =>
        /leadership waits: node 3 is here for/.test(verdict?.text ?? ''),
      )
      await daemon.reaches('quiet', 60_000, isQuiet)
      const after = await describeTopics(cluster, 'orders')
      expect(after.map(({ replicas }) => replicas)).toEqual(before.map(({ replicas }) => replicas))
      expect(await leaderSpread(cluster, brokers)).toBeLessThanOrEqual(1.15)
      expect(await daemon.metric('evenkeel_moves_finished_total', 'kind="replica"')).toBe(0)
    })

    test('what is moved by hand is where a person wants it, and stays there while the rest is evened out', async () => {
      const why = ['--reason', 'wanted there']
      // Led by 3: it leads half its share then, and 1 as much more.
      const led = [2, 8, 14, 20]
      const transfers = () => daemon.metric('evenkeel_moves_finished_total', 'kind="leader"')
      const before = await transfers()
      await Promise.all(led.map((p) => daemon.command('transfer-leadership', `orders-${p}`, '--to', '1', ...why)))
      const done = await daemon.command('move', 'orders-0', '--from', '1', '--to', '3', ...why, '--wait')
      expect(done).toBe('orders-0 from 1 to 3: done')
      await until(
        'others being led elsewhere for it',
        60_000,
        async () => (await transfers()) > before + led.length,
        200,
      )
      await daemon.reaches('quiet', 60_000, isQuiet)
      const placed = await describeTopics(cluster, 'orders')
      expect(placed[0]!.replicas.toSorted((a, b) => a - b)).toEqual([2, 3])
      for (const partition of led) expect(placed[partition]!.leader, `orders-${partition}`).toBe(1)
      expect(await leaderSpread(cluster, brokers)).toBeLessThanOrEqual(1.15)
    })
  })
}
