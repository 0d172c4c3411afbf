/** Copies are kept to their rate, use it up, end when they were said to, and leave no setting behind. */
import { Partitioners } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kafkaClient } from '../kafka/client.ts'
import { type KafkaCluster, startKafka } from '../kafka/cluster.ts'
import { fill } from '../kafka/fill.ts'
import type { KafkaVersion } from '../kafka/jars.ts'
import {
  createTopic,
  type DescribedPartition,
  describeTopics,
  executeReassignment,
  verifyReassignment,
} from '../kafka/tools.ts'
import { until } from '../wait.ts'
import { bytesOn, fastestWindow, type Look, meanRate, watchCopies } from './copies.ts'
import { Evenkeel, isQuiet, type MoveJson } from './evenkeel.ts'
import { total } from './placement.ts'
import {
  inRate,
  outRate,
  setThrottleKeys,
  sources,
  targets,
  throttleKeys,
  throttleKeysBecome,
} from './throttle-keys.ts'
import { MiB } from './watch.ts'

const rate = 4 * MiB
/** Few, so that all that is due to a new broker goes at once. */
const partitions = 8
const old = [1, 2, 3]

/**
 * A short copying is over within few windows of Kafka's quota, in which bytes come by fits and starts: it shows the rate that is
 * not exceeded and the settings that go. How fast it was, and whether it ended when it had said, shows a long one.
 */
