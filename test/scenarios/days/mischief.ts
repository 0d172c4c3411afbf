/**
 * What befalls the cluster and those who look after it, by chance, and how each of it is over again. It leaves the cluster one
 * that can be kept: of every partition a copy that is in sync stays in hands that work, and there is room.
 */
import type { NodeId } from '../../../src/cluster/state.ts'
import { refusals } from '../../../src/systems/port.ts'
import type { ActKind, LostAct } from '../../../src/systems/simulator/faults.ts'
import type { Dir, Node, Partition } from '../../../src/systems/simulator/model.ts'
import { isServing, usedBytes } from '../../../src/systems/simulator/node.ts'
import type { Happening } from '../../../src/systems/simulator/options.ts'
import type { World } from '../../../src/systems/simulator/world.ts'
import { GB, HOUR, MB, MINUTE, SECOND } from '../case.ts'
import { type People, peopleWeights } from './people.ts'
import type { Place } from './place.ts'
import { Strangers, strangerWeights } from './strangers.ts'

/** How often each happens, compared with the others. */
const weights = {
  outage: 10,
  flap: 4,
  massFailure: 0.3,
  silence: 4,
  addNode: 0.4,
  failDir: 3,
  fillDir: 4,
  cordonDir: 3,
  topics: 8,
  addPartitions: 2,
  growth: 3,
  copyRate: 3,
  blind: 4,
  controller: 4,
  refuse: 4,
  loseAnswers: 6,
  noise: 1,
  ...strangerWeights,
  ...peopleWeights,
}
type Kind = keyof typeof weights

/** Racks of the nodes that are added. Where racks are as many as replicas they must be alike to be evened out. */
const ADDED = ['a', 'b', 'c'] as const
/** Used bytes over capacity, between which topics come and go. */
const CORRIDOR = [0.3, 0.5] as const

export class Mischief {
  readonly #place: Place
  readonly #people: People
  readonly #strangers: Strangers
  /** How what is in force is undone. */
  readonly #undoing = new Set<() => unknown>()
  /** Nodes that something is done to already. */
  readonly #busy = new Set<NodeId>()
  #added = 0
  #topics = 0
  #over = false
  #rough = false
  count = 0

  constructor(place: Place, people: People) {
    this.#place = place
    this.#people = people
    this.#strangers = new Strangers(place)
  }

  begin(): void {
    this.#turn()
    this.#next()
  }

