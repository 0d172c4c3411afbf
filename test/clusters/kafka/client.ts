/** kafkajs clients for the tests. Disconnect them after use: an idle one burns processor time. */
import { connect } from 'node:net'
import { Kafka, type KafkaConfig, logLevel } from 'kafkajs'
import { adminUser } from './properties.ts'

/** What a client has to know of a cluster. */
export interface Reachable {
  /** host:port of every broker. */
  bootstrap: string[]
  /** Whether it wants authentication. */
  authenticated: boolean
}

/** A client of the cluster, as the admin unless another user is named. */
export const kafkaClient = (cluster: Reachable, user = adminUser): Kafka => new Kafka(config(cluster, user))

/** A client that asks one broker alone, at host:port, whatever the cluster consists of: what it is shown never goes back in time. */
export const clientOfOne = (cluster: Reachable, address: string): Kafka =>
  new Kafka({
    ...config(cluster, adminUser),
    brokers: [address],
    retry: { retries: 0 },
    // kafkajs asks any broker of the cluster: whichever it picks, it gets this one.
    socketFactory: ({ onConnect }) => connect({ host: '127.0.0.1', port: Number(address.split(':')[1]) }, onConnect),
  })

/**
 * The ids of the brokers that the broker at `address` (host:port) knows to be alive.
 * @throws Error when it does not answer within 3 s
 */
export async function brokersSeenBy(cluster: Reachable, address: string): Promise<number[]> {
  const admin = clientOfOne(cluster, address).admin()
  try {
    await admin.connect()
    return (await admin.describeCluster()).brokers.map((broker) => broker.nodeId)
  } finally {
    await admin.disconnect()
  }
}

const config = (cluster: Reachable, user: { username: string; password: string }): KafkaConfig => ({
  brokers: cluster.bootstrap,
  logLevel: logLevel.NOTHING,
  connectionTimeout: 3000,
  requestTimeout: 3000,
  retry: { retries: 5, initialRetryTime: 100 },
  ...(cluster.authenticated ? { sasl: { mechanism: 'plain', ...user } } : {}),
})