export function throttled(version: KafkaVersion, length: 'short' | 'long'): void {
  const isLong = length === 'long'
  const { seconds, windowSeconds } = isLong ? { seconds: 70, windowSeconds: 30 } : { seconds: 13, windowSeconds: 11 }
  describe(`Kafka ${version}: copies at ${rate / MiB} MiB/s`, () => {
    let cluster: KafkaCluster
    let daemon: Evenkeel | undefined
    const seen: { who: string; perSecond: number; took: number; fastest: Map<number, number> }[] = []

    beforeAll(async () => {
      // A broker that joins three gets a quarter of all replicas.
      const each = Math.round((seconds * rate * 4) / (2 * partitions))
      cluster = await startKafka({
        version,
        brokerProperties: { 'log.segment.delete.delay.ms': 1000 },
        brokers: [1, 2, 3].map((id) => ({ id, tmpfsMiB: 1200 })),
      })
      const pair = (p: number) => [old[p % 3]!, old[(p + 1 + (Math.floor(p / 3) % 2)) % 3]!]
      const assignment = Array.from({ length: partitions }, (_, p) => pair(p))
      await createTopic(cluster, 'orders', { assignment })
      await createTopic(cluster, 'busy', { assignment: [[3, 1]] })
      await fill(
        cluster,
        'orders',
        assignment.map(() => each),
        rate / 20,
      )
      await cluster.addBroker({ id: 4, tmpfsMiB: 1200 })
      await cluster.addBroker({ id: 5, tmpfsMiB: 1200 })
      await cluster.waitReady()
    })
    afterAll(async () => {
      await daemon?.stop()
      await cluster?.close()
    })

    const record = (who: string, looks: Map<number, Look[]>, target: number) => {
      const { seconds: took, perSecond } = meanRate(looks.get(target)!)
      const fastest = new Map([...looks].map(([broker, series]) => [broker, fastestWindow(series, windowSeconds)]))
      seen.push({ who, took, perSecond, fastest })
      for (const [broker, most] of fastest)
        expect(most / rate, `${who}: broker ${broker}, ${windowSeconds} s`).toBeLessThanOrEqual(1.05)
    }

    const percent = (bytesPerSecond: number) => `${((bytesPerSecond / rate) * 100).toFixed(1)} %`
    const text = ({ who, took, perSecond, fastest }: (typeof seen)[number]) => {
      const windows = [...fastest].map(([broker, most]) => `${broker}: ${percent(most)}`).join(', ')
      return `${who.padEnd(9)} ${took.toFixed(1)} s, mean ${percent(perSecond)} of the rate; fastest ${windowSeconds} s at broker ${windows}`
    }

    test('a new broker is filled at the rate, nobody faster, and when it was said', async () => {
      const leaders = leadersOf(await describeTopics(cluster, 'orders'))
      const watch = watchCopies(cluster, 4, 'orders', (partition) => leaders.get(partition)!)
      daemon = await Evenkeel.start(cluster, {
        mode: 'node_add',
        concurrent_moves_per_node: 5,
        exclude: { nodes: [5], topics: ['^busy$'] },
        throttle: { rate_per_node: `${rate / MiB}MiB/s` },
      })
      const forecasts = watchForecasts(daemon)
      await daemon.reaches('it being filled', 30_000, ({ moves }) => moves.running > 1)
      await daemon.reaches('quiet', 60_000 + seconds * 2_000, isQuiet)
      record('evenkeel', await watch.stop(), 4)
      const told = await forecasts.stop()
      console.log(
        told
          .map(({ said, took }) => `said ${said.toFixed(1)} s when half was done, took ${took.toFixed(1)} s`)
          .join('\n'),
      )
      expect(told.length).toBeGreaterThan(2)
      if (!isLong) return
      for (const { name, said, took } of told) expect(Math.abs(said - took) / took, name).toBeLessThanOrEqual(0.2)
    })

    test('afterwards no setting is left', async () => {
      await throttleKeysBecome(cluster, {})
      console.log(text(seen[0]!))
      await daemon!.stop()
      daemon = undefined
    })

    if (isLong)
      test('by hand, with the same settings, it is no faster', async () => {
        const placed = await describeTopics(cluster, 'orders')
        const moves = placed.filter(({ replicas }) => replicas.includes(4))
        const list = (members: string[]) => members.join(',')
        const keys = new Map([
          ...[1, 2, 3, 4].map((broker) => [`${broker} ${outRate}`, `${rate}`] as const),
          [`5 ${inRate}`, `${rate}`],
          [
            `orders ${sources}`,
            list(moves.flatMap(({ partition, replicas }) => replicas.map((id) => `${partition}:${id}`))),
          ],
          [`orders ${targets}`, list(moves.map(({ partition }) => `${partition}:5`))],
        ])
        await setThrottleKeys(cluster, keys)
        const wanted = moves.map(({ topic, partition, replicas }) => {
          return { topic, partition, replicas: replicas.map((id) => (id === 4 ? 5 : id)) }
        })
        const leaders = leadersOf(placed)
        const watch = watchCopies(cluster, 5, 'orders', (partition) => leaders.get(partition)!)
        await executeReassignment(cluster, wanted)
        const bytes = total((await bytesOn(cluster, 4, 'orders')).values())
        const there = async () => total((await bytesOn(cluster, 5, 'orders')).values()) >= bytes
        await until('the bytes being there', 60_000 + seconds * 2_000, there)
        await until('the moves by hand', 30_000, () => verifyReassignment(cluster, wanted))
        record('by hand', await watch.stop(), 5)
        await setThrottleKeys(cluster, new Map([...keys.keys()].map((key) => [key, ''])))

        console.log(seen.map(text).join('\n'))
        expect(seen[0]!.perSecond).toBeGreaterThanOrEqual(0.95 * seen[1]!.perSecond)
      })

    test('what is written faster than the rate raises it; where that is not allowed nothing moves', async () => {
      const settings = {
        mode: 'node_add' as const,
        node_add_hold: '10m',
        exclude: { topics: ['^orders$'], hard: true, nodes: [5] },
        throttle: { rate_per_node: '1MiB/s', max_rate_per_node: '2MiB/s', headroom_percent: 150 },
      }
      const writing = startWriting(cluster, 'busy', 1.5 * MiB)
      try {
        daemon = await Evenkeel.start(cluster, settings)
        // Looks ten seconds apart tell how much is written.
        await daemon.passTicks(13)
        await daemon.command('drain', '3')
        await daemon.reaches('it being held', 30_000, ({ verdict }) => verdict?.code === 'rate_too_low')
        await daemon.passTicks(3)
        expect((await daemon.status()).verdict?.text).toMatch(
          /would need a rate of .* above max_rate_per_node \(2\.00 MiB\/s\)/,
        )
        expect(Object.fromEntries(await throttleKeys(cluster))).toEqual({})
        expect((await describeTopics(cluster, 'busy'))[0]!.replicas).toEqual([3, 1])

        await daemon.reconfigure({ ...settings, throttle: { ...settings.throttle, max_rate_per_node: '32MiB/s' } })
        const keys = await until('the rates', 30_000, async () => {
          const found = await throttleKeys(cluster)
          return found.has(`3 ${outRate}`) && found
        })
        console.log([...keys].map((pair) => pair.join(' = ')).join('; '))
        expect(Number(keys.get(`3 ${outRate}`))).toBeGreaterThan(4 * MiB)
        expect(Number(keys.get(`3 ${outRate}`))).toBeLessThanOrEqual(32 * MiB)
        await until('the move being over', 60_000, async () => {
          const [{ replicas, adding }] = (await describeTopics(cluster, 'busy')) as [DescribedPartition]
          return !replicas.includes(3) && adding.length === 0
        })
      } finally {
        await writing.stop()
      }
      await throttleKeysBecome(cluster, {})
    })
  })
}

