/**
 * Greedy: the node that leads most hands over to the one that leads least. Where no direct hand-over helps, a chain over
 * other nodes does, or by traffic an exchange.
 */

import type { Effort } from '../effort.ts'
import { Chains } from './chains.ts'
import { exchange } from './exchange.ts'
import type { Leads } from './leads.ts'
import { Pairs } from './pairs.ts'

/** Partitions of a list that are compared for one hand-over. */
const LOOKS = 64
/** More half octaves than any weight has. */
const SETTLES = 1000
/**
 * What a chain or exchange by traffic must gain to be worth its hand-overs unless it settles its node: a part of the mean
 * load, or half a mean partition where that is less.
 */
const MIN_GAIN = 0.01
const MIN_GAIN_PARTITIONS = 0.5

export function handOverGreedily(leads: Leads, effort: Effort): void {
  if (leads.takers.some((node) => leads.over(node))) new Greedy(leads, effort).run()
}

class Greedy {
  readonly #leads: Leads
  readonly #effort: Effort
  readonly #pairs: Pairs
  readonly #chains: Chains
  /** Nodes whose takers had no room by traffic: that hardly changes, and chains of one link are chains as well. */
  readonly #hemmedIn = new Set<number>()

  constructor(leads: Leads, effort: Effort) {
    this.#leads = leads
    this.#effort = effort
    this.#pairs = new Pairs(leads)
    this.#chains = new Chains(leads, this.#pairs, effort)
  }

  run(): void {
    const stuck = new Set<number>()
    for (;;) {
      const worst = this.#worst(stuck)
      if (worst === -1) return
      if (!this.#direct(worst) && !this.#chain(worst) && !this.#exchange(worst)) stuck.add(worst)
    }
  }

  /** The most loaded of the nodes above their limit; -1 when there is none but those that are stuck. */
  #worst(stuck: Set<number>): number {
    const { load, takers } = this.#leads
    let worst = -1
    for (const node of takers) {
      if (worst !== -1 && load[node]! <= load[worst]!) continue
      if (this.#leads.over(node) && !stuck.has(node)) worst = node
    }
    return worst
  }

  /** Hands over to the least loaded that has room. */
  #direct(from: number): boolean {
    if (this.#hemmedIn.has(from)) return false
    const tried = new Set<number>()
    for (let to = this.#lightest(from, tried); to !== -1; to = this.#lightest(from, tried)) {
      const replica = this.#pick(from, to, true)
      if (replica !== -1) {
        this.#handOver(replica)
        return true
      }
      // By count none has more room than the lightest.
      if (this.#leads.uniform) return false
      tried.add(to)
    }
    this.#hemmedIn.add(from)
    return false
  }

  /** The least loaded that could take something; of equals one that would only get back what it is preferred for. */
  #lightest(from: number, tried: Set<number>): number {
    const { load, noise } = this.#leads
    let lightest = -1
    for (const to of this.#pairs.takersFrom(from)) {
      if (lightest !== -1 && load[to]! > load[lightest]! + noise) continue
      if (this.#pairs.empty(from, to) || tried.has(to)) continue
      const less = lightest === -1 || load[to]! < load[lightest]! - noise
      if (less || (this.#returns(from, to) && !this.#returns(from, lightest))) lightest = to
    }
    return lightest
  }

  #returns(from: number, to: number): boolean {
    return this.#pairs.first(from, to, true) !== -1
  }

  /** The best of the first replicas of the two lists; -1 when there is none. @param fitting within the taker's limit. */
  #pick(from: number, to: number, fitting: boolean): number {
    let best = -1
    let most = Number.NEGATIVE_INFINITY
    for (const preferred of [true, false]) {
      let looks = LOOKS
      for (let at = this.#pairs.first(from, to, preferred); at !== -1 && looks > 0; at = this.#pairs.after(at)) {
        looks -= 1
        const partition = this.#leads.partitionOf[at]!
        if (this.#leads.weight[partition] === 0 || (fitting && !this.#leads.fits(partition, to))) continue
        const worth = this.#worth(partition, from, to, preferred)
        if (worth <= most) continue
        best = at
        most = worth
      }
    }
    return best
  }

  /**
   * That it settles its giver, else what it takes off the excess in half octaves; then that it makes the plan no longer;
   * then that it goes back to its preferred leader; then how it spreads its topic.
   */
  #worth(partition: number, from: number, to: number, preferred: boolean): number {
    const leads = this.#leads
    const weight = leads.weight[partition]!
    const settles = weight >= leads.load[from]! - leads.limit(from) - leads.noise
    const progress = leads.uniform ? 0 : settles ? SETTLES : Math.floor(Math.log2(weight) * 2)
    const rank = (progress * 3 - leads.cost(partition, to)) * 2 + Number(preferred)
    return rank * 2 ** 20 + leads.topicSlope(partition, from, to)
  }

  #chain(start: number): boolean {
    const path = this.#chains.from(start, this.#gain(start))
    if (path.length === 0) return false
    if (this.#leads.uniform) this.#repeat(path)
    else for (const replica of path) this.#handOver(replica)
    return true
  }

  /**
   * By count any partition of the same two nodes does for a link of the chain: the best is taken, and the chain is used
   * for as long as its start has too many and its end has room.
   */
  #repeat(path: number[]): void {
    const { leader, partitionOf, model } = this.#leads
    const links = path.map((replica) => [leader[partitionOf[replica]!]!, model.replicaNode[replica]!] as const)
    const start = links.at(-1)![0]
    const end = links[0]![1]
    do for (const [from, to] of links) this.#handOver(this.#pick(from, to, false))
    while (
      this.#leads.over(start) &&
      this.#leads.fits(partitionOf[path[0]!]!, end) &&
      links.every(([from, to]) => !this.#pairs.empty(from, to))
    )
  }

  #exchange(start: number): boolean {
    if (this.#leads.uniform) return false
    const replicas = exchange(this.#leads, this.#pairs, this.#effort, start, this.#gain(start))
    for (const replica of replicas) this.#handOver(replica)
    return replicas.length > 0
  }

  /** What a chain or an exchange that begins there must gain. */
  #gain(start: number): number {
    const { load, uniform, mean, noise } = this.#leads
    if (uniform) return noise
    return Math.min(load[start]! - this.#leads.limit(start), mean * MIN_GAIN, MIN_GAIN_PARTITIONS)
  }

  #handOver(replica: number): void {
    const partition = this.#leads.partitionOf[replica]!
    this.#pairs.remove(partition)
    this.#leads.handOver(partition, this.#leads.model.replicaNode[replica]!)
    this.#pairs.add(partition)
  }
}
