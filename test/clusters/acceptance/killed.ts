/**
 * The daemon is killed again and again while it fills a new broker, heals after the death of another, and evens out leadership:
 * it gets there as if nothing had been, moves nothing twice, and gives back every setting.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { seededRandom } from '../../../src/lib/random.ts'
import { type KafkaCluster, startKafka } from '../kafka/cluster.ts'
import { fill } from '../kafka/fill.ts'
import type { KafkaVersion } from '../kafka/jars.ts'
import { createTopic, describeTopics, setConfig } from '../kafka/tools.ts'
import { until } from '../wait.ts'
import { type Arrival, watchArrivals } from './arrivals.ts'
import { Evenkeel, isQuiet } from './evenkeel.ts'
import { leaderSpread, lowerBound, sizes, total } from './placement.ts'
import { inRate, outRate, reassignments, targets, throttleKeys, throttleKeysBecome } from './throttle-keys.ts'
import { MiB, underLoad, watchFactors } from './watch.ts'

const partitions = 24
const victim = 2
const settingsAt = (rate: string) => ({
  mode: 'continuous' as const,
  // What was not sent before a death is begun anew after this.
  unknown_outcome_hold: '3s',
  throttle: { rate_per_node: rate },
})

/** What an operator has set before, as `OF KEY` → value: the limits of ours must not be his. */
const byHand = new Map([
  [`1 ${outRate}`, `${20 * MiB}`],
  [`orders ${targets}`, '0:1'],
])
/** What he sets in the middle of it, in the place of ours. */
const later = [`3 ${inRate}`, `${30 * MiB}`] as const

/** Bytes with which the new broker was filled when nobody was killed, by seed. */
const undisturbed = new Map<number, number>()

