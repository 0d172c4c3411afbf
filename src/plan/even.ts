/**
 * Evens out disk use: brings nodes into a band of bytes with as few bytes as it can.
 *
 * A move is worth the violation it fixes at both its ends per byte it copies: 2 when it empties one node above the band
 * into one below, 1 when only one end gains. Worth is taken in 5 % steps, best first over the whole domain; among
 * moves of like worth the one wins that gives nodes with few replicas unlike partitions to lead, then the larger fix (in half
 * octaves), then the one that spreads its topic, then the lower ids. This is what keeps the bytes near the lower bound:
 * choosing the largest fix alone moves 1.3 to 1.45 times as much.
 *
 * Against ping-pong the source must stay above the target after the move (tikv/pd compares both ends the same way,
 * with the move's own size as tolerance).
 */
import type { Filters } from './filters.ts'
import type { Model } from './model.ts'
import { type EvenTask, scoreStep, Worth } from './worth.ts'

/** Scores in 5 % steps (40 is two bytes fixed for each byte copied), tried from the best down. */
const scoreSteps = [38, 34, 30, 25, 20, 19, 17, 14, 10, 6, 3, 1]
/** The best that a move can score which fixes something at one of its ends only. */
const ONE_END = 20
/** Candidates looked at before one is chosen, partners each is tried with; candidates and looks at each source asked. */
const CANDIDATES = 24
const PARTNERS = 12
const PER_SOURCE = 6
const LOOKS = 60
/** A node that finds nothing in lists so short gets one look through everything. */
const EVERYTHING = Number.POSITIVE_INFINITY

interface Choice {
  replica: number
  partition: number
  to: number
  score: number
  fix: number
  /** Replicas of the partition on nodes that have few: each of those should have partitions of its own to lead. */
  crowd: number
  spread: number
}

export function even(model: Model, filters: Filters, task: EvenTask): void {
  new Evener(model, filters, task).run()
}

class Evener {
  readonly #model: Model
  readonly #filters: Filters
  readonly #task: EvenTask
  /** Sources fullest first, targets emptiest first. */
  readonly #sources: number[]
  readonly #targets: number[]
  readonly #worth: Worth
  #best: Choice | undefined

  constructor(model: Model, filters: Filters, task: EvenTask) {
    this.#model = model
    this.#filters = filters
    this.#task = task
    this.#worth = new Worth(model, task)
    this.#sources = [...task.sources]
    this.#targets = task.targets.filter((node) => filters.open(node))
  }

  run(): void {
    for (const step of scoreSteps) {
      const stuck = new Set<number>()
      for (;;) {
        const node = this.#worst(stuck)
        if (node === -1) break
        this.#order()
        const choice = this.#choose(node, step, 1) ?? this.#choose(node, step, EVERYTHING)
        if (!choice) stuck.add(node)
        else this.#model.moveReplica(choice.replica, choice.partition, choice.to, this.#task.reason)
      }
    }
  }

