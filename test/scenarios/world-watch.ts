/**
 * What must hold of the cluster itself in every case, looked at before and after every call that we make of it.
 * It speaks of the world as it is, not of what evenkeel believes.
 */
import type { NodeId } from '../../src/cluster/state.ts'
import type { PartitionStep, StepResult } from '../../src/systems/port.ts'
import { measureDirs } from '../../src/systems/simulator/flows.ts'
import type { Copy, Dir, Node, Partition } from '../../src/systems/simulator/model.ts'
import { usedBytes } from '../../src/systems/simulator/node.ts'
import { targetOf } from '../../src/systems/simulator/partition.ts'
import type { World } from '../../src/systems/simulator/world.ts'

/** What is written between the sample of a plan and the start of its last move. */
const STALE_MS = 60_000

export class WorldWatch {
  readonly #world: World
  readonly #hardDiskUsage: () => number
  readonly #say: (problem: string) => void
  readonly #disturbed: (node: NodeId) => boolean
  readonly #factor = new WeakMap<Partition, number>()
  /** Nodes that hold all of a partition and could give it to others, with their copies. */
  readonly #whole = new WeakMap<Partition, Map<NodeId, Copy>>()
  readonly #dirs = new Map<Dir, { over: boolean; full: boolean; otherBytes: number }>()
  /** Target lists that we asked for. */
  readonly #ours = new WeakMap<Partition, string>()

  /** @param disturbed whether something came to a node so lately that no plan could know of it. */
  constructor(
    world: World,
    hardDiskUsage: () => number,
    say: (problem: string) => void,
    disturbed: (node: NodeId) => boolean = () => false,
  ) {
    this.#world = world
    this.#hardDiskUsage = hardDiskUsage
    this.#say = say
    this.#disturbed = disturbed
  }

  look(): void {
    this.#measure()
    for (const partition of this.#world.partitions) {
      this.#lookAtReplicas(partition)
      this.#lookAtCopies(partition)
    }
    for (const node of this.#world.nodes.values()) for (const dir of node.dirs) this.#lookAtDir(node, dir)
  }

  /** Partitions that somebody else is moving. */
  foreign(): Partition[] {
    return this.#world.partitions.filter(
      (partition) => isMoving(partition) && this.#ours.get(partition) !== targetOf(partition).join(),
    )
  }

  sending(steps: PartitionStep[]): void {
    for (const { kind, topic, partition: id, replicas } of steps) {
      const partition = this.#world.partition(topic, id)
      if (kind === 'set' && partition) this.#ours.set(partition, replicas.join())
    }
  }

  sent(steps: PartitionStep[], results: StepResult[]): void {
    this.#measure()
    steps.forEach((step, index) => {
      if (results[index]!.outcome === 'accepted') this.#lookAtTarget(step)
    })
  }

