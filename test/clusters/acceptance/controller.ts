/** The controller dies in the very moment in which a move is asked for: whatever becomes of the request, it is not done twice. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type KafkaCluster, startKafka } from '../kafka/cluster.ts'
import { fill } from '../kafka/fill.ts'
import type { KafkaVersion } from '../kafka/jars.ts'
import { createTopic, describeTopics } from '../kafka/tools.ts'
import { freePort } from '../ports.ts'
import { until } from '../wait.ts'
import { watchArrivals } from './arrivals.ts'
import { Evenkeel } from './evenkeel.ts'
import { ALTER_PARTITION_REASSIGNMENTS, RequestGate } from './request-gate.ts'
import { throttleKeysBecome } from './throttle-keys.ts'
import { MiB, underLoad, watchFactors } from './watch.ts'

/** Longer than anything but the deadline of an act waits. */
const awayMs = 20_000

export function controllerDies(version: KafkaVersion): void {
  describe(`Kafka ${version}: the controller dies under a submit`, () => {
    const gates: RequestGate[] = []
    let cluster: KafkaCluster
    let daemon: Evenkeel
    beforeAll(async () => {
      const advertised = async (_: number, port: number) => {
        const outer = await freePort()
        gates.push(await RequestGate.start(port, outer))
        return outer
      }
      cluster = await startKafka({
        version,
        brokers: [1, 2, 3, 4].map((id) => ({ id, tmpfsMiB: 256 })),
        listeners: [{ name: 'GATED', protocol: 'PLAINTEXT', advertised }],
      })
      await createTopic(cluster, 'ledger', {
        assignment: [
          [1, 2],
          [2, 1],
        ],
      })
      daemon = await Evenkeel.startAt(
        { bootstrap_servers: cluster.bootstrapAt('GATED') },
        { mode: 'node_add', node_add_hold: '10m' },
      )
      await daemon.reaches('ready', 30_000, ({ status }) => status === 'ready')
    })
    afterAll(async () => {
      await daemon?.stop()
      await cluster?.close()
      for (const gate of gates) await gate.close()
    })

    /** Resolves when a move was asked for and the controller is dead; the request then goes on to its broker. */
    const controllerKilledUnderSubmit = () =>
      new Promise<void>((resolve, reject) => {
        let isFirst = true
        for (const gate of gates) {
          gate.before = async (apiKey) => {
            if (apiKey !== ALTER_PARTITION_REASSIGNMENTS || !isFirst) return
            isFirst = false
            await cluster.killController().then(resolve, reject)
          }
        }
      })

    async function onBroker3(topic: string): Promise<void> {
      await daemon.command('undrain', '3').catch(() => undefined)
      await createTopic(cluster, topic, { assignment: [1, 2, 1, 2, 1, 2].map((other) => [3, other]) })
      await fill(
        cluster,
        topic,
        [1, 1, 1, 1, 1, 1].map(() => MiB),
      )
    }

    /** All goals are reached, and each partition was moved once. */
    async function drains(topic: string, meanwhile: () => Promise<void>): Promise<void> {
      await onBroker3(topic)
      const arrivals = await watchArrivals(cluster)
      const factors = watchFactors(cluster, 2)
      const acked = await underLoad(cluster, 'ledger', async () => {
        const killed = controllerKilledUnderSubmit()
        await daemon.command('drain', '3')
        await killed
        await meanwhile()
        await cluster.startController()
        await until('broker 3 being empty', 90_000, async () => {
          const placed = await describeTopics(cluster, topic)
          return placed.every(({ replicas, adding }) => adding.length === 0 && !replicas.includes(3))
        })
      })
      const came = (await arrivals.take()).map(({ name }) => name)
      await arrivals.stop()
      console.log(`${came.length} arrivals; ${acked} records acknowledged, 0 lost`)
      expect(came.toSorted()).toEqual([0, 1, 2, 3, 4, 5].map((partition) => `${topic}-${partition}`))
      const { broken } = await factors.stop()
      expect(broken).toEqual([])
      expect((await describeTopics(cluster)).filter(({ replicas }) => replicas.length !== 2)).toEqual([])
      await throttleKeysBecome(cluster, {})
      expect((await daemon.moves('ended')).filter((move) => move.topic === topic).map(({ state }) => state)).toEqual(
        came.map(() => 'done'),
      )
    }

    test('it is back after a while: the move that was asked for is one move', async () => {
      await drains('waited', async () => {
        await new Promise((resolve) => setTimeout(resolve, awayMs))
        expect((await daemon.moves('running')).length).toBeGreaterThan(0)
      })
    })

    test('the daemon dies with it: what it had asked for happens after its death, and the next one takes it up', async () => {
      await drains('forgotten', async () => {
        await daemon.kill()
        await daemon.restart()
        // Without a controller nobody tells it what is in flight.
        expect((await daemon.moves('ended')).length).toBe(0)
      })
    })
  })
}
