/**
 * Nodes that are to be emptied hand over all they lead, whatever that does to the others: those hand on in their turn.
 * Partitions with the fewest places to go choose first, then the heaviest, so that what is left can fill the gaps.
 */
import type { Leads } from './leads.ts'

export function handOverDraining(leads: Leads): void {
  if (leads.draining.length === 0) return
  const places = new Map<number, number[]>()
  leads.leader.forEach((node, partition) => {
    if (!leads.draining.includes(node) || !leads.free(partition)) return
    const replicas = takersOf(leads, partition)
    if (replicas.length > 0) places.set(partition, replicas)
  })
  const order = [...places].sort(
    ([a, placesOfA], [b, placesOfB]) =>
      placesOfA.length - placesOfB.length || leads.weight[b]! - leads.weight[a]! || a - b,
  )
  for (const [partition, replicas] of order) {
    const best = replicas.reduce((one, other) => (better(leads, partition, other, one) ? other : one))
    leads.handOver(partition, leads.model.replicaNode[best]!)
  }
}

/** Replicas of the partition that could lead it, lower nodes first. */
function takersOf(leads: Leads, partition: number): number[] {
  const { columns, replicaNode } = leads.model
  const takers: number[] = []
  const end = columns.partitionReplicaStart[partition + 1]!
  for (let replica = columns.partitionReplicaStart[partition]!; replica < end; replica += 1) {
    if (leads.canTake[replica] === 1) takers.push(replica)
  }
  return takers.sort((a, b) => replicaNode[a]! - replicaNode[b]!)
}

function better(leads: Leads, partition: number, replica: number, than: number): boolean {
  const node = leads.model.replicaNode[replica]!
  const other = leads.model.replicaNode[than]!
  const fits = Number(leads.fits(partition, node)) - Number(leads.fits(partition, other))
  if (fits !== 0) return fits > 0
  const lighter = leads.load[other]! - leads.load[node]!
  if (Math.abs(lighter) > leads.noise) return lighter > 0
  if (leads.preferred(replica) !== leads.preferred(than)) return leads.preferred(replica)
  return leads.topicSlope(partition, other, node) > 0
}
