import { defineApi } from './api.ts'
import type { Reader } from './reader.ts'

export interface DescribeLogDirsRequest {
  /** Partitions by topic, or null for everything on the broker. */
  topics: readonly { name: string; partitions: readonly number[] }[] | null
}

export interface LogDirPartition {
  partition: number
  /** Bytes of the log's segments; index files come on top. */
  sizeBytes: number
  /** How far this copy is behind, in messages; meaningful only for moves between dirs of one broker. */
  offsetLag: number
  /** A copy being made by a move between dirs: the partition is listed a second time, in its present dir. */
  isFutureKey: boolean
}

export interface LogDir {
  /** 56 when the dir is offline: it then lists no topics and tells no bytes. */
  errorCode: number
  path: string
  topics: { name: string; partitions: LogDirPartition[] }[]
  /** Size of the dir's volume in bytes; null below v4 and when the broker can not tell. */
  totalBytes: number | null
  /** Free bytes of the dir's volume, whoever used the rest; null as above. */
  usableBytes: number | null
  /** Null below v5. */
  isCordoned: boolean | null
}

export interface DescribeLogDirsResponse {
  /** 0 below v3, where a missing permission shows as no dirs at all. */
  errorCode: number
  dirs: LogDir[]
}

/**
 * The log dirs of the very broker asked: space, and the size of each replica in them.
 *
 *     request  => [topics]; null for all
 *       topics => topic STRING [partitions] INT32
 *     response => throttle_time_ms INT32 error_code INT16 (3+) [results]
 *       results => error_code INT16 log_dir STRING [topics] total_bytes INT64 (4+) usable_bytes INT64 (4+)
 *                  is_cordoned BOOL (5+)
 *       topics => name STRING [partitions]
 *       partitions => partition_index INT32 partition_size INT64 offset_lag INT64 is_future_key BOOL
 */
export const describeLogDirs = defineApi<DescribeLogDirsRequest, DescribeLogDirsResponse>({
  key: 35,
  name: 'DescribeLogDirs',
  min: 1,
  max: 5,
  flexibleFrom: 2,
  readOnly: true,
  write(writer, { topics }) {
    writer.nullableArray(topics, ({ name, partitions }) => {
      writer.string(name)
      writer.int32s(partitions)
      writer.tags()
    })
    writer.tags()
  },
  read(reader, version) {
    reader.int32()
    const errorCode = version >= 3 ? reader.int16() : 0
    const dirs = reader.array(() => readDir(reader, version))
    reader.tags()
    return { errorCode, dirs }
  },
})

function readDir(reader: Reader, version: number): LogDir {
  const errorCode = reader.int16()
  const path = reader.string()
  const topics = reader.array(() => {
    const name = reader.string()
    const partitions = reader.array(() => readPartition(reader))
    reader.tags()
    return { name, partitions }
  })
  const totalBytes = version >= 4 ? knownBytes(reader) : null
  const usableBytes = version >= 4 ? knownBytes(reader) : null
  const isCordoned = version >= 5 ? reader.bool() : null
  reader.tags()
  return { errorCode, path, topics, totalBytes, usableBytes, isCordoned }
}

function readPartition(reader: Reader): LogDirPartition {
  const partition = reader.int32()
  const sizeBytes = reader.byteCount()
  const offsetLag = reader.int64()
  const isFutureKey = reader.bool()
  reader.tags()
  return { partition, sizeBytes, offsetLag, isFutureKey }
}

function knownBytes(reader: Reader): number | null {
  const bytes = reader.byteCount()
  return bytes < 0 ? null : bytes
}
