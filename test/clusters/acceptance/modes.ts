/** The mode is changed by editing the file while moves run. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type KafkaCluster, startKafka } from '../kafka/cluster.ts'
import { fill } from '../kafka/fill.ts'
import type { KafkaVersion } from '../kafka/jars.ts'
import { createTopic, describeTopics } from '../kafka/tools.ts'
import { Evenkeel, isQuiet, type Status } from './evenkeel.ts'
import { MiB, underLoad, watchFactors } from './watch.ts'

export function modeFlips(version: KafkaVersion): void {
  describe(`Kafka ${version}: an empty broker, and a mode that changes`, () => {
    // One at a time, so that there is always something left to do when the mode changes.
    const slow = { concurrent_moves: 1 }
    let cluster: KafkaCluster
    let daemon: Evenkeel
    beforeAll(async () => {
      cluster = await startKafka({ version, brokers: [1, 2, 3, 4].map((id) => ({ id, tmpfsMiB: 512 })) })
      const assignment = Array.from({ length: 60 }, (_, p) => [1 + (p % 3), 1 + ((p + 1) % 3)])
      await createTopic(cluster, 'orders', { assignment })
      await createTopic(cluster, 'ledger', {
        assignment: [
          [1, 2],
          [2, 3],
        ],
      })
      await fill(
        cluster,
        'orders',
        assignment.map(() => 2 * MiB),
      )
      daemon = await Evenkeel.start(cluster, { mode: 'off', ...slow })
    })
    afterAll(async () => {
      await daemon?.stop()
      await cluster?.close()
    })

    const started = () => (daemon.log().match(/ moving \S+ \(/g) ?? []).length
    const works = ({ status, moves }: Status) => status === 'in_progress' && moves.running > 0

    test('off, continuous, off, node_add: in force at the next tick, nothing starts in off, what runs is settled', async () => {
      const watch = watchFactors(cluster, 2)
      const acked = await underLoad(cluster, 'ledger', async () => {
        await daemon.reaches('off', 30_000, ({ status, verdict }) => status === 'off' && verdict?.code === 'mode_off')
        await daemon.passTicks(5)
        expect(started()).toBe(0)

        await daemon.reconfigure({ mode: 'continuous', ...slow })
        await daemon.reaches('work in continuous', 60_000, works)
        await daemon.reaches('a few moves done', 60_000, () => started() >= 4)

        await daemon.reconfigure({ mode: 'off', ...slow })
        const before = started()
        await daemon.reaches('off again, with what ran settled', 60_000, ({ status, moves }) => {
          return status === 'off' && moves.running + moves.pending === 0
        })
        await daemon.passTicks(10)
        expect(started(), 'moves started in off').toBe(before)
        expect(
          (await describeTopics(cluster)).filter(({ adding, removing }) => adding.length + removing.length > 0),
        ).toEqual([])
        console.log(`${before} moves were started before off, none in it`)

        await daemon.reconfigure({ mode: 'node_add', ...slow })
        await daemon.reaches('work in node_add', 60_000, works)
        await daemon.reaches('quiet', 240_000, isQuiet)
        expect(started()).toBeGreaterThan(before)
      })
      const { broken } = await watch.stop()
      console.log(`${started()} moves in all; ${acked} records acknowledged, 0 lost`)
      expect(broken).toEqual([])
      expect(daemon.log()).toMatch(/mode.*off.*continuous/)
      const held = [1, 2, 3, 4].map(
        async (id) => (await describeTopics(cluster, 'orders')).filter(({ replicas }) => replicas.includes(id)).length,
      )
      expect(Math.min(...(await Promise.all(held)))).toBeGreaterThan(20)
    })

    test('a broken file changes nothing and is told', async () => {
      await expect(daemon.reconfigure({ mode: 'sideways' as 'off' })).rejects.toThrow(/mode/)
      await daemon.passTicks(3)
      expect(await daemon.metric('evenkeel_mode', 'mode="node_add"')).toBe(1)
      expect(await daemon.metric('evenkeel_config_reload_failures_total')).toBe(1)
    })
  })
}
