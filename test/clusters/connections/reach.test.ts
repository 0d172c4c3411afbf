/** Brokers that are frozen, mute, cut off from us alone, or left half-open: everything else goes on. */
import type { Admin } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTransport, type KafkaTransport } from '../../../src/systems/kafka/transport.ts'
import { describeCluster } from '../../../src/systems/kafka/wire/describe-cluster.ts'
import { listPartitionReassignments } from '../../../src/systems/kafka/wire/list-partition-reassignments.ts'
import { metadata } from '../../../src/systems/kafka/wire/metadata.ts'
import { TcpProxy } from '../../support/tcp-proxy.ts'
import { Evenkeel, isQuiet } from '../acceptance/evenkeel.ts'
import { kafkaClient } from '../kafka/client.ts'
import { type KafkaCluster, startKafka } from '../kafka/cluster.ts'
import { fill } from '../kafka/fill.ts'
import { createTopic } from '../kafka/tools.ts'
import { guardLeaks } from '../leaks.ts'
import { freePort } from '../ports.ts'
import { until } from '../wait.ts'

guardLeaks()
const MiB = 1024 * 1024
const sessionTimeoutMs = 3_000

/** What evenkeel sees of the brokers goes through a proxy each; the brokers among themselves do without. */
const proxies = new Map<number, TcpProxy>()
let cluster: KafkaCluster
let addresses: { host: string; port: number }[]

beforeAll(async () => {
  const advertised = async (broker: number, port: number) => {
    const outer = await freePort()
    proxies.set(broker, await TcpProxy.start(port, outer))
    return outer
  }
  cluster = await startKafka({
    brokers: [1, 2, 3, 4].map((id) => ({ id, tmpfsMiB: 256 })),
    listeners: [{ name: 'PROXIED', protocol: 'PLAINTEXT', advertised }],
  })
  addresses = cluster
    .bootstrapAt('PROXIED')
    .map((address) => ({ host: '127.0.0.1', port: Number(address.split(':')[1]) }))
  // Broker 3 can be emptied whatever becomes of broker 4.
  const pairs = [...pairsOf([1, 2, 3], 18), ...pairsOf([1, 4], 3), ...pairsOf([4, 2], 3)]
  await createTopic(cluster, 'orders', { assignment: pairs })
  await fill(
    cluster,
    'orders',
    pairs.map(() => MiB),
  )
})
afterAll(async () => {
  await cluster?.close()
  for (const proxy of proxies.values()) await proxy.close()
})

function pairsOf(brokers: number[], count: number): number[][] {
  return Array.from({ length: count }, (_, p) => [brokers[p % brokers.length]!, brokers[(p + 1) % brokers.length]!])
}

