/** Racks: violations made by hand are repaired; with as many racks as replicas the disks are evened out all the same. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type KafkaCluster, startKafka } from '../kafka/cluster.ts'
import { fill } from '../kafka/fill.ts'
import type { KafkaVersion } from '../kafka/jars.ts'
import { createTopic, describeTopics } from '../kafka/tools.ts'
import { Evenkeel, isQuiet } from './evenkeel.ts'
import { sizes, total } from './placement.ts'
import { MiB, underLoad, watchFactors } from './watch.ts'

const racks = ['a', 'a', 'b', 'b', 'c', 'c']
const brokers = [1, 2, 3, 4, 5, 6]
const rackOf = (id: number) => racks[id - 1]!
const band = 0.12

export function rackRepair(version: KafkaVersion): void {
  describe(`Kafka ${version}: three racks, three replicas, some sharing a rack and the disks uneven`, () => {
    let cluster: KafkaCluster
    let daemon: Evenkeel
    beforeAll(async () => {
      cluster = await startKafka({ version, brokers: brokers.map((id) => ({ id, rack: rackOf(id), tmpfsMiB: 512 })) })
      // The first nine share a rack, or all three replicas are in one and a half; the rest lies on the even brokers mostly.
      const assignment = Array.from({ length: 36 }, (_, p) => {
        if (p < 9)
          return [
            [1, 2, 3],
            [3, 4, 5],
            [5, 6, 1],
          ][p % 3]!
        const even = p % 4 !== 0
        return even ? [2, 4, 6] : [1, 3, 5]
      })
      await createTopic(cluster, 'orders', { assignment })
      await createTopic(cluster, 'ledger', {
        assignment: [
          [1, 3, 5],
          [2, 4, 6],
        ],
      })
      // One is far larger than the others: evening out by that one alone would only turn the tables.
      await fill(
        cluster,
        'orders',
        assignment.map((_, p) => (p === 10 ? 14 : 1 + (p % 3)) * MiB),
      )
    })
    afterAll(async () => {
      await daemon?.stop()
      await cluster?.close()
    })

    test('every rack gets one replica, every disk comes into the band, and then it is quiet', async () => {
      const faulty = (await describeTopics(cluster)).filter(({ replicas }) => new Set(replicas.map(rackOf)).size < 3)
      expect(faulty.length).toBe(9)
      const watch = watchFactors(cluster, 3)
      const acked = await underLoad(cluster, 'ledger', async () => {
        daemon = await Evenkeel.start(cluster, { mode: 'continuous', disk_balance_percent: band * 100 })
        await daemon.reaches('repair', 30_000, (s) => s.violations.some(({ kind }) => kind === 'rack_violation'))
        await daemon.reaches('quiet', 120_000, isQuiet)
      })
      const ended = await daemon.movesEnded()
      await daemon.passTicks(20)
      expect(await daemon.movesEnded(), 'moves in 20 ticks after the end').toBe(ended)

      const { broken } = await watch.stop()
      const after = await describeTopics(cluster)
      const bytes = await sizes(cluster, brokers)
      const used = brokers.map((id) => total(bytes.get(id)!.values()))
      console.log(
        `9 partitions repaired; disks ${used.map((b) => ((b * 6) / total(used)).toFixed(3)).join(' ')} of the mean; ${acked} records, 0 lost`,
      )
      expect(after.filter(({ replicas }) => new Set(replicas.map(rackOf)).size < 3)).toEqual([])
      expect(after.filter(({ replicas, isr }) => replicas.length !== 3 || isr.length !== 3)).toEqual([])
      expect(broken).toEqual([])
      // Every rack holds everything once, so each broker's share is half of its rack.
      brokers.forEach((id, index) => {
        expect(Math.abs((used[index]! * 6) / total(used) - 1), `disk of broker ${id}`).toBeLessThanOrEqual(
          band * 1.1 + 0.01,
        )
      })
      expect(await daemon.metric('evenkeel_rack_violations')).toBe(0)
    })
  })
}