/** @param kills 0: what later ones with the same seed are measured against. */
export function killed(version: KafkaVersion, { kills, seed }: { kills: number; seed: number }): void {
  describe(`Kafka ${version}: killed ${kills} times (seed ${seed})`, () => {
    let cluster: KafkaCluster
    let daemon: Evenkeel
    let second: Evenkeel | undefined
    // So slow that many lives pass before the bytes are there.
    const settings = settingsAt(kills > 50 ? '96KiB/s' : '1MiB/s')
    // So little that in that time the cluster grows no larger than while nobody is killed: the bytes moved are compared.
    const load = { topic: 'ledger', perSecond: kills > 50 ? 20 : 200 }
    /** For what is left to copy at that rate once nobody is killed any more. */
    const patienceMs = kills > 50 ? 600_000 : 180_000
    const random = seededRandom(seed)
    /** Deaths during the healing. */
    const lateDeaths = Math.min(kills, kills > 50 ? 10 : 3)
    const bytes = Array.from({ length: partitions }, () => Math.round((0.8 + random() * 2) * MiB))

    beforeAll(async () => {
      cluster = await startKafka({
        version,
        // A fetch that takes much at once is bound by no low rate.
        brokerProperties: { 'log.segment.delete.delay.ms': 1000, 'replica.fetch.max.bytes': 64 * 1024 },
        brokers: [1, 2, 3, 4].map((id) => ({ id, tmpfsMiB: 512 })),
      })
      const assignment = bytes.map((_, p) => [0, 1, 2].map((n) => 1 + ((p + n) % 4)))
      await createTopic(cluster, 'orders', { assignment })
      await createTopic(cluster, 'ledger', {
        assignment: [
          [1, 3, 4],
          [3, 4, 1],
        ],
      })
      await fill(cluster, 'orders', bytes, 32 * 1024)
      for (const [key, value] of byHand) await setByHand(key, value)
      daemon = await Evenkeel.start(cluster, settings)
      await daemon.reaches('quiet', 60_000, isQuiet)
    })
    afterAll(async () => {
      await second?.stop()
      await daemon?.stop()
      await cluster?.close()
    })

    const setByHand = (key: string, value: string) => {
      const [of, name] = key.split(' ') as [string, string]
      return setConfig(cluster, /^\d+$/.test(of) ? 'brokers' : 'topics', of, name, value)
    }

    const works = async () => (await daemon.moves('running')).some(({ kind }) => kind === 'replica')
    /** Until it has seen what is new it is quiet, as it is when all is done. What is only meant to begin is copied by nobody yet. */
    const begins = (what: string) => until(what, 60_000, async () => (await reassignments(cluster)).size > 0, 50)

    /**
     * Kills it so many times: each time within a second, by the seed, after its first sign of work, or without one when none
     * comes. How far it has got by then differs from machine to machine.
     */
    async function killAgainAndAgain(times: number, workMs: number): Promise<number> {
      let copying = 0
      for (let count = 0; count < times; count += 1) {
        await until('work', workMs, works, 100).catch(() => undefined)
        await new Promise((resolve) => setTimeout(resolve, random() * 1_000))
        await daemon.kill()
        if ((await reassignments(cluster)).size > 0) copying += 1
        await daemon.restart()
      }
      console.log(`${times} deaths, ${copying} of them while something was being copied`)
      return copying
    }

    const bytesOf = (arrivals: Arrival[]) =>
      total(arrivals.map(({ name }) => bytes[Number(name.replace('orders-', ''))] ?? 0))

    // Each life has its deadlines; on a slow machine thirty of them are long.
    const timeout = kills > 50 ? 3_600_000 : 900_000
    test('all goals are reached, nothing is moved twice, nothing acknowledged is lost', { timeout }, async () => {
      const arrivals = await watchArrivals(cluster)
      const factors = watchFactors(cluster, 3)
      const begin = performance.now()
      const acked = await underLoad(cluster, load, async () => {
        const before = await sizes(cluster, [1, 2, 3, 4])
        await cluster.addBroker({ id: 5, tmpfsMiB: 512 })
        await cluster.waitReady()
        await begins('filling it')
        const copying = await killAgainAndAgain(kills - lateDeaths, 4_000)
        expect(copying).toBeGreaterThanOrEqual(kills / 10)
        await daemon.reaches('the new one being filled', patienceMs, isQuiet)
        const filled = await arrivals.take()
        const moved = bytesOf(filled)
        const used = total([...(await sizes(cluster, [5])).get(5)!.values()])
        const bound = lowerBound([...[1, 2, 3, 4].map((id) => total(before.get(id)!.values())), 0], 0.05)
        console.log(
          `filled with ${(used / MiB).toFixed(1)} MiB in ${filled.length} moves of ${(moved / MiB).toFixed(1)} MiB, ` +
            `bound ${(bound / MiB).toFixed(1)} MiB; ${((performance.now() - begin) / 1000).toFixed(0)} s`,
        )
        expect(moved).toBeLessThanOrEqual(Math.max(1.15 * bound, bound + Math.max(...bytes)))
        expect(moved).toBeGreaterThanOrEqual(0.9 * bound)
        if (kills === 0) undisturbed.set(seed, moved)
        const alone = undisturbed.get(seed)
        if (kills > 0 && alone !== undefined) {
          console.log(`${((moved / alone) * 100).toFixed(0)} % of what was moved when nobody was killed`)
          expect(moved).toBeLessThanOrEqual(1.15 * alone)
        }
        expect(twice(filled)).toEqual([])

        const had = (await describeTopics(cluster)).filter(({ replicas }) => replicas.includes(victim))
        await cluster.kill(victim)
        await begins('healing')
        expect(await killAgainAndAgain(lateDeaths, 30_000)).toBeGreaterThanOrEqual(Math.min(1, kills))
        // What is about to be set when he sets it is set over his: nobody can see that coming.
        await until('ours standing', 10_000, async () => (await throttleKeys(cluster)).has(later[0])).catch(
          () => undefined,
        )
        await setByHand(...later)
        await daemon.reaches('everything healed', patienceMs, isQuiet)
        const healed = await arrivals.take()
        console.log(
          `healed ${had.length} replicas in ${healed.length} moves; ${((performance.now() - begin) / 1000).toFixed(0)} s`,
        )
        expect(healed.map(({ name }) => name).toSorted()).toEqual(
          had.map(({ topic, partition }) => `${topic}-${partition}`).toSorted(),
        )
      })
      const { broken, looks } = await factors.stop()
      console.log(`${acked} records acknowledged, 0 lost; ${looks} looks at the factors`)
      await arrivals.stop()
      expect(broken).toEqual([])
      const placed = await describeTopics(cluster)
      for (const { topic, partition, replicas, isr } of placed) {
        expect([replicas.length, isr.length, replicas.includes(victim)], `${topic}-${partition}`).toEqual([3, 3, false])
      }
      expect(await leaderSpread(cluster, [1, 3, 4, 5])).toBeLessThanOrEqual(1.2)
    })

    test('what was set by hand stands as it did, and nothing of ours is left', async () => {
      // What is still ours of the dead one can be taken back only when it returns.
      await daemon.reconfigure({ ...settings, node_add_hold: '10m' })
      await cluster.start(victim)
      await cluster.waitReady()
      await throttleKeysBecome(cluster, Object.fromEntries([...byHand, later]))
    })

    test('a second one on the same state directory says who has it, and does nothing', async () => {
      second = await daemon.beside(settings)
      const { verdict } = await second.reaches('it being held', 30_000, (s) => s.verdict?.code === 'state_unavailable')
      expect(verdict!.text).toMatch(
        new RegExp(`another evenkeel has the state of test in .* \\(process ${daemon.pid} on `),
      )
      await second.passTicks(3)
      expect((await second.moves()).length).toBe(0)
      await second.stop()
      second = undefined
    })

    test('a second one with a directory of its own does nothing while the first is at work', async () => {
      await daemon.reconfigure({ ...settings, throttle: { rate_per_node: '256KiB/s' } })
      await cluster.addBroker({ id: 6, tmpfsMiB: 512 })
      await until('work', 30_000, async () => (await daemon.moves('running')).some(({ kind }) => kind === 'replica'))
      second = await Evenkeel.start(cluster, settings)
      const held = await second.reaches('it being held', 30_000, ({ verdict }) => verdict?.code === 'foreign_moves')
      expect(held.foreign_moves, held.verdict?.text).toBeGreaterThan(0)
      await daemon.reconfigure(settingsAt('4MiB/s'))
      await daemon.reaches('quiet', 120_000, isQuiet)
      const acts = (await second.moves()).filter(({ state }) => state !== 'planned')
      expect(acts).toEqual([])
      await second.stop()
      second = undefined
    })
  })
}

/** Partitions that came to a broker more than once, or to more than one. */
function twice(arrivals: Arrival[]): string[] {
  const names = arrivals.map(({ name }) => name)
  return names.filter((name, index) => names.indexOf(name) !== index)
}
