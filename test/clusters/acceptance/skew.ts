/** A skewed cluster: shown in `off`, handed to Kafka's own tool, balanced in `continuous` with a band. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { seededRandom } from '../../../src/lib/random.ts'
import { type KafkaCluster, startKafka } from '../kafka/cluster.ts'
import { fill } from '../kafka/fill.ts'
import type { KafkaVersion } from '../kafka/jars.ts'
import { startLedger } from '../kafka/ledger.ts'
import { createTopic, describeTopics, executeReassignment, type Placement, verifyReassignment } from '../kafka/tools.ts'
import { freshDir } from '../sandbox.ts'
import { until } from '../wait.ts'
import { configFor, Evenkeel, evenkeel, isQuiet, type PlanJson } from './evenkeel.ts'
import { leaderSpread, lowerBound, sizes, total, watchPlacement } from './placement.ts'

const MiB = 1024 * 1024
const brokers = [1, 2, 3, 4, 5, 6]
const band = 0.09

export function skewedCluster(version: KafkaVersion): void {
  describe(`Kafka ${version}: six brokers over three racks, fuller with their ids`, () => {
    let cluster: KafkaCluster
    let config: string
    beforeAll(async () => {
      cluster = await startKafka({
        version,
        brokers: brokers.map((id) => ({ id, rack: `r${id % 3}`, tmpfsMiB: 1024 })),
      })
      const random = seededRandom(3)
      const assignment = Array.from({ length: 60 }, (_, p) => {
        const nodes = [0, 1, 2].map((rack) => {
          const [low, high] = brokers.filter((id) => id % 3 === rack) as [number, number]
          return random() < 0.3 ? low : high
        })
        return [...nodes.slice(p % 3), ...nodes.slice(0, p % 3)]
      })
      await createTopic(cluster, 'orders', { assignment })
      await fill(
        cluster,
        'orders',
        assignment.map(() => Math.round((0.3 + random() ** 2 * 6) * MiB)),
      )
      config = await configFor(
        { bootstrap_servers: cluster.bootstrap },
        { mode: 'continuous', disk_balance_percent: 9 },
        1,
        2,
      )
    })
    afterAll(() => cluster?.close())

    const planOf = async (...args: string[]) => JSON.parse(await evenkeel(['plan', ...args, '-o', 'json'])) as PlanJson

    test('in off nothing moves and the plan is shown', async () => {
      const before = await describeTopics(cluster)
      const daemon = await Evenkeel.start(cluster, { mode: 'off', disk_balance_percent: 9 })
      try {
        await daemon.passTicks(10)
        const status = await daemon.status()
        expect(status.status).toBe('off')
        expect(status.verdict).toMatchObject({ act: false, code: 'mode_off' })
        expect(status.verdict?.text).toMatch(/would make \d+ replica moves/)
        expect(status.moves).toEqual({ running: 0, pending: 0 })
        const plan = await daemon.plan()
        expect(plan.moves.filter(({ kind }) => kind === 'replica').length).toBeGreaterThan(5)
        expect(await daemon.movesEnded()).toBe(0)
      } finally {
        await daemon.stop()
      }
      expect(await describeTopics(cluster)).toEqual(before)
    })

    test('a snapshot gives the plan of the live cluster', async () => {
      const dir = await freshDir('snapshot')
      const live = await planOf('--config', config)
      for (const name of ['snapshot.ndjson', 'snapshot.ndjson.gz']) {
        const file = join(dir, name)
        await evenkeel(['snapshot', '--config', config, '--file', file])
        const offline = await planOf(
          '--snapshot',
          file,
          '--mode',
          'continuous',
          '--set',
          'balancing.disk_balance_percent=9',
        )
        expect(offline.moves).toEqual(live.moves)
        expect(offline.bytes).toBe(live.bytes)
      }
      expect(live.moves.length).toBeGreaterThan(5)
      await evenkeel(['plan', '--config', config, '--exit-code'], 3)
    })

    test('in continuous the disks come into the band, with few bytes and no loss', async () => {
      await createTopic(cluster, 'ledger', {
        assignment: [
          [1, 2, 3],
          [4, 5, 6],
          [2, 3, 4],
        ],
      })
      const ledger = await startLedger(cluster, { topic: 'ledger', perSecond: 200 })
      const watch = watchPlacement(cluster, 3, 3)
      const before = await sizes(cluster, brokers)
      const daemon = await Evenkeel.start(cluster, { mode: 'continuous', disk_balance_percent: 9 })
      try {
        await daemon.reaches('work beginning', 30_000, (s) => s.status === 'in_progress')
        await daemon.reaches('quiet', 120_000, isQuiet)
        const after = await sizes(cluster, brokers)
        const ended = await daemon.movesEnded()
        await daemon.passTicks(20)
        expect(await daemon.movesEnded(), 'moves in 20 ticks after the end').toBe(ended)
        expect(await daemon.metric('evenkeel_moves_finished_total', 'result="done"'), daemon.log()).toBe(ended)

        const used = brokers.map((id) => total(after.get(id)!.values()))
        const fair = total(used) / brokers.length
        const moved = brokers.flatMap((id) => [...after.get(id)!].filter(([name]) => !before.get(id)!.has(name)))
        const movedBytes = total(moved.map(([, size]) => size))
        const largestMoved = Math.max(...moved.map(([, size]) => size))
        const bound = lowerBound(
          brokers.map((id) => total(before.get(id)!.values())),
          band,
        )
        const leaders = await leaderSpread(cluster, brokers)
        const records = await ledger.stop()
        const placement = await watch.stop()
        console.log(
          [
            `fair share ${(fair / MiB).toFixed(1)} MiB, disks ${used.map((b) => (b / fair).toFixed(3)).join(' ')} of it`,
            `moved ${(movedBytes / MiB).toFixed(1)} MiB in ${moved.length} replicas, ${(movedBytes / bound).toFixed(3)} × the bound`,
            `leaders max/mean ${leaders.toFixed(3)}; ${records.acked} records acknowledged, ${records.lost.length} lost`,
          ].join('\n'),
        )
        brokers.forEach((id, index) => {
          const largest = Math.max(...after.get(id)!.values())
          expect(Math.abs(used[index]! - fair), `disk of broker ${id}`).toBeLessThanOrEqual(
            Math.max(band * fair, largest),
          )
        })
        expect(movedBytes, daemon.log()).toBeLessThanOrEqual(Math.max(1.05 * bound, bound + largestMoved))
        expect(leaders).toBeLessThanOrEqual(1.15)
        expect(records.lost).toEqual([])
        expect(placement.broken).toEqual([])
      } finally {
        await daemon.stop()
      }
    })

    test("the plan is carried out and verified by Kafka's own tool", async () => {
      // Skewed once more, by hand: everything of two brokers that fits goes to the other of its rack.
      const crowded = (await describeTopics(cluster, 'orders')).map(({ topic, partition, replicas }): Placement => {
        const pushed = replicas.map((id) => (id <= 2 && partition % 2 === 0 ? id + 3 : id))
        return { topic, partition, replicas: pushed }
      })
      await executeReassignment(cluster, crowded)
      await until('the skew by hand', 60_000, () => verifyReassignment(cluster, crowded))
      // Deleted replicas still fill their disks for a minute, which the one-shot plan sees as use.
      const text = await evenkeel([
        'plan',
        '--config',
        config,
        '--set',
        'leadership.enabled=false',
        '-o',
        'kafka-reassignment',
      ]).catch(() => evenkeel(['plan', '--config', config, '-o', 'kafka-reassignment']))
      const { version, partitions } = JSON.parse(text) as { version: number; partitions: Placement[] }
      expect(version).toBe(1)
      expect(partitions.length).toBeGreaterThan(3)
      await writeFile(join(cluster.dir, 'plan.json'), text)
      await executeReassignment(cluster, partitions)
      await until('the plan being verified', 60_000, () => verifyReassignment(cluster, partitions))
      const placed = new Map((await describeTopics(cluster)).map((p) => [`${p.topic}-${p.partition}`, p.replicas]))
      for (const { topic, partition, replicas } of partitions)
        expect(placed.get(`${topic}-${partition}`)).toEqual(replicas)
    })
  })
}
