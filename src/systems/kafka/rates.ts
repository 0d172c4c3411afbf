/**
 * Bytes written per second and partition, from how the leader's log grows between looks at it, as an exponentially weighted
 * mean over about five minutes.
 *
 * A log that shrank (retention) and one at another leader tell nothing: they only are where the next growth starts from.
 * Looks less than ten seconds apart are too close to tell a rate; they count together with those that follow.
 *
 * Where more than a segment is written between two looks retention hides part of it: the rate is then the least it can be.
 */
import type { MetadataTopic } from './wire/metadata.ts'

const TIME_CONSTANT_MS = 5 * 60_000
const LEAST_MS = 10_000

/** Columns by partition id, which Kafka counts from 0 without gaps. */
interface Columns {
  topicId: string | null
  leader: Int32Array
  /** Size of the leader's log, and when it had it. */
  bytes: Float64Array
  atMs: Float64Array
  /** NaN: not known yet. */
  perSecond: Float64Array
}

export class Rates {
  #topics = new Map<string, Columns>()

  /** Begins a pass over all topics: those that are not opened in it are forgotten with its end. */
  pass(): RatesPass {
    const before = this.#topics
    const now = new Map<string, Columns>()
    this.#topics = now
    return {
      open: (topic) => {
        const columns = columnsFor(topic, before.get(topic.name))
        now.set(topic.name, columns)
        return (partition, leader, bytes, atMs) => look(columns, partition, leader, bytes, atMs)
      },
    }
  }
}

export interface RatesPass {
  open(topic: Pick<MetadataTopic, 'name' | 'topicId' | 'partitions'>): RateOf
}

/**
 * Takes in one look at a partition.
 * @param leader -1 for none.
 * @param bytes size of the leader's log; undefined when it is not known.
 * @param atMs when the leader told it.
 * @returns bytes per second, NaN when not known.
 */
export type RateOf = (partition: number, leader: number, bytes: number | undefined, atMs: number) => number

function look(columns: Columns, partition: number, leader: number, bytes: number | undefined, atMs: number): number {
  const { leader: leaders, bytes: sizes, atMs: times, perSecond } = columns
  if (partition >= perSecond.length) return Number.NaN
  if (leader === -1 || bytes === undefined) return perSecond[partition]!
  const elapsedMs = atMs - times[partition]!
  const growth = bytes - sizes[partition]!
  const comparable = leaders[partition] === leader && growth >= 0
  if (comparable && elapsedMs < LEAST_MS) return perSecond[partition]!
  if (comparable) {
    const rate = (growth / elapsedMs) * 1000
    const before = perSecond[partition]!
    const weight = 1 - Math.exp(-elapsedMs / TIME_CONSTANT_MS)
    perSecond[partition] = Number.isNaN(before) ? rate : before + weight * (rate - before)
  }
  leaders[partition] = leader
  sizes[partition] = bytes
  times[partition] = atMs
  return perSecond[partition]!
}

/** Those of before, larger if partitions were added; a topic of the same name with another id is a new one. */
function columnsFor({ topicId, partitions }: Pick<MetadataTopic, 'topicId' | 'partitions'>, before?: Columns): Columns {
  const count = partitions.length
  const same = before?.topicId === topicId ? before : undefined
  if (same && same.leader.length >= count) return same
  const grown: Columns = {
    topicId,
    leader: new Int32Array(count).fill(-1),
    bytes: new Float64Array(count),
    atMs: new Float64Array(count),
    perSecond: new Float64Array(count).fill(Number.NaN),
  }
  if (same) for (const column of ['leader', 'bytes', 'atMs', 'perSecond'] as const) grown[column].set(same[column])
  return grown
}