  /** Brings the world up to date, and what its dirs hold: a copy that just left counts twice until then. */
  #measure(): void {
    this.#world.advance()
    const { nodes, partitions, serves } = this.#world.cluster
    measureDirs(nodes.values(), partitions, [], serves)
  }

  /** Replicas that are not whole: not where they should be, not in sync, or not at full size. */
  broken(): string[] {
    this.#measure()
    return this.#world.partitions.filter((partition) => !isWhole(partition)).map(nameOf)
  }

  #lookAtReplicas(partition: Partition): void {
    const { replicas, removing } = partition
    const now = replicas.length - removing.length
    const factor = this.#factor.get(partition) ?? now
    this.#factor.set(partition, factor)
    if (now !== factor) this.#say(`${nameOf(partition)} has ${now} replicas, it had ${factor}`)
    if (replicas.some((node, slot) => replicas.indexOf(node) !== slot))
      this.#say(`${nameOf(partition)} has two replicas on one node`)
  }

  /** A copy goes only when another has taken its place, or when its node or dir is lost. */
  #lookAtCopies(partition: Partition): void {
    const { serves } = this.#world.cluster
    const { replicas, adding } = partition
    const now = replicas.filter((id) => !adding.includes(id) && serves(partition, id) && isFull(partition, id))
    const wholeBefore = this.#whole.get(partition)
    const before = wholeBefore ? [...wholeBefore.keys()] : now
    this.#whole.set(partition, new Map(now.map((id) => [id, partition.copies.get(id)!])))
    // Somebody who supersedes a move may leave more copies for a while than there should be.
    const factor = this.#factor.get(partition)!
    if (now.length >= Math.min(before.length, factor)) return
    // One that is still there was left behind: its node was gone for a while.
    const lost = before.filter((id) => {
      const stays = partition.copies.has(id) && partition.copies.get(id) === wholeBefore?.get(id)
      return !now.includes(id) && (stays || !works(this.#world, partition, id))
    }).length
    // One that has landed was whole then, and has been left behind since.
    const landed = replicas.filter((id) => !adding.includes(id) && !now.includes(id) && !before.includes(id)).length
    if (now.length + landed < Math.min(before.length - lost, factor))
      this.#say(`${nameOf(partition)} had whole copies on ${before.join(', ')}, now on ${now.join(', ')}`)
  }

  #lookAtDir(node: Node, dir: Dir): void {
    const before = this.#dirs.get(dir) ?? { over: true, full: false, otherBytes: 0 }
    const over = !dir.failed && usedBytes(dir) > dir.capacityBytes * this.#hardDiskUsage()
    const full = dir.failed === 'full'
    this.#dirs.set(dir, { over, full, otherBytes: dir.otherBytes })
    if (dir.otherBytes > before.otherBytes || this.#disturbed(node.id)) return
    if (full && !before.full && this.#arrivingIn(node, dir).some(({ ours }) => ours))
      this.#say(`we filled ${labelOf(node, dir)} up`)
    if (!over || before.over) return
    const grows = this.#growthIn(node, dir) > 0 || this.#arrivingIn(node, dir).some(({ ours }) => !ours)
    if (!grows) this.#say(`${labelOf(node, dir)} went over the hard limit by our moves`)
  }

  /** When it starts, a copy and all others on their way must fit under the hard limit. */
  #lookAtTarget(step: PartitionStep): void {
    const partition = this.#world.partition(step.topic, step.partition)
    for (const id of step.kind === 'relocate' ? [step.dir!.node] : step.adds) {
      const copy = step.kind === 'relocate' ? partition?.futures.get(id) : partition?.copies.get(id)
      const node = this.#world.nodes.get(id)!
      if (!copy || copy.dir.failed || this.#disturbed(id)) continue
      const arriving = this.#arrivingIn(node, copy.dir).reduce((sum, { bytes }) => sum + bytes, 0)
      const grown = this.#growthIn(node, copy.dir) * STALE_MS
      const limit = copy.dir.capacityBytes * this.#hardDiskUsage()
      if (usedBytes(copy.dir) + arriving > limit + grown + 1)
        this.#say(`${step.topic}-${step.partition} does not fit ${labelOf(node, copy.dir)} under the hard limit`)
    }
  }

  /** Copies that are not whole yet, with the bytes that they miss. */
  #arrivingIn(node: Node, dir: Dir): { ours: boolean; bytes: number }[] {
    return this.#world.partitions.flatMap((partition) => {
      const copy = partition.copies.get(node.id)
      const future = partition.futures.get(node.id)
      const ours = this.#ours.get(partition) === targetOf(partition).join()
      return [
        ...(copy?.dir === dir && copy.bytes < partition.bytes - 1
          ? [{ ours: ours && partition.adding.includes(node.id), bytes: partition.bytes - copy.bytes }]
          : []),
        ...(future?.dir === dir ? [{ ours: true, bytes: partition.bytes - future.bytes }] : []),
      ]
    })
  }

  /** Bytes per millisecond. */
  #growthIn(node: Node, dir: Dir): number {
    return this.#world.partitions.reduce(
      (sum, partition) => sum + (partition.copies.get(node.id)?.dir === dir ? partition.growth / 1000 : 0),
      0,
    )
  }
}

function works(world: World, partition: Partition, id: NodeId): boolean {
  const node = world.nodes.get(id)
  if (!node?.up || node.deadSinceMs !== undefined) return false
  return partition.copies.get(id)?.dir.failed === undefined && node.dirs.every((dir) => !dir.failed)
}

function isFull(partition: Partition, id: NodeId): boolean {
  return partition.copies.get(id)!.bytes >= partition.bytes - 1
}

function isWhole(partition: Partition): boolean {
  const { replicas, isr } = partition
  return !isMoving(partition) && isr.length === replicas.length && replicas.every((node) => isFull(partition, node))
}

function isMoving({ adding, removing }: Partition): boolean {
  return adding.length + removing.length > 0
}

function nameOf({ topic, id }: Partition): string {
  return `${topic}-${id}`
}

function labelOf(node: Node, { path }: Dir): string {
  return `${path} of node ${node.id}`
}
