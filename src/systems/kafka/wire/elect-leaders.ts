import { defineApi } from './api.ts'
import { readTopicResults, type TopicResults } from './partition-results.ts'

export interface ElectLeadersRequest {
  /** `preferred`: the first replica, if in sync. `unclean`: any live replica, at the price of lost records. */
  type: 'preferred' | 'unclean'
  /** Partitions by topic, or null for all; then the answer leaves out those that needed no election. */
  topics: readonly { name: string; partitions: readonly number[] }[] | null
  timeoutMs: number
}

export interface ElectLeadersResponse {
  errorCode: number
  topics: TopicResults[]
}

/**
 * Elects leaders. Done is 0, not needed 84, preferred replica not available 80; metadata may show the old one for a moment.
 *
 *     request  => election_type INT8 [topic_partitions] timeout_ms INT32; null for all
 *       topic_partitions => topic STRING [partitions] INT32
 *     response => throttle_time_ms INT32 error_code INT16 [replica_election_results]
 *       replica_election_results => topic STRING [partition_result]
 *       partition_result => partition_id INT32 error_code INT16 error_message NULLABLE_STRING
 */
export const electLeaders = defineApi<ElectLeadersRequest, ElectLeadersResponse>({
  key: 43,
  name: 'ElectLeaders',
  min: 1,
  max: 2,
  flexibleFrom: 2,
  readOnly: false,
  write(writer, { type, topics, timeoutMs }) {
    writer.int8(type === 'preferred' ? 0 : 1)
    writer.nullableArray(topics, ({ name, partitions }) => {
      writer.string(name)
      writer.int32s(partitions)
      writer.tags()
    })
    writer.int32(timeoutMs)
    writer.tags()
  },
  read(reader) {
    reader.int32()
    const errorCode = reader.int16()
    const topics = readTopicResults(reader)
    reader.tags()
    return { errorCode, topics }
  },
})
