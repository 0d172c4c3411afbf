/** Health as the controller's lists tell it. */
import type { Health } from '../../cluster/sample.ts'
import type { SimulatedCluster } from './cluster.ts'

/** Replicas that are offline, for their node or their dir is gone, explain what is missing; adding ones are never missing. */
export function healthOf(cluster: SimulatedCluster): Health {
  const health: Health = {
    underReplicated: { own_move: 0, node: 0, other: 0 },
    offline: 0,
    underMinIsr: 0,
    unexplained: { offline: 0, underMinIsr: 0 },
  }
  for (const partition of cluster.partitions) {
    const { replicas, adding, isr, leader, minIsr } = partition
    if (isr.length === replicas.length && isr.length >= minIsr && leader !== undefined) continue
    const absent = replicas.filter((node) => !isr.includes(node))
    const missing = absent.filter((node) => !adding.includes(node))
    const explained = missing.every((node) => cluster.isOffline(partition, node))
    if (leader === undefined) {
      health.offline += 1
      // One that is back may have fallen behind and wait for the last leader; which of those gone that is nobody tells.
      if (!replicas.some((node) => cluster.isOffline(partition, node))) health.unexplained.offline += 1
    }
    if (isr.length < minIsr) {
      health.underMinIsr += 1
      if (!explained) health.unexplained.underMinIsr += 1
    }
    if (absent.length === 0) continue
    health.underReplicated[missing.length === 0 ? 'own_move' : explained ? 'node' : 'other'] += 1
  }
  return health
}
