/** The container on a real Kafka cluster: stopped in the midst of its moves, begun anew with the same volume. */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { isQuiet } from '../clusters/acceptance/evenkeel.ts'
import { throttleKeys } from '../clusters/acceptance/throttle-keys.ts'
import { MiB } from '../clusters/acceptance/watch.ts'
import { type KafkaCluster, startKafka } from '../clusters/kafka/cluster.ts'
import { fill } from '../clusters/kafka/fill.ts'
import { createTopic, describeTopics } from '../clusters/kafka/tools.ts'
import { freePort } from '../clusters/ports.ts'
import { until } from '../clusters/wait.ts'
import { Container, configFolder } from './container.ts'
import { podman } from './engine.ts'

const volume = 'evenkeel-state'

export function onKafka(): void {
  describe('on a real Kafka with an empty broker', () => {
    let cluster: KafkaCluster
    let ports: { metrics: number; control: number }
    let container: Container
    beforeAll(async () => {
      cluster = await startKafka({ brokers: [1, 2, 3, 4].map((id) => ({ id, tmpfsMiB: 256 })) })
      const assignment = Array.from({ length: 24 }, (_, p) => [1 + (p % 3), 1 + ((p + 1) % 3)])
      await createTopic(cluster, 'orders', { assignment })
      await fill(
        cluster,
        'orders',
        assignment.map(() => 2 * MiB),
      )
      ports = { metrics: await freePort(), control: await freePort() }
      const text = stringify({
        version: 1,
        clusters: [{ name: 'test', system: 'kafka', bootstrap_servers: cluster.bootstrap }],
        balancing: { mode: 'node_add', node_add_hold: '2s', tick_interval: '1s', pulse_interval: '250ms' },
        throttle: { rate_per_node: '1MiB/s', max_rate_per_node: '1MiB/s' },
        server: { metrics_listen: `127.0.0.1:${ports.metrics}`, control_listen: `127.0.0.1:${ports.control}` },
        log: { format: 'text' },
      })
      folder = await configFolder({ text })
    })
    afterAll(async () => {
      await container?.remove()
      await cluster?.close()
    })
    let folder: string

    const start = (name: string) =>
      Container.start(name, folder, [
        '--network=host',
        '--memory=256m',
        `--env=EVENKEEL_METRICS_URL=http://127.0.0.1:${ports.metrics}`,
        `--volume=${volume}:/var/lib/evenkeel`,
      ])
    const status = () => container.status('--url', `http://127.0.0.1:${ports.control}`)

    test('SIGTERM in the midst of copying ends it with 0 within 10 s, and its state is in the volume', async () => {
      container = await start('first')
      await container.reaches('its health', 20_000, () => container.isHealthy())
      await container.reaches('moves', 60_000, async () => (await status()).moves.running > 0)
      await until('a throttle', 10_000, async () => (await throttleKeys(cluster)).size > 0)
      const { code, seconds } = await container.stop()
      console.log(`ended ${seconds.toFixed(2)} s after SIGTERM`)
      expect(code).toBe(0)
      expect(seconds).toBeLessThan(10)
      const place = (await podman('volume', 'inspect', '--format={{.Mountpoint}}', volume)).trim()
      expect(readdirSync(place)).toContain('test.journal.jsonl')
      for (const name of readdirSync(place)) expect([name, statSync(join(place, name)).uid]).toEqual([name, 65532])
    })

    test('another container with the volume takes the moves up, also after a SIGKILL, and puts the throttles back', async () => {
      await container.remove()
      container = await start('second')
      await container.reaches('its moves', 60_000, async () => (await status()).moves.running > 0)
      await podman('kill', '--signal=KILL', container.name)
      await container.remove()
      expect((await throttleKeys(cluster)).size).toBeGreaterThan(0)
      container = await start('third')
      await container.reaches('quiet', 240_000, async () => isQuiet(await status()))
      expect((await throttleKeys(cluster)).size).toBe(0)
      const placed = await describeTopics(cluster, 'orders')
      expect(placed.filter(({ replicas }) => replicas.includes(4)).length).toBeGreaterThan(8)
      expect(placed.every(({ replicas, isr }) => replicas.length === 2 && isr.length === 2)).toBe(true)
      expect((await container.stop()).code).toBe(0)
    })
  })
}
