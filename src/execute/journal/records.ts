/** What must survive the process: small records, each of a kind and with a key. */
import type { Memory } from '../../cluster/memory.ts'
import { type Move, subjectOf } from '../../cluster/move.ts'
import type { Order, Placement } from '../../cluster/orders.ts'
import type { NodeId, PartitionId } from '../../cluster/state.ts'
import type { Pause } from '../../cluster/wishes.ts'
import type { Setting } from '../../systems/port.ts'

/** A move that was or is about to be asked for and whose end is not known yet. Written before the act. */
export interface IntentRecord {
  move: Move
  /** When its first step was about to be sent. */
  atMs: number
  /** Being taken back, why, and whether that counts as a try that failed. */
  unwanted?: { why: string; failed: boolean }
}

/** A setting of the cluster that is ours for a while. Written before the act. */
export interface SettingRecord {
  setting: Setting
  /** What our own layer of it held before: null for nothing. */
  before: string | null
  /** Our value before this one: it may still stand if we died between writing this and setting it. */
  previous?: string
  atMs: number
}

/** Tries of a partition, or of a topic as a whole, that failed; it is left alone until `untilMs`. */
export interface TriesRecord {
  topic: string
  /** Absent: the topic as a whole. */
  partition?: PartitionId
  failedAtMs: number[]
  untilMs: number
  why: string
}

/** A node that moves stalled at: nothing is sent there until `untilMs`. */
export interface CoolDownRecord {
  node: NodeId
  untilMs: number
  why: string
}

export interface PartitionAtRecord {
  topic: string
  partition: PartitionId
  atMs: number
}

/** By kind, the value; what each key is says the comment. */
export interface Records {
  /** Key: JSON of the node id. To be emptied and kept empty. */
  drain: { node: NodeId; sinceMs: number }
  /** Key: `TOPIC-PARTITION`. What a person asks to be moved. */
  order: Order
  /** Key: `TOPIC-PARTITION@NODE` of a replica, `TOPIC-PARTITION` of leadership. Where a person put it, and that for how long it stays. */
  placed: Placement
  /** Key: the topic. Its target is to be computed and carried out, drifted or not. */
  asked: { topic: string; atMs: number }
  /** Key: the fingerprint of a target that is held. A person lets it run. */
  approved: { topic: string; fingerprint: string; atMs: number }
  /** Key: `cluster`. */
  pause: Pause
  /** Key: `moveKey` of the move. */
  intent: IntentRecord
  /** Key: `settingKey` of it. */
  setting: SettingRecord
  /** Key: `TOPIC-PARTITION`, or `TOPIC`. */
  tries: TriesRecord
  /** Key: JSON of the node id. */
  cool_down: CoolDownRecord
  /** Key: `TOPIC-PARTITION@NODE`. A partition left that node and is not moved back for a while. */
  left: PartitionAtRecord & { node: NodeId }
  /** Key: `TOPIC-PARTITION`. Its leadership is left alone until then. */
  muted: { topic: string; partition: PartitionId; untilMs: number }
  /** Key: JSON of the node id. Since when it has been alive or gone, as last seen at `seenAtMs`: time not seen counts for nothing. */
  node: { node: NodeId; state: 'alive' | 'gone'; sinceMs: number; seenAtMs: number }
  /** Key: the UTC day, `2026-01-31`. Bytes of moves begun on it. */
  day: { bytes: number }
  /** Key: `cluster`. What has begun and goes on to its own end, which is further than where it would begin. */
  begun: { filling: NodeId[]; skewedDomains: string[]; relieving: Memory['relieving'] }
  /** Key: `cluster`. For the circuit breaker: failures of our own moves lately, and how a replication factor changed. */
  failures: { failures: { atMs: number; text: string }[]; factor?: string }
}
export type RecordKind = keyof Records

/** A subject has at most one move of ours per kind of act: of its replica list, between dirs of one node, or of its brokers. */
export function moveKey(move: Move): string {
  const dir = move.kind === 'replica' && move.from === move.to ? `@${move.to}` : ''
  const brokers = move.kind === 'brokers' ? '@brokers' : ''
  return `${subjectOf(move)}${dir}${brokers}`
}

/** Ids of nodes are numbers or texts, and 1 is not "1". */
export function nodeKey(node: NodeId): string {
  return JSON.stringify(node)
}
