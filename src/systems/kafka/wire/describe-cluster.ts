import { defineApi } from './api.ts'

export interface DescribeClusterRequest {
  /** Also the dead brokers that are still registered; only v2 can, older versions leave them out. */
  includeFencedBrokers: boolean
}

export interface DescribeClusterResponse {
  errorCode: number
  errorMessage: string | null
  clusterId: string
  /** A random live broker in KRaft clusters: it says nothing. */
  controllerId: number
  brokers: { id: number; host: string; port: number; rack: string | null; isFenced: boolean }[]
  /** Whether the version could show fenced brokers: below v2 a missing broker may be dead or gone for good. */
  showsFenced: boolean
}

/**
 * The registered brokers and the cluster's id.
 *
 *     request  => include_cluster_authorized_operations BOOL endpoint_type INT8 (1+) include_fenced_brokers BOOL (2+)
 *     response => throttle_time_ms INT32 error_code INT16 error_message NULLABLE_STRING endpoint_type INT8 (1+)
 *                 cluster_id STRING controller_id INT32 [brokers] cluster_authorized_operations INT32
 *       brokers => broker_id INT32 host STRING port INT32 rack NULLABLE_STRING is_fenced BOOL (2+)
 */
export const describeCluster = defineApi<DescribeClusterRequest, DescribeClusterResponse>({
  key: 60,
  name: 'DescribeCluster',
  min: 0,
  max: 2,
  flexibleFrom: 0,
  readOnly: true,
  write(writer, { includeFencedBrokers }, version) {
    writer.bool(false)
    if (version >= 1) writer.int8(BROKERS)
    if (version >= 2) writer.bool(includeFencedBrokers)
    writer.tags()
  },
  read(reader, version) {
    reader.int32()
    const errorCode = reader.int16()
    const errorMessage = reader.nullableString()
    if (version >= 1) reader.int8()
    const clusterId = reader.string()
    const controllerId = reader.int32()
    const brokers = reader.array(() => {
      const id = reader.int32()
      const host = reader.string()
      const port = reader.int32()
      const rack = reader.nullableString()
      const isFenced = version >= 2 ? reader.bool() : false
      reader.tags()
      return { id, host, port, rack, isFenced }
    })
    reader.int32()
    reader.tags()
    return { errorCode, errorMessage, clusterId, controllerId, brokers, showsFenced: version >= 2 }
  },
})

/** Endpoint type: the listeners of brokers, not those of controllers. */
const BROKERS = 1
