/** Others move replicas too, with throttles of their own, or meddle with our moves: they have their way, and nothing of theirs is touched. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { strangersIn } from '../../support/exposition.ts'
import { promtoolFindings } from '../../support/promtool.ts'
import { type KafkaCluster, startKafka } from '../kafka/cluster.ts'
import { fill } from '../kafka/fill.ts'
import type { KafkaVersion } from '../kafka/jars.ts'
import { cancelReassignment, createTopic, describeTopics, executeReassignment } from '../kafka/tools.ts'
import { until } from '../wait.ts'
import { Evenkeel, isQuiet, type MoveJson } from './evenkeel.ts'
import {
  inRate,
  outRate,
  setThrottleKeys,
  sources,
  targets,
  throttleKeys,
  throttleKeysBecome,
} from './throttle-keys.ts'
import { MiB, watchFactors } from './watch.ts'

export function strangers(version: KafkaVersion): void {
  describe(`Kafka ${version}: others move replicas as well`, () => {
    let cluster: KafkaCluster
    let daemon: Evenkeel | undefined
    beforeAll(async () => {
      cluster = await startKafka({
        version,
        brokerProperties: { 'log.segment.delete.delay.ms': 1000 },
        brokers: [1, 2, 3, 4, 5].map((id) => ({ id, tmpfsMiB: 256 })),
      })
      await createTopic(cluster, 'his', {
        assignment: [
          [1, 2],
          [2, 1],
        ],
      })
      await createTopic(cluster, 'ours', { assignment: Array.from({ length: 6 }, (_, p) => [3, 1 + (p % 2)]) })
      await fill(cluster, 'his', [6 * MiB, 6 * MiB])
      await fill(
        cluster,
        'ours',
        [8, 8, 8, 2, 2, 2].map((size) => size * MiB),
      )
    })
    afterAll(async () => {
      await daemon?.stop()
      await cluster?.close()
    })

    const replicasOf = async ({ topic, partition }: { topic: string; partition: number }) =>
      (await describeTopics(cluster, topic)).find((described) => described.partition === partition)!.replicas

    test('what somebody moves with a throttle of his own is counted, left alone and waited for', async () => {
      await executeReassignment(
        cluster,
        [
          { topic: 'his', partition: 0, replicas: [5, 2] },
          { topic: 'his', partition: 1, replicas: [5, 1] },
        ],
        MiB,
      )
      const set = await throttleKeys(cluster)
      const rates = [1, 2, 5].flatMap((broker) => [`${broker} ${inRate}`, `${broker} ${outRate}`])
      expect([...set.keys()].toSorted()).toEqual([...rates, `his ${sources}`, `his ${targets}`].toSorted())
      daemon = await Evenkeel.start(cluster, {
        mode: 'node_add',
        node_add_hold: '1s',
        exclude: { nodes: [5] },
        throttle: { rate_per_node: '4MiB/s' },
      })
      const held = await daemon.reaches('it being held', 30_000, ({ verdict }) => verdict?.code === 'foreign_moves')
      expect(held.foreign_moves, held.verdict?.text).toBe(2)
      const watch = watchSettings(cluster)
      const begun = await daemon.reaches('ours beginning', 60_000, ({ moves }) => moves.running > 0)
      expect(begun.foreign_moves).toBe(0)
      expect(await replicasOf({ topic: 'his', partition: 0 })).toEqual([5, 2])
      expect(await replicasOf({ topic: 'his', partition: 1 })).toEqual([5, 1])
      await daemon.reaches('quiet', 60_000, isQuiet)
      const seen = await watch.stop()
      // Ours stood beside his, never in the place of one; in a list, beside his members.
      expect(seen.has(`4 ${inRate}`)).toBe(true)
      for (const [key, value] of set) {
        for (const other of seen.get(key)!)
          expect(other.split(','), key).toEqual(expect.arrayContaining(value.split(',')))
      }
      await throttleKeysBecome(cluster, Object.fromEntries(set))
      expect((await replicasOn(4)).length).toBeGreaterThan(1)
      await setThrottleKeys(cluster, new Map([...set.keys()].map((key) => [key, ''])))
    })

    test('a move of ours that somebody supersedes is his; one that he takes back is left alone', async () => {
      await daemon!.reconfigure({ mode: 'node_add', node_add_hold: '10m', throttle: { rate_per_node: '256KiB/s' } })
      const watch = watchFactors(cluster, 2)
      await daemon!.command('drain', '3')
      const [lost, undone] = await until('moves of ours being under way', 30_000, async () => {
        const moves = (await daemon!.moves('running')).filter(
          ({ bytes_done = 0, bytes_total = 0 }) => bytes_done > 0 && bytes_done < bytes_total / 4,
        )
        return moves.length >= 2 && ([moves[0]!, moves[1]!] as const)
      })
      const before = await replicasOf(undone)
      // Of what he did before, a broker that lags may have shown the end only.
      const foreign = () => daemon!.metric('evenkeel_foreign_changes_total')
      const foreignBefore = await foreign()
      const stays = (await replicasOf(lost)).find((id) => ![lost.from, lost.to].includes(id))!
      const his = [1, 2, 4, 5].find((id) => ![lost.to, stays].includes(id))!
      // At once: Kafka's tools take their time, and neither move is to end meanwhile.
      await Promise.all([
        executeReassignment(cluster, [{ ...lost, replicas: [his, stays] }]),
        cancelReassignment(cluster, [{ ...undone, replicas: before }]),
      ])

      expect((await ended(lost)).state).toBe('superseded')
      const { state, text } = await ended(undone)
      expect([state, text]).toEqual(['reverted', 'the placement is as before'])
      await until('his move being over', 30_000, async () => (await replicasOf(lost)).length === 2)
      expect(await replicasOf(lost)).toEqual([his, stays])
      // What else is on the broker goes; that one is not touched again.
      await daemon!.reconfigure({ mode: 'node_add', node_add_hold: '10m', throttle: { rate_per_node: '8MiB/s' } })
      const left = `${undone.topic}-${undone.partition}`
      await until('all else having gone', 60_000, async () => (await replicasOn(3)).join() === left, 300)
      await daemon!.passTicks(5)
      const again = (await daemon!.moves()).filter(
        ({ partition, topic }) => topic === undone.topic && partition === undone.partition,
      )
      expect(await replicasOf(undone), JSON.stringify(again)).toEqual(before.filter((id) => id !== undone.to))
      expect((await daemon!.status()).verdict?.text).toMatch(
        /what failed or was taken back a short while ago is left alone/,
      )
      const { broken, looks } = await watch.stop()
      expect(broken).toEqual([])
      expect(looks).toBeGreaterThan(20)
      expect((await describeTopics(cluster)).filter(({ replicas }) => replicas.length !== 2)).toEqual([])
      await throttleKeysBecome(cluster, {})
      // What he took back before it was done counts as ours; nothing of all else that was moved is his.
      expect((await foreign()) - foreignBefore).toBe(1)
      expect(await daemon!.metric('evenkeel_reverted_moves_total')).toBe(0)
      const exposition = await daemon!.metricsText()
      expect(strangersIn(exposition)).toEqual([])
      expect(promtoolFindings(exposition)).toBe('')
    })

    const ended = ({ id }: MoveJson) =>
      until(`the end of ${id}`, 30_000, async () => (await daemon!.moves('ended')).find((move) => move.id === id))
    const replicasOn = async (broker: number) =>
      (await describeTopics(cluster))
        .filter(({ replicas }) => replicas.includes(broker))
        .map(({ topic, partition }) => `${topic}-${partition}`)
  })
}

/** Looks at the settings until stopped; keeps all values that each was seen with. */
function watchSettings(cluster: KafkaCluster) {
  const seen = new Map<string, Set<string>>()
  const stop = new AbortController()
  const watching = (async () => {
    while (!stop.signal.aborted) {
      for (const [key, value] of await throttleKeys(cluster)) seen.set(key, (seen.get(key) ?? new Set()).add(value))
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  })()
  return {
    async stop(): Promise<Map<string, Set<string>>> {
      stop.abort()
      await watching
      return seen
    },
  }
}
