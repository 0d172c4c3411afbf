import { defineApi } from './api.ts'

export interface ListPartitionReassignmentsRequest {
  /** How long the broker waits for the controller, in milliseconds; observed to be ignored while there is none (60 s then). */
  timeoutMs: number
  /** Partitions by topic, or null for all; those without a move are simply not in the answer. */
  topics: readonly { name: string; partitions: readonly number[] }[] | null
}

export interface OngoingReassignment {
  partition: number
  /** The target set first, then the ones to be removed. */
  replicas: readonly number[]
  adding: readonly number[]
  removing: readonly number[]
}

export interface ListPartitionReassignmentsResponse {
  errorCode: number
  errorMessage: string | null
  topics: { name: string; partitions: OngoingReassignment[] }[]
}

/**
 * The moves in flight, as the controller knows them: metadata of a broker may lag behind.
 *
 *     request  => timeout_ms INT32 [topics]; null for all
 *       topics => name STRING [partition_indexes] INT32
 *     response => throttle_time_ms INT32 error_code INT16 error_message NULLABLE_STRING [topics]
 *       topics => name STRING [partitions]
 *       partitions => partition_index INT32 [replicas] [adding_replicas] [removing_replicas], each of INT32
 */
export const listPartitionReassignments = defineApi<
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse
>({
  key: 46,
  name: 'ListPartitionReassignments',
  min: 0,
  max: 0,
  flexibleFrom: 0,
  readOnly: true,
  write(writer, { timeoutMs, topics }) {
    writer.int32(timeoutMs)
    writer.nullableArray(topics, ({ name, partitions }) => {
      writer.string(name)
      writer.int32s(partitions)
      writer.tags()
    })
    writer.tags()
  },
  read(reader) {
    reader.int32()
    const errorCode = reader.int16()
    const errorMessage = reader.nullableString()
    const topics = reader.array(() => {
      const name = reader.string()
      const partitions = reader.array(() => {
        const partition = reader.int32()
        const replicas = reader.int32s()
        const adding = reader.int32s()
        const removing = reader.int32s()
        reader.tags()
        return { partition, replicas, adding, removing }
      })
      reader.tags()
      return { name, partitions }
    })
    reader.tags()
    return { errorCode, errorMessage, topics }
  },
})
