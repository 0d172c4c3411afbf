/** A dead broker, a partition without a leader and replicas in a dir that failed: evenkeel works around them and says so. */
import { statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type KafkaCluster, startKafka } from '../kafka/cluster.ts'
import { fill } from '../kafka/fill.ts'
import type { KafkaVersion } from '../kafka/jars.ts'
import { createTopic, describeLogDirs, describeTopics } from '../kafka/tools.ts'
import { until } from '../wait.ts'
import { Evenkeel } from './evenkeel.ts'
import { sizes, total } from './placement.ts'

const MiB = 1024 * 1024

export function clusterInTrouble(version: KafkaVersion): void {
  describe(`Kafka ${version}: a cluster in trouble`, () => {
    let cluster: KafkaCluster
    let daemon: Evenkeel | undefined
    beforeAll(async () => {
      cluster = await startKafka({
        version,
        brokers: [1, 2, 3, 4].map((id) => ({
          id,
          tmpfsMiB: 256,
          ...(id === 3 ? { logDirs: 2, separateMetadata: true } : {}),
        })),
      })
      const spread = (count: number) =>
        Array.from(
          { length: count },
          (_, p) =>
            [
              [1, 2],
              [2, 1],
              [1, 3],
              [3, 2],
              [2, 4],
            ][p % 5]!,
        )
      await createTopic(cluster, 'orders', { assignment: spread(40) })
      await createTopic(cluster, 'single', { assignment: [[4], [1]] })
      await createTopic(cluster, 'offline', {
        assignment: [
          [3, 1],
          [3, 2],
          [3, 1],
          [3, 2],
        ],
      })
      await fill(
        cluster,
        'orders',
        Array.from({ length: 40 }, (_, p) => (1 + (p % 4)) * MiB),
      )
      await fill(cluster, 'single', [MiB, MiB])
      await fill(cluster, 'offline', [MiB, MiB, MiB, MiB])
    })
    afterAll(async () => {
      await daemon?.stop()
      await cluster?.close()
    })

    test('the rest is balanced, what has failed is left alone and named', async () => {
      await fillUpOneDir(cluster, 3)
      await cluster.kill(4)
      await cluster.addBroker({ id: 5, tmpfsMiB: 256 })
      const troubled = await until('single-0 losing its leader', 30_000, async () => {
        const described = await describeTopics(cluster)
        const single = described.find(({ topic, partition }) => topic === 'single' && partition === 0)
        return single?.leader === undefined && described
      })

      daemon = await Evenkeel.start(cluster, { mode: 'node_add' })
      await daemon.reaches('the new broker being filled', 60_000, (s) =>
        s.violations.some(({ kind }) => kind === 'node_underused'),
      )
      // What is lost stays open: the mode leaves it alone, and says so.
      const status = await daemon.reaches('what the mode acts on being done', 120_000, ({ verdict, moves }) => {
        return verdict?.code === 'mode_node_add' && moves.running + moves.pending === 0
      })

      expect(status.notes.join()).toMatch(/replicas of \d+ partitions lie in dirs that are offline \(.*\)/)
      // The cluster itself calls them offline: nothing is left that is merely not known.
      expect(status.notes.join()).not.toMatch(/the size of a replica/)
      const after = await sizes(cluster, [1, 2, 3, 5])
      const used = [1, 2, 3, 5].map((id) => total(after.get(id)!.values()))
      console.log(`disks ${used.map((bytes) => (bytes / MiB).toFixed(1)).join(' ')} MiB; ${status.notes.join('; ')}`)
      expect(used[3]).toBeGreaterThan(0.5 * (total(used) / 4))
      expect(await daemon.metric('evenkeel_offline_partitions')).toBeGreaterThan(0)
      expect(await daemon.metric('evenkeel_nodes', 'state="unavailable"')).toBe(1)

      const placed = await describeTopics(cluster)
      const replicasOf = (list: typeof placed, name: string) =>
        list.find(({ topic, partition }) => `${topic}-${partition}` === name)?.replicas
      const failed = /offline \((.*?)(, …)?\)/.exec(status.notes.join())![1]!.split(', ')
      for (const name of [...failed, 'single-0'])
        expect(replicasOf(placed, name), name).toEqual(replicasOf(troubled, name))
      for (const { topic, partition, replicas } of placed) {
        expect(replicas.length, `${topic}-${partition}`).toBe(replicasOf(troubled, `${topic}-${partition}`)!.length)
        const received = replicas.filter((id) => !replicasOf(troubled, `${topic}-${partition}`)!.includes(id))
        expect(received.every((id) => id === 5)).toBe(true)
      }
    })
  })
}

/** Fills the volume of a dir to the brim, so that the next write takes the dir offline. */
async function fillUpOneDir(cluster: KafkaCluster, id: number): Promise<void> {
  const [dir] = cluster.logDirs(id)
  const disk = await statfs(dir!)
  const brim = writeFile(join(dir!, 'other-data'), Buffer.alloc(disk.bavail * disk.bsize))
  await brim.catch((error: NodeJS.ErrnoException) => expect(error.code).toBe('ENOSPC'))
  // Only replicas that lie in this dir fail; some of these writes go there.
  await fill(cluster, 'offline', [MiB, MiB, MiB, MiB]).catch(() => undefined)
  await until('the dir going offline', 30_000, async () => {
    const { brokers } = await describeLogDirs(cluster, [id])
    return brokers[0]!.logDirs.some(({ logDir, error }) => logDir === dir && error !== null)
  })
}
