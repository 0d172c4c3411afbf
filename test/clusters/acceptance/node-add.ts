/** Two empty brokers join a cluster under load: evenkeel fills them, moves little, loses nothing, and is quiet afterwards. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { seededRandom } from '../../../src/lib/random.ts'
import { promtoolFindings } from '../../support/promtool.ts'
import { type KafkaCluster, startKafka } from '../kafka/cluster.ts'
import { fill } from '../kafka/fill.ts'
import type { KafkaVersion } from '../kafka/jars.ts'
import { startLedger } from '../kafka/ledger.ts'
import { createTopic, describeTopics } from '../kafka/tools.ts'
import { Evenkeel, isQuiet } from './evenkeel.ts'
import { leaderSpread, lowerBound, sizes, total, watchPlacement } from './placement.ts'

const MiB = 1024 * 1024
const partitions = 60
const everyone = [1, 2, 3, 4, 5, 6]

export function nodeAdd(version: KafkaVersion): void {
  describe(`Kafka ${version}: brokers 2 + 1 + 1 over three racks, two empty ones join the small racks`, () => {
    let cluster: KafkaCluster
    let daemon: Evenkeel
    beforeAll(async () => {
      const racks = ['a', 'a', 'b', 'c']
      cluster = await startKafka({ version, brokers: racks.map((rack, i) => ({ id: i + 1, rack, tmpfsMiB: 1024 })) })
      const random = seededRandom(7)
      const bytes = Array.from({ length: partitions }, () => Math.round((0.3 + random() ** 3 * 10) * MiB))
      // The two brokers of the large rack begin equally full: what is uneven between old brokers is no matter of node add.
      const held = new Map([
        [1, 0],
        [2, 0],
      ])
      const assignment = bytes.map((size, p) => {
        const emptier = held.get(1)! <= held.get(2)! ? 1 : 2
        held.set(emptier, held.get(emptier)! + size)
        const nodes = [emptier, 3, 4]
        return [...nodes.slice(p % 3), ...nodes.slice(0, p % 3)]
      })
      await createTopic(cluster, 'orders', { assignment })
      await createTopic(cluster, 'ledger', {
        assignment: [
          [1, 3, 4],
          [3, 4, 2],
          [4, 1, 3],
        ],
      })
      await fill(cluster, 'orders', bytes)
    })
    afterAll(async () => {
      await daemon?.stop()
      await cluster?.close()
    })

    test('they are filled with their fair share and nothing is lost', async () => {
      const ledger = await startLedger(cluster, { topic: 'ledger', perSecond: 200 })
      const watch = watchPlacement(cluster, 3, 3)
      daemon = await Evenkeel.start(cluster, { mode: 'node_add' })
      await daemon.reaches('quiet before anybody joins', 60_000, isQuiet)

      const before = await sizes(cluster, [1, 2, 3, 4])
      await cluster.addBroker({ id: 5, rack: 'b', tmpfsMiB: 1024 })
      await cluster.addBroker({ id: 6, rack: 'c', tmpfsMiB: 1024 })
      await cluster.waitReady()
      await daemon.reaches('work beginning', 30_000, (s) => s.status === 'in_progress')
      await daemon.reaches('quiet again', 150_000, isQuiet)

      const after = await sizes(cluster, everyone)
      const used = everyone.map((id) => total(after.get(id)!.values()))
      const fair = total(used) / everyone.length
      const moved = [5, 6].flatMap((id) => [...after.get(id)!].filter(([name]) => !before.get(id)?.has(name)))
      const movedBytes = total(moved.map(([, size]) => size))
      const largestMoved = Math.max(...moved.map(([, size]) => size))
      const bound = lowerBound([...[1, 2, 3, 4].map((id) => total(before.get(id)!.values())), 0, 0], 0.05)
      const leaders = await leaderSpread(cluster, everyone)

      const ended = await daemon.movesEnded()
      await daemon.passTicks(20)
      expect(await daemon.movesEnded(), 'moves in 20 ticks after the end').toBe(ended)

      const records = await ledger.stop()
      const placement = await watch.stop()
      console.log(
        [
          `fair share ${(fair / MiB).toFixed(1)} MiB, disks ${used.map((bytes) => (bytes / fair).toFixed(3)).join(' ')} of it`,
          `moved ${(movedBytes / MiB).toFixed(1)} MiB in ${moved.length} replicas, ${(movedBytes / bound).toFixed(3)} × the bound`,
          `evenkeel says it copied ${((await daemon.metric('evenkeel_moved_bytes_total')) / MiB).toFixed(1)} MiB`,
          `leaders max/mean ${leaders.toFixed(3)}; ${records.acked} records acknowledged, ${records.lost.length} lost`,
          `${placement.looks} looks at the placement, ${placement.broken.length} violations`,
        ].join('\n'),
      )
      everyone.forEach((id, index) => {
        const largest = Math.max(...after.get(id)!.values())
        expect(Math.abs(used[index]! - fair), `disk of broker ${id}`).toBeLessThanOrEqual(
          Math.max(0.05 * fair, largest),
        )
      })
      expect(movedBytes).toBeLessThanOrEqual(Math.max(1.05 * bound, bound + largestMoved))
      expect(leaders).toBeLessThanOrEqual(1.15)
      expect(records.lost).toEqual([])
      expect(records.acked).toBeGreaterThan(1000)
      expect(placement.broken).toEqual([])
      expect(placement.looks).toBeGreaterThan(50)
      const placed = await describeTopics(cluster)
      expect(placed.filter(({ replicas, isr }) => replicas.length !== 3 || isr.length !== 3)).toEqual([])
      expect(await daemon.metric('evenkeel_moves_finished_total', 'result="done"'), daemon.log()).toBe(ended)
    })

    test('its metrics are clean and its end is orderly', async () => {
      expect(await daemon.metric('evenkeel_up')).toBe(1)
      expect(promtoolFindings(await daemon.metricsText())).toBe('')
      expect(await daemon.metric('evenkeel_node_disk_used_bytes', 'node_id="5"')).toBeGreaterThan(10 * MiB)
      expect(await daemon.stop()).toBe(0)
    })
  })
}
