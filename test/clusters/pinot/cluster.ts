/**
 * Real Pinot clusters on loopback for the length of a test: ZooKeeper, a released controller, and stand-ins for servers and brokers, which
 * are not published. A stand-in is a real member of the cluster that loads, keeps and drops real segments; it only answers no query.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LocalNode, type NodeState } from '../local-node.ts'
import { freePort } from '../ports.ts'
import { type Properties, propertiesText } from '../properties-file.ts'
import { mountTmpfs } from '../sandbox.ts'
import { until } from '../wait.ts'
import type { Distribution } from './jars.ts'
import { type JvmOptions, java, type Role } from './jvm.ts'
import { brokerProperties, clusterName, controllerProperties, type Shared, serverProperties } from './properties.ts'
import { authorizationOf, type Login, must } from './rest.ts'

/** A server to be started. */
export interface ServerSpec {
  /** Those of the default tenant unless given. Only for the first start: what was changed in the cluster since then stays. */
  tags?: string[]
  /** Tag → pool. */
  pools?: Record<string, string | number>
  /** Size of a file system of its own; without it, it shares the host's disk. Needs root. */
  tmpfsMiB?: number
}

export interface PinotOptions {
  servers: ServerSpec[]
  /** How many; 1 unless given. */
  brokers?: number
  /** Further settings of the controller. */
  controllerProperties?: Properties
  /** Whom servers, brokers and this test are to a controller that wants to know. */
  login?: Login
  /** When a member that is silent counts as dead; 6 s unless given. */
  sessionTimeoutMs?: number
}

/** What a test can make worse while a server runs; each call of `setKnobs` sets all of them. */
export interface Knobs {
  /** How much longer each load takes. */
  loadDelayMs?: number
  /** What all downloads of the server share. */
  downloadBytesPerSecond?: number
  /** Regular expression of whole names of segments whose load fails. */
  failLoads?: string
  /** The same of segments whose load does not end until the knobs say otherwise. */
  hangLoads?: string
}

/** A server or a broker. */
export interface Instance {
  /** Its name in the cluster. Names sort in the order in which the instances were added, up to nine of a kind. */
  name: string
  state: NodeState
  /** Seconds that its last start took. */
  startSeconds: number
}

export interface Server extends Instance {
  /** Of its admin interface. */
  adminUrl: string
  /** Directory on the disk that it reports. */
  dir: string
}

/** Made by `startPinot`. Where a method takes a name, it is that of an instance, or `zookeeper`, or `controller`. */
export class PinotCluster {
  /** host:port */
  readonly zkConnect: string
  /** For the test's own requests: with the login, where there is one. */
  readonly controllerUrl: string
  /** What a tool of ours shows the controller. */
  readonly authorization: string | undefined
  /** Name of the cluster, and of its root in ZooKeeper. */
  readonly name = clusterName
  /** Directory for what belongs to this cluster; goes with it. */
  readonly dir: string
  readonly #options: PinotOptions
  readonly #jvm: JvmOptions
  readonly #shared: Shared
  readonly #zkPort: number
  readonly #nodes = new Map<string, LocalNode>()
  readonly #servers: { name: string; adminUrl: string; dir: string }[] = []
  readonly #brokers: string[] = []
  /** How many addresses have been given, to those that are still being prepared as well. */
  readonly #given = { servers: 0, brokers: 0 }
  readonly #startSeconds = new Map<string, number>()
  readonly #releases: (() => Promise<unknown>)[] = []

