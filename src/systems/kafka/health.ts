/**
 * What is wrong with the partitions, and whether somebody who is gone explains it.
 *
 * Adding replicas are not in sync by nature: only the others tell whether a partition is under-replicated. Replicas that
 * the cluster itself calls offline, for their broker or their dir is gone, explain it.
 */
import type { Health } from '../../cluster/sample.ts'
import type { MetadataPartition, MetadataTopic } from './wire/metadata.ts'

/**
 * @param addingOf replicas that a reassignment adds to a partition.
 * @param minIsr min.insync.replicas by topic, 0 where it is not known.
 */
export function healthOf(
  topics: MetadataTopic[],
  addingOf: (topic: string, partition: number) => readonly number[],
  minIsr: ReadonlyMap<string, number>,
): Health {
  const health: Health = {
    underReplicated: { own_move: 0, node: 0, other: 0 },
    offline: 0,
    underMinIsr: 0,
    unexplained: { offline: 0, underMinIsr: 0 },
  }
  for (const topic of topics) {
    const least = minIsr.get(topic.name) ?? 0
    for (const partition of topic.partitions) {
      const { replicas, isr, leader } = partition
      const leaderless = leader === -1
      // By far the most partitions: nothing more is looked up for them.
      if (!leaderless && isr.length === replicas.length && isr.length >= least) continue
      const adding = addingOf(topic.name, partition.partition)
      const missing = replicas.filter((node) => !isr.includes(node) && !adding.includes(node))
      const explained = missing.every((node) => partition.offlineReplicas.includes(node))
      if (leaderless) {
        health.offline += 1
        if (!leadersAreGone(partition)) health.unexplained.offline += 1
      }
      if (isr.length < least) {
        health.underMinIsr += 1
        if (!explained) health.unexplained.underMinIsr += 1
      }
      if (isr.length === replicas.length) continue
      if (missing.length === 0) health.underReplicated.own_move += 1
      else if (explained) health.underReplicated.node += 1
      else health.underReplicated.other += 1
    }
  }
  return health
}

/**
 * Whether those who could lead are gone. That is not every replica: one that is back but had fallen behind waits for the
 * last leader. Which of them that is, is not told when eligible leader replicas empty the ISR: then any that is gone may be it.
 */
function leadersAreGone({ isr, offlineReplicas }: MetadataPartition): boolean {
  return isr.length === 0 ? offlineReplicas.length > 0 : isr.every((node) => offlineReplicas.includes(node))
}
