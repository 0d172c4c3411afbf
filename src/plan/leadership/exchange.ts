/**
 * Exchanges by traffic: one node hands over, whoever gets too much by that hands on, and so forth, also back. It is tried
 * with more and more hand-overs until the node is better off and nobody as badly off as it was. With the few partitions of a small
 * cluster, where their sizes matter most, every way is tried; with many there is a limit to the looks.
 */
import type { Effort } from '../effort.ts'
import type { Leads } from './leads.ts'
import type { Pairs } from './pairs.ts'

const MOST_HAND_OVERS = 6
/** Looks for one node. */
const LOOKS = 20_000
/** Each costs about as much as so many looks at a list. */
const LOOK_COST = 10

/**
 * @param gain by how much the start, and all that take part, must end below what the start has now.
 * @returns replicas to hand over to, in this order; none when there is no way.
 */
export function exchange(leads: Leads, pairs: Pairs, effort: Effort, start: number, gain: number): number[] {
  if (effort.spent) return []
  const search = new Search(leads, pairs, leads.load[start]! - gain)
  let found = false
  for (let depth = 2; depth <= MOST_HAND_OVERS && !found && search.looks < LOOKS; depth += 1) {
    found = search.from(start, depth)
  }
  effort.spend(search.looks * LOOK_COST)
  return found ? search.chosen : []
}

class Search {
  readonly #leads: Leads
  readonly #pairs: Pairs
  /** What every node must end with at most. */
  readonly #most: number
  /** Loads with what is chosen so far, by node, of the nodes that this touches. */
  readonly #load = new Map<number, number>()
  readonly #moved = new Set<number>()
  readonly #offers = new Map<number, number[]>()
  readonly chosen: number[] = []
  looks = 0

  constructor(leads: Leads, pairs: Pairs, most: number) {
    this.#leads = leads
    this.#pairs = pairs
    this.#most = most
  }

  /** Whether the node, and in turn all others, can be brought down to what they may have with so many hand-overs. */
  from(node: number, depth: number): boolean {
    const { partitionOf, weight, model } = this.#leads
    for (const replica of this.#offersOf(node)) {
      const partition = partitionOf[replica]!
      if (this.#moved.has(partition)) continue
      if ((this.looks += 1) > LOOKS) return false
      const to = model.replicaNode[replica]!
      const here = this.#loadOf(node)
      const there = this.#loadOf(to)
      const touched = [node, to].filter((end) => this.#load.has(end))
      const weighs = weight[partition]!
      // The last hand-over must leave neither end too much.
      if (depth === 1 && (here - weighs > this.#most || there + weighs > this.#most)) continue
      this.#load.set(node, here - weighs).set(to, there + weighs)
      this.#moved.add(partition)
      this.chosen.push(replica)
      const next = this.#tooMuch()
      if (next === -1 || (depth > 1 && this.from(next, depth - 1))) return true
      this.chosen.pop()
      this.#moved.delete(partition)
      this.#load.set(node, here).set(to, there)
      for (const end of [node, to]) if (!touched.includes(end)) this.#load.delete(end)
    }
    return false
  }

  #loadOf(node: number): number {
    return this.#load.get(node) ?? this.#leads.load[node]!
  }

  /** The lowest node of those touched that has too much; -1 when there is none. */
  #tooMuch(): number {
    let found = -1
    for (const [node, load] of this.#load) if (load > this.#most && (found === -1 || node < found)) found = node
    return found
  }

  /**
   * All the node could hand over. The order is that of the partitions, not that in which it came to lead them: a search that
   * gives up must give up in the next plan too.
   */
  #offersOf(node: number): number[] {
    const known = this.#offers.get(node)
    if (known) return known
    const offers: number[] = []
    for (const to of this.#pairs.takersFrom(node)) {
      for (const preferred of [true, false]) {
        for (let at = this.#pairs.first(node, to, preferred); at !== -1; at = this.#pairs.after(at)) {
          if (this.#leads.weight[this.#leads.partitionOf[at]!]! > this.#leads.noise) offers.push(at)
        }
      }
    }
    const { partitionOf, model } = this.#leads
    offers.sort((a, b) => partitionOf[a]! - partitionOf[b]! || model.replicaNode[a]! - model.replicaNode[b]!)
    this.#offers.set(node, offers)
    return offers
  }
}
