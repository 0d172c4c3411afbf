/** Disks that run full: relieved with few bytes, and never at the price of another disk. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type KafkaCluster, startKafka } from '../kafka/cluster.ts'
import { fill } from '../kafka/fill.ts'
import type { KafkaVersion } from '../kafka/jars.ts'
import { createTopic, describeLogDirs, describeTopics } from '../kafka/tools.ts'
import { until } from '../wait.ts'
import { Evenkeel, isQuiet } from './evenkeel.ts'
import { sizes } from './placement.ts'
import { fullness, MiB, underLoad, watchDirs } from './watch.ts'

/** Kafka removes files late; a test that looks at disks cannot wait a minute each time. The default of the broker counts. */
const brokerProperties = { 'log.segment.delete.delay.ms': 1000 }
const hard = 0.9

export function relief(version: KafkaVersion): void {
  describe(`Kafka ${version}: four brokers, the disk of one is at 90 %`, () => {
    const disk = 160
    let cluster: KafkaCluster
    let daemon: Evenkeel | undefined
    beforeAll(async () => {
      cluster = await startKafka({
        version,
        brokerProperties,
        brokers: [1, 2, 3, 4].map((id) => ({ id, tmpfsMiB: disk })),
      })
      const assignment = Array.from({ length: 30 }, (_, p) => [1, 2 + (p % 3)])
      await createTopic(cluster, 'orders', { assignment })
      await createTopic(cluster, 'ledger', {
        assignment: [
          [2, 3],
          [3, 4],
        ],
      })
      const bytes = assignment.map((_, p) => Math.round((2.5 + (p % 7) / 2) * MiB))
      await fill(cluster, 'orders', bytes)
      // The rest up to nine tenths is other data.
      const [dir] = cluster.logDirs(1)
      const more = Math.round((0.9 - (await fullness(dir!))) * disk * MiB)
      if (more > 0) await writeFile(join(dir!, 'other-data'), Buffer.alloc(more))
    })
    afterAll(async () => {
      await daemon?.stop()
      await cluster?.close()
    })

    test('it comes under 80 % with the least bytes, and no disk over the hard limit through us', async () => {
      const dirs = [1, 2, 3, 4].map((id) => cluster.logDirs(id)[0]!)
      const before = await sizes(cluster, [1])
      const full = await fullness(dirs[0]!)
      expect(full).toBeGreaterThan(0.89)
      const watch = watchDirs(dirs)
      const acked = await underLoad(cluster, 'ledger', async (ledger) => {
        daemon = await Evenkeel.start(cluster, { mode: 'continuous' })
        await daemon.reaches('relief', 30_000, (s) => s.violations.some(({ kind }) => kind === 'disk_over_limit'))
        await daemon.reaches('quiet', 60_000, isQuiet)
        await until('the space being free', 90_000, async () => (await fullness(dirs[0]!)) < 0.8)
        await daemon.passTicks(20)
        await ledger.progress(200)
      })
      const { most, looks } = await watch.stop()
      const after = await sizes(cluster, [1])
      const left = [...before.get(1)!].filter(([name]) => !after.get(1)!.has(name))
      const moved = left.reduce((sum, [, size]) => sum + size, 0)
      const excess = (full - 0.8) * disk * MiB
      const smallest = Math.min(...[...before.get(1)!].filter(([name]) => name.startsWith('orders')).map(([, s]) => s))
      console.log(
        [
          `disk of broker 1 from ${(full * 100).toFixed(1)} % to ${((await fullness(dirs[0]!)) * 100).toFixed(1)} %`,
          `moved ${(moved / MiB).toFixed(1)} MiB in ${left.length} replicas, ${(excess / MiB).toFixed(1)} MiB were over the limit`,
          `highest on the way ${[...most.values()].map((ratio) => (ratio * 100).toFixed(1)).join(' ')} % in ${looks} looks; ${acked} records, 0 lost`,
        ].join('\n'),
      )
      // The margin below the limit, and at most what the smallest replica is too large.
      expect(moved, daemon!.text().slice(-6000)).toBeLessThanOrEqual(excess + 0.011 * disk * MiB + smallest)
      expect([...most.values()].slice(1).every((ratio) => ratio < hard)).toBe(true)
      expect(await daemon!.metric('evenkeel_moves_finished_total', 'kind="replica"')).toBe(left.length)
      expect(
        (await describeTopics(cluster)).every(({ replicas, isr }) => replicas.length === 2 && isr.length === 2),
      ).toBe(true)
    })
  })

  describe(`Kafka ${version}: two log dirs a broker, one of them is full`, () => {
    const disk = 96
    const brokers = [1, 2, 3]
    let cluster: KafkaCluster
    let daemon: Evenkeel | undefined
    beforeAll(async () => {
      cluster = await startKafka({
        version,
        brokerProperties,
        brokers: brokers.map((id) => ({ id, tmpfsMiB: disk, logDirs: 2, separateMetadata: true })),
      })
      const assignment = Array.from({ length: 18 }, (_, p) => [1 + (p % 3), 1 + ((p + 1) % 3)])
      await createTopic(cluster, 'orders', { assignment })
      await createTopic(cluster, 'ledger', {
        assignment: [
          [2, 3],
          [3, 2],
        ],
      })
      await fill(
        cluster,
        'orders',
        assignment.map(() => 3 * MiB),
      )
      const [dir] = cluster.logDirs(1)
      const more = Math.round((0.88 - (await fullness(dir!))) * disk * MiB)
      await writeFile(join(dir!, 'other-data'), Buffer.alloc(more))
    })
    afterAll(async () => {
      await daemon?.stop()
      await cluster?.close()
    })

    test('replicas go to the other dir of the same broker', async () => {
      const dirs = cluster.logDirs(1)
      const placedBefore = await describeTopics(cluster, 'orders')
      const lying = await replicasPerDir(cluster)
      const watch = watchDirs(brokers.flatMap((id) => cluster.logDirs(id)))
      const acked = await underLoad(cluster, 'ledger', async (ledger) => {
        daemon = await Evenkeel.start(cluster, { mode: 'continuous' })
        await daemon.reaches('relief', 30_000, (s) => s.violations.some(({ kind }) => kind === 'disk_over_limit'))
        await daemon.reaches('quiet', 60_000, isQuiet)
        await until('the space being free', 90_000, async () => (await fullness(dirs[0]!)) < 0.8)
        await daemon.passTicks(20)
        await ledger.progress(200)
      })
      const { most } = await watch.stop()
      const now = await replicasPerDir(cluster)
      const moved = [...lying].filter(([name, dir]) => now.get(name) !== dir)
      console.log(
        `${moved.length} replicas went from ${dirs[0]!.slice(-6)} to ${dirs[1]!.slice(-6)}, now ${((await fullness(dirs[0]!)) * 100).toFixed(1)} % and ${((await fullness(dirs[1]!)) * 100).toFixed(1)} %; ${acked} records, 0 lost`,
      )
      expect(moved.length).toBeGreaterThan(1)
      for (const [name] of moved) expect(now.get(name)).toBe(dirs[1])
      // Nothing went to another broker.
      const lists = (placed: typeof placedBefore) => placed.map(({ replicas }) => replicas)
      expect(lists(await describeTopics(cluster, 'orders'))).toEqual(lists(placedBefore))
      expect([...most].filter(([dir, ratio]) => dir !== dirs[0] && ratio >= hard)).toEqual([])
      expect(await daemon!.metric('evenkeel_moves_finished_total', 'result="done"')).toBe(moved.length)
    })
  })
}

/** Where each replica of broker 1 lies. */
async function replicasPerDir(cluster: KafkaCluster): Promise<Map<string, string>> {
  const { brokers } = await describeLogDirs(cluster, [1])
  return new Map(brokers[0]!.logDirs.flatMap(({ logDir, partitions }) => partitions.map((p) => [p.partition, logDir])))
}
