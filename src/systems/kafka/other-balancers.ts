/** Other balancers that show in the cluster itself. */
import type { Conflict } from '../../cluster/conflicts.ts'
import type { ClusterState } from '../../cluster/state.ts'

/** Where Cruise Control itself, not the reporter inside of the brokers, keeps what it has measured; the second two are Strimzi's names. */
const CRUISE_CONTROL = [
  '__KafkaCruiseControlPartitionMetricSamples',
  '__KafkaCruiseControlModelTrainingSamples',
  'strimzi.cruisecontrol.partitionmetricsamples',
  'strimzi.cruisecontrol.modeltrainingsamples',
]
/** Less is what is left of the mean long after the last record: the topics stay when it is gone. */
const LEAST_BYTES_PER_SECOND = 1

export function otherBalancers(state: ClusterState): Conflict[] {
  const written = CRUISE_CONTROL.find((topic) => isWritten(state, state.names.topics.indexOf(topic)))
  if (written === undefined) return []
  const text =
    `Cruise Control is at work on this cluster (it writes to ${written}): two balancers undo each other's work, ` +
    'so stop it, or have it move nothing by itself'
  return [{ with: 'cruise_control', text }]
}

function isWritten(state: ClusterState, topic: number): boolean {
  if (topic === -1) return false
  const [first, end] = [state.topicPartitionStart[topic]!, state.topicPartitionStart[topic + 1]!]
  return state.partitionBytesIn.subarray(first, end).some((bytesPerSecond) => bytesPerSecond >= LEAST_BYTES_PER_SECOND)
}