test('with one of four brokers frozen, reads of any broker are answered within 2 s', async () => {
  const [warm, cold] = await Promise.all([1, 2].map(() => createTransport({ bootstrap: addresses, clientId: 'test' })))
  try {
    await readAll(warm!)
    cluster.freeze(1)
    // Also after the cluster has dropped it from its list.
    const end = performance.now() + sessionTimeoutMs + 1_000
    const readOn = async (transport: KafkaTransport) => {
      const took: number[] = []
      while (performance.now() < end) {
        took.push(...(await readAll(transport)))
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      return took
    }
    const [old, fresh] = await Promise.all([readOn(warm!), readOn(cold!)])
    const slowest = (took: number[]) => Math.max(...took)
    console.log(`slowest of ${old.length} reads over old connections ${slowest(old).toFixed(0)} ms`)
    console.log(`slowest of ${fresh.length} reads over new connections ${slowest(fresh).toFixed(0)} ms`)
    for (const took of [old, fresh]) {
      expect(slowest(took)).toBeLessThan(2_000)
      expect(took.filter((ms) => ms > 900).length, 'reads that waited for the frozen broker').toBeLessThanOrEqual(3)
    }
  } finally {
    await Promise.all([warm, cold].map((transport) => transport!.close()))
    cluster.thaw(1)
    await cluster.waitReady()
  }
})

/** Each kind of read once, all at the same time. @returns how long each took, in ms */
function readAll(transport: KafkaTransport): Promise<number[]> {
  const options = { signal: new AbortController().signal, timeoutMs: 15_000 }
  const timed = async (read: Promise<unknown>) => {
    const start = performance.now()
    await read
    return performance.now() - start
  }
  return Promise.all([
    timed(transport.send('any', describeCluster, { includeFencedBrokers: true }, options)),
    timed(transport.send('any', listPartitionReassignments, { timeoutMs: 15_000, topics: null }, options)),
    timed(
      transport.send('any', metadata, { topics: null }, options).then(({ brokers }) => transport.updateNodes(brokers)),
    ),
  ])
}

describe('the daemon', () => {
  let daemon: Evenkeel
  beforeAll(async () => {
    const access = { bootstrap_servers: cluster.bootstrapAt('PROXIED') }
    // Nobody is to be repaired here, only seen.
    daemon = await Evenkeel.startAt(access, { mode: 'continuous', node_availability_timeout: '10m' })
    await daemon.reaches('quiet', 60_000, isQuiet)
    await daemon.command('drain', '3')
    await worksOn('before')
  })
  afterAll(() => daemon?.stop())

  test('sees a frozen broker gone within the session time-out and 5 s, and goes on with the others', async () => {
    const start = performance.now()
    cluster.freeze(4)
    await state(4, 'unavailable', 20_000)
    const seconds = (performance.now() - start) / 1000
    console.log(`seen as unavailable ${seconds.toFixed(1)} s after it was frozen`)
    expect(seconds).toBeLessThanOrEqual(sessionTimeoutMs / 1000 + 5)
    await worksOn('meanwhile')
    cluster.thaw(4)
    await state(4, 'alive', 20_000)
  })

  test('leaves one alone that only it cannot reach, and goes on with the others', async () => {
    const before = await replicasOn(4)
    proxies.get(4)!.become('mute')
    await state(4, 'unreachable', 20_000)
    expect(proxies.get(4)!.open, 'connections to a mute broker').toBeLessThanOrEqual(2)
    proxies.get(4)!.become('refuse')
    await worksOn('later')
    expect(await replicasOn(4)).toEqual(before)
    expect(await daemon.metric('evenkeel_nodes', 'state="unreachable"')).toBe(1)
    proxies.get(4)!.become('forward')
    await state(4, 'alive', 20_000)
  })

  test('does not miss a sample for connections that are half-open', async () => {
    const failed = await failures()
    const start = performance.now()
    for (const proxy of proxies.values()) proxy.forsake()
    await daemon.passTicks(2)
    console.log(`two ticks in ${((performance.now() - start) / 1000).toFixed(1)} s`)
    expect(performance.now() - start).toBeLessThan(8_000)
    expect(await failures()).toBe(failed)
    expect(await daemon.metric('evenkeel_nodes', 'state="unreachable"')).toBe(0)
  })

  test('keeps one connection a broker, and none after its end', async () => {
    await daemon.passTicks(3)
    expect([...proxies.values()].map((proxy) => proxy.open)).toEqual([1, 1, 1, 1])
    expect(await daemon.stop()).toBe(0)
    expect([...proxies.values()].map((proxy) => proxy.open)).toEqual([0, 0, 0, 0])
  })

  async function state(node: number, expected: string, deadlineMs: number): Promise<void> {
    await until(
      `broker ${node} being ${expected}`,
      deadlineMs,
      async () => {
        const response = await fetch(`${daemon.url}/api/v1/nodes`)
        const { nodes } = (await response.json()) as { nodes: { id: number; state: string }[] }
        return nodes.find(({ id }) => id === node)?.state === expected
      },
      100,
    )
  }

  /** Broker 3 is being emptied for good: what somebody puts there is work that needs nobody but brokers 1 and 2. */
  async function worksOn(topic: string): Promise<void> {
    const replicaAssignment = pairsOf([3, 1, 2], 3).map((replicas, partition) => ({ partition, replicas }))
    await asked((admin) => admin.createTopics({ topics: [{ topic, replicaAssignment }] }))
    const empty = async () => (await replicasOn(3)).length === 0
    await until('broker 3 being empty', 30_000, empty, 200).catch(async (error: Error) => {
      const status = JSON.stringify(await daemon.status())
      throw new Error(`${error.message}\nlast status: ${status}\n${daemon.text().slice(-4000)}`, { cause: error })
    })
    // One that is still on its way to broker 4 when that freezes would keep a place of broker 3 for the whole target_grace.
    await daemon.reaches('nothing moving', 30_000, ({ moves }) => moves.running + moves.pending === 0)
  }

  const failures = () => daemon.metric('evenkeel_sample_failures_total')
})

/** Partitions that have a replica on a broker. */
async function replicasOn(node: number): Promise<string[]> {
  const { topics } = await asked((admin) => admin.fetchTopicMetadata())
  return topics.flatMap(({ name, partitions }) =>
    partitions.filter(({ replicas }) => replicas.includes(node)).map(({ partitionId }) => `${name}-${partitionId}`),
  )
}

/** Asks brokers that run: a frozen one would hold up whoever asks. */
async function asked<T>(question: (admin: Admin) => Promise<T>): Promise<T> {
  const running = cluster.brokers.filter(({ state }) => state === 'running').map(({ address }) => address)
  const admin = kafkaClient({ bootstrap: running, authenticated: false }).admin()
  await admin.connect()
  try {
    return await question(admin)
  } finally {
    await admin.disconnect()
  }
}
