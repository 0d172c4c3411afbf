/** A broker is killed: what it had is made anew elsewhere and nothing else moves; it returns, and nothing needless moves. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type KafkaCluster, startKafka } from '../kafka/cluster.ts'
import { fill } from '../kafka/fill.ts'
import type { KafkaVersion } from '../kafka/jars.ts'
import { createTopic, describeTopics } from '../kafka/tools.ts'
import { Evenkeel, isQuiet } from './evenkeel.ts'
import { MiB, underLoad, watchFactors } from './watch.ts'

const racks = ['a', 'a', 'b', 'b', 'c', 'c']
const victim = 2

export function heal(version: KafkaVersion): void {
  describe(`Kafka ${version}: six brokers in three racks, one is killed`, () => {
    let cluster: KafkaCluster
    let daemon: Evenkeel
    beforeAll(async () => {
      cluster = await startKafka({ version, brokers: racks.map((rack, i) => ({ id: i + 1, rack, tmpfsMiB: 512 })) })
      const assignment = Array.from({ length: 24 }, (_, p) => {
        const nodes = [1 + (p % 2), 3 + (Math.floor(p / 2) % 2), 5 + (Math.floor(p / 4) % 2)]
        return [...nodes.slice(p % 3), ...nodes.slice(0, p % 3)]
      })
      const configs = { 'min.insync.replicas': 2 }
      await createTopic(cluster, 'orders', { assignment, configs })
      await createTopic(cluster, 'ledger', {
        configs,
        assignment: [
          [victim, 3, 5],
          [4, victim, 6],
          [5, 1, 3],
        ],
      })
      await fill(
        cluster,
        'orders',
        // The same bytes on every broker: each of the eight triples gets one partition of each size.
        assignment.map((_, p) => (1.5 + Math.floor(p / 8)) * MiB),
      )
      daemon = await Evenkeel.start(cluster, { mode: 'continuous' })
      await daemon.reaches('quiet', 60_000, isQuiet)
    })
    afterAll(async () => {
      await daemon?.stop()
      await cluster?.close()
    })

    test('after the timeout all its replicas live elsewhere and in sync, and nothing else moved', async () => {
      const before = await describeTopics(cluster)
      const watch = watchFactors(cluster, 3)
      const acked = await underLoad(cluster, 'ledger', async () => {
        await cluster.kill(victim)
        const waiting = await daemon.reaches('the timeout being counted down', 30_000, ({ verdict }) =>
          /node 2 is gone for .* made anew elsewhere in/.test(verdict?.text ?? ''),
        )
        expect(waiting.verdict?.code).toBe('holding')
        await daemon.reaches('healing', 30_000, (s) => s.violations.some(({ kind }) => kind === 'node_unavailable'))
        await daemon.reaches('everything healed', 60_000, (s) => s.violations.length === 0 && s.moves.running === 0)
      })
      const { broken, looks } = await watch.stop()
      const after = await describeTopics(cluster)
      const had = before.filter(({ replicas }) => replicas.includes(victim))
      const rackOf = (id: number) => racks[id - 1]
      console.log(
        `${had.length} replicas of broker ${victim} made anew; ${acked} records acknowledged, 0 lost; ${looks} looks at the factors`,
      )
      for (const { topic, partition, replicas, isr } of after) {
        const was = before.find((p) => p.topic === topic && p.partition === partition)!.replicas
        const name = `${topic}-${partition}`
        expect(replicas, name).not.toContain(victim)
        expect(
          isr.toSorted((a, b) => a - b),
          name,
        ).toEqual(replicas.toSorted((a, b) => a - b))
        expect(new Set(replicas.map(rackOf)).size, name).toBe(3)
        // What had no replica on it is where it was.
        expect(replicas.filter((id) => !was.includes(id)).length, name).toBe(was.includes(victim) ? 1 : 0)
      }
      expect(had.length).toBeGreaterThan(10)
      expect(broken).toEqual([])
      expect(looks).toBeGreaterThan(20)
    })

    test('it returns, and nothing needless moves', async () => {
      const healed = await describeTopics(cluster)
      const lists = (partitions: typeof healed) => partitions.map(({ replicas }) => replicas.toSorted((a, b) => a - b))
      // At first it has not been back for long enough to count as added.
      await daemon.reconfigure({ mode: 'continuous', node_add_hold: '10m' })
      await underLoad(cluster, 'ledger', async (ledger) => {
        await cluster.start(victim)
        await cluster.waitReady()
        await daemon.passTicks(20)
        await ledger.progress(500)
      })
      expect(lists(await describeTopics(cluster))).toEqual(lists(healed))

      // Then it is an empty broker like any other that was added, and gets its share: but of what had not just left it.
      await daemon.reconfigure({ mode: 'continuous' })
      await daemon.reaches('it being filled', 30_000, ({ status }) => status === 'in_progress')
      await daemon.reaches('quiet', 120_000, isQuiet)
      const filled = await describeTopics(cluster)
      const gone = new Set(
        healed.filter(({ partition, topic }) => topic === 'orders' && partition % 2 === 1).map((p) => p.partition),
      )
      const came = filled.filter(({ replicas }) => replicas.includes(victim))
      expect(came.length).toBeGreaterThan(3)
      expect(came.filter(({ topic, partition }) => topic === 'orders' && gone.has(partition))).toEqual([])
    })
  })
}