  /** For `startPinot` only. */
  constructor(
    files: Distribution & { archives: string; record: boolean },
    options: PinotOptions,
    at: { dir: string; zkPort: number; controllerPort: number },
  ) {
    this.dir = at.dir
    this.zkConnect = `127.0.0.1:${at.zkPort}`
    const { login } = options
    const as = login === undefined ? '' : `${login.username}:${encodeURIComponent(login.password)}@`
    this.controllerUrl = `http://${as}127.0.0.1:${at.controllerPort}`
    this.authorization = login && authorizationOf(login)
    this.#zkPort = at.zkPort
    this.#options = options
    this.#jvm = { ...files, sessionTimeoutMs: options.sessionTimeoutMs ?? 6000 }
    this.#shared = {
      zkConnect: this.zkConnect,
      controllerPort: at.controllerPort,
      ...(this.authorization === undefined ? {} : { authorization: this.authorization }),
    }
    this.onClose(() => rm(this.dir, { recursive: true, force: true }))
  }

  /** For `startPinot` only: ZooKeeper first, then all at once; who comes too early waits. */
  async launch(): Promise<void> {
    await this.#addZooKeeper()
    await this.start('zookeeper')
    await this.#addController()
    const names = [
      ...(await all(this.#options.servers, (spec) => this.#prepareServer(spec))),
      ...(await all(Array.from({ length: this.#options.brokers ?? 1 }), () => this.#prepareBroker())),
    ]
    await Promise.all(['controller', ...names].map((name) => this.start(name)))
    await this.waitReady()
  }

  /** Every server, dead or alive, in the order in which they were added. */
  get servers(): Server[] {
    return this.#servers.map((server) => ({ ...server, ...this.#instance(server.name) }))
  }

  /** Every broker, dead or alive, in the order in which they were added. */
  get brokers(): Instance[] {
    return this.#brokers.map((name) => this.#instance(name))
  }

  /** Directory of ZooKeeper's snapshots and logs. */
  get zkDir(): string {
    return join(this.dir, 'zookeeper')
  }

  /**
   * Starts a further server and waits until it is in the cluster.
   * @returns its name
   */
  async addServer(spec: ServerSpec = {}): Promise<string> {
    const name = await this.#prepareServer(spec)
    await this.start(name)
    return name
  }

  /**
   * Starts a further broker and waits until it serves the tables of its tenant.
   * @returns its name
   */
  async addBroker(): Promise<string> {
    const name = await this.#prepareBroker()
    await this.start(name)
    return name
  }

  /** Starts it again with the data it has, and waits until it is ready. */
  async start(name: string): Promise<void> {
    const begin = performance.now()
    await this.#node(name).start()
    this.#startSeconds.set(name, (performance.now() - begin) / 1000)
  }

  /** kill -9, and waits until the process is gone. The cluster notices after the session time-out. */
  kill = (name: string): Promise<void> => this.#node(name).kill()

  /** Controlled shutdown, and waits until the process is gone. */
  stop = (name: string): Promise<void> => this.#node(name).stop()

  /** Holds it still: it accepts connections and answers nothing. */
  freeze = (name: string): void => this.#node(name).freeze()

  thaw = (name: string): void => this.#node(name).thaw()

  pid = (name: string): number => this.#node(name).pid

  /** What it has logged, over all its lives. */
  log = (name: string): string => this.#node(name).log

  /** Seconds that the last start of ZooKeeper, the controller or an instance took. */
  startSeconds = (name: string): number => this.#startSeconds.get(name) ?? Number.NaN

  /** Sets all knobs of a server; those not given are off. */
  async setKnobs(name: string, knobs: Knobs): Promise<void> {
    const server = this.#servers.find((known) => known.name === name)
    if (server === undefined) throw new Error(`there is no server ${name}`)
    await must('PUT', `${server.adminUrl}/knobs`, { body: knobs, timeoutMs: 10_000 })
  }

  /**
   * Waits until the controller answers and the cluster counts exactly the running instances as alive.
   * @throws Error when that is not so within `deadlineMs`
   */
  async waitReady(deadlineMs = 30_000): Promise<void> {
    const running = [...this.servers, ...this.brokers].filter(({ state }) => state === 'running')
    const expected = running.map(({ name }) => name).sort()
    await until(`${expected.join(', ')} being live`, deadlineMs, async () => {
      await must('GET', `${this.controllerUrl}/health`, { timeoutMs: 5000 })
      const { instances } = await must<{ instances: string[] }>('GET', `${this.controllerUrl}/liveinstances`)
      const live = instances.filter((name) => /^(Server|Broker)_/.test(name)).sort()
      if (live.join() !== expected.join()) throw new Error(`live are ${live.join(', ')}`)
      return true
    })
  }

  /** The arguments with which `java` runs a tool of ours once. */
  tool = (role: Role, args: string[]): string[] => java(this.#jvm, role, args)

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

  async #addZooKeeper(): Promise<void> {
    await mkdir(this.zkDir)
    // Sessions end at whole ticks, so small ones let them end when they should.
    const tickMs = Math.ceil(this.#jvm.sessionTimeoutMs / 12)
    this.#addNode('zookeeper', 'zookeeper', [this.zkDir, `${this.#zkPort}`, `${tickMs}`])
  }

  async #addController(): Promise<void> {
    const properties = controllerProperties(this.#shared, join(this.dir, 'controller'))
    await this.#addConfigured('controller', 'controller', { ...properties, ...this.#options.controllerProperties })
  }

  async #prepareServer(spec: ServerSpec): Promise<string> {
    const { tags = ['DefaultTenant_OFFLINE', 'DefaultTenant_REALTIME'], pools = {}, tmpfsMiB } = spec
    const host = `127.0.1.${++this.#given.servers}`
    const name = `Server_${host}_8098`
    const dir = join(this.dir, name)
    const adminPort = await freePort()
    if (tmpfsMiB !== undefined) this.onClose(await mountTmpfs(dir, tmpfsMiB))
    await this.#addConfigured(name, 'server', serverProperties(this.#shared, { host, adminPort, dir, tags, pools }))
    this.#servers.push({ name, dir, adminUrl: `http://${host}:${adminPort}` })
    return name
  }

  async #prepareBroker(): Promise<string> {
    const host = `127.0.2.${++this.#given.brokers}`
    const name = `Broker_${host}_8099`
    await this.#addConfigured(name, 'broker', brokerProperties(this.#shared, { host, tags: ['DefaultTenant_BROKER'] }))
    this.#brokers.push(name)
    return name
  }

  async #addConfigured(name: string, role: Role, properties: Properties): Promise<void> {
    const config = join(this.dir, `${name}.properties`)
    await writeFile(config, propertiesText(properties))
    this.#addNode(name, role, [config])
  }

  #addNode(name: string, role: Role, args: string[]): void {
    const node = new LocalNode(`Pinot's ${name}`, java(this.#jvm, role, args), 'evenkeel: ready')
    this.#nodes.set(name, node)
    this.onClose(() => node.kill())
  }

  #instance(name: string): Instance {
    return { name, state: this.#node(name).state, startSeconds: this.startSeconds(name) }
  }

  #node(name: string): LocalNode {
    const node = this.#nodes.get(name)
    if (node === undefined) throw new Error(`there is no ${name}; there are ${[...this.#nodes.keys()].join(', ')}`)
    return node
  }
}

/** One after the other, in order. */
async function all<T, R>(values: T[], each: (value: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (const value of values) results.push(await each(value))
  return results
}
