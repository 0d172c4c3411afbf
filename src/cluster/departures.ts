/** Nodes that partitions left between two readings, whoever moved them. */
import type { PartitionRef } from './memory.ts'
import { type ClusterState, type NodeId, REMOVING } from './state.ts'

/** What is on its way out has left. One pass over the replicas, without a list of its own for each partition. */
export function departures(before: ClusterState, after: ClusterState): (PartitionRef & { node: NodeId })[] {
  const found: (PartitionRef & { node: NodeId })[] = []
  const topics = new Map(after.names.topics.map((name, topic) => [name, topic]))
  const nodes = before.names.nodes.map((id) => after.names.nodes.indexOf(id))
  before.names.topics.forEach((name, topic) => {
    const now = topics.get(name)
    // One of the same name that was made anew is another topic.
    if (now === undefined || before.names.topicIds[topic] !== after.names.topicIds[now]) return
    const offset = after.topicPartitionStart[now]! - before.topicPartitionStart[topic]!
    for (let p = before.topicPartitionStart[topic]!; p < before.topicPartitionStart[topic + 1]!; p += 1) {
      const q = p + offset
      if (q >= after.topicPartitionStart[now + 1]! || before.names.partitions[p] !== after.names.partitions[q]) continue
      for (let r = before.partitionReplicaStart[p]!; r < before.partitionReplicaStart[p + 1]!; r += 1) {
        const node = before.replicaNode[r]!
        if ((before.replicaFlags[r]! & REMOVING) !== 0 || holds(after, q, nodes[node]!)) continue
        found.push({ topic: name, partition: before.names.partitions[p]!, node: before.names.nodes[node]! })
      }
    }
  })
  return found
}

function holds(state: ClusterState, partition: number, node: number): boolean {
  for (let r = state.partitionReplicaStart[partition]!; r < state.partitionReplicaStart[partition + 1]!; r += 1) {
    if (state.replicaNode[r] === node && (state.replicaFlags[r]! & REMOVING) === 0) return true
  }
  return false
}
