/** Real Kafka clusters: one controller and any number of brokers, each a JVM of its own, on loopback, for the length of a test. */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { NodeState } from '../local-node.ts'
import { freePort } from '../ports.ts'
import { type Properties, propertiesText } from '../properties-file.ts'
import { freshDir, mountTmpfs } from '../sandbox.ts'
import { until } from '../wait.ts'
import { brokersSeenBy, type Reachable } from './client.ts'
import { type Distribution, distribution, type KafkaVersion, placeCheckpoint } from './jars.ts'
import { java } from './jvm.ts'
import { KafkaNode } from './node.ts'
import {
  adminUser,
  brokerProperties,
  clientProperties,
  controllerId,
  controllerProperties,
  type Door,
  type Listener,
  metaProperties,
  newId,
  type Shared,
  type Users,
} from './properties.ts'

/** A broker to be started. */
export interface BrokerSpec {
  id: number
  rack?: string
  /** Number of log directories; 1 unless given. */
  logDirs?: number
  /** Size of a file system of its own for each log directory; without it they share the host's disk. Needs root. */
  tmpfsMiB?: number
  /** Keep the cluster metadata out of the log directories; Kafka's own choice is the first of them. */
  separateMetadata?: boolean
  /** Further settings of this broker; they win over those of the cluster. */
  properties?: Properties
}

export interface KafkaOptions {
  /** 4.3.1 unless given. */
  version?: KafkaVersion
  brokers: BrokerSpec[]
  /** Further settings of every broker. */
  brokerProperties?: Properties
  /** Further settings of the controller. */
  controllerProperties?: Properties
  /** Clients must authenticate, PLAIN: user → password. The user `adminUser` exists as well. */
  sasl?: Users
  /** Requests need ACLs; only `adminUser` may do everything. Needs `sasl`. */
  authorizer?: boolean
  /** Further doors of every broker. */
  listeners?: Listener[]
  /** Eligible leader replicas: what the version does by itself unless given. 3.9 cannot. */
  elr?: boolean
}

/**
 * Starts a cluster and waits until every broker knows every other.
 * @throws Error when a node does not start; nothing is left running then
 */
export async function startKafka(options: KafkaOptions): Promise<KafkaCluster> {
  if (options.authorizer && options.sasl === undefined)
    throw new Error('authorizer needs sasl: without users everybody is the admin')
  const files = await distribution(options.version ?? '4.3.1')
  if (options.elr && files.version.startsWith('3.'))
    throw new Error(`Kafka ${files.version} has no eligible leader replicas`)
  for (let tries = 1; ; tries++) {
    const cluster = new KafkaCluster(files, options, await freshDir('kafka'), await freePort())
    try {
      await cluster.launch()
      return cluster
    } catch (error) {
      await cluster.close()
      // Somebody else took one of our ports before we did: once more with others.
      if (tries === 3 || !(error as Error).message.includes('Address already in use')) throw error
    }
  }
}

/** Made by `startKafka`. Where a method takes a broker's id, the controller's (100) will do as well. */
export class KafkaCluster implements Reachable {
  readonly version: KafkaVersion
  readonly clusterId: string
  readonly authenticated: boolean
  /** Directory for what belongs to this cluster; goes with it. */
  readonly dir: string
  readonly #files: Distribution
  readonly #options: KafkaOptions
  readonly #shared: Shared
  readonly #nodes = new Map<number, KafkaNode>()
  readonly #doors = new Map<number, Door[]>()
  readonly #releases: (() => Promise<unknown>)[] = []

