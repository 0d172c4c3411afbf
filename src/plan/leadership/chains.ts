/**
 * Chains of hand-overs: one node to the next, that one to a third, and so on to one that has room. The shortest is found
 * breadth first over nodes. By count there is one whenever there is a better spread, for it is the augmenting path of a
 * flow; by traffic each link takes the lightest partition that makes up for what its giver got, which finds most.
 */
import type { Effort } from '../effort.ts'
import type { Leads } from './leads.ts'
import type { Pairs } from './pairs.ts'

/** A chain by traffic begins with a partition that settles its node, or the heaviest, else with half that, and so on. */
const HALVINGS = 4
/** Partitions of a list that are looked at for one link. */
const LOOKS = 256
/** The start of a search is reached through no replica. */
const START = -2

export class Chains {
  readonly #leads: Leads
  readonly #pairs: Pairs
  readonly #effort: Effort
  readonly #heaviest: number
  /** The replica through which a node was reached; -1 when it was not. */
  readonly #via: Int32Array

  constructor(leads: Leads, pairs: Pairs, effort: Effort) {
    this.#leads = leads
    this.#pairs = pairs
    this.#effort = effort
    this.#heaviest = leads.weight.reduce((most, weight) => Math.max(most, weight), 0)
    this.#via = new Int32Array(leads.model.columns.nodeCount)
  }

  /**
   * @param gain by how much the start, and all that take part, must end below what the start has now.
   * @returns replicas to hand over to, last first; none when there is no chain.
   */
  from(start: number, gain: number): number[] {
    const { load, uniform } = this.#leads
    const below = load[start]! - gain
    // By count all weigh the same.
    if (uniform) return this.#search(start, 0, below)
    const most = Math.min(load[start]! - this.#leads.limit(start), this.#heaviest)
    for (let half = 0; half <= HALVINGS; half += 1) {
      const path = this.#search(start, half === HALVINGS ? gain : most / 2 ** half, below)
      if (path.length > 0) return path
    }
    return []
  }

  /** @param need least weight of the first partition. @param below what every node must end under, or as it was. */
  #search(start: number, need: number, below: number): number[] {
    const { load, weight, partitionOf } = this.#leads
    const via = this.#via.fill(-1)
    via[start] = START
    let frontier = [start]
    while (frontier.length > 0 && !this.#effort.spent) {
      let end = -1
      let least = below
      const reached: number[] = []
      for (const from of frontier) {
        const got = from === start ? 0 : weight[partitionOf[via[from]!]!]!
        const enough = from === start ? need : Math.min(got, load[from]! + got - below)
        const takers = this.#pairs.takersFrom(from)
        this.#effort.spend(takers.length)
        for (const to of takers) {
          if (via[to] !== -1) continue
          const replica = this.#lightest(from, to, enough)
          if (replica === -1) continue
          via[to] = replica
          reached.push(to)
          const then = load[to]! + weight[partitionOf[replica]!]!
          if (then >= least) continue
          end = to
          least = then
        }
      }
      if (end !== -1) return this.#pathTo(end)
      frontier = reached
    }
    return []
  }

  #pathTo(end: number): number[] {
    const { leader, partitionOf } = this.#leads
    const path: number[] = []
    for (let node = end; this.#via[node] !== START; node = leader[partitionOf[path.at(-1)!]!]!) {
      path.push(this.#via[node]!)
    }
    return path
  }

  /** Of the giver's list for the taker, the lightest of at least that weight; -1 when there is none. */
  #lightest(from: number, to: number, least: number): number {
    const { weight, partitionOf, uniform, noise } = this.#leads
    let best = -1
    for (const preferred of [true, false]) {
      let looks = 0
      for (let at = this.#pairs.first(from, to, preferred); at !== -1 && looks < LOOKS; at = this.#pairs.after(at)) {
        if (uniform) return at
        looks += 1
        const weighs = weight[partitionOf[at]!]!
        if (weighs > noise && weighs >= least && (best === -1 || weighs < weight[partitionOf[best]!]!)) best = at
      }
      this.#effort.spend(looks)
    }
    return best
  }
}
