/** What copies go to dies, comes back or not, is told to take nothing, or loses its dir: nothing is lost, nobody is blamed wrongly. */
import { statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type KafkaCluster, startKafka } from '../kafka/cluster.ts'
import { fill } from '../kafka/fill.ts'
import type { KafkaVersion } from '../kafka/jars.ts'
import { createTopic, describeLogDirs, describeTopics } from '../kafka/tools.ts'
import { until } from '../wait.ts'
import { bytesOn } from './copies.ts'
import { Evenkeel, type MoveJson } from './evenkeel.ts'
import { inRate, outRate, setThrottleKeys, throttleKeys, throttleKeysBecome } from './throttle-keys.ts'
import { MiB, watchFactors } from './watch.ts'

/** Remembers for minutes what it has copied: with the usual 11 s a low rate lets a whole fetch through every so often. */
const elephant = 6
const rate = MiB

export function dyingTargets(version: KafkaVersion, length: 'short' | 'long'): void {
  const isLong = length === 'long'
  const everyone = [1, 2, 3, 4, 5, ...(isLong ? [elephant] : [])]
  describe(`Kafka ${version}: trouble at the target of copies`, () => {
    let cluster: KafkaCluster
    let daemon: Evenkeel
    let factors: ReturnType<typeof watchFactors>
    beforeAll(async () => {
      cluster = await startKafka({
        version,
        brokerProperties: { 'log.segment.delete.delay.ms': 1000 },
        brokers: everyone.map((id) => ({
          id,
          tmpfsMiB: 160,
          ...(id === 5 && { logDirs: 2, separateMetadata: true }),
          ...(id === elephant && { properties: { 'replication.quota.window.size.seconds': 10 } }),
        })),
      })
      daemon = await Evenkeel.start(cluster, settings(everyone))
      factors = watchFactors(cluster, 2)
    })
    afterAll(async () => {
      await daemon?.stop()
      await cluster?.close()
    })

    /** Broker 3 is emptied, into those that are allowed. */
    const settings = (allowed: number[], more: Record<string, unknown> = {}) => ({
      mode: 'node_add' as const,
      node_add_hold: '10m',
      target_grace: '60s',
      exclude: { nodes: everyone.filter((id) => id !== 3 && !allowed.includes(id)) },
      throttle: { rate_per_node: `${rate / MiB}MiB/s` },
      ...more,
    })

    let inForce = JSON.stringify(settings(everyone))
    async function allow(targets: number[], more = {}): Promise<void> {
      const wanted = settings(targets, more)
      // What is the same is not read again.
      if (JSON.stringify(wanted) === inForce) return
      await daemon.reconfigure(wanted)
      inForce = JSON.stringify(wanted)
    }

    /** Partitions that must leave broker 3 and may only go where it is allowed; a copy of each is under way when it returns. */
    async function underWay(topic: string, sizes: number[], allowed: number[], more = {}): Promise<MoveJson[]> {
      await daemon.command('undrain', '3').catch(() => undefined)
      await createTopic(cluster, topic, { assignment: sizes.map((_, p) => [3, 1 + (p % 2)]) })
      await fill(
        cluster,
        topic,
        sizes.map((size) => size * MiB),
      )
      await allow(allowed, more)
      await daemon.command('drain', '3')
      return until(`copies of ${topic} being under way`, 30_000, async () => {
        const moves = (await daemon.moves('running')).filter(
          (move) => move.topic === topic && move.bytes_done! > move.bytes_total! / 4,
        )
        return moves.length === sizes.length && moves
      })
    }

    const stalled = (topic: string, what: RegExp, deadlineMs = 20_000) =>
      until(
        `all copies of ${topic} standing still: ${what}`,
        deadlineMs,
        async () => {
          const moves = (await daemon.moves('running')).filter((move) => move.topic === topic)
          return moves.length > 0 && moves.every(({ state, text }) => state === 'stalled' && what.test(text ?? ''))
        },
        100,
      )
    const endsOf = async (topic: string) =>
      (await daemon.moves('ended')).filter((move) => move.topic === topic).map(({ state }) => state)
    const over = (topic: string, count: number, deadlineMs = 60_000) =>
      until(`the end of ${topic}`, deadlineMs, async () => (await endsOf(topic)).length >= count)
    const placesOf = async (topic: string) => (await describeTopics(cluster, topic)).map(({ replicas }) => replicas)

    test('the target dies and returns in time: the copy goes on where it ended', async () => {
      await underWay('resumed', [8], [4])
      await cluster.kill(4)
      const kept = (await bytesOn(cluster, 4, 'resumed')).get('resumed-0')!
      await stalled('resumed', /node 4 is gone, the copy goes on when it is back/)
      await cluster.start(4)
      let least = kept
      await until('the copy going on', 30_000, async () => {
        const bytes = (await bytesOn(cluster, 4, 'resumed')).get('resumed-0') ?? 0
        least = Math.min(least, bytes)
        return bytes > kept
      })
      console.log(`killed at ${(kept / MiB).toFixed(2)} MiB of 8, went on from ${(least / MiB).toFixed(2)} MiB`)
      expect(least).toBeGreaterThan(kept / 2)
      await over('resumed', 1)
      expect(await endsOf('resumed')).toEqual(['done'])
      expect(await placesOf('resumed')).toEqual([[4, 1]])
    })

    test('somebody lets the target take nothing: said, nothing is taken back, and it goes on when he lets it', async () => {
      // So much that both are seen half-way for long, whichever is served first.
      await underWay('closed', [12, 9], [4])
      const ofHis = `4 ${inRate}`
      await setThrottleKeys(cluster, new Map([[ofHis, '0']]))
      await stalled('closed', /a rate of 0 is set/)
      await daemon.passTicks(3)
      expect((await throttleKeys(cluster)).get(ofHis)).toBe('0')
      await setThrottleKeys(cluster, new Map([[ofHis, `${4 * MiB}`]]))
      await over('closed', 2)
      expect(await endsOf('closed')).toEqual(['done', 'done'])
      await throttleKeysBecome(cluster, { [ofHis]: `${4 * MiB}` })
      await setThrottleKeys(cluster, new Map([[ofHis, '']]))
    })

    test('nobody may send: nobody is blamed, nothing is taken back', async () => {
      await underWay('mute', [4, 4], [4])
      // Every broker that could lead.
      const ofHis = [1, 2, 3].map((broker) => `${broker} ${outRate}`)
      await setThrottleKeys(cluster, new Map(ofHis.map((key) => [key, '0'])))
      await stalled('mute', /a rate of 0 is set/)
      await daemon.passTicks(3)
      await setThrottleKeys(cluster, new Map(ofHis.map((key) => [key, `${8 * MiB}`])))
      await over('mute', 2)
      expect(await endsOf('mute')).toEqual(['done', 'done'])
      expect((await placesOf('mute')).map(([first]) => first)).toEqual([4, 4])
      await setThrottleKeys(cluster, new Map(ofHis.map((key) => [key, ''])))
    })

    if (isLong)
      test('no copy gets on for a minute although all live: a throttle is to blame, not a broker', async () => {
        await underWay('crawling', [8, 8], [elephant])
        const ofHis = `${elephant} ${inRate}`
        await setThrottleKeys(cluster, new Map([[ofHis, '1']]))
        await stalled(
          'crawling',
          /none of the 2 copies gets on: a throttle or the controller, not a node, is to blame/,
          120_000,
        )
        await daemon.passTicks(5)
        await setThrottleKeys(cluster, new Map([[ofHis, `${8 * MiB}`]]))
        await over('crawling', 2)
        expect(await endsOf('crawling')).toEqual(['done', 'done'])
        await setThrottleKeys(cluster, new Map([[ofHis, '']]))
      })

    test('a dir of the target fails: seen, taken back, and the dir is not asked for again', async () => {
      const [{ from }] = (await underWay('broken', [8], [5])) as [MoveJson]
      const holds = async (dir: string) => {
        const { brokers } = await describeLogDirs(cluster, [5])
        return brokers[0]!.logDirs.find(({ logDir }) => logDir === dir)!
      }
      const [first, other] = cluster.logDirs(5) as [string, string]
      const isInFirst = (await holds(first)).partitions.some(({ partition }) => partition === 'broken-0')
      const hit = isInFirst ? first : other
      const { bavail, bsize } = await statfs(hit)
      await writeFile(join(hit, 'other-data'), Buffer.alloc(bavail * bsize)).catch(() => undefined)
      await until('the dir going offline', 30_000, async () => (await holds(hit)).error !== null)
      await stalled('broken', /a dir of node 5 is offline and the copy is in none of the others/)
      await over('broken', 1, 40_000)
      expect(await endsOf('broken')).toEqual(['cancelled'])
      const [partition] = await describeTopics(cluster, 'broken')
      expect([ascending(partition!.replicas), partition!.isr.length, partition!.adding]).toEqual([[1, from], 2, []])
    })

    test('the target stays away: taken back, another gets it, and its throttle goes when it returns', async () => {
      await daemon.command('undrain', '3')
      await underWay('forsaken', [6], [4], { target_grace: '4s' })
      const ours = (await throttleKeys(cluster)).get(`4 ${inRate}`)
      expect(Number(ours)).toBeGreaterThanOrEqual(rate)
      await cluster.kill(4)
      await over('forsaken', 1, 40_000)
      expect(await endsOf('forsaken')).toEqual(['cancelled'])
      const [partition] = await describeTopics(cluster, 'forsaken')
      expect([ascending(partition!.replicas), partition!.isr.length, partition!.adding]).toEqual([[1, 3], 2, []])
      // What can be reached is put back at once, for the dead one it is kept in mind.
      await throttleKeysBecome(cluster, {})
      if (isLong) {
        await allow([2])
        await over('forsaken', 2, 120_000)
        expect((await placesOf('forsaken')).map(ascending)).toEqual([[1, 2]])
      } else await allow([])
      await cluster.start(4)
      await until('the throttle of the one that was dead being gone', 20_000, async () => {
        const keys = await throttleKeys(cluster)
        return keys.size === 0 && (await describeTopics(cluster)).every(({ isr }) => isr.length === 2)
      })
    })

    test('no replication factor has changed', async () => {
      const { broken, looks } = await factors.stop()
      expect(broken).toEqual([])
      expect(looks).toBeGreaterThan(50)
      expect((await describeTopics(cluster)).filter(({ replicas }) => replicas.length !== 2)).toEqual([])
    })
  })
}

/** Leadership may have been moved off the broker before its replica was to go. */
const ascending = (ids: number[]) => ids.toSorted((a, b) => a - b)
