/**
 * Makes a complete sample out of the brokers' answers, or says what is missing.
 *
 * Metadata leaves out topics that may not be described, silently; the brokers' log dirs list them all. Topics that lie on
 * disks but not in metadata, in two readings in a row, therefore refuse the sample. A live broker that does not answer is
 * `unreachable` and keeps its last known figures.
 */
import { buildState } from '../../cluster/builder.ts'
import { partitionName, type RunningMove } from '../../cluster/move.ts'
import type { Sample } from '../../cluster/sample.ts'
import { atStage } from '../../cluster/sample-stage.ts'
import type { Clock } from '../../lib/clock.ts'
import { EvenkeelError } from '../../lib/errors.ts'
import { groupBy } from '../../lib/group-by.ts'
import { formatTime } from '../../lib/iso-time.ts'
import { firstFew } from '../../lib/lists.ts'
import type { DirMoves } from './dir-moves.ts'
import { healthOf } from './health.ts'
import { Nodes } from './nodes.ts'
import { replicaNotes } from './notes.ts'
import { otherBalancers } from './other-balancers.ts'
import { type Known, topicLine } from './partition-lines.ts'
import { Rates } from './rates.ts'
import type { Readings } from './readings.ts'
import { runningDirMove, runningMove } from './running.ts'
import type { ReplicaLists, Sizes } from './sizes.ts'
import type { MetadataResponse, MetadataTopic } from './wire/metadata.ts'

/** min.insync.replicas changes seldom: it is read anew this often. */
const CONFIG_AGE_MS = 10 * 60_000
const SECOND_LOOK_MS = 1_000

export class Sampler {
  readonly #name: string
  readonly #readings: Readings
  readonly #nodes: Nodes
  readonly #rates = new Rates()
  readonly #clock: Clock
  #hiddenTopics = new Set<string>()
  #minIsr = new Map<string, number>()
  #minIsrReadMs = Number.NEGATIVE_INFINITY

  constructor(name: string, readings: Readings, dirMoves: DirMoves, clock: Clock) {
    this.#name = name
    this.#readings = readings
    this.#nodes = new Nodes(readings, dirMoves, clock)
    this.#clock = clock
  }

  async sample(signal: AbortSignal): Promise<Sample> {
    const known = this.#hiddenTopics
    const sample = await this.#read(signal)
    if ([...this.#hiddenTopics].every((name) => known.has(name))) return sample
    // A topic that has just been made or deleted is for a moment in one of the two only; a hidden one stays hidden.
    await this.#clock.sleep(SECOND_LOOK_MS, signal)
    return this.#read(signal)
  }

  /** To be told of every look at who is alive: a broker may be away and back between two samples. */
  seeAlive(alive: readonly number[]): void {
    this.#nodes.seeAlive(alive)
  }

  async #read(signal: AbortSignal): Promise<Sample> {
    // Asked before and after the metadata: what began or ended meanwhile is in one of the two and counts as moving.
    const reassigned = () => atStage('reassignments', () => this.#readings.reassignments(signal))
    const before = await reassigned()
    const metadata = await atStage('metadata', () => this.#readings.metadata(null, signal))
    const replicasOf = replicaLists(metadata)
    const [cluster, reassignments] = await Promise.all([
      atStage('liveness', () => this.#readings.cluster(signal)),
      reassigned(),
      atStage('disk', () => this.#nodes.read(metadata.brokers, replicasOf, signal)),
      atStage('metadata', () => this.#readMinIsr(metadata.topics, signal)),
    ])
    const takenAtMs = this.#clock.now()
    const sizes = this.#nodes.sizes()
    const { unreachable } = this.#nodes
    const live = metadata.brokers.map(({ id }) => id)
    const told = live.filter((id) => !unreachable.includes(id))
    await atStage('metadata', () => this.#compareTopics(metadata, sizes.topics(told)))
    const moving = new Map([...before, ...reassignments].map((move) => [partitionName(move), move]))
    const inDirs = movesInDirs(live, replicasOf, sizes)
    const sizesNow = sizes.of(told)
    const known: Known = {
      sizes,
      live: new Set(live),
      moving,
      copies: groupBy(inDirs, partitionName),
      minIsr: this.#minIsr,
      rates: this.#rates.pass(),
      toldAtMs: (broker) => this.#nodes.toldAtMs(broker),
    }
    const topics = metadata.topics.map((topic) => topicLine(topic, known))
    const nodes = this.#nodes.lines(metadata.brokers, cluster, holdersOf(metadata.topics))
    const line = {
      type: 'cluster' as const,
      version: 1 as const,
      name: this.#name,
      system: 'kafka',
      taken_at: formatTime(takenAtMs),
      ...(metadata.clusterId === null ? {} : { cluster_id: metadata.clusterId }),
    }
    const state = buildState(line, nodes.lines, topics)
    return {
      state,
      balancers: otherBalancers(state),
      running: [...reassignments.map((move) => runningMove(move, sizesNow)), ...inDirs],
      health: healthOf(metadata.topics, (topic, id) => moving.get(`${topic}-${id}`)?.adding ?? [], this.#minIsr),
      missingNodes: unreachable,
      notes: [...replicaNotes(topics, known.live), ...nodes.notes],
    }
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
}

/** Looked up for every replica that is listed: by place, which is where Kafka puts them, else by an index made once a topic. */
function replicaLists(metadata: MetadataResponse): ReplicaLists {
  const topics = new Map(metadata.topics.map((topic) => [topic.name, topic.partitions]))
  const indexes = new Map<string, Map<number, readonly number[]>>()
  return (topic, partition) => {
    const partitions = topics.get(topic)
    if (!partitions) return undefined
    const there = partitions[partition]
    if (there?.partition === partition) return there.replicas
    let index = indexes.get(topic)
    if (!index) indexes.set(topic, (index = new Map(partitions.map((one) => [one.partition, one.replicas]))))
    return index.get(partition)
  }
}

/** Every broker that a partition names. */
function holdersOf(topics: MetadataTopic[]): Set<number> {
  const holders = new Set<number>()
  for (const { partitions } of topics) for (const { replicas } of partitions) for (const id of replicas) holders.add(id)
  return holders
}

/** @param live a dead broker copies nothing, though it may go on when it is back. */
function movesInDirs(live: number[], replicasOf: ReplicaLists, sizes: Sizes): RunningMove[] {
  return live.flatMap((id) =>
    sizes.copies(id).flatMap((copy) => {
      const replicas = replicasOf(copy.topic, copy.partition)
      return replicas?.includes(id) ? [runningDirMove(id, copy, replicas, sizes)] : []
    }),
  )
}
