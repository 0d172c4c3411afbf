/**
 * A move: the smallest thing the planner proposes and the executor carries out.
 * Tables and broker lists join this union with the system that has them.
 */

import { sameList } from '../lib/lists.ts'
import type { ViolationKind } from './reasons.ts'
import type { NodeId, PartitionId } from './state.ts'

interface MoveOfPartition {
  /** `KIND:TOPIC-PARTITION:FROM>TO`, the same for the same move in every plan. */
  id: string
  /** Moves of one group are planned, budgeted, verified and stopped as one. */
  group?: string
  topic: string
  partition: PartitionId
  from: NodeId
  to: NodeId
  reason: ViolationKind
  /** The replica list the plan was made from, preferred leader first. */
  replicas: NodeId[]
  /** Who led the partition then: copies are read from it. */
  leader: NodeId
}

/** A replica goes from one node to another, or from dir to dir of the same node: then `from` and `to` are equal. */
export interface ReplicaMove extends MoveOfPartition {
  kind: 'replica'
  bytes: number
  fromDir?: string
  toDir?: string
}

/** Leadership of a partition goes to another of its replicas; nothing is copied. */
export interface LeaderMove extends MoveOfPartition {
  kind: 'leader'
}

export type Move = ReplicaMove | LeaderMove
export const moveKinds = ['replica', 'leader'] as const

/** @param dirs of a move between dirs. */
export function moveId(
  kind: Move['kind'],
  topic: string,
  partition: PartitionId,
  from: NodeId,
  to: NodeId,
  dirs?: { from: string; to: string },
): string {
  const way = dirs === undefined ? `${from}>${to}` : `${from}${dirs.from}>${to}${dirs.to}`
  return `${kind}:${topic}-${partition}:${way}`
}

/** From dir to dir of one node: the replica list stays as it is. */
export function isDirMove(move: Move): move is ReplicaMove & { toDir: string } {
  return move.kind === 'replica' && move.from === move.to && move.toDir !== undefined
}

/** `t-3`, as Kafka's tools write a partition. */
export function partitionName(move: { topic: string; partition: PartitionId }): string {
  return `${move.topic}-${move.partition}`
}

export function bytesOf(move: Move): number {
  return move.kind === 'replica' ? move.bytes : 0
}

/** What all of them copy. */
export function totalBytes(moves: Move[]): number {
  return moves.reduce((sum, move) => sum + bytesOf(move), 0)
}

/** The replica list after the move: a replica takes the slot of the one it replaces, a leader goes first. */
export function replicasAfter(move: Move): NodeId[] {
  if (move.kind === 'leader') return [move.to, ...move.replicas.filter((node) => node !== move.to)]
  return move.replicas.map((node) => (node === move.from ? move.to : node))
}

/** Whether what is in flight is this very move: it adds our target and removes our source, and no stranger changed it. */
export function isListedAs(
  move: Move,
  listed: { adding: readonly NodeId[]; removing: readonly NodeId[]; dir?: DirTarget } | undefined,
): boolean {
  if (listed === undefined || move.kind !== 'replica') return false
  if (isDirMove(move)) return listed.dir?.node === move.to && listed.dir.path === move.toDir
  return sameList(listed.adding, [move.to]) && sameList(listed.removing, [move.from])
}

/** A dir of a node. */
export interface DirTarget {
  node: NodeId
  path: string
}

/** Something in flight on the cluster, ours or foreign: a partition's new replica list, or one copy between dirs of a node. */
export interface RunningMove {
  topic: string
  partition: PartitionId
  /** The replica list it will end with. */
  target: NodeId[]
  adding: NodeId[]
  removing: NodeId[]
  /** Of a copy between dirs of one node, where it goes; nothing is added or removed then. */
  dir?: DirTarget
  /** Copied so far over all added replicas; absent when not known. */
  bytesDone?: number
  /** Size to copy over all added replicas; absent when not known. */
  bytesTotal?: number
  /** Why it cannot go on although everybody lives, such as a dir of the target that is offline; absent when nothing is known of that. */
  broken?: string
}

/** A job of the system's own that moves a topic as a whole, ours or foreign. */
export interface RunningJob {
  id: string
  topic: string
  startedAtMs: number
  /** As the system names them, as far as it tells. */
  parameters: Record<string, string>
  /** Replicas that it makes, and that are there. */
  adds?: { total: number; done: number }
  /** Their bytes, from true sizes. */
  bytesDone?: number
  bytesTotal?: number
  /** Still to arrive per node. */
  arriving?: { node: NodeId; adds: number; bytes: number }[]
  /** How it stands, where there is more to say. */
  text?: string
  /** Why it cannot go on by itself: its controller is dead, it makes no progress, segments are in ERROR. */
  broken?: string
}
