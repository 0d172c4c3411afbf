/** Partitions of a new topic: where they lie and how large they are. */
import type { NodeId } from '../../cluster/state.ts'
import type { SimulatedTopic } from './options.ts'
import { drawSizes, place } from './placement.ts'

/** A partition that is to be. */
export interface Draft {
  replicas: NodeId[]
  bytes: number
  /** Bytes per second. */
  growth: number
}

/** @param nodes those that may be used. */
export function draftTopic(
  topic: SimulatedTopic,
  nodes: { id: NodeId; rack?: string }[],
  random: () => number,
): Draft[] {
  const partitions = topic.assignment?.length ?? topic.partitions
  const lists = topic.assignment ?? place(nodes, partitions, topic.replicationFactor, random)
  const sizes = topic.sizes ?? drawSizes(partitions, topic.size, topic.spread ?? 0.8, random)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  return lists.map((replicas, index) => {
    const bytes = sizes[index]!
    const share = total === 0 ? 1 / partitions : bytes / total
    return { replicas: [...replicas], bytes, growth: (topic.growth ?? 0) * share }
  })
}
