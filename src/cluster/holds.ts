/** Marks what is left alone for a while because moves of it failed, so that passes need not know of tries and cool-downs. */
import type { Hold } from './memory.ts'
import { immovableReasons } from './reasons.ts'
import type { ClusterState } from './state.ts'

const RETRY_WAIT = immovableReasons.indexOf('retry_wait')
const RETRY_EXHAUSTED = immovableReasons.indexOf('retry_exhausted')

export function applyHolds(state: ClusterState, { partitions, nodes }: Hold): void {
  const nowMs = state.takenAtMs
  for (const { node: id, untilMs } of nodes) {
    const node = state.names.nodes.indexOf(id)
    if (node === -1 || untilMs <= nowMs) continue
    // Nothing new is sent to it; it is no less a source than before.
    state.dirCordoned.fill(1, state.nodeDirStart[node], state.nodeDirStart[node + 1])
  }
  const held = new Map(
    partitions.filter(({ untilMs }) => untilMs > nowMs).map((hold) => [`${hold.topic}-${hold.partition}`, hold]),
  )
  if (held.size === 0) return
  for (let topic = 0; topic < state.topicCount; topic += 1) {
    for (let p = state.topicPartitionStart[topic]!; p < state.topicPartitionStart[topic + 1]!; p += 1) {
      if (state.partitionImmovable[p] !== 0) continue
      const hold = held.get(`${state.names.topics[topic]}-${state.names.partitions[p]}`)
      if (hold) state.partitionImmovable[p] = hold.exhausted ? RETRY_EXHAUSTED : RETRY_WAIT
    }
  }
}
