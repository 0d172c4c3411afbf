/** What a simulated cluster in a config file is made of. */
import { z } from 'zod'
import { block, bytes, count, list, rate, rules, text } from './values.ts'

export const nodeId = () => count(0, 2 ** 31 - 1)

export function nodeBlock() {
  const keys = block({
    id: nodeId().describe('Broker id.'),
    rack: text('a rack name in quotes').describe('Absent: the node is in no rack.').exactOptional(),
    disk: bytes().describe('Size of its only disk.').exactOptional(),
    disks: list(bytes(), 'sizes')
      .min(1, { error: 'expected at least one size' })
      .describe('Or the sizes of several; their dirs are `/disk0`, `/disk1` and so on.')
      .exactOptional(),
    metadata_disk: count(0, 999)
      .describe('Which disk, counted from 0, also holds the metadata of the cluster. Default 0.')
      .exactOptional(),
    copy_rate: rate().describe('Of this node, instead of that of all.').exactOptional(),
  })
  return rules(keys, ({ disk, disks, metadata_disk }, problem) => {
    if (disk !== undefined && disks !== undefined) problem('give disk or disks, not both')
    if (disk === undefined && disks === undefined) problem('disk or disks is missing')
    const number = Array.isArray(disks) ? disks.length : 1
    if (typeof metadata_disk === 'number' && metadata_disk >= number) problem('there is no such disk', 'metadata_disk')
  }).transform(({ id, rack, disk, disks, metadata_disk, copy_rate }) => ({
    id,
    ...(rack === undefined ? {} : { rack }),
    disks: disks ?? [disk!],
    ...(metadata_disk === undefined ? {} : { metadataDisk: metadata_disk }),
    ...(copy_rate === undefined ? {} : { copyRate: copy_rate }),
  }))
}

export function topicBlock() {
  return block({
    name: text('a topic name').describe('Name of the topic.'),
    partitions: count(1, 100_000).describe('How many partitions it has.'),
    replication_factor: count(1, 100).describe('Replicas of each partition.'),
    size: bytes().describe('Mean of a partition.'),
    spread: z
      .number({ error: 'expected a number from 0 to 3' })
      .min(0, { error: 'expected a number from 0 to 3' })
      .max(3, { error: 'expected a number from 0 to 3' })
      .describe('How unlike the partitions are: sigma of a log-normal distribution.')
      .exactOptional(),
    growth: rate().describe('Bytes written to the whole topic.').exactOptional(),
    nodes: list(nodeId(), 'node ids').describe('The only nodes it is placed on when it is made.').exactOptional(),
    min_isr: count(1, 100).describe('min.insync.replicas. Default 1.').exactOptional(),
  }).transform(({ replication_factor, min_isr, ...topic }) => ({
    ...topic,
    replicationFactor: replication_factor,
    ...(min_isr === undefined ? {} : { minIsr: min_isr }),
  }))
}