  /** For `startKafka` only. */
  constructor(files: Distribution, options: KafkaOptions, dir: string, controllerPort: number) {
    this.version = files.version
    this.clusterId = newId()
    this.authenticated = options.sasl !== undefined
    this.dir = dir
    this.#files = files
    this.#options = options
    this.#shared = {
      clusterId: this.clusterId,
      controllerPort,
      users: options.sasl && { ...options.sasl, [adminUser.username]: adminUser.password },
      authorizer: options.authorizer ?? false,
      listeners: options.listeners,
    }
    this.onClose(() => rm(dir, { recursive: true, force: true }))
  }

  /** For `startKafka` only: starts all nodes at once. */
  async launch(): Promise<void> {
    await writeFile(this.clientConfig, propertiesText(clientProperties(this.authenticated ? adminUser : undefined)))
    await this.#addController()
    for (const spec of this.#options.brokers) await this.#prepareBroker(spec)
    await Promise.all([...this.#nodes.values()].map((node) => node.start()))
    await this.waitReady()
  }

  /** host:port of every broker, dead or alive. */
  get bootstrap(): string[] {
    return this.brokers.map((broker) => broker.address)
  }

  /** host:port under which every broker is known at one of the further listeners. */
  bootstrapAt(listener: string): string[] {
    return [...this.#doors.values()].map((doors) => {
      const door = doors.find(({ name }) => name === listener)
      if (door === undefined) throw new Error(`there is no listener ${listener}`)
      return `127.0.0.1:${door.advertisedPort}`
    })
  }

  /** Every broker, dead or alive. */
  get brokers(): { id: number; address: string; rack: string | undefined; state: NodeState }[] {
    return [...this.#nodes.values()]
      .filter(({ id }) => id !== controllerId)
      .map(({ id, address, rack, state }) => ({ id, address, rack, state }))
  }

  /** Path of a properties file with which Kafka's tools and clients reach this cluster as the admin. */
  get clientConfig(): string {
    return join(this.dir, 'client.properties')
  }

  /** Directory for things made once for this version of Kafka. */
  get cache(): string {
    return this.#files.dir
  }

  /** Paths of the jars with Kafka's tools and clients. */
  get jars(): string[] {
    return this.#files.tools.jars
  }

  /** The arguments with which `java` runs a class of those jars; `classes` are directories of further classes. */
  java(command: string[], classes: string[] = []): string[] {
    return java({ ...this.#files.tools, classes }, command)
  }

  /** Starts a further broker and waits until it serves clients; `waitReady` waits until the others know it. */
  async addBroker(spec: BrokerSpec): Promise<void> {
    await this.#prepareBroker(spec)
    await this.start(spec.id)
  }

  /** Starts a node again with the data it has, and waits until it is ready. */
  start = (id: number): Promise<void> => this.#node(id).start()

  /** kill -9, and waits until the process is gone. The cluster notices after its session time-out, 3 s. */
  kill = (id: number): Promise<void> => this.#node(id).kill()

  /** Controlled shutdown, and waits until the process is gone. */
  stop = (id: number): Promise<void> => this.#node(id).stop()

  /** Holds a node still: it accepts connections and answers nothing. */
  freeze = (id: number): void => this.#node(id).freeze()

  thaw = (id: number): void => this.#node(id).thaw()

  killController = (): Promise<void> => this.kill(controllerId)

  startController = (): Promise<void> => this.start(controllerId)

  /** Process id of a node. */
  pid = (id: number): number => this.#node(id).pid

  /** Paths of a node's log directories. */
  logDirs = (id: number): string[] => this.#node(id).logDirs

  /** What a node has logged, over all its lives. */
  log = (id: number): string => this.#node(id).log

  /**
   * Waits until each running broker's metadata lists exactly the running brokers.
   * @throws Error when they do not agree within `deadlineMs`
   */
  async waitReady(deadlineMs = 30_000): Promise<void> {
    const running = this.brokers.filter((broker) => broker.state === 'running')
    const expected = running.map((broker) => broker.id).sort((a, b) => a - b)
    await Promise.all(
      running.map(({ id, address }) =>
        until(`broker ${id} listing brokers ${expected.join(', ')}`, deadlineMs, async () => {
          const seen = (await brokersSeenBy(this, address)).sort((a, b) => a - b)
          if (seen.join() !== expected.join()) throw new Error(`it lists ${seen.join(', ')}`)
          return true
        }),
      ),
    )
  }

  /** Adds something to be released when the cluster is closed, before what was there earlier. */
  onClose(release: () => Promise<unknown>): void {
    this.#releases.push(release)
  }

  /**
   * Ends every process and removes every mount and file, last first. A second call does nothing.
   * @throws the first error, after having tried all
   */
  async close(): Promise<void> {
    const errors: unknown[] = []
    for (let release = this.#releases.pop(); release; release = this.#releases.pop()) {
      await release().catch((error) => errors.push(error))
    }
    if (errors.length > 0) throw errors[0]
  }

  async #addController(): Promise<void> {
    const dir = join(this.dir, 'controller')
    await this.#format(dir, controllerId)
    const { checkpoint, checkpointWithoutElr, checkpointPath } = this.#files
    await placeCheckpoint(this.#options.elr === false ? checkpointWithoutElr : checkpoint, checkpointPath, dir)
    await this.#addNode(
      { id: controllerId, address: `127.0.0.1:${this.#shared.controllerPort}`, rack: undefined, logDirs: [dir] },
      { ...controllerProperties(this.#shared, dir), ...this.#options.controllerProperties },
    )
  }

  async #prepareBroker(spec: BrokerSpec): Promise<void> {
    const { id, rack } = spec
    if (this.#nodes.has(id)) throw new Error(`there is a node ${id} already`)
    const home = join(this.dir, `broker-${id}`)
    const logDirs = Array.from({ length: spec.logDirs ?? 1 }, (_, n) => join(home, `data-${n}`))
    const metadataDir = spec.separateMetadata ? join(home, 'metadata') : undefined
    for (const dir of logDirs) {
      if (spec.tmpfsMiB !== undefined) this.onClose(await mountTmpfs(dir, spec.tmpfsMiB))
    }
    for (const dir of metadataDir === undefined ? logDirs : [...logDirs, metadataDir]) await this.#format(dir, id)
    const port = await freePort()
    const doors: Door[] = []
    for (const listener of this.#options.listeners ?? []) {
      const own = await freePort()
      const advertisedPort = (await listener.advertised?.(id, own)) ?? own
      doors.push({ ...listener, port: own, advertisedPort })
    }
    this.#doors.set(id, doors)
    await this.#addNode(
      { id, address: `127.0.0.1:${port}`, rack, logDirs },
      {
        ...brokerProperties(this.#shared, {
          id,
          port,
          rack,
          logDirs,
          metadataDir,
          ...(doors.length > 0 ? { doors } : {}),
        }),
        ...this.#options.brokerProperties,
        ...spec.properties,
      },
    )
  }

  async #addNode(
    node: { id: number; address: string; rack: string | undefined; logDirs: string[] },
    properties: Properties,
  ): Promise<void> {
    const config = join(this.dir, `node-${node.id}.properties`)
    await writeFile(config, propertiesText(properties))
    const added = new KafkaNode({
      ...node,
      javaArgs: java({ ...this.#files, logLevel: 'INFO' }, ['kafka.Kafka', config]),
    })
    this.#nodes.set(node.id, added)
    this.onClose(() => added.kill())
  }

  async #format(dir: string, nodeId: number): Promise<void> {
    await mkdir(dir, { recursive: true })
    await writeFile(join(dir, 'meta.properties'), metaProperties(this.clusterId, nodeId))
  }

  #node(id: number): KafkaNode {
    const node = this.#nodes.get(id)
    if (node === undefined) throw new Error(`there is no node ${id}; there are ${[...this.#nodes.keys()].join(', ')}`)
    return node
  }
}
