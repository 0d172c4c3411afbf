import { defineApi } from './api.ts'

/** Timestamps that stand for a place in the log instead of a time. */
export const LATEST = -1
export const EARLIEST = -2

export interface ListOffsetsRequest {
  topics: readonly {
    name: string
    /** `timestamp`: milliseconds since the epoch, LATEST or EARLIEST. */
    partitions: readonly { partition: number; timestamp: number }[]
  }[]
  /** How long the broker may look for it in remote storage, in milliseconds; heeded from v10 on. */
  timeoutMs: number
}

export interface ListOffsetsResponse {
  topics: {
    name: string
    /** `offset` and `timestamp` are -1 when there is none; `leaderEpoch` is -1 below v4. */
    partitions: { partition: number; errorCode: number; timestamp: number; offset: number; leaderEpoch: number }[]
  }[]
}

/**
 * Offsets by time. Each partition must be asked of its leader; others answer 6.
 *
 *     request  => replica_id INT32 isolation_level INT8 [topics] timeout_ms INT32 (10+)
 *       topics => name STRING [partitions]
 *       partitions => partition_index INT32 current_leader_epoch INT32 (4+) timestamp INT64
 *     response => throttle_time_ms INT32 [topics]
 *       topics => name STRING [partitions]
 *       partitions => partition_index INT32 error_code INT16 timestamp INT64 offset INT64 leader_epoch INT32 (4+)
 */
export const listOffsets = defineApi<ListOffsetsRequest, ListOffsetsResponse>({
  key: 2,
  name: 'ListOffsets',
  min: 2,
  max: 11,
  flexibleFrom: 6,
  readOnly: true,
  write(writer, { topics, timeoutMs }, version) {
    writer.int32(A_CONSUMER)
    writer.int8(READ_UNCOMMITTED)
    writer.array(topics, ({ name, partitions }) => {
      writer.string(name)
      writer.array(partitions, ({ partition, timestamp }) => {
        writer.int32(partition)
        if (version >= 4) writer.int32(ANY_LEADER_EPOCH)
        writer.int64(timestamp)
        writer.tags()
      })
      writer.tags()
    })
    if (version >= 10) writer.int32(timeoutMs)
    writer.tags()
  },
  read(reader, version) {
    reader.int32()
    const topics = reader.array(() => {
      const name = reader.string()
      const partitions = reader.array(() => {
        const partition = reader.int32()
        const errorCode = reader.int16()
        const timestamp = reader.int64()
        const offset = reader.int64()
        const leaderEpoch = version >= 4 ? reader.int32() : -1
        reader.tags()
        return { partition, errorCode, timestamp, offset, leaderEpoch }
      })
      reader.tags()
      return { name, partitions }
    })
    reader.tags()
    return { topics }
  },
})

/** Who asks: followers give their broker id, everybody else this. */
const A_CONSUMER = -1
/** Up to the high watermark, not only to the last stable offset. */
const READ_UNCOMMITTED = 0
const ANY_LEADER_EPOCH = -1
