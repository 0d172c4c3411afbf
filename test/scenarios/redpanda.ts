/**
 * The fixture of the planner tests of Redpanda, whose lines the cases in `redpanda/` are named after: disks of 200 MiB,
 * partitions of 10 MiB, soft limit 80 %, hard limit 95 %, two moves at once.
 *
 * An empty node is not filled, and leaders stay where they are: those are other cases, and there they would blur what
 * each line is about. No disk holds the metadata of the cluster, which Redpanda does not reserve room for.
 */
import type { NodeId } from '../../src/cluster/state.ts'
import type { SimulatedNode, SimulatedTopic } from '../../src/systems/simulator/options.ts'
import { type Case, MINUTE, MiB } from './case.ts'

const DISK = 200 * MiB
const PARTITION = 10 * MiB

export interface BrokerOptions {
  rack?: string
  /** What others keep on its disk. */
  other?: number
}

export function broker(id: number, { rack, other = 0 }: BrokerOptions = {}): SimulatedNode {
  return {
    id,
    ...(rack !== undefined && { rack }),
    disks: [{ capacity: DISK, otherBytes: other }],
    metadataDisk: -1,
  }
}

export function brokers(...ids: number[]): SimulatedNode[] {
  return ids.map((id) => broker(id))
}

/** Partitions with these replica lists. */
export function placed(name: string, lists: NodeId[][], sizes = lists.map(() => PARTITION)): SimulatedTopic {
  return {
    name,
    partitions: lists.length,
    replicationFactor: lists[0]!.length,
    size: PARTITION,
    assignment: lists,
    sizes,
  }
}

/** The same list for so many partitions. */
export function times(count: number, list: NodeId[]): NodeId[][] {
  return Array.from({ length: count }, () => list)
}

/** A copy takes 10 s when it is alone. */
export const fixture = {
  cluster: { copyRate: MiB },
  settings: {
    maxDiskUsage: 0.8,
    hardDiskUsage: 0.95,
    nodeAvailabilityTimeoutMs: 5 * MINUTE,
    nodeAddBelow: 0,
    leadershipEnabled: false,
  },
  execution: { concurrentMoves: 2 },
} satisfies Partial<Omit<Case, 'cluster'>> & { cluster: object }
