import { defineApi } from './api.ts'
import { readTopicResults, type TopicResults } from './partition-results.ts'

export interface AlterPartitionReassignmentsRequest {
  /** How long the broker waits for the controller, in milliseconds; observed to be ignored while there is none (60 s then). */
  timeoutMs: number
  topics: readonly {
    name: string
    /** `replicas`: the whole new set in order of preference, or null to cancel what is running. */
    partitions: readonly { partition: number; replicas: readonly number[] | null }[]
  }[]
}

export interface AlterPartitionReassignmentsResponse {
  errorCode: number
  errorMessage: string | null
  topics: TopicResults[]
}

/**
 * Starts and cancels moves of replicas. Partitions are judged one by one: a bad one does not keep the others back.
 * From v1 on a change of the replication factor is refused by the broker; v0 would silently do it.
 *
 *     request  => timeout_ms INT32 allow_replication_factor_change BOOL (1+) [topics]
 *       topics => name STRING [partitions]
 *       partitions => partition_index INT32 [replicas] INT32; null to cancel
 *     response => throttle_time_ms INT32 allow_replication_factor_change BOOL (1+) error_code INT16
 *                 error_message NULLABLE_STRING [responses]
 *       responses => name STRING [partitions]
 *       partitions => partition_index INT32 error_code INT16 error_message NULLABLE_STRING
 */
export const alterPartitionReassignments = defineApi<
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse
>({
  key: 45,
  name: 'AlterPartitionReassignments',
  min: 0,
  max: 1,
  flexibleFrom: 0,
  readOnly: false,
  write(writer, { timeoutMs, topics }, version) {
    writer.int32(timeoutMs)
    if (version >= 1) writer.bool(false)
    writer.array(topics, ({ name, partitions }) => {
      writer.string(name)
      writer.array(partitions, ({ partition, replicas }) => {
        writer.int32(partition)
        writer.nullableArray(replicas, (replica) => writer.int32(replica))
        writer.tags()
      })
      writer.tags()
    })
    writer.tags()
  },
  read(reader, version) {
    reader.int32()
    if (version >= 1) reader.bool()
    const errorCode = reader.int16()
    const errorMessage = reader.nullableString()
    const topics = readTopicResults(reader)
    reader.tags()
    return { errorCode, errorMessage, topics }
  },
})