  /** Rough hours and calm ones. */
  #turn(): void {
    this.#rough = !this.#rough
    this.#place.later(this.#place.dice.between(1, 4) * HOUR, () => this.#over || this.#turn())
  }

  #next(): void {
    const { dice, later } = this.#place
    later(dice.wait((this.#rough ? 2.5 : 40) * MINUTE), () => {
      if (this.#over) return
      // One that cannot be now makes room for another.
      for (let tries = 0; tries < 5; tries += 1) if (this.#do(dice.weighted(weights))) break
      this.#next()
    })
  }

  #do(kind: Kind): boolean {
    const done = kind in strangerWeights ? this.#strangers.do(kind as never) : this.#own(kind)
    if (done) this.count += 1
    return done
  }

  #own(kind: Kind): boolean {
    switch (kind) {
      case 'outage':
        return this.#outage()
      case 'flap':
        return this.#flap()
      case 'massFailure':
        return this.#massFailure()
      case 'silence':
        return this.#silence()
      case 'addNode':
        return this.#addNode()
      case 'failDir':
        return this.#failDir()
      case 'fillDir':
        return this.#fillDir()
      case 'cordonDir':
        return this.#cordonDir()
      case 'topics':
        return this.#changeTopics()
      case 'addPartitions':
        return this.#addPartitions()
      case 'growth':
        return this.#changeGrowth()
      case 'copyRate':
        return this.#changeCopyRate()
      case 'blind':
        return this.#blind()
      case 'controller':
        return this.#stopController()
      case 'refuse':
        return this.#refuse()
      case 'loseAnswers':
        return this.#loseAnswers()
      case 'noise':
        return this.#happen({ setNoise: this.#place.dice.between(0, 0.01) })
      default:
        return this.#people.do(kind as never)
    }
  }

  /** Nothing more happens, and everything that is broken is whole again. */
  async mend(): Promise<void> {
    this.#over = true
    const { world, book, tell, touch } = this.#place
    tell('everything is mended')
    for (const undo of this.#undoing) undo()
    this.#undoing.clear()
    this.#strangers.rest()
    world.happen({ startController: true })
    world.happen({ blind: { ms: 0 } })
    world.happen({ setNoise: 0 })
    for (const node of world.nodes.values()) {
      touch([node.id])
      delete node.copyRate
      for (const { path } of node.dirs) {
        const target = { node: node.id, path }
        world.happen({ fillDir: { ...target, otherBytes: 0 } })
        world.happen({ cordonDir: { ...target, cordoned: false } })
      }
      this.#revive(node)
    }
    // What is set for good may stay, as far as copies get on with it.
    for (const { value, ...ref } of book.wanted())
      if (ref.scope === 'node' && Number(value) < 5 * MB) this.#strangers.set(ref, null)
    while (this.#added > 0 && this.#addNode());
    this.#setGrowth(1)
    await this.#people.mend()
  }

  #revive(node: Node): void {
    const { world } = this.#place
    const broken = node.dirs.filter((dir) => dir.failed)
    for (const { path, failed } of broken)
      if (failed === 'broken') world.happen({ replaceDir: { node: node.id, path } })
    if (broken.length > 0) world.happen({ stopNode: node.id })
    world.happen({ startNode: node.id })
    world.happen({ silence: { node: node.id, ms: 0 } })
  }

  #happen(what: Happening): true {
    this.#place.tell(JSON.stringify(what))
    this.#place.world.happen(what)
    return true
  }

  /** Does it now, and undoes it so much later, or when all is mended. */
  #for(ms: number, undo: () => unknown): true {
    this.#undoing.add(undo)
    this.#place.later(ms, () => this.#undoing.delete(undo) && undo())
    return true
  }

  /** Nobody does anything else to the node meanwhile. */
  #with(node: Node, ms: number, undo: () => unknown): true {
    this.#busy.add(node.id)
    return this.#for(ms, () => {
      this.#busy.delete(node.id)
      this.#place.touch([node.id])
      undo()
    })
  }

  #outage(): boolean {
    const { dice } = this.#place
    const node = dice.one(this.#idle().filter((one) => this.#dispensable([one])))
    if (!node) return false
    this.#happen({ stopNode: node.id })
    return this.#with(node, dice.spread(10 * SECOND, 2 * HOUR), () => this.#happen({ startNode: node.id }))
  }

  #flap(): boolean {
    const { dice } = this.#place
    const node = dice.one(this.#idle().filter((one) => this.#dispensable([one])))
    if (!node) return false
    const [downMs, upMs] = [dice.spread(2 * SECOND, 2 * MINUTE), dice.spread(5 * SECOND, 4 * MINUTE)]
    const times = dice.whole(2, 6)
    this.#happen({ flap: { node: node.id, downMs, upMs, times } })
    return this.#with(node, times * (downMs + upMs) + MINUTE, () => this.#happen({ startNode: node.id }))
  }

  /** Two racks, or more nodes than may be missing. */
  #massFailure(): boolean {
    const { world, dice } = this.#place
    if (this.#busy.size > 0) return false
    const nodes = [...world.nodes.values()]
    const racks = [...new Set(nodes.map(({ rack }) => rack))]
    const [one, other] = dice.some(racks, 2)
    const gone = dice.chance(0.5)
      ? nodes.filter(({ rack }) => rack === one || rack === other)
      : dice.some(nodes, Math.ceil(nodes.length * 0.45))
    const ms = dice.spread(2 * MINUTE, 40 * MINUTE)
    for (const node of gone) {
      this.#happen({ stopNode: node.id })
      this.#with(node, ms * dice.between(0.9, 1.1), () => this.#happen({ startNode: node.id }))
    }
    return true
  }

  #silence(): boolean {
    const { dice } = this.#place
    const node = dice.one(this.#idle())
    if (!node) return false
    const ms = dice.spread(10 * SECOND, 40 * MINUTE)
    this.#happen({ silence: { node: node.id, ms } })
    return this.#with(node, ms + SECOND, () => undefined)
  }

  #addNode(): boolean {
    const { world, touch } = this.#place
    const rack = ADDED[this.#added]
    if (rack === undefined) return false
    this.#added += 1
    const id = Math.max(...[...world.nodes.keys()].map(Number)) + 1
    touch([id])
    return this.#happen({ addNode: { id, rack, disks: [60 * GB, 60 * GB], metadataDisk: -1 } })
  }

  #failDir(): boolean {
    const { dice } = this.#place
    const node = dice.one(this.#idle().filter((one) => this.#dispensable([one], 'for good')))
    if (!node || node.dirs.some((dir) => dir.failed)) return false
    const { path } = dice.one(node.dirs)!
    this.#happen({ failDir: { node: node.id, path } })
    return this.#with(node, dice.spread(5 * MINUTE, 4 * HOUR), () => {
      this.#place.tell(`node ${node.id} gets a new ${path}`)
      this.#revive(node)
    })
  }

  #fillDir(): boolean {
    const { dice, touch } = this.#place
    const node = dice.one(this.#idle().filter((one) => this.#dispensable([one])))
    const dir = node && dice.one(node.dirs)
    if (!dir || dir.failed) return false
    // Now and then it is too much for it.
    const ratio = dice.chance(0.1) ? 1.1 : dice.between(0.75, 0.97)
    const otherBytes = Math.max(0, Math.round(dir.capacityBytes * ratio - usedBytes(dir)))
    touch([node.id])
    this.#happen({ fillDir: { node: node.id, path: dir.path, otherBytes } })
    return this.#with(node, dice.spread(5 * MINUTE, 3 * HOUR), () => {
      this.#happen({ fillDir: { node: node.id, path: dir.path, otherBytes: 0 } })
      if (node.dirs.some(({ failed }) => failed) || !node.up) this.#revive(node)
    })
  }

  #cordonDir(): boolean {
    const { dice, touch } = this.#place
    const node = dice.one(this.#idle())
    if (!node) return false
    const { path } = dice.one(node.dirs)!
    touch([node.id])
    this.#happen({ cordonDir: { node: node.id, path, cordoned: true } })
    return this.#for(dice.spread(5 * MINUTE, 3 * HOUR), () =>
      this.#happen({ cordonDir: { node: node.id, path, cordoned: false } }),
    )
  }

  #changeTopics(): boolean {
    const { world, dice, book, touch } = this.#place
    const nodes = [...world.nodes.values()]
    const capacity = nodes.flatMap(({ dirs }) => dirs).reduce((sum, dir) => sum + dir.capacityBytes, 0)
    const used = world.partitions.reduce((sum, { bytes, replicas }) => sum + bytes * replicas.length, 0)
    const names = [...new Set(world.partitions.map(({ topic }) => topic))]
    const ratio = used / capacity
    const wantsMore = ratio < CORRIDOR[0] || (ratio < CORRIDOR[1] && dice.chance(0.4))
    if (!wantsMore) {
      if (names.length < 3) return false
      const topic = dice.chance(0.7) ? names[0]! : dice.one(names)!
      this.#happen({ deleteTopic: topic })
      book.topicDeleted(topic)
      return true
    }
    if (nodes.filter((node) => isServing(node)).length < 5 || world.partitions.length > 320) return false
    const name = `topic-${(this.#topics += 1)}`
    const replicationFactor = dice.chance(0.8) ? 3 : 2
    touch(world.nodes.keys())
    return this.#happen({
      createTopic: {
        name,
        partitions: dice.whole(6, 36),
        replicationFactor,
        size: dice.spread(20 * MB, 1000 * MB),
        spread: 0.5,
        growth: dice.spread(1000, 100_000),
        minIsr: replicationFactor - 1,
      },
    })
  }

  #addPartitions(): boolean {
    const { world, dice, touch } = this.#place
    const topic = dice.one(world.partitions)?.topic
    if (topic === undefined || world.partitions.length > 320) return false
    touch(world.nodes.keys())
    return this.#happen({ addPartitions: { topic, count: dice.whole(1, 6) } })
  }

  #changeGrowth(): boolean {
    const { dice } = this.#place
    const times = dice.chance(0.3) ? 10 : dice.between(0.2, 2)
    this.#place.tell(`growth times ${times.toFixed(1)}`)
    this.#setGrowth(times)
    return times < 10 || this.#for(dice.between(5, 30) * MINUTE, () => this.#setGrowth(1))
  }

  #setGrowth(times: number): void {
    const { world, dice } = this.#place
    const names = [...new Set(world.partitions.map(({ topic }) => topic))]
    for (const topic of names) world.happen({ setGrowth: { topic, growth: dice.spread(1000, 100_000) * times } })
  }

  #changeCopyRate(): boolean {
    const { world, dice } = this.#place
    const node = dice.chance(0.7) ? dice.one([...world.nodes.keys()]) : undefined
    const rate = dice.chance(0.15) ? 0 : dice.spread(MB, 100 * MB)
    this.#happen({ setCopyRate: { ...(node !== undefined && { node }), rate } })
    return this.#for(dice.spread(2 * MINUTE, HOUR), () =>
      this.#happen({ setCopyRate: { ...(node !== undefined && { node }), rate: 100 * MB } }),
    )
  }

  #blind(): boolean {
    const { dice } = this.#place
    const code = dice.chance(0.5) ? 'unreachable' : 'sample_incomplete'
    return this.#happen({ blind: { ms: dice.spread(5 * SECOND, 30 * MINUTE), code } })
  }

  #stopController(): boolean {
    const { world, dice } = this.#place
    if (!world.cluster.controlled) return false
    if (dice.chance(0.5)) return this.#happen({ stopController: { ms: dice.spread(2 * SECOND, 10 * MINUTE) } })
    this.#happen({ stopController: {} })
    return this.#for(dice.spread(2 * SECOND, 10 * MINUTE), () => this.#happen({ startController: true }))
  }

  #kinds(): { kinds?: ActKind[] } {
    const { dice } = this.#place
    const all: ActKind[] = ['set', 'order', 'elect', 'relocate', 'cancel', 'setting']
    return dice.chance(0.3) ? {} : { kinds: dice.some(all, dice.whole(1, 2)) }
  }

  #refuse(): boolean {
    const { dice } = this.#place
    return this.#happen({ refuse: { acts: dice.whole(1, 4), ...this.#kinds(), code: dice.one(refusals)! } })
  }

  #loseAnswers(): boolean {
    const { dice } = this.#place
    const afterMs = dice.spread(SECOND, MINUTE)
    const happens = dice.one<LostAct>(['at_once', 'never', { afterMs }])!
    return this.#happen({ loseAnswers: { acts: dice.whole(1, 4), ...this.#kinds(), happens } })
  }

  /** Nodes that are well and that nobody does anything to. */
  #idle(): Node[] {
    return [...this.#place.world.nodes.values()].filter((node) => isServing(node) && !this.#busy.has(node.id))
  }

  /**
   * Whether every partition still has a copy in sync without them; now and then one may have to wait for them, but none may lose
   * what is nowhere else.
   */
  #dispensable(nodes: Node[], forGood?: 'for good'): boolean {
    const { world, dice } = this.#place
    const most = dice.chance(0.2) ? 2 : 1
    if (this.#busy.size >= most) return false
    if (forGood === undefined && dice.chance(0.05)) return true
    return world.partitions.every((partition) => hasOther(world, partition, nodes))
  }
}

function hasOther(world: World, partition: Partition, nodes: Node[]): boolean {
  return partition.isr.some((id) => {
    const node = world.nodes.get(id)!
    return !nodes.includes(node) && isServing(node) && !isBad(partition.copies.get(id)!.dir)
  })
}

function isBad(dir: Dir): boolean {
  return dir.failed !== undefined
}