  /** The node with the largest violation that is not stuck at this step; -1 when there is none. */
  #worst(stuck: Set<number>): number {
    let worst = -1
    let most = 0
    for (const node of this.#task.fix) {
      const violation = this.#worth.violation(node, this.#model.usedBytes[node]!)
      if (violation > most && !stuck.has(node)) {
        most = violation
        worst = node
      }
    }
    return worst
  }

  #ratio(node: number): number {
    return this.#model.usedBytes[node]! / this.#model.shares.capacityBytes[node]!
  }

  /** One move changes two nodes, so the lists are nearly sorted: insertion sort is linear here. */
  #order(): void {
    insertionSort(this.#sources, (node) => -this.#ratio(node))
    insertionSort(this.#targets, (node) => this.#ratio(node))
  }

  #choose(node: number, step: number, width: number): Choice | undefined {
    this.#best = undefined
    const excess = this.#excess(node)
    if (excess > 0) this.#offer(node, excess, step, width)
    else this.#ask(node, this.#deficit(node), step, width)
    return this.#best
  }

  /** Offers replicas of an over-full node to the emptiest targets. */
  #offer(from: number, excess: number, step: number, width: number): void {
    const list = this.#model.replicasBySize(from)
    const deficit = this.#most(this.#targets, (node) => this.#deficit(node))
    if (step > ONE_END && deficit === 0) return
    const largest = largestWorth(excess, deficit, step)
    let seen = 0
    for (let i = this.#model.firstBelow(list, largest); i < list.length && seen < CANDIDATES * width; i += 1) {
      const replica = list[i]!
      if (this.#tooSmall(replica, excess)) break
      if (this.#model.moved[replica] === 1 || !this.#promises(replica, excess, deficit, step)) continue
      const partition = this.#model.partitionOf(replica)
      this.#filters.candidate(replica, partition, this.#task.reason)
      let offered = 0
      let misses = 0
      for (const to of this.#targets) {
        if (offered >= PARTNERS * width || misses >= PARTNERS * width) break
        if (to === from) continue
        if (!this.#worthwhile(replica, partition, from, to, step)) misses += 1
        else if (this.#filters.allows(to)) {
          offered += 1
          this.#consider(replica, partition, from, to)
        }
      }
      if (offered > 0) seen += 1
    }
  }

  /** Asks the fullest sources for replicas that fit an under-full node. */
  #ask(to: number, deficit: number, step: number, width: number): void {
    let asked = 0
    for (const from of this.#sources) {
      if (asked >= PARTNERS * width) break
      if (from === to || this.#ratio(from) <= this.#ratio(to)) continue
      const excess = this.#excess(from)
      if (step > ONE_END && excess === 0) continue
      const list = this.#model.replicasBySize(from)
      const first = this.#model.firstBelow(list, largestWorth(deficit, excess, step))
      const end = Math.min(list.length, first + LOOKS * width)
      let seen = 0
      for (let i = first; i < end && seen < PER_SOURCE * width; i += 1) {
        const replica = list[i]!
        if (this.#tooSmall(replica, deficit)) break
        if (this.#model.moved[replica] === 1 || !this.#promises(replica, deficit, excess, step)) continue
        const partition = this.#model.partitionOf(replica)
        if (!this.#worthwhile(replica, partition, from, to, step)) continue
        this.#filters.candidate(replica, partition, this.#task.reason)
        if (!this.#filters.allows(to)) continue
        seen += 1
        this.#consider(replica, partition, from, to)
      }
      if (seen > 0) asked += 1
    }
  }

  /** Neither enough to settle what there is to fix nor, at both ends together, the least gain: nor is any smaller one. */
  #tooSmall(replica: number, here: number): boolean {
    const bytes = this.#model.columns.replicaBytes[replica]!
    return bytes < here && bytes * 2 < this.#task.minGainBytes
  }

  /** Whether any partner could make the replica worth the step, if one end has `here` to fix and no other more than `there`. */
  #promises(replica: number, here: number, there: number, step: number): boolean {
    const bytes = this.#model.columns.replicaBytes[replica]!
    return scoreStep(Math.min(bytes, here) + Math.min(bytes, there), bytes) >= step
  }

  #excess(node: number): number {
    return Math.max(0, this.#model.usedBytes[node]! - this.#task.upper[node]!)
  }

  #deficit(node: number): number {
    return Math.max(0, this.#task.lower[node]! - this.#model.usedBytes[node]!)
  }

  #most(nodes: number[], measure: (node: number) => number): number {
    return nodes.reduce((most, node) => Math.max(most, measure(node)), 0)
  }

  #worthwhile(replica: number, partition: number, from: number, to: number, step: number): boolean {
    const worth = this.#worth.of(from, to, this.#model.columns.replicaBytes[replica]!, step)
    if (worth === 'min_gain') this.#model.rejections.add('min_gain', partition, from, to)
    return worth === 'helps'
  }

  #consider(replica: number, partition: number, from: number, to: number): void {
    const { columns, topicReplicas, request } = this.#model
    const bytes = columns.replicaBytes[replica]!
    const fix = this.#worth.fix(from, to, bytes)
    const row = columns.partitionTopic[partition]! * columns.nodeCount
    const choice: Choice = {
      replica,
      partition,
      to,
      score: scoreStep(fix, bytes),
      fix: Math.floor(Math.log2(fix) * 2),
      crowd: request.topicAware ? this.#model.crowd(partition) : 0,
      spread: request.topicAware ? topicReplicas[row + from]! - topicReplicas[row + to]! : 0,
    }
    if (!this.#best || better(choice, this.#best)) this.#best = choice
  }
}

/**
 * The largest replica that can still be worth `step`: it fixes at most `here` at one end and `there` at the other, and
 * never more than its own bytes at either.
 */
function largestWorth(here: number, there: number, step: number): number {
  const score = step / 20
  const both = (here + there) / score
  return score > 1 ? Math.min(both, here / (score - 1)) : both
}

function better(a: Choice, b: Choice): boolean {
  if (a.score !== b.score) return a.score > b.score
  if (a.crowd !== b.crowd) return a.crowd < b.crowd
  if (a.fix !== b.fix) return a.fix > b.fix
  if (a.spread !== b.spread) return a.spread > b.spread
  if (a.partition !== b.partition) return a.partition < b.partition
  return a.to < b.to
}

function insertionSort(nodes: number[], key: (node: number) => number): void {
  for (let i = 1; i < nodes.length; i += 1) {
    const node = nodes[i]!
    const value = key(node)
    let j = i - 1
    while (j >= 0 && (key(nodes[j]!) > value || (key(nodes[j]!) === value && nodes[j]! > node))) {
      nodes[j + 1] = nodes[j]!
      j -= 1
    }
    nodes[j + 1] = node
  }
}
