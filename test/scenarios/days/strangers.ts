/** Others who move replicas and set limits on the same cluster. */
import type { NodeId } from '../../../src/cluster/state.ts'
import type { SettingRef } from '../../../src/systems/port.ts'
import type { Partition } from '../../../src/systems/simulator/model.ts'
import { isServing, usedBytes } from '../../../src/systems/simulator/node.ts'
import { isMoving, targetOf } from '../../../src/systems/simulator/partition.ts'
import { EVERY_NODE, listNames, membersOf, rateNames } from '../../../src/systems/simulator/setting-store.ts'
import { MB, MINUTE, SECOND } from '../case.ts'
import type { Place } from './place.ts'

export const strangerWeights = {
  reassign: 4,
  supersede: 2,
  revert: 2,
  relocate: 2,
  setRate: 4,
  wipeRate: 3,
  replaceRate: 3,
  stopRate: 2,
  setList: 3,
  wipeList: 2,
  bindAll: 1,
}
type Kind = keyof typeof strangerWeights

/** A node that is fuller gets nothing from them. */
const MOST_FULL = 0.7
/** While changes are on their way theirs would be overwritten, as nobody could help. */
const SETTLED_MS = 90 * SECOND

export class Strangers {
  readonly #place: Place
  #values = 0
  #uncontrolledAtMs = Number.NEGATIVE_INFINITY

  constructor(place: Place) {
    this.#place = place
  }

  do(kind: Kind): boolean {
    const { world, clock } = this.#place
    if (!world.cluster.controlled) this.#uncontrolledAtMs = clock.now()
    if (clock.now() - this.#uncontrolledAtMs < SETTLED_MS) return false
    switch (kind) {
      case 'reassign':
        return this.#reassign()
      case 'supersede':
        return this.#supersede()
      case 'revert':
        return this.#revert()
      case 'relocate':
        return this.#relocate()
      case 'setRate':
        return this.#setRate(Math.round(this.#place.dice.spread(MB, 100 * MB)))
      case 'stopRate':
        return this.#setRate(0)
      case 'wipeRate':
        return this.#wipe('node', 1)
      case 'replaceRate':
        return this.#replaceRate()
      case 'setList':
        return this.#setList()
      case 'wipeList':
        return this.#wipe('topic', 1)
      case 'bindAll':
        return this.#bindAll()
      default:
        return false
    }
  }

  /** Nobody copies anything by a rate of 0 for ever. */
  rest(): void {
    for (const { value, ...ref } of this.#place.book.wanted()) if (value === '0') this.set(ref, null)
  }

  set(ref: SettingRef, value: string | null): true {
    const { world, book, tell } = this.#place
    const refused = world.happen({ setSetting: { ...ref, value } })
    tell(`a stranger sets ${ref.scope}/${ref.of}/${ref.name} to ${value}${refused === undefined ? '' : `: ${refused}`}`)
    if (refused === undefined) book.note(ref, value)
    return true
  }

  #open(partition: Partition): NodeId[] {
    const { world } = this.#place
    return [...world.nodes.values()].flatMap((node) => {
      const fits = node.dirs.every((dir) => !dir.failed && usedBytes(dir) < dir.capacityBytes * MOST_FULL)
      return isServing(node) && fits && !partition.replicas.includes(node.id) ? [node.id] : []
    })
  }

  #reassign(): boolean {
    const { world, dice } = this.#place
    const free = world.partitions.filter((partition) => !isMoving(partition) && partition.leader !== undefined)
    const chosen = dice.some(free, dice.whole(1, 6))
    return chosen.filter((partition) => this.#moveOne(partition)).length > 0
  }

  /** In the place of a move that runs, whoever began it. */
  #supersede(): boolean {
    const { world, dice } = this.#place
    const partition = dice.one(world.partitions.filter(isMoving))
    return partition !== undefined && this.#moveOne(partition)
  }

  #moveOne(partition: Partition): boolean {
    const { world, dice, tell, touch } = this.#place
    const to = dice.one(this.#open(partition))
    if (to === undefined) return false
    const target = targetOf(partition)
    const slot = dice.whole(0, target.length - 1)
    const replicas = target.map((node, index) => (index === slot ? to : node))
    const { topic, id } = partition
    tell(`a stranger moves ${topic}-${id} from ${target.join()} to ${replicas.join()}`)
    touch(replicas)
    world.happen({ reassign: { topic, partition: id, replicas } })
    return true
  }

