/** Brokers that are frozen, mute, cut off from us alone, or left half-open: everything else goes on. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTransport, type KafkaTransport } from '../../../src/systems/kafka/transport.ts'
import { describeCluster } from '../../../src/systems/kafka/wire/describe-cluster.ts'
import { listPartitionReassignments } from '../../../src/systems/kafka/wire/list-partition-reassignments.ts'
import { metadata } from '../../../src/systems/kafka/wire/metadata.ts'
import { TcpProxy } from '../../support/tcp-proxy.ts'
import { Evenkeel, isQuiet } from '../acceptance/evenkeel.ts'
import { type KafkaCluster, startKafka } from '../kafka/cluster.ts'
import { fill } from '../kafka/fill.ts'
import { createTopic, describeTopics } from '../kafka/tools.ts'
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
  addresses = cluster.bootstrapAt('PROXIED').map((address) => ({ host: '127.0.0.1', port: Number(address.split(':')[1]) }))
  const assignment = Array.from({ length: 24 }, (_, p) => [1 + (p % 2), 3 - (p % 2) - 0 > 2 ? 1 : 3])
  await createTopic(cluster, 'orders', { assignment })
  await fill(cluster, 'orders', Array.from({ length: 24 }, () => MiB))
})
afterAll(async () => {
  await cluster?.close()
  for (const proxy of proxies.values()) await proxy.close()
})
