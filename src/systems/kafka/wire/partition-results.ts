import type { Reader } from './reader.ts'

/** What became of each partition of a request that acts on many: judged one by one. */
export interface TopicResults {
  name: string
  partitions: { partition: number; errorCode: number; errorMessage: string | null }[]
}

/**
 *     [topics] => name STRING [partitions]
 *       partitions => partition_index INT32 error_code INT16 error_message NULLABLE_STRING
 */
export function readTopicResults(reader: Reader): TopicResults[] {
  return reader.array(() => {
    const name = reader.string()
    const partitions = reader.array(() => {
      const partition = reader.int32()
      const errorCode = reader.int16()
      const errorMessage = reader.nullableString()
      reader.tags()
      return { partition, errorCode, errorMessage }
    })
    reader.tags()
    return { name, partitions }
  })
}
