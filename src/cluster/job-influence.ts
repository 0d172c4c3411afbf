/**
 * Folds jobs of the system's own that are running into a sample: what they are still to bring counts as arriving, so that nothing else
 * is planned on the room that they need. What they have asked for already is seen in the placement and is not counted twice.
 */
import { type Move, type RunningJob, subjectOf } from './move.ts'
import { ADDING, type ClusterState, type NodeId } from './state.ts'

export function foldJobs(state: ClusterState, inFlight: readonly Move[], jobs: readonly RunningJob[]): void {
  const listed = new Map(jobs.map((job) => [job.topic, job]))
  const coming = new Map<string, { node: NodeId; bytes: number }[]>()
  for (const { topic, arriving } of jobs) if (arriving) coming.set(topic, arriving)
  for (const move of inFlight) {
    if (move.kind !== 'table' || listed.get(move.topic)?.arriving) continue
    coming.set(
      subjectOf(move),
      move.shares.map(({ node, addBytes }) => ({ node, bytes: addBytes })),
    )
  }
  for (const [topic, nodes] of coming) {
    const index = state.names.topics.indexOf(topic)
    if (index === -1) continue
    const visible = visiblyArriving(state, index)
    for (const { node: id, bytes } of nodes) {
      const node = state.names.nodes.indexOf(id)
      if (node === -1) continue
      const dir = state.nodeDirStart[node]!
      if (dir < state.nodeDirStart[node + 1]!) state.dirArrivingBytes[dir]! += Math.max(0, bytes - visible[node]!)
    }
  }
}

/** Bytes of the topic that the placement shows as on their way, per node. */
function visiblyArriving(state: ClusterState, topic: number): Float64Array {
  const arriving = new Float64Array(state.nodeCount)
  for (let p = state.topicPartitionStart[topic]!; p < state.topicPartitionStart[topic + 1]!; p += 1) {
    const start = state.partitionReplicaStart[p]!
    const end = state.partitionReplicaStart[p + 1]!
    let size = 0
    for (let replica = start; replica < end; replica += 1) size = Math.max(size, state.replicaBytes[replica]! || 0)
    for (let replica = start; replica < end; replica += 1) {
      if ((state.replicaFlags[replica]! & ADDING) === 0) continue
      arriving[state.replicaNode[replica]!]! += size - (state.replicaBytes[replica]! || 0)
    }
  }
  return arriving
}
