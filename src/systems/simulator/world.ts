/**
 * A cluster that lives by a clock: nodes stop and return, disks fail, logs grow, replicas are copied at a limited rate.
 *
 * It stands still until somebody looks or acts; then it catches up from one happening to the next (a copy that ends, a
 * node that is noticed dead, a disk that is full, space that is freed, a scripted event), so that every one of them has
 * its exact time.
 */
import type { DirTarget } from '../../cluster/move.ts'
import type { NodeId, PartitionId } from '../../cluster/state.ts'
import type { Clock } from '../../lib/clock.ts'
import { checkOptions } from './check.ts'
import { SimulatedCluster } from './cluster.ts'
import { befall } from './effects.ts'
import { Faults } from './faults.ts'
import { type Flow, flowsOf, measureDirs } from './flows.ts'
import type { Node, Partition } from './model.ts'
import type { Happening, SimulatedNode, SimulatorOptions } from './options.ts'

/** A copy that is so near its end has ended: far below any duration that matters, far above rounding errors. */
const INSTANT_MS = 0.001

/** Times inside are milliseconds since the start. */
export class World {
  readonly cluster: SimulatedCluster
  readonly faults = new Faults()
  /** How far measured sizes may be off, as a ratio. */
  noise: number
  readonly #clock: Clock
  readonly #startMs: number
  /** In the order of their times. */
  #script: { atMs: number; act: () => unknown }[] = []
  /** Somebody did something since everything that is due had happened. */
  #touched = true
  /** Nothing was copied or written when last looked at: until something happens time passes without a trace. */
  #still = false
  /** What was made of the world as it is, by what made it. */
  readonly #made = new Map<(world: World) => unknown, unknown>()

  /** @throws EvenkeelError `bad_config` when the options contradict themselves. */
  constructor(options: SimulatorOptions, clock: Clock) {
    checkOptions(options)
    this.#clock = clock
    this.#startMs = clock.now()
    this.noise = options.noise ?? 0
    this.cluster = new SimulatedCluster(options)
    for (const event of options.events) this.later(event.atMs, () => befall(this, event))
  }

  get nodes(): ReadonlyMap<NodeId, Node> {
    return this.cluster.nodes
  }

  get partitions(): Partition[] {
    return this.cluster.partitions
  }

  partition(topic: string, id: PartitionId): Partition | undefined {
    return this.cluster.partition(topic, id)
  }

