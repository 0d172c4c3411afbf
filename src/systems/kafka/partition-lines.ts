/** Topics and partitions of Metadata, with their sizes and what is in flight, as the lines of a sample. */
import type { PartitionLine, TopicLine } from '../../cluster/lines.ts'
import type { RunningMove } from '../../cluster/move.ts'
import type { RateOf, RatesPass } from './rates.ts'
import type { Reassignment } from './readings.ts'
import type { Sizes } from './sizes.ts'
import type { MetadataPartition, MetadataTopic } from './wire/metadata.ts'

/** What is known beside Metadata; by `TOPIC-PARTITION` where it is about partitions. */
export interface Known {
  sizes: Sizes
  live: ReadonlySet<number>
  moving: ReadonlyMap<string, Reassignment>
  copies: ReadonlyMap<string, RunningMove[]>
  /** By topic; 0 where it is not known. */
  minIsr: ReadonlyMap<string, number>
  rates: RatesPass
  /** When each broker told its sizes. */
  toldAtMs: (broker: number) => number
}

export function topicLine(topic: MetadataTopic, known: Known): TopicLine {
  const minIsr = known.minIsr.get(topic.name)
  const rateOf = known.rates.open(topic)
  return {
    type: 'topic',
    name: topic.name,
    ...(topic.topicId ? { topic_id: topic.topicId } : {}),
    ...(minIsr ? { min_isr: minIsr } : {}),
    partitions: topic.partitions.map((partition) => partitionLine(topic.name, partition, known, rateOf)),
  }
}

function partitionLine(topic: string, partition: MetadataPartition, known: Known, rateOf: RateOf): PartitionLine {
  const { leader, offlineReplicas } = partition
  // Mostly nothing moves: then no names are made.
  const isStill = known.moving.size === 0 && known.copies.size === 0
  const name = isStill ? '' : `${topic}-${partition.partition}`
  const move = known.moving.get(name)
  const replicas = withAdded(partition.replicas as number[], move?.adding ?? [])
  const found = replicas.map((node) =>
    // What lay in a dir that failed cannot be read; what lay on a dead broker it still has.
    offlineReplicas.includes(node) && known.live.has(node)
      ? undefined
      : known.sizes.find(node, topic, partition.partition),
  )
  const line: PartitionLine = {
    id: partition.partition,
    leader: leader === -1 ? null : leader,
    replicas,
    isr: partition.isr as number[],
    bytes: found.map((replica) => replica?.bytes ?? null),
    dirs: found.map((replica) => replica?.dir ?? null),
  }
  const ledBytes = found[replicas.indexOf(leader)]?.bytes
  const rate = rateOf(partition.partition, leader, ledBytes, known.toldAtMs(leader))
  if (!Number.isNaN(rate)) line.bytes_in_per_second = Math.round(rate)
  if (offlineReplicas.length > 0) line.offline = offlineReplicas as number[]
  if (move) {
    line.adding = [...move.adding]
    line.removing = [...move.removing]
  }
  const copies = known.copies.get(name)
  if (copies) {
    line.dir_moves = copies.map(({ dir, bytesDone }) => ({ node: dir!.node, to: dir!.path, bytes: bytesDone ?? 0 }))
  }
  return line
}

/** A move that began after Metadata was read is only in the list of them: without its target only what leaves would count. */
function withAdded(replicas: number[], adding: readonly number[]): number[] {
  const missing = adding.filter((node) => !replicas.includes(node))
  return missing.length === 0 ? replicas : [...replicas, ...missing]
}
