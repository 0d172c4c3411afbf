/** Sentences of a sample on what was left out and why. */
import type { TopicLine } from '../../cluster/lines.ts'
import type { NodeId } from '../../cluster/state.ts'
import { firstFew } from '../../lib/lists.ts'

/**
 * What live brokers do not tell of their replicas: those of dead ones are no surprise.
 * @param topics with a size, or null, for each replica.
 */
export function replicaNotes(topics: TopicLine[], live: ReadonlySet<NodeId>): string[] {
  const unknown: string[] = []
  const offline: string[] = []
  for (const topic of topics) {
    for (const { id, replicas, bytes, offline: gone } of topic.partitions) {
      const sizes = bytes as (number | null)[]
      const missing = replicas.filter((node, slot) => sizes[slot] === null && live.has(node))
      if (missing.length === 0) continue
      const inFailedDirs = missing.filter((node) => gone?.includes(node))
      if (inFailedDirs.length > 0) offline.push(`${topic.name}-${id}`)
      if (inFailedDirs.length < missing.length) unknown.push(`${topic.name}-${id}`)
    }
  }
  const notes: string[] = []
  if (unknown.length > 0) {
    notes.push(`the size of a replica of ${unknown.length} partitions is not known (${firstFew(unknown)}): left alone`)
  }
  if (offline.length > 0) {
    notes.push(`replicas of ${offline.length} partitions lie in dirs that are offline (${firstFew(offline)})`)
  }
  return notes
}
