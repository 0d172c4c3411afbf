import { defineApi } from './api.ts'

export interface AlterReplicaLogDirsRequest {
  /** Where to, by the dir's absolute path as the broker lists it; a partition may be named once only. */
  dirs: readonly {
    path: string
    topics: readonly { name: string; partitions: readonly number[] }[]
  }[]
}

export interface AlterReplicaLogDirsResponse {
  topics: { name: string; partitions: { partition: number; errorCode: number }[] }[]
}

/**
 * Moves replicas of the very broker asked to other dirs of it. Accepted means begun: the copy is then listed by
 * DescribeLogDirs as the partition's future one. A permission that is missing shows at each partition.
 *
 *     request  => [dirs]
 *       dirs => path STRING [topics]
 *       topics => name STRING [partitions] INT32
 *     response => throttle_time_ms INT32 [results]
 *       results => topic_name STRING [partitions]
 *       partitions => partition_index INT32 error_code INT16
 */
export const alterReplicaLogDirs = defineApi<AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse>({
  key: 34,
  name: 'AlterReplicaLogDirs',
  min: 1,
  max: 2,
  flexibleFrom: 2,
  readOnly: false,
  write(writer, { dirs }) {
    writer.array(dirs, ({ path, topics }) => {
      writer.string(path)
      writer.array(topics, ({ name, partitions }) => {
        writer.string(name)
        writer.int32s(partitions)
        writer.tags()
      })
      writer.tags()
    })
    writer.tags()
  },
  read(reader) {
    reader.int32()
    const topics = reader.array(() => {
      const name = reader.string()
      const partitions = reader.array(() => {
        const partition = reader.int32()
        const errorCode = reader.int16()
        reader.tags()
        return { partition, errorCode }
      })
      reader.tags()
      return { name, partitions }
    })
    reader.tags()
    return { topics }
  },
})
