/** The contract's cluster as real brokers. */
import { appendFile, readdir, rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Admin, ConfigResourceTypes } from 'kafkajs'
import type { DirTarget } from '../../../src/cluster/move.ts'
import { realClock } from '../../../src/lib/clock.ts'
import { createKafka } from '../../../src/systems/kafka/kafka.ts'
import type { SettingRef, System } from '../../../src/systems/port.ts'
import {
  type Driver,
  deleteDelayMs,
  dirMB,
  everyNode,
  frail,
  type NewTopic,
  slowBytesPerSecond,
} from '../../systems/contract/driver.ts'
import { kafkaClient } from '../kafka/client.ts'
import { type KafkaCluster, startKafka } from '../kafka/cluster.ts'
import { fill } from '../kafka/fill.ts'
import type { KafkaVersion } from '../kafka/jars.ts'
import { metaProperties } from '../kafka/properties.ts'
import { executeReassignment, setConfig } from '../kafka/tools.ts'
import { until } from '../wait.ts'

const MB = 1e6
const FAST = 1_000 * MB
const FILLER = 'of-others'

/** Starts the brokers of the contract. */
export async function kafkaDriver(version: KafkaVersion): Promise<KafkaDriver> {
  const brokers = everyNode.map((id) => ({ id, logDirs: 2, tmpfsMiB: dirMB, separateMetadata: id !== frail }))
  // What is deleted with its topic or after a move waits as long as the broker says, whatever the topic's own settings.
  const brokerProperties = { 'log.segment.delete.delay.ms': deleteDelayMs }
  const cluster = await startKafka({ version, brokers, brokerProperties })
  const driver = new KafkaDriver(cluster)
  await driver.heal()
  return driver
}

class KafkaDriver implements Driver {
  readonly #cluster: KafkaCluster
  #system: System | undefined
  /** Undefined: none is set. */
  #rate: number | undefined = FAST
  #controller = true
  readonly #cordoned = new Map<number, string[]>()
  /** Names of what strangers have set of all brokers. */
  readonly #ofAll = new Set<string>()
  /** Nodes with a dir that somebody filled or replaced. */
  readonly #hurt = new Set<number>()

  constructor(cluster: KafkaCluster) {
    this.#cluster = cluster
  }

  get system(): System {
    return this.#system!
  }

  node = (number: number): number => number

  topic = (name: string): string => name

