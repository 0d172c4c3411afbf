/** Every verb that prints data, in every format, of a daemon at work on a real cluster. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkFormats, checkFreshPlan, rows, rowsOn, type Where } from '../../cli/verbs.ts'
import { type KafkaCluster, startKafka } from '../kafka/cluster.ts'
import { fill } from '../kafka/fill.ts'
import { createTopic } from '../kafka/tools.ts'
import { guardLeaks } from '../leaks.ts'
import { launch } from '../sandbox.ts'
import { Evenkeel, evenkeel, main } from './evenkeel.ts'
import { MiB } from './watch.ts'

guardLeaks()

const topic = 'orders'
/** As even as can be: nothing moves by itself. */
const assignment = Array.from({ length: 18 }, (_, p) => [1 + (p % 3), 1 + ((p + 1) % 3)])
const led = (node: number) =>
  assignment.flatMap(([leader], p) => (leader === node ? [`${topic}-${p}`] : [])).slice(0, 4)

let cluster: KafkaCluster
let daemon: Evenkeel
let where: Where

beforeAll(async () => {
  cluster = await startKafka({ brokers: [1, 2, 3].map((id) => ({ id, tmpfsMiB: 256 })) })
  await createTopic(cluster, topic, { assignment })
  await fill(
    cluster,
    topic,
    assignment.map(() => 3 * MiB),
  )
  // So slow that what is asked for is still under way when it is cancelled.
  daemon = await Evenkeel.start(cluster, {
    mode: 'node_add',
    throttle: { rate_per_node: '20KiB/s', max_rate_per_node: '20KiB/s' },
  })
  await daemon.reaches('two samples', 30_000, ({ status }) => status !== 'starting')
  const snapshot = join(cluster.dir, 'formats.ndjson')
  await evenkeel(['snapshot', '--config', daemon.config, '--file', snapshot])
  where = {
    url: daemon.url,
    config: daemon.config,
    snapshot,
    orders: led(1).map((partition) => ({ partition, from: 2, to: 3 })),
    led: led(2).map((partition) => ({ partition, follower: 3 })),
    node: 2,
    decision: (await daemon.decisions()).at(-1)!.id,
    file: (name, content) => {
      writeFileSync(join(cluster.dir, name), content)
      return join(cluster.dir, name)
    },
  }
})
afterAll(async () => {
  await daemon?.stop()
  await cluster?.close()
})

const run = async (args: string[]) => {
  const command = await launch('node', [main, ...args])
  const code = (await command.exited) as number | null
  const out = command.output()
  return { code, out: `${out}\n`, err: command.text().replace(out, '') }
}

/** What the config says is nothing of the cluster's. */
const ofCluster = rowsOn('any', 'kafka').filter(([name]) => name !== 'config show')
test.each(ofCluster)('%s', (_, row) => checkFormats(row, where, run))

test('a fresh plan is what any plan is', () => checkFreshPlan(where.url))

test('permissions --probe tells as JSON what it found', async () => {
  const { code, out } = await run(['permissions', '--config', daemon.config, '--probe', '-o', 'json'])
  const { answer } = rows.find(({ verb }) => verb === 'permissions')!
  expect(code).toBe(0)
  expect(answer.parse(JSON.parse(out))).toHaveProperty('found')
})
