/**
 * Evens out leadership, by count or by traffic. Nothing is copied, but clients notice every transfer, so there are no more
 * than it takes: only nodes above their limit and nodes that drain give away leaders.
 *
 * First draining nodes hand over, then the strategy does what it can, then chains of hand-overs over other nodes settle
 * what no direct one could. Either strategy ends within the limit where that can be done.
 */
import { seededRandom } from '../../lib/random.ts'
import { Effort } from '../effort.ts'
import type { Model } from '../model.ts'
import { handOverDraining } from './draining.ts'
import { handOverGreedily } from './greedy.ts'
import { climb } from './hill-climbing.ts'
import { Leads } from './leads.ts'

/** More rounds than were ever seen to change anything. */
const ROUNDS = 10
/** By count a chain is a matter of nodes, by traffic one of partitions. */
const LOOKS_BY_COUNT = 2e8
const LOOKS_BY_TRAFFIC = 5e6

export function evenLeaders(model: Model): void {
  let leads = new Leads(model, model.leader)
  if (leads.takers.length === 0) return
  tellHeld(leads, new Set(model.request.muted), 'muted')
  const placed = model.request.placed.filter(({ what }) => what === 'leader').map(({ partition }) => partition)
  tellHeld(leads, new Set(placed.filter((partition) => model.leaderPlaced(partition))), 'moved_by_hand')
  // A partition may be handed on by a later chain: only where it ends up is planned.
  const handedOver = new Set<number>()
  const effort = new Effort(leads.uniform ? LOOKS_BY_COUNT : LOOKS_BY_TRAFFIC)
  // What one round leaves is looked at afresh, as the next plan would: so that that one finds nothing.
  for (let round = 0; round < ROUNDS && anyOver(leads); round += 1) {
    if (round > 0) leads = new Leads(model, leads.leader)
    improve(leads, effort)
    if (leads.handedOver.length === 0) break
    for (const partition of leads.handedOver) handedOver.add(partition)
  }
  for (const partition of handedOver) {
    if (leads.leader[partition] !== model.leader[partition]) model.moveLeader(partition, leads.leader[partition]!)
  }
  for (const node of [...leads.draining, ...leads.takers]) {
    if (leads.over(node)) model.rejections.add('leader_preference', -1, node, -1)
  }
}

function anyOver(leads: Leads): boolean {
  return [...leads.draining, ...leads.takers].some((node) => leads.over(node))
}

/** Partitions that would have been looked at were they not left alone. */
function tellHeld(leads: Leads, held: ReadonlySet<number>, why: 'muted' | 'moved_by_hand'): void {
  const { model } = leads
  const { partitionReplicaStart } = model.columns
  for (const partition of [...held].toSorted((a, b) => a - b)) {
    const from = model.leader[partition]!
    if (from < 0 || !leads.over(from) || !model.leaderMovable(partition)) continue
    for (
      let replica = partitionReplicaStart[partition]!;
      replica < partitionReplicaStart[partition + 1]!;
      replica += 1
    ) {
      const to = model.replicaNode[replica]!
      if (to !== from && leads.canTake[replica] === 1) model.rejections.add(why, partition, from, to)
    }
  }
}

function improve(leads: Leads, effort: Effort): void {
  const { strategy, seed } = leads.model.request.leadership
  handOverDraining(leads)
  if (strategy === 'random_hill_climbing') climb(leads, seededRandom(seed))
  handOverGreedily(leads, effort)
}
