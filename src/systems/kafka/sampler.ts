/**
 * Makes a complete sample out of the brokers' answers, or says what is missing.
 *
 * Metadata leaves out topics that may not be described, silently; the brokers' log dirs list them all. Topics that lie on
 * disks but not in metadata, in two readings in a row, therefore refuse the sample. A live broker that does not answer is
 * `unreachable` and keeps its last known figures.
 */
import { buildState } from '../../cluster/builder.ts'
import type { DirLine, NodeLine, TopicLine } from '../../cluster/lines.ts'
import { partitionName, type RunningMove } from '../../cluster/move.ts'
import type { Sample } from '../../cluster/sample.ts'
import type { Clock } from '../../lib/clock.ts'
import { EvenkeelError } from '../../lib/errors.ts'
import { groupBy } from '../../lib/group-by.ts'
import { formatTime } from '../../lib/iso-time.ts'
import { Departures } from './departures.ts'
import type { DirMoves } from './dir-moves.ts'
import { healthOf } from './health.ts'
import { firstFew, replicaNotes } from './notes.ts'
import { type Known, topicLine } from './partition-lines.ts'
import type { Readings } from './readings.ts'
import { runningDirMove, runningMove } from './running.ts'
import { SharedVolumes } from './shared-volumes.ts'
import { type BrokerSizes, brokerSizes, listedBytes, liveCopies, noSizes, Sizes } from './sizes.ts'
import type { LogDir } from './wire/describe-log-dirs.ts'
import type { MetadataResponse, MetadataTopic } from './wire/metadata.ts'

/** min.insync.replicas changes seldom: it is read anew this often. */
const CONFIG_AGE_MS = 10 * 60_000
const SECOND_LOOK_MS = 1_000

export class Sampler {
  readonly #name: string
  readonly #readings: Readings
  readonly #dirMoves: DirMoves
  readonly #clock: Clock
  /** The last answer of each broker, kept for when it does not answer. */
  readonly #lastDirs = new Map<number, LogDir[]>()
  readonly #lastSizes = new Map<number, BrokerSizes>()
  readonly #volumes = new SharedVolumes()
  readonly #departures: Departures
  #hiddenTopics = new Set<string>()
  #minIsr = new Map<string, number>()
  #minIsrReadMs = Number.NEGATIVE_INFINITY

  constructor(name: string, readings: Readings, dirMoves: DirMoves, clock: Clock) {
    this.#name = name
    this.#readings = readings
    this.#dirMoves = dirMoves
    this.#clock = clock
    this.#departures = new Departures(clock)
  }

