/** Puts data into topics. */
import { randomBytes } from 'node:crypto'
import { Partitioners } from 'kafkajs'
import { kafkaClient, type Reachable } from './client.ts'

/** One record a batch, well below the broker's limit of 1 MB. */
const usualRecordBytes = 512 * 1024
/** More in flight makes it no faster. */
const writers = 4

/**
 * Writes incompressible records until each partition has received its bytes, acknowledged by all in-sync replicas.
 * A log then is some 70 bytes larger for each record of 512 KiB.
 * @param bytesPerPartition bytes for partition 0, 1, …
 * @param recordBytes of the records, which are batches of their own.
 * @throws Error when a record is not acknowledged in spite of five tries
 */
export async function fill(
  cluster: Reachable,
  topic: string,
  bytesPerPartition: number[],
  recordBytes = usualRecordBytes,
): Promise<void> {
  const producer = kafkaClient(cluster).producer({
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
    retry: { retries: 5, initialRetryTime: 100 },
  })
  const records = recordsOf(bytesPerPartition, recordBytes)
  await producer.connect()
  try {
    const write = async () => {
      for (const { partition, bytes } of records) {
        await producer.send({ topic, acks: -1, messages: [{ partition, value: randomBytes(bytes) }] })
      }
    }
    await Promise.all(Array.from({ length: writers }, write))
  } finally {
    await producer.disconnect()
  }
}

/** One iterator that all writers share; round after round over the partitions, so that they fill side by side. */
function* recordsOf(bytesPerPartition: number[], recordBytes: number): Generator<{ partition: number; bytes: number }> {
  for (let start = 0; bytesPerPartition.some((bytes) => bytes > start); start += recordBytes) {
    for (const [partition, wanted] of bytesPerPartition.entries()) {
      if (wanted > start) yield { partition, bytes: Math.min(recordBytes, wanted - start) }
    }
  }
}
