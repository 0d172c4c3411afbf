/** A move: the smallest thing the planner proposes and the executor carries out. */

import { sameList } from '../lib/lists.ts'
import type { DriftCause, MoveReason } from './reasons.ts'
import type { NodeId, PartitionId } from './state.ts'
import type { NodeShare } from './target.ts'

interface AnyMove {
  /** `KIND:SUBJECT…`, the same for the same move in every plan. */
  id: string
  /** Moves of one group are planned, budgeted, verified and stopped as one. */
  group?: string
  topic: string
  reason: MoveReason
}

interface MoveOfPartition extends AnyMove {
  partition: PartitionId
  from: NodeId
  to: NodeId
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

/** A topic goes where the system itself puts it, as one job of that system. */
export interface TableMove extends AnyMove {
  kind: 'table'
  causes: DriftCause[]
  /** As the system names them. */
  parameters: Record<string, string>
  /** What is inside, per node. */
  shares: NodeShare[]
  adds: number
  bytes: number
  /** At most so much is on its way to any one node at once: the job sees to that. */
  batch: { adds: number; bytes: number }
  /** Replicas per node before and after: what became of it is judged by them where nothing better is known any more. */
  counts: { before: NodeCount[]; after: NodeCount[] }
  /** Of the target it was made from. */
  fingerprint: string
  /** The system's own id of the job, once it is known. */
  job?: string
}

export interface NodeCount {
  node: NodeId
  replicas: number
}

/** Which brokers answer for a topic: its list is made anew. Nothing is copied. */
export interface BrokersMove extends AnyMove {
  kind: 'brokers'
  before: NodeId[]
  after: NodeId[]
}

export type PartitionMove = ReplicaMove | LeaderMove
export type Move = PartitionMove | TableMove | BrokersMove
export const moveKinds = ['replica', 'leader', 'table', 'brokers'] as const

export function isOfPartition(move: Move): move is PartitionMove {
  return move.kind === 'replica' || move.kind === 'leader'
}

/** @param dirs of a move between dirs. */
export function moveId(
  kind: 'replica' | 'leader',
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

/** What is moved: `t-3`, or a topic as a whole. One subject has one move at a time. */
export function subjectOf(move: Move): string {
  return isOfPartition(move) ? partitionName(move) : move.topic
}

/** Whether bytes are copied for it. */
export function copies(move: Move): move is ReplicaMove | TableMove {
  return move.kind === 'replica' || move.kind === 'table'
}

export function bytesOf(move: Move): number {
  return copies(move) ? move.bytes : 0
}

/** What all of them copy. */
export function totalBytes(moves: Move[]): number {
  return moves.reduce((sum, move) => sum + bytesOf(move), 0)
}

/** Replicas that the move makes and removes, per node. */
export function sharesOfMove(move: Move): NodeShare[] {
  if (move.kind === 'table') return move.shares
  if (move.kind !== 'replica') return []
  const { from, to, bytes } = move
  const none = { adds: 0, addBytes: 0, removes: 0, removeBytes: 0 }
  return [
    { ...none, node: to, adds: 1, addBytes: bytes },
    { ...none, node: from, removes: 1, removeBytes: bytes },
  ]
}

/** Where it comes from and goes to, for a table of moves. */
export function routeOf(move: Move): { from: string; to: string } {
  switch (move.kind) {
    case 'table': {
      const named = (counts: 'adds' | 'removes') =>
        firstFew(move.shares.filter((share) => share[counts] > 0).map(({ node }) => node))
      return { from: named('removes'), to: named('adds') }
    }
    case 'brokers':
      return { from: firstFew(move.before), to: firstFew(move.after) }
    default:
      return { from: String(move.from), to: String(move.to) }
  }
}

function firstFew(nodes: NodeId[]): string {
  if (nodes.length === 0) return '-'
  return `${nodes.slice(0, 2).join(', ')}${nodes.length > 2 ? ` and ${nodes.length - 2} more` : ''}`
}

/** The replica list after the move: a replica takes the slot of the one it replaces, a leader goes first. */
export function replicasAfter(move: PartitionMove): NodeId[] {
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

/** Clocks of the controllers and ours may be so far apart. */
const CLOCK_SKEW_MS = 60_000

/**
 * Whether the job is the one that was asked for with this move: the system's own id of it may never have reached us.
 * @param askedAtMs when it was about to be asked for.
 */
export function isJobOf(move: Move, job: RunningJob, askedAtMs: number): boolean {
  if (move.kind !== 'table' || move.topic !== job.topic) return false
  // A retry by the system's own has the id of the first attempt with its number.
  if (move.job !== undefined) return job.id === move.job || job.id.startsWith(`${move.job}_`)
  return (
    job.startedAtMs >= askedAtMs - CLOCK_SKEW_MS &&
    Object.entries(job.parameters).every(([name, value]) => (move.parameters[name] ?? value) === value)
  )
}

/** Of a job of somebody else, with what is wrong with it: only a person can end it. */
export function foreignJobText({ id, topic, broken }: RunningJob): string {
  return `somebody else is rebalancing ${topic}, which is left alone (job ${id})${broken === undefined ? '' : `: ${broken}`}`
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
