/**
 * What the brokers tell of themselves, each by its own answer: dirs, and what lies in them. The last answer of each is kept for
 * when it does not answer; one that the cluster has given up altogether is forgotten.
 */
import type { DirLine, NodeLine } from '../../cluster/lines.ts'
import type { Clock } from '../../lib/clock.ts'
import { EvenkeelError } from '../../lib/errors.ts'
import { Brokers, type KnownBroker } from './brokers.ts'
import { Departures } from './departures.ts'
import type { DirMoves } from './dir-moves.ts'
import { MetadataDirs } from './metadata-dirs.ts'
import type { Readings } from './readings.ts'
import { SharedVolumes } from './shared-volumes.ts'
import { type BrokerSizes, brokerSizes, listedBytes, liveCopies, noSizes, type ReplicaLists, Sizes } from './sizes.ts'
import type { DescribeClusterResponse } from './wire/describe-cluster.ts'
import type { LogDir } from './wire/describe-log-dirs.ts'
import type { MetadataBroker } from './wire/metadata.ts'

interface Answer {
  dirs: LogDir[]
  sizes: BrokerSizes
  atMs: number
}

export class Nodes {
  readonly #readings: Readings
  readonly #clock: Clock
  readonly #dirMoves: DirMoves
  readonly #brokers: Brokers
  readonly #departures: Departures
  readonly #metadataDirs: MetadataDirs
  readonly #volumes = new SharedVolumes()
  readonly #answers = new Map<number, Answer>()
  #unreachable: number[] = []

  constructor(readings: Readings, dirMoves: DirMoves, clock: Clock) {
    this.#readings = readings
    this.#clock = clock
    this.#dirMoves = dirMoves
    this.#brokers = new Brokers(clock)
    this.#departures = new Departures(clock)
    this.#metadataDirs = new MetadataDirs(readings, clock)
  }

  /**
   * Asks every live broker.
   * @throws EvenkeelError `sample_incomplete` when none answers, `not_permitted` when one may not.
   */
  async read(live: readonly MetadataBroker[], replicasOf: ReplicaLists, signal: AbortSignal): Promise<void> {
    this.seeAlive(live.map(({ id }) => id))
    const results = await Promise.allSettled(live.map(({ id }) => this.#readOne(id, replicasOf, signal)))
    const unreachable: number[] = []
    results.forEach((result, index) => {
      if (result.status === 'fulfilled') return
      // A refusal is the same at every broker and no matter of reachability.
      if (result.reason instanceof EvenkeelError && result.reason.code === 'not_permitted') throw result.reason
      unreachable.push(live[index]!.id)
    })
    if (unreachable.length === live.length) {
      const first = results.find((result) => result.status === 'rejected')
      throw new EvenkeelError('sample_incomplete', 'no broker tells its log dirs', { cause: first?.reason })
    }
    this.#unreachable = unreachable
  }

  /** A broker that was away may be back with other dirs. */
  seeAlive(alive: readonly number[]): void {
    this.#metadataDirs.seeAlive(new Set(alive))
  }

  /** Live brokers that did not answer the last time. */
  get unreachable(): number[] {
    return this.#unreachable
  }

  /** When a broker gave its last answer; NaN for never. */
  toldAtMs(broker: number): number {
    return this.#answers.get(broker)?.atMs ?? Number.NaN
  }

  sizes(): Sizes {
    return new Sizes(new Map([...this.#answers].map(([id, { sizes }]) => [id, sizes])))
  }

  /**
   * @param holders brokers that partitions name as theirs.
   * @throws EvenkeelError `unsupported` when a healthy dir does not tell its size.
   */
  lines(
    live: readonly MetadataBroker[],
    cluster: DescribeClusterResponse,
    holders: Iterable<number>,
  ): { lines: NodeLine[]; notes: string[] } {
    const known = this.#brokers.see(live, cluster, holders)
    const ids = new Set(known.map(({ id }) => id))
    for (const id of this.#answers.keys()) if (!ids.has(id)) this.#forget(id)
    const dirs = new Map(known.map(({ id }) => [id, this.#dirLines(id)]))
    const hosts = new Map(live.map(({ id, host }) => [id, host]))
    const shared = this.#volumes.apply(dirs, hosts, (id, path) => this.#listedBytes(id, path))
    const notes = [...shared, ...this.#metadataDirs.notes()]
    return { lines: known.map((broker) => this.#line(broker, dirs.get(broker.id)!)), notes }
  }

  #line({ id, rack, live }: KnownBroker, dirs: DirLine[]): NodeLine {
    return {
      type: 'node',
      id,
      ...(live ? { host: `${live.host}:${live.port}` } : {}),
      ...(rack === undefined ? {} : { rack }),
      state: !live ? 'unavailable' : this.#unreachable.includes(id) ? 'unreachable' : 'alive',
      dirs,
    }
  }

  /** Each answer is worked up as it comes in, so that many brokers do not hold the event loop at once. */
  async #readOne(broker: number, replicasOf: ReplicaLists, signal: AbortSignal): Promise<void> {
    const stamp = this.#dirMoves.stamp()
    const dirs = await this.#readings.logDirs(broker, null, signal)
    const sizes = brokerSizes(dirs)
    this.#dirMoves.see(broker, liveCopies(sizes), stamp, ({ topic, partition }) => replicasOf(topic, partition))
    this.#departures.see(broker, this.#answers.get(broker)?.sizes ?? noSizes, sizes, dirs, replicasOf)
    this.#answers.set(broker, { dirs, sizes, atMs: this.#clock.now() })
    const paths = dirs.map(({ path }) => path)
    await this.#metadataDirs.read(broker, paths, signal)
  }

  #forget(broker: number): void {
    this.#answers.delete(broker)
    this.#departures.forget(broker)
    this.#dirMoves.forget(broker)
    this.#metadataDirs.forget(broker)
  }

  #listedBytes(broker: number, path: string): number {
    const dir = this.#answers.get(broker)?.dirs.find((other) => other.path === path)
    return dir ? listedBytes(dir) : 0
  }

  #dirLines(broker: number): DirLine[] {
    return (this.#answers.get(broker)?.dirs ?? []).map((dir): DirLine => {
      const { path, errorCode, totalBytes, usableBytes, isCordoned } = dir
      const metadata = this.#metadataDirs.mayHold(broker, path) ? { metadata: true } : {}
      if (errorCode !== 0) return { path, capacity_bytes: 0, used_bytes: 0, state: 'offline', ...metadata }
      if (totalBytes === null || usableBytes === null) {
        throw new EvenkeelError(
          'unsupported',
          `broker ${broker} does not tell the size of ${path}: DescribeLogDirs v4 is needed (Kafka 3.3 or newer)`,
        )
      }
      const freeing = this.#departures.freeing(broker, dir, totalBytes - usableBytes)
      return {
        path,
        capacity_bytes: totalBytes,
        used_bytes: totalBytes - usableBytes,
        ...(freeing > 0 ? { freeing_bytes: freeing } : {}),
        ...(isCordoned ? { cordoned: true } : {}),
        ...metadata,
      }
    })
  }
}
