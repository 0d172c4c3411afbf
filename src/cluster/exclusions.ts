/** Marks what the operator excluded, so that passes need not know patterns. */
import { immovableReasons } from './reasons.ts'
import type { BalanceSettings } from './settings.ts'
import type { ClusterState } from './state.ts'

const EXCLUDED = immovableReasons.indexOf('excluded')
/** An excluded partition keeps its leader too, one of unknown size need not. */
const weaker = [0, immovableReasons.indexOf('size_unknown')]

export function applyExclusions(state: ClusterState, { excludeTopics, excludeNodes }: BalanceSettings): void {
  for (const id of excludeNodes) {
    const node = state.names.nodes.indexOf(id)
    if (node !== -1) state.nodeExcluded[node] = 1
  }
  for (let topic = 0; topic < state.topicCount; topic += 1) {
    if (!excludeTopics.some((pattern) => pattern.test(state.names.topics[topic]!))) continue
    state.topicExcluded[topic] = 1
    for (let p = state.topicPartitionStart[topic]!; p < state.topicPartitionStart[topic + 1]!; p += 1) {
      if (weaker.includes(state.partitionImmovable[p]!)) state.partitionImmovable[p] = EXCLUDED
    }
  }
}