  /** Lets everything happen that is due by now. */
  advance(): void {
    const { cluster } = this
    const untilMs = Math.max(cluster.atMs, this.#clock.now() - this.#startMs)
    // Whoever looks a second time at one moment sees the same.
    if (untilMs === cluster.atMs && !this.#touched) return
    if (this.isStill && this.#nextHappeningMs() > untilMs) {
      cluster.atMs = untilMs
      return
    }
    this.#touched = false
    this.#made.clear()
    do {
      this.#happen()
      const { flows, msToFull } = this.#flows()
      const firstEndMs = flows.reduce((first, flow) => Math.min(first, cluster.atMs + flow.msLeft), untilMs)
      const nextMs = Math.min(firstEndMs, cluster.atMs + msToFull, this.#nextHappeningMs())
      const elapsedMs = nextMs - cluster.atMs
      cluster.atMs = nextMs
      this.#flow(flows, elapsedMs)
      this.#still = flows.length === 0 && msToFull === Number.POSITIVE_INFINITY
    } while (cluster.atMs < untilMs)
    this.#happen()
  }

  /** What dirs hold and take in, as last measured, holds still. */
  get isStill(): boolean {
    return this.#still && !this.#touched
  }

  /** What `make` makes of the partitions, made anew only when something may have become of them: there may be very many. */
  once<Made>(make: (world: World) => Made): Made {
    if (!this.#made.has(make)) this.#made.set(make, make(this))
    return this.#made.get(make) as Made
  }

  /** To be told whenever something is done to the cluster at its present moment. */
  touch(): void {
    this.#touched = true
    this.#made.clear()
  }

  /**
   * Lets something happen now.
   * @returns why the cluster did not let it, where it has a say
   * @throws EvenkeelError `usage` when it names a node or a dir that is not there
   */
  happen(what: Happening): string | undefined {
    this.advance()
    this.touch()
    return befall(this, what)
  }

  /** @throws EvenkeelError `usage` when the id is taken. */
  addNode(node: SimulatedNode): void {
    this.happen({ addNode: node })
  }

  /** Kills the node; the cluster notices it after the session time-out. */
  stopNode(id: NodeId): void {
    this.happen({ stopNode: id })
  }

  /** Starts a stopped node again with the data it had. */
  startNode(id: NodeId): void {
    this.happen({ startNode: id })
  }

  /** The controller's answer to a new target list, as anybody may ask it: undefined when accepted, else why not. */
  reassign(topic: string, partition: PartitionId, replicas: NodeId[]): string | undefined {
    return this.happen({ reassign: { topic, partition, replicas } })
  }

  /** The broker's answer to a wish for another dir: undefined when accepted, else why not. */
  relocate(topic: string, partition: PartitionId, dir: DirTarget): string | undefined {
    return this.happen({ relocate: { topic, partition, dir } })
  }

  /** Takes back whatever reassignment runs: undefined when accepted, else why not. */
  revert(topic: string, partition: PartitionId): string | undefined {
    this.advance()
    this.touch()
    return this.cluster.revert(topic, partition)
  }

  /** Makes the first replica of the list leader: undefined when it leads, else why not. */
  elect(topic: string, partition: PartitionId): string | undefined {
    this.advance()
    this.touch()
    return this.cluster.elect(topic, partition)
  }

  /** Does something so much later, whoever looks. */
  later(afterMs: number, act: () => unknown): void {
    this.touch()
    const atMs = this.cluster.atMs + afterMs
    const after = this.#script.findIndex((other) => other.atMs > atMs)
    this.#script.splice(after === -1 ? this.#script.length : after, 0, { atMs, act })
  }

  /** Everything due at this very moment. */
  #happen(): void {
    const { cluster } = this
    while (this.#script[0] && this.#script[0].atMs <= cluster.atMs) {
      this.touch()
      this.#script.shift()!.act()
    }
    for (const node of cluster.nodes.values()) {
      if (cluster.controlled && node.noticedAtMs !== undefined && node.noticedAtMs <= cluster.atMs) {
        this.touch()
        cluster.fence(node)
      }
      if (node.silentUntilMs !== undefined && node.silentUntilMs <= cluster.atMs) cluster.speakAgain(node)
      if (!node.up) continue
      for (const dir of node.dirs) {
        if (dir.deleting.some((file) => file.atMs <= cluster.atMs))
          dir.deleting = dir.deleting.filter((file) => file.atMs > cluster.atMs)
      }
    }
  }

  #nextHappeningMs(): number {
    const { cluster } = this
    let next = this.#script[0]?.atMs ?? Number.POSITIVE_INFINITY
    for (const node of cluster.nodes.values()) {
      if (cluster.controlled) next = Math.min(next, node.noticedAtMs ?? Number.POSITIVE_INFINITY)
      next = Math.min(next, node.silentUntilMs ?? Number.POSITIVE_INFINITY)
      if (!node.up) continue
      for (const dir of node.dirs) for (const file of dir.deleting) next = Math.min(next, file.atMs)
    }
    return next
  }

  /** Who copies what from here on. A dir without any room fails: a broker always has its checkpoints to write. */
  #flows(): { flows: Flow[]; msToFull: number } {
    const { nodes, partitions, serves, rateOf, settings: limits, controlled } = this.cluster
    for (;;) {
      const flows = flowsOf(partitions, { serves, rateOf, limits, controlled })
      const { full, msToFull } = measureDirs(nodes.values(), partitions, flows, serves)
      if (full.length === 0) return { flows, msToFull }
      for (const [node, dir] of full) this.cluster.failDir(node, dir, 'full')
    }
  }

  #flow(flows: Flow[], elapsedMs: number): void {
    const { cluster } = this
    for (const partition of cluster.partitions) {
      if (partition.inflow === 0) continue
      partition.bytes += partition.inflow * elapsedMs
      for (const node of partition.isr) partition.copies.get(node)!.bytes = partition.bytes
    }
    for (const flow of flows) {
      const { partition, to, copy, bytesPerMs, msLeft } = flow
      const place = flow.future ? partition.futures : partition.copies
      // Another copy of the partition may just have ended a reassignment that drops this one.
      if (place.get(to) !== copy) continue
      const source = flow.future ? partition.copies.get(to)!.bytes : partition.bytes
      if (msLeft > elapsedMs + INSTANT_MS) copy.bytes = Math.min(source, copy.bytes + bytesPerMs * elapsedMs)
      else {
        copy.bytes = source
        if (flow.future) cluster.finishRelocation(partition, to)
        else cluster.joinIsr(partition, to)
      }
    }
  }
}