  async sample(signal: AbortSignal): Promise<Sample> {
    const known = this.#hiddenTopics
    const sample = await this.#read(signal)
    if ([...this.#hiddenTopics].every((name) => known.has(name))) return sample
    // A topic that has just been made or deleted is for a moment in one of the two only; a hidden one stays hidden.
    await this.#clock.sleep(SECOND_LOOK_MS, signal)
    return this.#read(signal)
  }

  async #read(signal: AbortSignal): Promise<Sample> {
    // Asked before and after the metadata: what began or ended meanwhile is in one of the two and counts as moving.
    const before = await this.#readings.reassignments(signal)
    const metadata = await this.#readings.metadata(null, signal)
    const [cluster, reassignments, unreachable] = await Promise.all([
      this.#readings.cluster(signal),
      this.#readings.reassignments(signal),
      this.#readDirs(metadata, signal),
      this.#readMinIsr(metadata.topics, signal),
    ])
    const takenAtMs = this.#clock.now()
    const registered = cluster.brokers.map((broker) => broker.id)
    const sizes = new Sizes(this.#lastSizes)
    const live = metadata.brokers.map(({ id }) => id).filter((id) => !unreachable.includes(id))
    this.#compareTopics(metadata, sizes.topics(live))
    const moving = new Map([...before, ...reassignments].map((move) => [partitionName(move), move]))
    const inDirs = movesInDirs(metadata, sizes)
    const copies = groupBy(inDirs, partitionName)
    const alive = new Set(metadata.brokers.map(({ id }) => id))
    const known: Known = { sizes, live: alive, moving, copies, minIsr: this.#minIsr }
    const topics = metadata.topics.map((topic) => topicLine(topic, known))
    const notes = replicaNotes(topics, alive)
    const nodes = this.#nodeLines(metadata, registered, topics, unreachable, notes)
    const line = {
      type: 'cluster' as const,
      version: 1 as const,
      name: this.#name,
      system: 'kafka',
      taken_at: formatTime(takenAtMs),
      ...(metadata.clusterId === null ? {} : { cluster_id: metadata.clusterId }),
    }
    return {
      state: buildState(line, nodes, topics),
      running: [...reassignments.map((move) => runningMove(move, sizes)), ...inDirs],
      health: healthOf(metadata.topics, (topic, id) => moving.get(`${topic}-${id}`)?.adding ?? [], this.#minIsr),
      missingNodes: unreachable,
      notes,
    }
  }

  /** Asks every live broker; returns those that did not answer. */
  async #readDirs(metadata: MetadataResponse, signal: AbortSignal): Promise<number[]> {
    const ids = metadata.brokers.map((broker) => broker.id)
    const replicasOf = replicaLists(metadata)
    const results = await Promise.allSettled(ids.map((id) => this.#readDirsOf(id, replicasOf, signal)))
    const unreachable: number[] = []
    results.forEach((result, index) => {
      if (result.status === 'fulfilled') return
      // A refusal is the same at every broker and no matter of reachability.
      if (result.reason instanceof EvenkeelError && result.reason.code === 'not_permitted') throw result.reason
      unreachable.push(ids[index]!)
    })
    if (unreachable.length === ids.length) {
      const first = results.find((result) => result.status === 'rejected')
      throw new EvenkeelError('sample_incomplete', 'no broker tells its log dirs', { cause: first?.reason })
    }
    return unreachable
  }

  /** Each answer is worked up as it comes in, so that many brokers do not hold the event loop at once. */
  async #readDirsOf(broker: number, replicasOf: ReplicaLists, signal: AbortSignal): Promise<void> {
    const stamp = this.#dirMoves.stamp()
    const dirs = await this.#readings.logDirs(broker, null, signal)
    const sizes = brokerSizes(dirs)
    this.#dirMoves.see(broker, liveCopies(sizes), stamp, replicasOf)
    this.#departures.see(broker, this.#lastSizes.get(broker) ?? noSizes, sizes, dirs)
    this.#lastSizes.set(broker, sizes)
    this.#lastDirs.set(broker, dirs)
  }

  /** A broker that is neither registered nor named by a partition will not come back as the one it was. */
  #forget(broker: number): void {
    this.#lastDirs.delete(broker)
    this.#lastSizes.delete(broker)
    this.#dirMoves.forget(broker)
  }

  #listedBytes(broker: number, path: string): number {
    const dir = this.#lastDirs.get(broker)?.find((other) => other.path === path)
    return dir ? listedBytes(dir) : 0
  }

  async #readMinIsr(topics: MetadataTopic[], signal: AbortSignal): Promise<void> {
    const now = this.#clock.now()
    const names = topics.map((topic) => topic.name)
    const all = now - this.#minIsrReadMs > CONFIG_AGE_MS
    const missing = all ? names : names.filter((name) => !this.#minIsr.has(name))
    if (missing.length === 0) return
    const read = await this.#readings.minIsr(missing, signal)
    // What may not be read counts as 0, so that it is not asked for at every sample.
    const unread = missing.filter((name) => !read.has(name)).map((name) => [name, 0] as const)
    this.#minIsr = new Map([...(all ? [] : this.#minIsr), ...read, ...unread])
    if (all) this.#minIsrReadMs = now
  }

  /** @param onDisk topics on the brokers that told their dirs just now: a dead one's last word may be long out of date. */
  #compareTopics(metadata: MetadataResponse, onDisk: string[]): void {
    const shown = new Set(metadata.topics.map((topic) => topic.name))
    const hidden = onDisk.filter((name) => !shown.has(name))
    const twice = hidden.filter((name) => this.#hiddenTopics.has(name))
    this.#hiddenTopics = new Set(hidden)
    if (twice.length === 0) return
    throw new EvenkeelError(
      'sample_incomplete',
      `${twice.length} topics lie on the brokers' disks but are not shown in metadata (${firstFew(twice)}): ` +
        'the permission TOPIC DESCRIBE is missing for them',
    )
  }

  #nodeLines(
    metadata: MetadataResponse,
    registered: number[],
    topics: TopicLine[],
    unreachable: number[],
    notes: string[],
  ): NodeLine[] {
    const live = new Map(metadata.brokers.map((broker) => [broker.id, broker]))
    const known = new Set([...live.keys(), ...registered])
    for (const { partitions } of topics)
      for (const { replicas } of partitions) for (const id of replicas as number[]) known.add(id)
    for (const id of this.#lastDirs.keys()) if (!known.has(id)) this.#forget(id)
    const ids = [...known]
    const dirs = new Map(ids.map((id) => [id, dirLines(id, this.#lastDirs.get(id), this.#departures)]))
    const hosts = new Map(metadata.brokers.map(({ id, host }) => [id, host]))
    notes.push(...this.#volumes.apply(dirs, hosts, (id, path) => this.#listedBytes(id, path)))
    return ids.map((id): NodeLine => {
      const broker = live.get(id)
      const state = !broker ? 'unavailable' : unreachable.includes(id) ? 'unreachable' : 'alive'
      return {
        type: 'node',
        id,
        ...(broker ? { host: `${broker.host}:${broker.port}` } : {}),
        ...(broker && broker.rack !== null ? { rack: broker.rack } : {}),
        state,
        dirs: dirs.get(id)!,
      }
    })
  }
}

type ReplicaLists = (partition: { topic: string; partition: number }) => readonly number[] | undefined

/** Looks replica lists up for the few partitions that are asked for. */
function replicaLists(metadata: MetadataResponse): ReplicaLists {
  const topics = new Map(metadata.topics.map((topic) => [topic.name, topic.partitions]))
  return ({ topic, partition }) => topics.get(topic)?.find((p) => p.partition === partition)?.replicas
}

/** A dead broker copies nothing, though it may go on when it is back. */
function movesInDirs(metadata: MetadataResponse, sizes: Sizes): RunningMove[] {
  const replicasOf = replicaLists(metadata)
  return metadata.brokers.flatMap(({ id }) =>
    sizes.copies(id).flatMap((copy) => {
      const replicas = replicasOf(copy)
      return replicas?.includes(id) ? [runningDirMove(id, copy, replicas, sizes)] : []
    }),
  )
}

/**
 * @throws EvenkeelError `unsupported` when a healthy dir does not tell its size.
 */
function dirLines(broker: number, dirs: LogDir[] | undefined, departures: Departures): DirLine[] {
  return (dirs ?? []).map((dir): DirLine => {
    const { path, errorCode, totalBytes, usableBytes, isCordoned } = dir
    if (errorCode !== 0) return { path, capacity_bytes: 0, used_bytes: 0, state: 'offline' }
    if (totalBytes === null || usableBytes === null) {
      throw new EvenkeelError(
        'unsupported',
        `broker ${broker} does not tell the size of ${path}: DescribeLogDirs v4 is needed (Kafka 3.3 or newer)`,
      )
    }
    const freeing = departures.freeing(broker, dir, totalBytes - usableBytes)
    return {
      path,
      capacity_bytes: totalBytes,
      used_bytes: totalBytes - usableBytes,
      ...(freeing > 0 ? { freeing_bytes: freeing } : {}),
      ...(isCordoned ? { cordoned: true } : {}),
    }
  })
}
