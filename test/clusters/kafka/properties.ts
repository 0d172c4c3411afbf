/** The configuration files of controllers and brokers: Kafka's names, settings for quick tests. */
import { randomBytes } from 'node:crypto'
import { type Properties, propertiesText } from '../properties-file.ts'

/** User name → password, SASL PLAIN. */
export type Users = Record<string, string>

/** The user of the brokers, the tools and the harness: may do everything. */
export const adminUser = { username: 'admin', password: 'admin' }

/** A further door of every broker, beside the one that brokers and tools use. */
export interface Listener {
  /** Upper case, and not one of B and CONTROLLER. */
  name: string
  protocol: 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL'
  /** Kafka's settings of this listener, without their prefix. */
  properties?: Properties
  /** The port that clients are told, for what stands between them and the broker; that of the broker itself unless given. */
  advertised?: (broker: number, port: number) => Promise<number>
}

/** A listener of one broker with its ports. */
export interface Door extends Listener {
  port: number
  advertisedPort: number
}

/** What all nodes of a cluster have in common. */
export interface Shared {
  clusterId: string
  controllerPort: number
  /** PLAIN users, the admin included; undefined = no authentication. */
  users?: Users | undefined
  /** Whether requests need ACLs. */
  authorizer: boolean
  listeners?: Listener[] | undefined
}

/** Node id of the only controller. */
export const controllerId = 100

/** A random id as Kafka writes them: 16 bytes, url-safe base64 without padding. One with a leading "-" would read as an option. */
export function newId(): string {
  const id = randomBytes(16).toString('base64url')
  return id.startsWith('-') ? newId() : id
}

/** meta.properties is all that a log directory needs to count as formatted; the directory's own id is random. */
export const metaProperties = (clusterId: string, nodeId: number): string =>
  propertiesText({ version: 1, 'cluster.id': clusterId, 'node.id': nodeId, 'directory.id': newId() })

/** The `controller` role, data in `dir`. */
export const controllerProperties = (shared: Shared, dir: string): Properties => ({
  ...common(shared),
  'process.roles': 'controller',
  'node.id': controllerId,
  listeners: `CONTROLLER://127.0.0.1:${shared.controllerPort}`,
  'log.dirs': dir,
  'broker.session.timeout.ms': 3000,
})

/** The `broker` role. */
export const brokerProperties = (
  shared: Shared,
  broker: {
    id: number
    port: number
    rack?: string | undefined
    logDirs: string[]
    metadataDir?: string | undefined
    doors?: Door[]
  },
): Properties => ({
  ...common(shared),
  ...(shared.users === undefined ? {} : brokerSasl(shared.users)),
  'process.roles': 'broker',
  'node.id': broker.id,
  listeners: `B://127.0.0.1:${broker.port}`,
  ...(broker.doors === undefined ? {} : doorProperties(broker.port, broker.doors)),
  'inter.broker.listener.name': 'B',
  ...(broker.rack === undefined ? {} : { 'broker.rack': broker.rack }),
  'log.dirs': broker.logDirs.join(','),
  ...(broker.metadataDir === undefined ? {} : { 'metadata.log.dir': broker.metadataDir }),
  'broker.heartbeat.interval.ms': 600,
  'replica.lag.time.max.ms': 3000,
  'replica.fetch.wait.max.ms': 200,
})

/** The settings of a client that authenticates as `user`; none without authentication. */
export const clientProperties = (user: { username: string; password: string } | undefined): Properties =>
  user === undefined
    ? {}
    : {
        'security.protocol': 'SASL_PLAINTEXT',
        'sasl.mechanism': 'PLAIN',
        'sasl.jaas.config': jaas(user.username, user.password),
      }

function common(shared: Shared): Properties {
  return {
    'controller.quorum.voters': `${controllerId}@127.0.0.1:${shared.controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': [
      'CONTROLLER:PLAINTEXT',
      `B:${shared.users === undefined ? 'PLAINTEXT' : 'SASL_PLAINTEXT'}`,
      ...(shared.listeners ?? []).map(({ name, protocol }) => `${name}:${protocol}`),
    ].join(','),
    ...(shared.authorizer
      ? {
          'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
          // Nodes reach the controller without authentication; clients of the brokers cannot.
          'super.users': `User:${adminUser.username};User:ANONYMOUS`,
        }
      : {}),
    'auto.create.topics.enable': false,
    'auto.leader.rebalance.enable': false,
    'group.initial.rebalance.delay.ms': 0,
    'log.cleaner.dedupe.buffer.size': 2_097_152,
    'log.segment.bytes': 16_777_216,
    'num.io.threads': 2,
    'num.network.threads': 1,
    'offsets.topic.num.partitions': 1,
    'offsets.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
  }
}

function doorProperties(port: number, doors: Door[]): Properties {
  const urls = (of: (door: Door) => number) =>
    [`B://127.0.0.1:${port}`, ...doors.map((door) => `${door.name}://127.0.0.1:${of(door)}`)].join(',')
  const settings = doors.flatMap(({ name, properties = {} }) =>
    Object.entries(properties).map(([key, value]) => [`listener.name.${name.toLowerCase()}.${key}`, value] as const),
  )
  return {
    listeners: urls((door) => door.port),
    'advertised.listeners': urls((door) => door.advertisedPort),
    ...Object.fromEntries(settings),
  }
}

function brokerSasl(users: Users): Properties {
  const known = Object.entries(users).map(([name, password]) => ` user_${name}="${password}"`)
  return {
    'sasl.enabled.mechanisms': 'PLAIN',
    'sasl.mechanism.inter.broker.protocol': 'PLAIN',
    'listener.name.b.plain.sasl.jaas.config': jaas(adminUser.username, adminUser.password, known.join('')),
  }
}

const jaas = (username: string, password: string, known = '') =>
  `org.apache.kafka.common.security.plain.PlainLoginModule required username="${username}" password="${password}"${known};`
