/** Which of the moves that wait may begin now, in their order; those of one group together or not at all. */
import { type Move, type ReplicaMove, subjectOf } from '../cluster/move.ts'
import { isUrgent } from '../cluster/reasons.ts'
import type { Budgets } from './budgets.ts'
import type { ThrottleNeed } from './throttle-need.ts'

/** What there is room for. Budgets and need count what is chosen, and subjects of moves that were looked at become busy. */
export interface Room {
  budgets: Budgets
  /** Undefined where copies are not throttled. */
  need: ThrottleNeed | undefined
  /** Subjects that are being moved. */
  busy: Set<string>
  /** Leadership transfers that may still begin. */
  transfersLeft: number
  /** Somebody else moves replicas. */
  foreign: boolean
  /** Whether the day has bytes left for these beside those chosen before. */
  affords: (moves: Move[], chosen: Move[]) => boolean
}

export interface Choice {
  chosen: Move[]
  waiting: Move[]
  /** Something that cannot wait found no room. */
  squeezed: boolean
  /** Why a move does not begin although the budgets would let it. */
  tooLow?: string
}

export function choose(pending: readonly Move[], room: Room): Choice {
  const { budgets, need, busy, foreign, affords } = room
  const choice: Choice = { chosen: [], waiting: [], squeezed: false }
  let { transfersLeft } = room
  for (const moves of inGroups(pending)) {
    const urgent = moves.every((move) => isUrgent(move.reason))
    // What a person asked for waits neither for strangers nor for copies of other partitions.
    const byHand = moves.every((move) => move.reason === 'manual')
    const transfers = byHand ? 0 : moves.filter((move) => move.kind === 'leader').length
    const free = moves.every((move) => !busy.has(subjectOf(move)))
    // What somebody else began since the plan was made is a reason to plan anew, unless it cannot wait.
    const may = free && (transfers === 0 || transfers <= transfersLeft) && (urgent || byHand || !foreign)
    const tooLow = may ? tooLowOf(moves, need) : undefined
    if (tooLow !== undefined) choice.tooLow = tooLow
    const affordable = urgent || affords(moves, choice.chosen)
    if (may && tooLow === undefined && affordable && budgets.takeAll(moves)) {
      transfersLeft -= transfers
      for (const move of moves.filter(isCopy)) need?.add(move)
      choice.chosen.push(...moves)
    } else {
      choice.waiting.push(...moves)
      choice.squeezed ||= urgent && may
    }
    // Later moves of the same partition start from where this one ends.
    for (const move of moves) busy.add(subjectOf(move))
  }
  return choice
}

export function isCopy(move: Move): move is ReplicaMove {
  return move.kind === 'replica'
}

function tooLowOf(moves: readonly Move[], need: ThrottleNeed | undefined): string | undefined {
  const whys = moves.filter(isCopy).map((move) => need?.tooLow(move))
  return whys.find((why) => why !== undefined)
}

/** Moves of one group together, every other by itself; in their order. */
function inGroups(moves: readonly Move[]): Move[][] {
  const groups: Move[][] = []
  for (const move of moves) {
    const last = groups.at(-1)
    if (move.group !== undefined && last?.[0]?.group === move.group) last.push(move)
    else groups.push([move])
  }
  return groups
}