function leadersOf(placed: DescribedPartition[]): Map<string, number> {
  return new Map(placed.map(({ topic, partition, leader }) => [`${topic}-${partition}`, leader!]))
}

/** Keeps what each move said of its end when half of it was done, and when it was there. */
function watchForecasts(daemon: Evenkeel) {
  const said = new Map<string, { seconds: number; atMs: number }>()
  const told: { name: string; said: number; took: number }[] = []
  const stop = new AbortController()
  const look = async () => {
    const atMs = performance.now()
    const running = new Map((await daemon.moves('running')).map((move) => [move.id, move]))
    for (const [id, { eta_seconds: seconds, ...move }] of running) {
      if (isHalfDone(move) && seconds !== undefined && !said.has(id)) said.set(id, { seconds, atMs })
    }
    for (const [id, { seconds, atMs: then }] of said) {
      if (running.has(id)) continue
      said.delete(id)
      told.push({ name: id, said: seconds, took: (atMs - then) / 1000 })
    }
  }
  const watching = (async () => {
    while (!stop.signal.aborted) {
      await look()
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  })()
  return {
    async stop() {
      stop.abort()
      await watching
      await look()
      return told
    },
  }
}

const isHalfDone = ({ bytes_done = 0, bytes_total = 0 }: Omit<MoveJson, 'eta_seconds'>): boolean =>
  bytes_total > 0 && bytes_done >= bytes_total / 2

/** Writes so many bytes a second, acknowledged by all in-sync replicas, until stopped. */
function startWriting(cluster: KafkaCluster, topic: string, bytesPerSecond: number) {
  const stop = new AbortController()
  const everyMs = 100
  const value = Buffer.alloc(Math.round((bytesPerSecond * everyMs) / 1000), 'x')
  const writing = (async () => {
    const producer = kafkaClient(cluster).producer({
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      retry: { retries: 20, initialRetryTime: 100 },
    })
    await producer.connect()
    try {
      let due = performance.now()
      while (!stop.signal.aborted) {
        await producer.send({ topic, acks: -1, messages: [{ partition: 0, value }] })
        due += everyMs
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())))
      }
    } finally {
      await producer.disconnect()
    }
  })()
  writing.catch(() => undefined)
  return {
    async stop(): Promise<void> {
      stop.abort()
      await writing
    },
  }
}
