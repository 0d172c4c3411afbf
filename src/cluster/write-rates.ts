/** Bytes per second written to partitions, looked up by name: made once per state, and only when somebody asks. */
import type { ClusterState, PartitionId } from './state.ts'

/** @returns NaN where the rate, or the partition, is not known. */
export function writeRates(state: ClusterState): (of: { topic: string; partition: PartitionId }) => number {
  let topics: Map<string, number> | undefined
  return ({ topic, partition }) => {
    topics ??= new Map(state.names.topics.map((name, index) => [name, index]))
    const index = topics.get(topic)
    if (index === undefined) return Number.NaN
    const first = state.topicPartitionStart[index]!
    const end = state.topicPartitionStart[index + 1]!
    const at = state.names.partitions.indexOf(partition, first)
    return at === -1 || at >= end ? Number.NaN : state.partitionBytesIn[at]!
  }
}
