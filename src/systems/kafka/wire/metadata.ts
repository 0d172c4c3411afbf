import { defineApi } from './api.ts'
import type { Reader } from './reader.ts'

export interface MetadataRequest {
  /** Names, or null for every topic. */
  topics: readonly string[] | null
}

export interface MetadataBroker {
  id: number
  host: string
  port: number
  rack: string | null
}

export interface MetadataPartition {
  errorCode: number
  partition: number
  /** -1 when it has none. */
  leader: number
  /** -1 below v7. */
  leaderEpoch: number
  replicas: readonly number[]
  isr: readonly number[]
  offlineReplicas: readonly number[]
}

export interface MetadataTopic {
  errorCode: number
  name: string
  /** Tells a topic from a later one of the same name; null below v10. */
  topicId: string | null
  isInternal: boolean
  partitions: MetadataPartition[]
}

export interface MetadataResponse {
  /** 0 below v13. */
  errorCode: number
  /** Live ones only. */
  brokers: MetadataBroker[]
  clusterId: string | null
  /** A random live broker in KRaft clusters: it says nothing. */
  controllerId: number
  /** Without DESCRIBE on a topic it is silently left out of "every topic". */
  topics: MetadataTopic[]
}

/**
 * Brokers, topics, and where the replicas are. Never creates a topic.
 *
 *     request  => [topics] allow_auto_topic_creation
 *                 include_cluster_authorized_operations (8-10) include_topic_authorized_operations (8+)
 *       topics => topic_id UUID (10+) name STRING; null for all
 *     response => throttle_time_ms INT32 [brokers] cluster_id NULLABLE_STRING controller_id INT32 [topics]
 *                 cluster_authorized_operations INT32 (8-10) error_code INT16 (13+)
 *       brokers => node_id INT32 host STRING port INT32 rack NULLABLE_STRING
 *       topics => error_code INT16 name STRING topic_id UUID (10+) is_internal BOOL [partitions]
 *                 topic_authorized_operations INT32 (8+)
 *       partitions => error_code INT16 partition_index INT32 leader_id INT32 leader_epoch INT32 (7+)
 *                     [replica_nodes] [isr_nodes] [offline_replicas], each of INT32
 */
export const metadata = defineApi<MetadataRequest, MetadataResponse>({
  key: 3,
  name: 'Metadata',
  min: 5,
  max: 13,
  flexibleFrom: 9,
  readOnly: true,
  write(writer, { topics }, version) {
    writer.nullableArray(topics, (name) => {
      if (version >= 10) writer.uuid(null)
      writer.string(name)
      writer.tags()
    })
    writer.bool(false)
    if (version >= 8 && version <= 10) writer.bool(false)
    if (version >= 8) writer.bool(false)
    writer.tags()
  },
  read(reader, version) {
    reader.int32()
    const brokers = reader.array(() => readBroker(reader))
    const clusterId = reader.nullableString()
    const controllerId = reader.int32()
    const topics = reader.array(() => readTopic(reader, version))
    if (version >= 8 && version <= 10) reader.int32()
    const errorCode = version >= 13 ? reader.int16() : 0
    reader.tags()
    return { errorCode, brokers, clusterId, controllerId, topics }
  },
})

function readBroker(reader: Reader): MetadataBroker {
  const id = reader.int32()
  const host = reader.string()
  const port = reader.int32()
  const rack = reader.nullableString()
  reader.tags()
  return { id, host, port, rack }
}

function readTopic(reader: Reader, version: number): MetadataTopic {
  const errorCode = reader.int16()
  const name = reader.string()
  const topicId = version >= 10 ? reader.uuid() : null
  const isInternal = reader.bool()
  const partitions = reader.array(() => readPartition(reader, version))
  if (version >= 8) reader.int32()
  reader.tags()
  return { errorCode, name, topicId, isInternal, partitions }
}

function readPartition(reader: Reader, version: number): MetadataPartition {
  const errorCode = reader.int16()
  const partition = reader.int32()
  const leader = reader.int32()
  const leaderEpoch = version >= 7 ? reader.int32() : -1
  const replicas = reader.int32s()
  const isr = reader.int32s()
  const offlineReplicas = reader.int32s()
  reader.tags()
  return { errorCode, partition, leader, leaderEpoch, replicas, isr, offlineReplicas }
}