  /** Of moves that were superseded more would stay than there were. */
  #revert(): boolean {
    const { world, dice, tell } = this.#place
    const partition = dice.one(
      world.partitions.filter(({ adding, removing }) => adding.length === 1 && removing.length === 1),
    )
    if (!partition) return false
    tell(`a stranger takes the move of ${partition.topic}-${partition.id} back`)
    world.revert(partition.topic, partition.id)
    return true
  }

  #relocate(): boolean {
    const { world, dice, tell, touch } = this.#place
    const node = dice.one([...world.nodes.values()].filter((one) => isServing(one) && one.dirs.length > 1))
    const partition = node && dice.one(world.partitions.filter(({ copies }) => copies.has(node.id)))
    const dir = node?.dirs.find((one) => one !== partition?.copies.get(node.id)!.dir)
    if (!partition || !dir || dir.failed || usedBytes(dir) > dir.capacityBytes * MOST_FULL) return false
    const { topic, id } = partition
    tell(`a stranger moves ${topic}-${id} on node ${node.id} to ${dir.path}`)
    touch([node.id])
    world.happen({ relocate: { topic, partition: id, dir: { node: node.id, path: dir.path } } })
    return true
  }

  #setRate(value: number): boolean {
    const { world, dice, later } = this.#place
    const of = dice.chance(0.1) ? EVERY_NODE : dice.one([...world.nodes.keys()])!
    const ref: SettingRef = { scope: 'node', of, name: dice.one(Object.values(rateNames))! }
    this.set(ref, this.#own(value))
    later(dice.spread(MINUTE, (value === 0 ? 40 : 300) * MINUTE), () => {
      if (this.#place.book.has(ref)) this.set(ref, null)
    })
    return true
  }

  /** Never what we would set. */
  #own(value: number): string {
    return value === 0 ? '0' : String(value - (value % 1000) + 1 + ((this.#values += 1) % 900))
  }

  /** What stands is swept away, ours as well as theirs. */
  #wipe(scope: 'node' | 'topic', ratio: number): boolean {
    const { world, dice } = this.#place
    const standing = world.cluster.settings.all().filter((setting) => setting.scope === scope)
    if (standing.length === 0) return false
    const all = dice.chance(0.3)
    const gone = all ? standing : dice.some(standing, Math.max(ratio, dice.whole(1, 3)))
    for (const { value: _, ...ref } of gone) this.set(ref, null)
    return true
  }

  #replaceRate(): boolean {
    const { world, dice, later } = this.#place
    const setting = dice.one(world.cluster.settings.all().filter(({ scope }) => scope === 'node'))
    if (!setting) return false
    const { value: _, ...ref } = setting
    this.set(ref, this.#own(dice.chance(0.2) ? 0 : Math.round(dice.spread(MB, 100 * MB))))
    later(dice.spread(MINUTE, 60 * MINUTE), () => {
      if (this.#place.book.has(ref)) this.set(ref, null)
    })
    return true
  }

  /** Members of partitions that there are not: whose a real one is could not be told afterwards. */
  #setList(): boolean {
    const { world, dice } = this.#place
    const topic = dice.one(world.partitions)?.topic
    if (topic === undefined) return false
    const ref: SettingRef = { scope: 'topic', of: topic, name: dice.one(Object.values(listNames))! }
    const theirs = Array.from({ length: dice.whole(1, 3) }, () => `${dice.whole(900, 999)}:${dice.whole(1, 9)}`)
    const before = membersOf(world.cluster.settings.own(ref))
    const kept = dice.chance(0.5) ? before.members : []
    if (before.all) return false
    const value = [...new Set([...kept, ...theirs])]
    world.happen({ setSetting: { ...ref, value: value.join() } })
    const own = value.filter((member) => Number(member.split(':')[0]) >= 900)
    this.#place.tell(`a stranger sets ${topic}/${ref.name} to ${value.join()}`)
    this.#place.book.note(ref, own.join())
    return true
  }

  #bindAll(): boolean {
    const { world, dice, later } = this.#place
    const topic = dice.one(world.partitions)?.topic
    if (topic === undefined) return false
    const ref: SettingRef = { scope: 'topic', of: topic, name: dice.one(Object.values(listNames))! }
    this.set(ref, '*')
    later(dice.spread(MINUTE, 300 * MINUTE), () => {
      if (this.#place.book.has(ref) && world.cluster.settings.own(ref) === '*') this.set(ref, null)
    })
    return true
  }
}