  async createTopic(
    name: string,
    { assignment, megabytes = 6, minIsr = 1, unlisted = false }: NewTopic,
  ): Promise<void> {
    const configs = {
      'min.insync.replicas': minIsr,
      ...(unlisted ? {} : { 'follower.replication.throttled.replicas': '*' }),
    }
    await this.#admin((admin) =>
      admin.createTopics({
        topics: [
          {
            topic: name,
            replicaAssignment: assignment.map((replicas, partition) => ({ partition, replicas })),
            configEntries: Object.entries(configs).map(([name, value]) => ({ name, value: String(value) })),
          },
        ],
      }),
    )
    await fill(
      this.#cluster,
      name,
      assignment.map(() => megabytes * MB),
    )
    await until(`${name} being in sync`, 60_000, async () => {
      const { topics } = await this.#admin((admin) => admin.fetchTopicMetadata({ topics: [name] }))
      return topics[0]!.partitions.every(({ replicas, isr }) => replicas.length === isr.length)
    })
  }

  deleteTopic = (name: string): Promise<void> => this.#admin((admin) => admin.deleteTopics({ topics: [name] }))

  slow = (): Promise<void> => this.#setRate(slowBytesPerSecond)

  fast = (): Promise<void> => this.#setRate(FAST)

  unlimited = (): Promise<void> => this.#setRate(undefined)

  kill = (node: number): Promise<void> => this.#cluster.kill(node)

  start = (node: number): Promise<void> => this.#cluster.start(node)

  async killController(): Promise<void> {
    this.#controller = false
    await this.#cluster.killController()
  }

  async startController(): Promise<void> {
    await this.#cluster.startController()
    this.#controller = true
  }

  dir = (node: number, disk: number): DirTarget => ({ node, path: this.#cluster.logDirs(node)[disk]! })

  async leaveRoom(node: number, disk: number, megabytes: number): Promise<void> {
    this.#hurt.add(node)
    const { path } = this.dir(node, disk)
    const file = join(path, FILLER)
    const { bavail, bsize } = await statfs(path)
    await write(file, Buffer.alloc(Math.max(0, bavail * bsize - megabytes * MB)))
    // What is left of a block or was freed meanwhile.
    if (megabytes === 0) while (await write(file, Buffer.alloc(512))) {}
  }

  async replaceDisk(node: number, disk: number): Promise<void> {
    const { path } = this.dir(node, disk)
    for (const entry of await readdir(path)) await rm(join(path, entry), { recursive: true })
    await writeFile(join(path, 'meta.properties'), metaProperties(this.#cluster.clusterId, node))
  }

  async cordon(node: number, disk: number): Promise<void> {
    this.#cordoned.set(node, [this.dir(node, disk).path])
    await this.#configure([node])
  }

  strangerReassigns = (topic: string, replicas: number[]): Promise<void> =>
    executeReassignment(this.#cluster, [{ topic, partition: 0, replicas }])

  async strangerRelocates(topic: string, { node, path }: DirTarget): Promise<void> {
    const { topics } = await this.#admin((admin) => admin.fetchTopicMetadata({ topics: [topic] }))
    const { replicas } = topics[0]!.partitions[0]!
    const placement = { topic, partition: 0, replicas, log_dirs: replicas.map((id) => (id === node ? path : 'any')) }
    await executeReassignment(this.#cluster, [placement])
  }

  async strangerSets(ref: SettingRef, value: string | null): Promise<void> {
    const { scope, of, name } = ref
    if (scope === 'node' && of === '') this.#ofAll.add(name)
    await setConfig(this.#cluster, scope === 'node' ? 'brokers' : 'topics', `${of}`, name, value)
  }

  pass = (ms: number): Promise<void> => realClock.sleep(ms)

  settled = <T>(call: Promise<T>): Promise<T> => call

  now = (): number => realClock.now()

  async heal(): Promise<void> {
    await this.#system?.close()
    if (!this.#controller) await this.startController()
    for (const node of this.#hurt) {
      await this.#cluster.kill(node)
      for (const dir of this.#cluster.logDirs(node)) await rm(join(dir, FILLER), { force: true })
    }
    this.#hurt.clear()
    const down = this.#cluster.brokers.filter(({ state }) => state === 'down')
    await Promise.all(down.map(({ id }) => this.#cluster.start(id)))
    await this.#cluster.waitReady()
    await this.fast()
    for (const name of this.#ofAll) {
      // It may be gone already.
      await setConfig(this.#cluster, 'brokers', '', name, '1')
      await setConfig(this.#cluster, 'brokers', '', name, null)
    }
    this.#ofAll.clear()
    if (this.#cordoned.size > 0) {
      const cordoned = [...this.#cordoned.keys()]
      this.#cordoned.clear()
      await this.#configure(cordoned)
    }
    await this.#admin(async (admin) => {
      const topics = (await admin.listTopics()).filter((name) => !name.startsWith('__'))
      if (topics.length > 0) await admin.deleteTopics({ topics })
    })
    const bootstrap = this.#cluster.bootstrap.map((address) => {
      const [host, port] = address.split(':')
      return { host: host!, port: Number(port) }
    })
    this.#system = await createKafka({ name: 'contract', clientId: 'contract', bootstrap }, realClock)
    await until('a healthy, empty cluster', 60_000, async () => {
      const { state, running, missingNodes } = await this.system.sample(new AbortController().signal)
      const odd = [...state.nodeState, ...state.dirState].filter((code) => code !== 0)
      return odd.length + running.length + missingNodes.length + state.topicCount === 0
    })
  }

  async close(): Promise<void> {
    await this.#system?.close()
    await this.#cluster.close()
  }

  async #setRate(rate: number | undefined): Promise<void> {
    this.#rate = rate
    await this.#configure(this.#cluster.brokers.flatMap(({ id, state }) => (state === 'running' ? [id] : [])))
  }

  /** All the dynamic settings that a broker is to have: those of before go. */
  async #configure(nodes: number[]): Promise<void> {
    const resources = nodes.map((node) => ({
      type: ConfigResourceTypes.BROKER,
      name: String(node),
      configEntries: Object.entries({
        ...(this.#rate === undefined
          ? {}
          : {
              'follower.replication.throttled.rate': String(this.#rate),
              'replica.alter.log.dirs.io.max.bytes.per.second': String(this.#rate),
            }),
        ...(this.#cordoned.has(node) ? { 'cordoned.log.dirs': this.#cordoned.get(node)!.join(',') } : {}),
      }).map(([name, value]) => ({ name, value })),
    }))
    await this.#admin((admin) => admin.alterConfigs({ resources, validateOnly: false }))
  }

  /** The client's admin fails as a whole while one partition has no leader: it is asked until it answers. */
  async #admin<T>(ask: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = kafkaClient(this.#cluster).admin()
    await admin.connect()
    try {
      const [answer] = await until('an answer to the admin', 30_000, async () => [await ask(admin)] as const)
      return answer
    } finally {
      await admin.disconnect()
    }
  }
}

/** @returns whether there was room for it. */
async function write(file: string, bytes: Buffer): Promise<boolean> {
  try {
    await appendFile(file, bytes)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false
    throw error
  }
}
