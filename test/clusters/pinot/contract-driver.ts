/** The contract's cluster as a real Pinot one. */
import { realClock } from '../../../src/lib/clock.ts'
import { openPinot } from '../../../src/systems/pinot/open.ts'
import type { RebalanceOptions } from '../../../src/systems/pinot/rules/rebalance-policy.ts'
import type { System } from '../../../src/systems/port.ts'
import { everyNode, type NewTopic, type TableDriver } from '../../systems/contract/driver.ts'
import { until } from '../wait.ts'
import type { Knobs, PinotCluster } from './cluster.ts'
import { must } from './rest.ts'
import { startPinot } from './start.ts'
import { converged, createTable, place, rebalance, updateTags, uploadSegments } from './tables.ts'

const SERVER_TAGS = ['DefaultTenant_OFFLINE', 'DefaultTenant_REALTIME']
const BROKER_TAGS = ['DefaultTenant_BROKER']
const SEGMENT_BYTES = 100 * 1024
const MB = 1e6

export const rebalanceOptions: RebalanceOptions = {
  base: {
    parameters: {
      reassignInstances: true,
      includeConsuming: true,
      minimizeDataMovement: 'ENABLE',
      bootstrap: false,
      downtime: false,
      minAvailableReplicas: -1,
      bestEfforts: false,
      batchSizePerServer: 100,
      externalViewCheckIntervalInMs: 1000,
      externalViewStabilizationTimeoutInMs: 8000,
      heartbeatIntervalInMs: 5000,
      heartbeatTimeoutInMs: 60_000,
    },
    onPrecheckWarn: 'proceed',
    untagDeadServers: false,
    resetErrorSegments: true,
  },
  tenants: {},
  tables: {},
}

/** Starts the servers of the contract. */
export async function pinotDriver(): Promise<PinotDriver> {
  const cluster = await startPinot({
    sessionTimeoutMs: 6000,
    servers: everyNode.map(() => ({})),
    brokers: 2,
    controllerProperties: {
      'controller.resource.utilization.checker.initial.delay': '2',
      'controller.resource.utilization.checker.frequency': '10',
    },
  })
  const driver = new PinotDriver(cluster)
  await driver.heal()
  return driver
}

class PinotDriver implements TableDriver {
  readonly #cluster: PinotCluster
  #system: System | undefined
  #controller = true
  /** A table that is gone leaves things behind: each row has names of its own. */
  #row = 0

  constructor(cluster: PinotCluster) {
    this.#cluster = cluster
  }

  get system(): System {
    return this.#system!
  }

  node = (number: number): string => this.#cluster.servers[number - 1]!.name

  topic = (name: string): string => `${this.#raw(name)}_OFFLINE`

