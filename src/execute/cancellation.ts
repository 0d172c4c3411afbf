/** What is written down when somebody cancels a move of ours: it is taken back, and its subject left alone for a while. Pure. */
import { copies, type Move, subjectOf } from '../cluster/move.ts'
import type { Change, Journal } from './journal/journal.ts'
import { moveKey } from './journal/records.ts'
import type { Operator } from './operator.ts'
import { afterCancel } from './tries.ts'

export interface Cancelled {
  subject: string
  why: string
}

/** What copies nothing is done at once: it cannot be cancelled. */
export function isCancelled(move: Move, { subject }: Cancelled): boolean {
  return copies(move) && subjectOf(move) === subject
}

/** @returns empty where nothing of the subject is under way or waits. */
export function cancellation(
  journal: Pick<Journal, 'read'>,
  { operators, pending }: { operators: readonly Operator[]; pending: readonly Move[] },
  cancelled: Cancelled,
  nowMs: number,
): Change[] {
  const begun = operators.filter(({ move }) => isCancelled(move, cancelled))
  const move = begun[0]?.move ?? pending.find((waiting) => isCancelled(waiting, cancelled))
  if (!move) return []
  const unwanted = { why: cancelled.why, failed: false }
  const intents = begun.map(({ move, startedAtMs }): Change => {
    return { kind: 'intent', key: moveKey(move), value: { move, atMs: startedAtMs, unwanted } }
  })
  return [...intents, afterCancel(journal, move, cancelled.why, nowMs)]
}
