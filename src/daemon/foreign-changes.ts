/**
 * Which changes of placement are somebody else's. A change is ours if it leads to where a move of ours was to lead, or back to where that
 * began unless the move was done. What is then left away from where a done move of ours had put it was undone by somebody.
 *
 * Of jobs that move a topic as a whole every change in the topic counts as theirs while they run.
 */

import type { MoveResult } from '../cluster/events.ts'
import type { PartitionRef } from '../cluster/memory.ts'
import { isDirMove, type Move, partitionName, type ReplicaMove, replicasAfter } from '../cluster/move.ts'
import { type ClusterState, membersOf, type NodeId, partitionFinder } from '../cluster/state.ts'

/** A partition that a node left. */
export type Departure = PartitionRef & { node: NodeId }

/** What one comparison of two samples found. */
export interface Found {
  /** Names of partitions that somebody else changed. */
  changed: string[]
  /** Done moves that somebody else undid. */
  undone: ReplicaMove[]
}

interface Ended {
  move: Move
  result: MoveResult
  atMs: number
}

const DAY_MS = 86_400_000
/** Done moves that are remembered, the newest: more are made within a day only where very much is moved. */
const DONE_KEPT = 10_000

export class ForeignChanges {
  /** Ended so lately that the next samples may be the first to show it. By partition, or by topic where that is moved as a whole. */
  readonly #ended = new Map<string, Ended[]>()
  /** By partition and the node that it was moved to; the oldest first. */
  readonly #done = new Map<string, { move: ReplicaMove; atMs: number }>()
  #changes = 0
  #undone = 0
  #last: { text: string; atMs: number } | undefined
  /** When the sample was taken that was compared last. */
  #takenAtMs = Number.NEGATIVE_INFINITY

  ended(move: Move, result: MoveResult, atMs: number): void {
    const subject = subjectIn(move)
    if (subject === undefined) return
    this.#ended.set(subject, [...(this.#ended.get(subject) ?? []), { move, result, atMs }])
    if (move.kind !== 'replica' || result !== 'done') return
    // Where we ourselves have moved it on or back nothing is left to be undone.
    this.#done.delete(doneKey(move, move.from))
    this.#done.delete(doneKey(move, move.to))
    this.#done.set(doneKey(move, move.to), { move, atMs })
    if (this.#done.size > DONE_KEPT) this.#done.delete(this.#done.keys().next().value!)
  }

  /**
   * Judges who did it; nothing is counted yet.
   * @param gone nodes that partitions left since the sample that was counted last.
   * @param inFlight ours, adopted ones too.
   */
  judge(gone: readonly Departure[], state: ClusterState, inFlight: readonly Move[]): Found {
    const found: Found = { changed: [], undone: [] }
    if (gone.length === 0) return found
    const flying = new Map(inFlight.map((move) => [subjectIn(move), move]))
    const find = partitionFinder(state)
    const changed = new Set<string>()
    for (const { topic, partition, node } of gone) {
      const now = membersOf(state, find(topic, partition))
      const name = partitionName({ topic, partition })
      if (this.#isOurs(flying, topic, name, now)) continue
      changed.add(name)
      const done = this.#done.get(doneKey({ topic, partition }, node))
      if (done && now.has(done.move.from)) found.undone.push(done.move)
    }
    found.changed.push(...changed)
    return found
  }

  /** The sample has become the one that the next is compared with. */
  count({ changed, undone }: Found, takenAtMs: number, nowMs: number): void {
    this.#changes += changed.length
    for (const move of undone) {
      const key = doneKey(move, move.to)
      // Since it was judged a later one may have taken its place.
      if (this.#done.get(key)?.move === move) this.#done.delete(key)
      this.#undone += 1
      this.#last = { text: `${partitionName(move)} from ${move.from} to ${move.to}`, atMs: nowMs }
    }
    // The sample before this one may have been under way when they ended.
    for (const [subject, ended] of this.#ended) {
      const left = ended.filter(({ atMs }) => atMs >= this.#takenAtMs)
      if (left.length === 0) this.#ended.delete(subject)
      else if (left.length < ended.length) this.#ended.set(subject, left)
    }
    this.#takenAtMs = takenAtMs
    for (const [key, { atMs }] of this.#done) {
      if (nowMs - atMs < DAY_MS) break
      this.#done.delete(key)
    }
  }

  /** Since the start. */
  get totals(): { changes: number; undone: number } {
    return { changes: this.#changes, undone: this.#undone }
  }

  /** For a day after it was seen last. */
  notes(nowMs: number): string[] {
    if (!this.#last || nowMs - this.#last.atMs >= DAY_MS) return []
    const moves = this.#undone === 1 ? 'a move' : `${this.#undone} moves`
    const which = this.#undone === 1 ? 'that' : 'the last one that'
    return [`somebody else has undone ${moves} of evenkeel since it was started, ${which} of ${this.#last.text}`]
  }

  #isOurs(
    flying: ReadonlyMap<string | undefined, Move>,
    topic: string,
    name: string,
    now: ReadonlySet<NodeId>,
  ): boolean {
    const of = (subject: string) => {
      const move = flying.get(subject)
      return [...(this.#ended.get(subject) ?? []), ...(move ? [{ move, result: undefined }] : [])]
    }
    if (of(topic).some(({ move }) => move.kind === 'table')) return true
    return of(name).some(({ move, result }) => {
      if (move.kind !== 'replica') return false
      return sameMembers(now, replicasAfter(move)) || (result !== 'done' && sameMembers(now, move.replicas))
    })
  }
}

/** Undefined where the move changes no placement. */
function subjectIn(move: Move): string | undefined {
  if (move.kind === 'table') return move.topic
  return move.kind === 'replica' && !isDirMove(move) ? partitionName(move) : undefined
}

function doneKey(ref: PartitionRef, node: NodeId): string {
  return JSON.stringify([ref.topic, ref.partition, node])
}

function sameMembers(members: ReadonlySet<NodeId>, list: readonly NodeId[]): boolean {
  return list.length === members.size && list.every((node) => members.has(node))
}