  async createTopic(name: string, { assignment, megabytes = 1 }: NewTopic): Promise<void> {
    await createTable(this.#cluster, { name: this.#raw(name), replication: assignment[0]!.length })
    await uploadSegments(
      this.#cluster,
      this.#raw(name),
      assignment.map(() => megabytes * MB),
    )
    await this.strangerPlaces(name, Object.fromEntries(assignment.entries()))
  }

  async createTable(name: string, partitions: number): Promise<void> {
    await createTable(this.#cluster, { name: this.#raw(name), replication: 2 })
    await uploadSegments(this.#cluster, this.#raw(name), Array<number>(partitions).fill(SEGMENT_BYTES))
  }

  slow = (): Promise<void> => this.#setKnobs({ loadDelayMs: 1_000 })

  fast = (): Promise<void> => this.#setKnobs({})

  kill = (node: number): Promise<void> => this.#cluster.kill(this.node(node))

  start = (node: number): Promise<void> => this.#cluster.start(this.node(node))

  async freeze(node: number): Promise<void> {
    this.#cluster.freeze(this.node(node))
  }

  async thaw(node: number): Promise<void> {
    this.#cluster.thaw(this.node(node))
  }

  async killController(): Promise<void> {
    this.#controller = false
    await this.#cluster.kill('controller')
  }

  async startController(): Promise<void> {
    await this.#cluster.start('controller')
    this.#controller = true
    await this.#cluster.waitReady()
  }

  untag = (node: number): Promise<void> => updateTags(this.#cluster, this.node(node), ['server_untagged'])

  brokers = (): string[] => this.#cluster.brokers.map(({ name }) => name)

  untagBroker = (): Promise<void> => updateTags(this.#cluster, this.brokers().at(-1)!, ['broker_untagged'])

  async strangerRebalances(topic: string): Promise<string> {
    const { jobId, status } = await rebalance(this.#cluster, this.topic(topic), { batchSizePerServer: 1 })
    if (status !== 'IN_PROGRESS') throw new Error(`the job of somebody else is ${status}`)
    return jobId
  }

  async strangerPlaces(topic: string, placement: Record<string | number, number[]>): Promise<void> {
    const named = Object.entries(placement).map(([partition, nodes]) => [
      `${this.#raw(topic)}_${partition.padStart(3, '0')}`,
      nodes.map((node) => this.node(node)),
    ])
    await place(this.#cluster, this.topic(topic), Object.fromEntries(named))
    await converged(this.#cluster, this.topic(topic))
  }

  async jobs(topic: string): Promise<Record<string, string>> {
    const url = `${this.#cluster.controllerUrl}/table/${this.#raw(topic)}/jobs?type=OFFLINE&jobTypes=TABLE_REBALANCE`
    const listed = await must<Record<string, { REBALANCE_PROGRESS_STATS: string }>>('GET', url)
    return Object.fromEntries(
      Object.entries(listed).map(([id, { REBALANCE_PROGRESS_STATS: stats }]) => [id, JSON.parse(stats).status]),
    )
  }

  pass = (ms: number): Promise<void> => realClock.sleep(ms)

  settled = <T>(call: Promise<T>): Promise<T> => call

  now = (): number => realClock.now()

  async heal(): Promise<void> {
    const { controllerUrl } = this.#cluster
    await this.#system?.close()
    if (!this.#controller) await this.startController()
    for (const { name, state } of this.#cluster.servers) {
      if (state === 'frozen') this.#cluster.thaw(name)
      if (state === 'down') await this.#cluster.start(name)
    }
    await this.#cluster.waitReady()
    await this.fast()
    const { tables } = await must<{ tables: string[] }>('GET', `${controllerUrl}/tables`)
    for (const table of tables) {
      await must('DELETE', `${controllerUrl}/tables/${table}/rebalance?type=OFFLINE`)
      await must('DELETE', `${controllerUrl}/tables/${table}?type=OFFLINE&retention=0d`)
    }
    for (const { name } of this.#cluster.servers) await updateTags(this.#cluster, name, SERVER_TAGS)
    for (const name of this.brokers()) await updateTags(this.#cluster, name, BROKER_TAGS)
    this.#row += 1
    const options = { name: 'contract', zooKeeper: { connect: this.#cluster.zkConnect } }
    const connection = { ...options, controllers: { urls: [controllerUrl] }, rebalance: () => rebalanceOptions }
    this.#system = openPinot(connection, realClock)
    await until('a healthy, empty cluster', 60_000, async () => {
      const { state, jobs = [], missingNodes } = await this.system.sample(new AbortController().signal)
      const odd = [...state.nodeState, ...state.dirState].filter((code) => code !== 0)
      return odd.length + jobs.length + missingNodes.length + state.topicCount === 0
    })
  }

  async close(): Promise<void> {
    await this.#system?.close()
    await this.#cluster.close()
  }

  #raw(name: string): string {
    return `${name}${this.#row}`
  }

  async #setKnobs(knobs: Knobs): Promise<void> {
    for (const { name, state } of this.#cluster.servers) {
      if (state === 'running') await this.#cluster.setKnobs(name, knobs)
    }
  }
}
