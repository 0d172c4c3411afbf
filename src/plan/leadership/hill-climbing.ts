/**
 * Random hill climbing, after Redpanda's leader balancer (`leader_balancer_random.h`, `leader_balancer_constraints.cc`):
 * candidates are visited in random order without repetition, and the first that improves the objective is taken. The
 * objective is its topic skew, the sum over topics and nodes of (leaders of the topic - their mean)², and its load error,
 * the sum over nodes of (load - mean)², nodes standing for its shards.
 *
 * Unlike there only nodes above their limit give, and none is brought above its own: every transfer is one that was needed.
 */
import type { Leads } from './leads.ts'

/** Weights from which on candidates come first, second …: of heavy ones it takes fewer. By count all are of one rank. */
const RANKS = [4, 1, 0.25, 0]

export function climb(leads: Leads, random: () => number): void {
  let candidates = sorted(leads, shuffled(candidatesOf(leads), random))
  for (;;) {
    const before = leads.handedOver.length
    candidates = candidates.filter((replica) => stays(leads, replica))
    if (leads.handedOver.length === before) return
  }
}

/** Takes the candidate if that improves; whether it is worth another look. */
function stays(leads: Leads, replica: number): boolean {
  const partition = leads.partitionOf[replica]!
  const from = leads.leader[partition]!
  const to = leads.model.replicaNode[replica]!
  // Neither can change: who gives is never given to, and who is given to never gives.
  if (!leads.over(from) || !leads.fits(partition, to)) return false
  if (improvement(leads, partition, from, to) <= leads.noise) return true
  leads.handOver(partition, to)
  return false
}

/** By how much the objective gets less: both sums change at two places only, and the means drop out. */
function improvement(leads: Leads, partition: number, from: number, to: number): number {
  const weight = leads.weight[partition]!
  const topic = leads.topicSlope(partition, from, to) - 1
  const load = weight * (leads.load[from]! - leads.load[to]! - weight)
  return 2 * (topic + load)
}

/** Replicas that could take the lead from a node above its limit. */
function candidatesOf(leads: Leads): number[] {
  const { columns, replicaNode } = leads.model
  const over = Uint8Array.from(leads.load, (_, node) => Number(leads.over(node)))
  const candidates: number[] = []
  leads.leader.forEach((from, partition) => {
    // What weighs nothing takes nothing off anybody, however well it would spread its topic.
    if (from < 0 || over[from] === 0 || leads.weight[partition] === 0 || !leads.free(partition)) return
    const end = columns.partitionReplicaStart[partition + 1]!
    for (let replica = columns.partitionReplicaStart[partition]!; replica < end; replica += 1) {
      if (replicaNode[replica] !== from && leads.canTake[replica] === 1) candidates.push(replica)
    }
  })
  return candidates
}

/** Fisher and Yates. */
function shuffled(items: number[], random: () => number): number[] {
  for (let last = items.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1))
    const item = items[last]!
    items[last] = items[other]!
    items[other] = item
  }
  return items
}

/** Stable. Of one rank those go first that go back to their preferred leader: that needs no new order of replicas. */
function sorted(leads: Leads, candidates: number[]): number[] {
  const ranks = RANKS.flatMap((): number[][] => [[], []])
  for (const replica of candidates) {
    const weight = leads.weight[leads.partitionOf[replica]!]!
    const rank = RANKS.findIndex((least) => weight >= least)
    ranks[rank * 2 + Number(!leads.preferred(replica))]!.push(replica)
  }
  return ranks.flat()
}
